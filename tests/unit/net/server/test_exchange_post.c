/* An exchange that is used outside of its reactor's calls: the mailbox, and what a call does that
 * comes early, late or after the end. The test's own thread runs the engine, so that each order is
 * the one that is written here; tests/stress/stress_exchange.c has real threads. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <engine/reactor.h>
#include <headrace/engine.h>
#include <headrace/http_server.h>

#include "exchange_post.h"
#include "needs_kernel.h"

#define NOT_ENDED 1

/* ---- The mailbox. */

struct box {
    struct hr_exchange_post post;
    unsigned opened;
    struct hr_exchange_mail last;
};

static void open_mail(struct hr_task *task) {
    struct box *box = (struct box *)task; /* its first member's first */
    box->last = hr__exchange_post_open(&box->post);
    cr_assert(!hr__exchange_post_idle(&box->post), "it is held while its mail is open");
    hr__exchange_post_close(&box->post, &box->last);
    box->opened++;
}

static hr_engine *new_engine(uint64_t budget_bytes) {
    hr_engine *engine;
    struct hr_engine_options options = {.mode = HR_ENGINE_CALLER, .budget_bytes = budget_bytes};
    cr_assert_eq(hr_engine_new(&options, NULL, &engine), 0);
    return engine;
}

static void box_init(struct box *box, hr_engine *engine) {
    memset(box, 0, sizeof *box);
    box->post.task.run = open_mail;
    box->post.reactor = hr__engine_reactor(engine, 0);
}

Test(exchange_post, calls_are_collected) {
    hr_engine *engine = new_engine(0);
    struct box box;
    box_init(&box, engine);
    cr_assert(hr__exchange_post_idle(&box.post));
    cr_assert(!hr__exchange_post_is_local(&box.post));
    hr__exchange_post_hold(&box.post);
    hr__exchange_post_hold(&box.post);
    cr_assert(!hr__exchange_post_idle(&box.post));
    hr__exchange_post_resume(&box.post);
    hr__exchange_post_resume(&box.post);
    hr__exchange_post_release(&box.post);
    while (box.opened == 0) hr_engine_poll(engine, 100);
    cr_assert(box.last.resume && !box.last.response);
    cr_assert_eq(box.last.releases, 1);
    cr_assert(!hr__exchange_post_idle(&box.post), "one hold is left");
    hr__exchange_post_release(&box.post);
    cr_assert(!hr__exchange_post_idle(&box.post), "the release is not read yet");
    while (box.opened == 1) hr_engine_poll(engine, 100);
    cr_assert(!box.last.resume);
    cr_assert(hr__exchange_post_idle(&box.post));
    cr_assert_eq(box.opened, 2);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
}

Test(exchange_post, a_response_is_copied_once) {
    hr_engine *engine = new_engine(0);
    struct box box;
    box_init(&box, engine);
    char name[] = "X-Name", value[] = "value";
    struct hr_http_field fields[] = {{hr_slice_of(name), hr_slice_of(value)},
                                     {hr_slice_of("X-Empty"), {0}}};
    struct hr_http_response response = {.status = 201, .fields = fields, .field_count = 2};
    cr_assert_eq(hr__exchange_post_respond(&box.post, &response), 0);
    cr_assert_eq(hr__exchange_post_respond(&box.post, &response), -EALREADY);
    cr_assert(hr__exchange_post_claimed(&box.post));
    cr_assert(!hr__exchange_post_claim(&box.post));
    memset(name, '?', sizeof name);
    memset(value, '?', sizeof value);
    memset(fields, 0, sizeof fields);
    while (box.opened == 0) hr_engine_poll(engine, 100);
    cr_assert(box.last.response);
    const struct hr_http_response *copied = box.post.response;
    cr_assert_eq(copied->status, 201);
    cr_assert_eq(copied->field_count, 2);
    cr_assert(hr_slice_equal(copied->fields[0].name, hr_slice_of("X-Name")));
    cr_assert(hr_slice_equal(copied->fields[0].value, hr_slice_of("value")));
    cr_assert(hr_slice_equal(copied->fields[1].name, hr_slice_of("X-Empty")));
    cr_assert_eq(copied->fields[1].value.size, 0);
    free(box.post.response);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
}

/* ---- Exchanges. */

struct scene {
    hr_engine *engine;
    hr_http_server *server;
    int fd;     /* the client's */
    bool early; /* on_end is set in on_request */
    bool reads; /* the body is asked for there, too */
    hr_http_exchange *exchange;
    unsigned ends;
    int result; /* of on_end */
    unsigned pieces, asked;
    bool ready; /* the producer has a piece */
    bool closing;
    unsigned closed;
};

