/* The consumer of a GET feeds the producer of a PUT on the same engine. With a budget for one of
 * the two it starves itself: it ends in an error that names the budget, and nothing stays held. */
#include <errno.h>

#include "client_fixture.h"
#include "needs_kernel.h"

#define ONE_REQUEST 147456     /* 16 KiB, and a block of 128 KiB */
#define AHEAD       (4u << 20) /* what arrives before a pause reaches the kernel, and more */
#define BODY_BYTES  (1u << 20)
#define POOL_MS     50

/* What is on its way: at most one piece. */
struct pipe {
    struct hr_http_request get, put;
    struct fixture *fixture;
    char piece[16384];
    size_t filled, taken, through;
    bool ended;
    int put_results, get_results;
};

static ssize_t into_pipe(void *user, const void *data, size_t size) {
    struct pipe *pipe = user;
    if (pipe->taken < pipe->filled) return 0;
    if (size > sizeof pipe->piece) size = sizeof pipe->piece;
    memcpy(pipe->piece, data, size);
    pipe->filled = size;
    pipe->taken = 0;
    hr_resume(&pipe->put.request);
    return (ssize_t)size;
}

static ssize_t out_of_pipe(void *user, void *buffer, size_t capacity) {
    struct pipe *pipe = user;
    size_t left = pipe->filled - pipe->taken;
    if (left == 0) return pipe->ended ? 0 : -EAGAIN;
    if (left > capacity) left = capacity;
    memcpy(buffer, pipe->piece + pipe->taken, left);
    pipe->taken += left;
    pipe->through += left;
    hr_resume(&pipe->get.request);
    return (ssize_t)left;
}

static void on_got(struct hr_request *request) {
    struct pipe *pipe = request->user;
    pipe->get_results++;
    pipe->ended = true;
    hr_resume(&pipe->put.request);
}

/* The remedy: whichever side fails ends the other. */
static void on_put(struct hr_request *request) {
    struct pipe *pipe = request->user;
    pipe->put_results++;
    if (request->result < 0) hr_cancel(&pipe->get.request);
}

static void start_pipe(struct pipe *pipe, struct fixture *fixture, struct peer *to) {
    *pipe = (struct pipe){.fixture = fixture};
    pipe->get.url = peer_url(fixture->peer, "/from");
    pipe->get.sink = hr_sink_consumer(into_pipe, pipe);
    pipe->get.request = (struct hr_request){.on_done = on_got, .user = pipe};
    pipe->put.url = peer_url(to, "/to");
    pipe->put.method = "PUT";
    pipe->put.body = hr_source_producer(out_of_pipe, NULL, pipe, BODY_BYTES);
    pipe->put.request = (struct hr_request){.on_done = on_put, .user = pipe};
    cr_assert_eq(hr_http_request_start(fixture->client, &pipe->get), 0);
    cr_assert_eq(hr_http_request_start(fixture->client, &pipe->put), 0);
}

static void turn_until_both_end(struct pipe *pipe) {
    for (int turns = 0; pipe->get_results + pipe->put_results < 2; turns++) {
        cr_assert_lt(turns, 5000, "the pipe hangs");
        hr_engine_poll(pipe->fixture->engine, 5);
    }
    cr_assert_eq(pipe->get_results, 1);
    cr_assert_eq(pipe->put_results, 1);
}

static const struct peer_script from = {
    {{PEER_HEAD},
     {PEER_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n"},
     {PEER_ZEROS, NULL, BODY_BYTES},
     {PEER_REPEAT}}};
static const struct peer_script to = {{{PEER_HEAD},
                                       {PEER_BODY, NULL, BODY_BYTES},
                                       {PEER_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
                                       {PEER_REPEAT}}};

static struct peer *open_pipe(struct fixture *fixture, uint64_t budget_bytes) {
    const struct hr_http_client_options options = {.timeouts.pool_timeout_ms = POOL_MS};
    memset(fixture, 0, sizeof *fixture);
    open_engine(fixture, budget_bytes);
    open_client(fixture, &options);
    fixture->peer = peer_start(&from, 1);
    return peer_start(&to, 1);
}

Test(budget_pipe, with_room_for_one_it_ends_in_a_named_error) {
    NEEDS_KERNEL("a raw peer");
    struct fixture fixture;
    static struct pipe pipe;
    struct peer *sink = open_pipe(&fixture, ONE_REQUEST + ONE_REQUEST / 2);
    for (int again = 0; again < 2; again++) { /* the engine can be used as before */
        start_pipe(&pipe, &fixture, sink);
        turn_until_both_end(&pipe);
        const struct hr_request *put = &pipe.put.request;
        cr_assert_eq(put->result, -ENOBUFS, "%s", hr_error_name(put->result));
        cr_assert_not_null(strstr(put->error.message, "budget_bytes"), "%s", put->error.message);
        cr_assert_geq(put->total_ns, POOL_MS * UINT64_C(1000000));
        cr_assert_lt(put->total_ns, 100 * POOL_MS * UINT64_C(1000000));
        cr_assert_eq(pipe.get.request.result, -ECANCELED);
        cr_assert_eq(pipe.through, 0);
    }
    cr_assert_eq(peer_connections(sink), 0, "it never had a connection");
    close_all(&fixture);
    peer_stop(sink);
}

Test(budget_pipe, with_room_for_both_all_goes_through) {
    NEEDS_KERNEL("a raw peer");
    struct fixture fixture;
    static struct pipe pipe;
    struct peer *sink = open_pipe(&fixture, 2 * ONE_REQUEST + AHEAD);
    start_pipe(&pipe, &fixture, sink);
    turn_until_both_end(&pipe);
    cr_assert_eq(pipe.get.request.result, 0, "%s", pipe.get.request.error.message);
    cr_assert_eq(pipe.put.request.result, 0, "%s", pipe.put.request.error.message);
    cr_assert_eq(pipe.through, BODY_BYTES);
    close_all(&fixture);
    peer_stop(sink);
}
