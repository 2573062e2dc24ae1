/* Cancel and time-out at every boundary of a PUT and a GET. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client_fixture.h"
#include "needs_kernel.h"

#define OK(size) "HTTP/1.1 200 OK\r\nContent-Length: " #size "\r\n\r\n"

static unsigned callbacks;
static void count_callback(struct hr_request *request) {
    (void)request;
    callbacks++;
}

static int temporary_file(size_t size) {
    char path[] = "/tmp/headrace-test-XXXXXX";
    int fd = mkstemp(path);
    unlink(path);
    cr_assert_eq(ftruncate(fd, (off_t)size), 0);
    return fd;
}

static unsigned progress(const struct fixture *f) {
    struct hr_engine_metrics metrics;
    hr_engine_metrics_get(f->engine, &metrics);
    return (unsigned)metrics.events;
}

/* Runs turns until `points` of them have brought events or the request is over. False: it was over
 * before. */
static bool run_to_point(struct fixture *f, unsigned points) {
    for (unsigned i = 0; i < points; i++) {
        unsigned before = progress(f);
        while (progress(f) == before && callbacks == 0) hr_engine_poll(f->engine, 1000);
        if (callbacks > 0) return false;
    }
    return true;
}

/* Cancels after each boundary in turn; returns how many there are. */
static unsigned cancel_everywhere(const struct peer_script *script,
                                  void (*fill)(struct hr_http_request *request, int in, int out),
                                  bool by_timeout) {
    struct hr_http_client_options options = {.retry.attempts_max = 3};
    unsigned points = 0;
    int in = temporary_file(400000), out = temporary_file(0);
    for (bool reached = true; reached; points++) {
        struct fixture f;
        open_all(&f, &options, script, 1);
        struct hr_http_request request = {.url = peer_url(f.peer, "/")};
        fill(&request, in, out);
        callbacks = 0;
        request.request.on_done = count_callback;
        request.request.timeout_ms = by_timeout ? 60000 : 0;
        cr_assert_eq(hr_http_request_start(f.client, &request), 0);
        reached = run_to_point(&f, points);
        if (reached) hr_cancel(&request.request);
        while (callbacks == 0) hr_engine_poll(f.engine, 1000);
        if (reached)
            cr_assert(request.request.result == -ECANCELED || request.request.result == 0,
                      "point %u: %s", points, request.request.error.message);
        else
            cr_assert_eq(request.request.result, 0, "%s", request.request.error.message);
        if (request.request.result) cr_assert_eq(request.request.error.code, -ECANCELED);
        /* The connection of a cancelled request does not serve the next one. */
        close_all(&f);
        cr_assert_eq(callbacks, 1, "point %u", points);
    }
    close(in);
    close(out);
    return points - 1;
}

static void fill_put(struct hr_http_request *request, int in, int out) {
    request->method = "PUT";
    request->body = hr_source_fd(in, (struct hr_file_range){.size = 400000});
    request->expect_continue = true;
    request->sink = hr_sink_fd(out, 0);
}

static void fill_get(struct hr_http_request *request, int in, int out) {
    (void)in;
    request->sink = hr_sink_fd(out, 0);
}

Test(http_call, cancel_at_every_boundary_of_a_put) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script script = {{{PEER_HEAD},
                                               {PEER_SEND, "HTTP/1.1 100 Continue\r\n\r\n"},
                                               {PEER_BODY, NULL, 400000},
                                               {PEER_BYTES, OK(3) "yes"}}};
    unsigned points = cancel_everywhere(&script, fill_put, false);
    printf("PUT: cancelled at %u boundaries\n", points);
    cr_assert_geq(points, 8);
}

Test(http_call, cancel_at_every_boundary_of_a_get) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script script = {
        {{PEER_HEAD}, {PEER_BYTES, OK(300003) "yes"}, {PEER_ZEROS, NULL, 300000}}};
    unsigned points = cancel_everywhere(&script, fill_get, true);
    printf("GET: cancelled at %u boundaries\n", points);
    cr_assert_geq(points, 6);
}

/* ---- The states that are no operation. */

static void expect_cancelled(struct fixture *f, struct hr_http_request *request) {
    hr_cancel(&request->request);
    hr_cancel(&request->request);
    cr_assert_eq(hr_wait(&request->request), -ECANCELED);
    hr_cancel(&request->request);
    hr_resume(&request->request);
    (void)f;
}