static void on_end(void *user, int result) {
    struct scene *scene = user;
    scene->ends++;
    scene->result = result;
}

static ssize_t consume(void *user, const void *data, size_t size) {
    (void)user, (void)data;
    return (ssize_t)size;
}

static void on_request(void *user, hr_http_exchange *exchange) {
    struct scene *scene = user;
    hr_http_exchange_hold(exchange);
    scene->exchange = exchange;
    if (scene->early) hr_http_exchange_on_end(exchange, on_end, scene);
    if (scene->reads) cr_assert_eq(hr_http_exchange_read(exchange, consume, NULL, NULL), 0);
}

static void count(void *user) {
    ++*(unsigned *)user;
}

static void scene_open_with(struct scene *scene, uint64_t budget_bytes, uint32_t close_timeout_ms) {
    memset(scene, 0, sizeof *scene);
    scene->result = NOT_ENDED;
    scene->engine = new_engine(budget_bytes);
    struct hr_http_server_options server = {
        .on_request = on_request, .user = scene, .close_timeout_ms = close_timeout_ms};
    cr_assert_eq(hr_http_server_new(scene->engine, &server, NULL, &scene->server), 0);
}

static void scene_open(struct scene *scene, uint64_t budget_bytes) {
    scene_open_with(scene, budget_bytes, 0);
}

#define POLL_UNTIL(condition)                                                                      \
    while (!(condition)) hr_engine_poll(scene->engine, 100)

/* A request whose exchange is there when this returns. */
static void ask(struct scene *scene) {
    static const char text[] = "POST /path HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(hr_http_server_port(scene->server)),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    scene->exchange = NULL;
    scene->ends = 0;
    scene->result = NOT_ENDED;
    scene->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(connect(scene->fd, (struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(send(scene->fd, text, sizeof text - 1, 0), (ssize_t)sizeof text - 1);
    POLL_UNTIL(scene->exchange);
}

/* Its response, up to `end`. */
static void expect(struct scene *scene, const char *status, const char *end) {
    char text[1024] = "";
    size_t size = 0;
    while (size < strlen(end) || strcmp(text + size - strlen(end), end) != 0) {
        hr_engine_poll(scene->engine, 10);
        ssize_t got = recv(scene->fd, text + size, sizeof text - 1 - size, MSG_DONTWAIT);
        cr_assert(got > 0 || (got < 0 && errno == EAGAIN), "it ends behind: %s", text);
        if (got > 0) size += (size_t)got;
        text[size] = '\0';
    }
    cr_assert_eq(strncmp(text, status, strlen(status)), 0, "%s", text);
    cr_assert(strstr(status, "200 OK") == NULL || strstr(text, "\r\nX-From: here\r\n"), "%s", text);
    close(scene->fd);
}

static void idle(struct scene *scene) {
    for (int i = 0; i < 5; i++) hr_engine_poll(scene->engine, 1);
}

/* The client breaks the connection, and the server sees it. */
static void go_away(struct scene *scene) {
    struct hr_engine_metrics now;
    struct linger abort_at_close = {1, 0};
    setsockopt(scene->fd, SOL_SOCKET, SO_LINGER, &abort_at_close, sizeof abort_at_close);
    close(scene->fd);
    POLL_UNTIL((hr_engine_metrics_get(scene->engine, &now), now.connections_open == 0));
}

static void close_server(struct scene *scene) {
    scene->closing = true;
    hr_http_server_close(scene->server, count, &scene->closed);
}

static void scene_close(struct scene *scene) {
    if (!scene->closing) close_server(scene);
    POLL_UNTIL(scene->closed == 1);
    struct hr_engine_metrics metrics;
    hr_engine_metrics_get(scene->engine, &metrics);
    cr_assert_eq(metrics.budget_used_bytes, 0);
    cr_assert_eq(hr_engine_close(scene->engine, NULL, NULL), 0);
}

static int respond(struct scene *scene, struct hr_source body) {
    char value[] = "here";
    struct hr_http_field field = {hr_slice_of("X-From"), hr_slice_of(value)};
    struct hr_http_response response = {.status = 200,
                                        .fields = &field,
                                        .field_count = 1,
                                        .body = body,
                                        .on_end = on_end,
                                        .user = scene};
    int result = hr_http_exchange_respond(scene->exchange, &response);
    memset(value, '?', sizeof value);
    return result;
}

static int respond_text(struct scene *scene) {
    return respond(scene, hr_source_bytes("late", 4));
}

Test(exchange_post, responds) {
    NEEDS_KERNEL("a raw peer");
    struct scene at, *scene = &at;
    scene_open(scene, 0);
    for (int round = 0; round < 4; round++) {
        scene->early = round % 2;
        scene->reads = round / 2;
        ask(scene);
        struct hr_http_response bad = {.status = 99};
        cr_assert_eq(hr_http_exchange_respond(scene->exchange, &bad), -EINVAL);
        struct hr_http_field framing = {hr_slice_of("Content-Length"), hr_slice_of("3")};
        bad = (struct hr_http_response){.status = 200, .fields = &framing, .field_count = 1};
        cr_assert_eq(hr_http_exchange_respond(scene->exchange, &bad), -EINVAL);
        framing = (struct hr_http_field){hr_slice_of("X"), hr_slice_of("a\r\nb: c")};
        cr_assert_eq(hr_http_exchange_respond(scene->exchange, &bad), -EINVAL);
        cr_assert_eq(respond_text(scene), 0);
        cr_assert_eq(respond_text(scene), -EALREADY);
        cr_assert_eq(hr_http_exchange_read(scene->exchange, consume, NULL, NULL), -EALREADY);
        cr_assert_eq(scene->ends, 0, "not from inside the call");
        expect(scene, "HTTP/1.1 200 OK\r\n", "late");
        POLL_UNTIL(scene->ends);
        cr_assert_eq(scene->result, 0);
        cr_assert(hr_slice_equal(hr_http_exchange_target(scene->exchange), hr_slice_of("/path")));
        cr_assert_eq(respond_text(scene), -EALREADY);
        hr_http_exchange_resume(scene->exchange);
        hr_http_exchange_release(scene->exchange);
        idle(scene);
        cr_assert_eq(scene->ends, 1);
    }
    scene_close(scene);
}

/* The hold may end before the response is written, and none is needed up to the response. */
Test(exchange_post, responds_as_the_last_touch) {
    NEEDS_KERNEL("a raw peer");
    struct scene at, *scene = &at;
    scene_open(scene, 0);
    for (int first = 0; first < 2; first++) {
        ask(scene);
        if (first) hr_http_exchange_release(scene->exchange);
        cr_assert_eq(respond_text(scene), 0);
        if (!first) hr_http_exchange_release(scene->exchange);
        expect(scene, "HTTP/1.1 200 OK\r\n", "late");
        POLL_UNTIL(scene->ends);
    }
    scene_close(scene);
}

/* "one", "two", "end", each when it is ready. */
static ssize_t produce(void *user, void *buffer, size_t capacity) {
    static const char pieces[][4] = {"one", "two", "end"};
    struct scene *scene = user;
    scene->asked++;
    cr_assert_geq(capacity, 3);
    if (!scene->ready) return -EAGAIN;
    if (scene->pieces == 3) return 0;
    scene->ready = false;
    memcpy(buffer, pieces[scene->pieces++], 3);
    return 3;
}

Test(exchange_post, resumes) {
    NEEDS_KERNEL("a raw peer");
    struct scene at, *scene = &at;
    scene_open(scene, 0);
    ask(scene);
    cr_assert_eq(respond(scene, hr_source_producer(produce, NULL, scene, HR_SIZE_UNKNOWN)), 0);
    for (unsigned pieces = 1; pieces <= 3; pieces++) {
        idle(scene);
        unsigned asked = scene->asked;
        idle(scene);
        cr_assert_eq(scene->asked, asked, "it waits for a resume");
        scene->ready = true;
        hr_http_exchange_resume(scene->exchange);
        POLL_UNTIL(scene->pieces == pieces);
    }
    scene->ready = true;
    hr_http_exchange_resume(scene->exchange);
    expect(scene, "HTTP/1.1 200 OK\r\n", "\r\n0\r\n\r\n");
    POLL_UNTIL(scene->ends);
    hr_http_exchange_resume(scene->exchange);
    hr_http_exchange_release(scene->exchange);
    scene_close(scene);
}

/* A handler that has set on_end early hears of it at once, another one when it responds. */
Test(exchange_post, client_has_gone) {
    NEEDS_KERNEL("a raw peer");
    struct scene at, *scene = &at;
    scene_open(scene, 0);
    for (int early = 0; early < 2; early++) {
        scene->early = early;
        ask(scene);
        go_away(scene);
        idle(scene);
        cr_assert_eq(scene->ends, (unsigned)early);
        cr_assert(hr_slice_equal(hr_http_exchange_method(scene->exchange), hr_slice_of("POST")));
        hr_http_exchange_resume(scene->exchange);
        cr_assert_eq(respond_text(scene), early ? -EALREADY : 0);
        POLL_UNTIL(scene->ends);
        cr_assert_eq(scene->result, -ECONNRESET);
        cr_assert_eq(respond_text(scene), -EALREADY);
        hr_http_exchange_release(scene->exchange);
        idle(scene);
        cr_assert_eq(scene->ends, 1);
    }
    scene_close(scene);
}

/* The client goes while the response is in the mail: on_end comes once, with that response. */
Test(exchange_post, client_goes_behind_the_response) {
    NEEDS_KERNEL("a raw peer");
    struct scene at, *scene = &at;
    scene_open(scene, 0);
    scene->early = true;
    ask(scene);
    struct linger abort_at_close = {1, 0};
    setsockopt(scene->fd, SOL_SOCKET, SO_LINGER, &abort_at_close, sizeof abort_at_close);
    close(scene->fd);
    cr_assert_eq(respond_text(scene), 0);
    hr_http_exchange_release(scene->exchange);
    POLL_UNTIL(scene->ends);
    idle(scene);
    cr_assert_eq(scene->ends, 1);
    scene_close(scene);
}

Test(exchange_post, closing_waits_for_the_last_release) {
    NEEDS_KERNEL("a raw peer");
    struct scene at, *scene = &at;
    scene_open(scene, 0);
    ask(scene);
    hr_http_exchange_hold(scene->exchange);
    close_server(scene);
    idle(scene);
    cr_assert_eq(respond_text(scene), 0, "an exchange in progress may end");
    expect(scene, "HTTP/1.1 200 OK\r\n", "late");
    POLL_UNTIL(scene->ends);
    cr_assert_eq(scene->result, 0);
    hr_http_exchange_release(scene->exchange);
    idle(scene);
    cr_assert_eq(scene->closed, 0, "one hold is left");
    cr_assert_eq(respond_text(scene), -EALREADY);
    hr_http_exchange_resume(scene->exchange);
    hr_http_exchange_release(scene->exchange);
    hr_http_exchange_release(NULL);
    scene_close(scene);
}

/* A response that cannot be made any more when the reactor comes to it. */
Test(exchange_post, budget_that_is_lacking_is_told_by_503) {
    NEEDS_KERNEL("a raw peer");
    struct scene at, *scene = &at;
    scene_open(scene, 1);
    for (int gone = 0; gone < 2; gone++) {
        ask(scene);
        if (gone) go_away(scene);
        cr_assert_eq(respond(scene, hr_source_producer(produce, NULL, scene, HR_SIZE_UNKNOWN)), 0);
        if (!gone)
            expect(scene, "HTTP/1.1 503 Service Unavailable\r\n", "Connection: close\r\n\r\n");
        POLL_UNTIL(scene->ends);
        cr_assert_eq(scene->result, gone ? -ECONNRESET : -ENOBUFS);
        cr_assert_eq(scene->asked, 0, "its producer is left alone");
        hr_http_exchange_release(scene->exchange);
    }
    scene_close(scene);
}

/* The handler never responds: the time given to exchanges in progress decides. */
Test(exchange_post, closing_cuts_off_behind_its_time_out) {
    NEEDS_KERNEL("a raw peer");
    struct scene at, *scene = &at;
    scene_open_with(scene, 0, 20);
    scene->early = true;
    ask(scene);
    close_server(scene);
    POLL_UNTIL(scene->ends);
    cr_assert_eq(scene->result, -ESHUTDOWN);
    hr_http_exchange_release(scene->exchange);
    scene_close(scene);
}

Test(exchange_post, peer_of_a_connection) {
    NEEDS_KERNEL("a raw peer");
    struct scene at, *scene = &at;
    scene_open(scene, 0);
    ask(scene);
    struct sockaddr_in own = {0}, peer;
    struct sockaddr_storage told;
    socklen_t size = sizeof own;
    cr_assert_eq(getsockname(scene->fd, (struct sockaddr *)&own, &size), 0);
    hr_http_exchange_peer(scene->exchange, &told);
    memcpy(&peer, &told, sizeof peer);
    cr_assert_eq(peer.sin_family, AF_INET);
    cr_assert_eq(peer.sin_port, own.sin_port);
    cr_assert_eq(peer.sin_addr.s_addr, own.sin_addr.s_addr);
    go_away(scene);
    idle(scene);
    hr_http_exchange_peer(scene->exchange, &told);
    cr_assert_eq(told.ss_family, AF_UNSPEC);
    cr_assert_eq(respond_text(scene), 0);
    POLL_UNTIL(scene->ends);
    hr_http_exchange_release(scene->exchange);
    scene_close(scene);
}