Test(http_call, cancel_while_connecting) {
    NEEDS_KERNEL("a raw peer");
    struct fixture f;
    open_all(&f, NULL, NULL, 0);
    f.peer = peer_start_deaf();
    struct hr_http_request request = {.url = peer_url(f.peer, "/")};
    cr_assert_eq(hr_http_request_start(f.client, &request), 0);
    for (int i = 0; i < 3; i++) hr_engine_poll(f.engine, 1);
    expect_cancelled(&f, &request);
    close_all(&f);
}

Test(http_call, cancel_in_backoff) {
    static const struct peer_script script = {{{PEER_HEAD}, {PEER_RESET}}};
    struct hr_http_client_options options = {.retry.attempts_max = 1000};
    struct fixture f;
    open_all(&f, &options, &script, 1);
    struct hr_http_request request = {.url = peer_url(f.peer, "/")};
    cr_assert_eq(hr_http_request_start(f.client, &request), 0);
    struct hr_http_client_metrics metrics;
    do {
        hr_engine_poll(f.engine, 10);
        hr_http_client_metrics_get(f.client, &metrics);
    } while (metrics.retries < 4);
    expect_cancelled(&f, &request);
    cr_assert_geq(request.request.attempts, 4);
    close_all(&f);
}

static ssize_t never_ready(void *user, void *buffer, size_t capacity) {
    (void)buffer;
    (void)capacity;
    *(bool *)user = true;
    return -EAGAIN;
}

Test(http_call, cancel_while_the_producer_pauses) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script script = {{{PEER_DRAIN}}};
    struct fixture f;
    open_all(&f, NULL, &script, 1);
    bool asked = false;
    struct hr_http_request request = {.method = "PUT", .url = peer_url(f.peer, "/")};
    request.body = hr_source_producer(never_ready, NULL, &asked, 10);
    cr_assert_eq(hr_http_request_start(f.client, &request), 0);
    while (!asked) hr_engine_poll(f.engine, 1000);
    hr_resume(&request.request);
    expect_cancelled(&f, &request);
    close_all(&f);
}

static int cancel_inside(struct hr_http_request *request, const struct hr_http_head *head) {
    (void)head;
    hr_cancel(&request->request);
    return 0;
}

Test(http_call, cancel_from_inside_a_callback) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script script = {{{PEER_HEAD}, {PEER_SEND, OK(10)}, {PEER_STALL}}};
    struct fixture f;
    open_all(&f, NULL, &script, 1);
    struct hr_http_request request = {.url = peer_url(f.peer, "/")};
    request.on_head = cancel_inside;
    cr_assert_eq(run(&f, &request), -ECANCELED);
    close_all(&f);
}

static int refuse_head(struct hr_http_request *request, const struct hr_http_head *head) {
    (void)request;
    (void)head;
    return -EPROTO;
}

Test(http_call, on_head_may_refuse) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script script = {
        {{PEER_HEAD}, {PEER_SEND, OK(10) "0123456789"}, {PEER_REPEAT}}};
    struct fixture f;
    open_all(&f, NULL, &script, 1);
    for (unsigned i = 1; i <= 2; i++) {
        struct hr_http_request request = {.url = peer_url(f.peer, "/")};
        request.on_head = refuse_head;
        cr_assert_eq(run(&f, &request), -EPROTO);
        cr_assert_eq(request.status, 200);
        cr_assert_eq(peer_connections(f.peer), i);
    }
    close_all(&f);
}

/* A request that starts the next one from its callback, as a closed loop does. */
struct loop {
    struct hr_http_request request;
    struct fixture *fixture;
    unsigned left;
};

static void start_next(struct hr_request *request) {
    struct loop *loop = request->user;
    cr_assert_eq(request->result, 0, "%s", request->error.message);
    if (--loop->left > 0)
        cr_assert_eq(hr_http_request_start(loop->fixture->client, &loop->request), 0);
}

Test(http_call, the_next_from_the_callback) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script script = {{{PEER_HEAD}, {PEER_SEND, OK(1) "a"}, {PEER_REPEAT}}};
    struct fixture f;
    open_all(&f, NULL, &script, 1);
    struct loop loops[8];
    memset(loops, 0, sizeof loops);
    for (int i = 0; i < 8; i++) {
        loops[i].fixture = &f;
        loops[i].left = 200;
        loops[i].request.url = peer_url(f.peer, "/");
        loops[i].request.request.on_done = start_next;
        loops[i].request.request.user = &loops[i];
        cr_assert_eq(hr_http_request_start(f.client, &loops[i].request), 0);
    }
    for (int i = 0; i < 8; i++)
        while (loops[i].left > 0) hr_engine_poll(f.engine, 1000);
    cr_assert_eq(peer_connections(f.peer), 8);
    close_all(&f);
}
