/* Clients and servers that are closing: what a start gets, what lives how long, in which order. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <headrace/clock.h>
#include <headrace/http_client.h>
#include <headrace/http_server.h>

#include "client_fixture.h"
#include "needs_kernel.h"
#include "tls_certs.h"

/* All starts of a client. */
struct starts {
    struct hr_http_request request;
    struct hr_http_warm_up warm_up;
    struct hr_http_health health;
};

static void start_all(hr_http_client *client, const char *url, int expected) {
    struct starts starts = {.request.url = url, .warm_up.url = url, .health.url = url};
    starts.warm_up.count = 1;
    cr_assert_eq(hr_http_request_start(client, &starts.request), expected);
    cr_assert_eq(hr_http_warm_up_start(client, &starts.warm_up), expected);
    cr_assert_eq(hr_http_health_start(client, &starts.health), expected);
}

struct closing {
    hr_http_client *client;
    hr_http_server *server;
    const char *url;
    unsigned closed;
};

/* The handle is still there, also for what only looks. */
static void on_client_closed(void *user) {
    struct closing *closing = user;
    struct hr_http_client_metrics metrics;
    closing->closed++;
    start_all(closing->client, closing->url, -ESHUTDOWN);
    hr_http_client_metrics_get(closing->client, &metrics);
    cr_assert_eq(metrics.connections_open, 0);
}

static void on_server_closed(void *user) {
    struct closing *closing = user;
    closing->closed++;
    cr_assert_neq(hr_http_server_port(closing->server), 0);
}

#define TURN_UNTIL(engine, condition)                                                              \
    do {                                                                                           \
        int turns_ = 0;                                                                            \
        while (!(condition)) {                                                                     \
            cr_assert_lt(turns_++, 4000, "never happened: %s", #condition);                        \
            hr_engine_poll(engine, 5);                                                             \
        }                                                                                          \
    } while (0)

Test(http_closing, every_start_is_refused_until_on_closed) {
    for (int turns = 0; turns < 3; turns++) {
        struct fixture f = {0};
        open_engine(&f, 0);
        open_client(&f, NULL);
        struct closing closing = {.client = f.client, .url = "http://127.0.0.1:9/"};
        hr_http_client_close(f.client, on_client_closed, &closing);
        for (int i = 0; i < turns && !closing.closed; i++) {
            start_all(f.client, closing.url, -ESHUTDOWN);
            hr_engine_poll(f.engine, 0);
        }
        if (!closing.closed)
            for (int i = 0; i < 3; i++) start_all(f.client, closing.url, -ESHUTDOWN);
        TURN_UNTIL(f.engine, closing.closed);
        for (int i = 0; i < 5; i++) hr_engine_poll(f.engine, 0);
        cr_assert_eq(closing.closed, 1, "on_closed was called %u times", closing.closed);
        cr_assert_eq(hr_engine_close(f.engine, NULL, NULL), 0);
    }
}

/* While a request is in progress, from its callback, and when it was the last. */

static struct closing *of_last;
static unsigned done;

static void on_last_done(struct hr_request *request) {
    cr_assert_eq(request->result, 0, "%s", request->error.message);
    done++;
    start_all(of_last->client, of_last->url, -ESHUTDOWN);
    cr_assert_eq(of_last->closed, 0);
}

Test(http_closing, starts_are_refused_while_a_request_ends) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {
        {{{PEER_HEAD}, {PEER_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"}}}};
    struct fixture f;
    open_all(&f, NULL, scripts, 1);
    char url[64];
    snprintf(url, sizeof url, "%s", peer_url(f.peer, "/"));
    struct closing closing = {.client = f.client, .url = url};
    struct hr_http_request request = {.url = url, .request.on_done = on_last_done};
    of_last = &closing;
    cr_assert_eq(hr_http_request_start(f.client, &request), 0);
    hr_http_client_close(f.client, on_client_closed, &closing);
    int turns = 0;
    while (!closing.closed && turns++ < 4000) {
        start_all(f.client, url, -ESHUTDOWN);
        hr_engine_poll(f.engine, 5);
    }
    for (int i = 0; i < 5; i++) hr_engine_poll(f.engine, 0);
    cr_assert_eq(done, 1);
    cr_assert_eq(closing.closed, 1);
    cr_assert_eq(hr_engine_close(f.engine, NULL, NULL), 0);
    peer_stop(f.peer);
}

/* Threads that start for as long as on_closed has not told them to leave: nothing else holds them
 * off. */

struct crowd {
    hr_http_client *client;
    uint32_t over, inside, closed;
    uint64_t refused;
};

static void on_crowd_closed(void *user) {
    struct crowd *crowd = user;
    __atomic_store_n(&crowd->over, 1, __ATOMIC_SEQ_CST);
    /* Who has not seen it is in a start, or about to call one: the handle stays for them. */
    while (__atomic_load_n(&crowd->inside, __ATOMIC_SEQ_CST)) sched_yield();
    __atomic_fetch_add(&crowd->closed, 1, __ATOMIC_RELEASE);
}

static void *press(void *user) {
    struct crowd *crowd = user;
    for (;;) {
        __atomic_fetch_add(&crowd->inside, 1, __ATOMIC_SEQ_CST);
        bool over = __atomic_load_n(&crowd->over, __ATOMIC_SEQ_CST);
        struct hr_http_request request = {.url = "http://127.0.0.1:9/"};
        int result = over ? 0 : hr_http_request_start(crowd->client, &request);
        __atomic_fetch_sub(&crowd->inside, 1, __ATOMIC_SEQ_CST);
        if (over) return NULL;
        if (result == 0) {
            hr_cancel(&request.request);
            hr_wait(&request.request);
        } else {
            cr_assert_eq(result, -ESHUTDOWN, "%d", result);
            __atomic_fetch_add(&crowd->refused, 1, __ATOMIC_RELAXED);
        }
    }
}

Test(http_closing, threads_that_start_all_the_while) {
    for (int round = 0; round < 40; round++) {
        const struct hr_engine_options options = {.reactors = 1 + (unsigned)round % 3};
        struct crowd crowd = {0};
        hr_engine *engine;
        struct hr_error error = {0};
        pthread_t threads[3];
        cr_assert_eq(hr_engine_new(&options, &error, &engine), 0, "%s", error.message);
        cr_assert_eq(hr_http_client_new(engine, NULL, &error, &crowd.client), 0);
        for (int i = 0; i < 3; i++)
            cr_assert_eq(pthread_create(&threads[i], NULL, press, &crowd), 0);
        hr_http_client_close(crowd.client, on_crowd_closed, &crowd);
        for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
        cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
        cr_assert_eq(crowd.closed, 1);
    }
}

/* ---- Servers. */

static void refuse_all(void *user, hr_http_exchange *exchange) {
    (void)user;
    const struct hr_http_response response = {.status = 404};
    hr_http_exchange_respond(exchange, &response);
}

static const struct hr_http_server_options server_options = {.on_request = refuse_all};

static void note_done(struct hr_request *request) {
    __atomic_store_n((int *)request->user, 1, __ATOMIC_RELEASE);
}

/* As hr_engine_close does, in both modes: what was in progress is done, nothing is left open. */
Test(http_closing, without_on_closed_it_blocks_until_the_handle_is_gone) {
    NEEDS_KERNEL("threads");
    for (int mode = 0; mode < 2; mode++) {
        const struct hr_engine_options options = {.mode = (enum hr_engine_mode)mode};
        hr_engine *engine;
        hr_http_client *client;
        hr_http_server *server;
        struct hr_engine_metrics metrics;
        char url[64];
        int told = 0;
        cr_assert_eq(hr_engine_new(&options, NULL, &engine), 0);
        cr_assert_eq(hr_http_server_new(engine, &server_options, NULL, &server), 0);
        cr_assert_eq(hr_http_client_new(engine, NULL, NULL, &client), 0);
        snprintf(url, sizeof url, "http://127.0.0.1:%u/", hr_http_server_port(server));
        struct hr_http_request request = {.url = url, .request = {.on_done = note_done}};
        request.request.user = &told;
        cr_assert_eq(hr_http_request_start(client, &request), 0);
        hr_http_client_close(client, NULL, NULL);
        cr_assert_eq(__atomic_load_n(&told, __ATOMIC_ACQUIRE), 1);
        cr_assert_eq(request.status, 404);
        hr_http_server_close(server, NULL, NULL);
        hr_engine_metrics_get(engine, &metrics);
        cr_assert_eq(metrics.connections_open, 0);
        cr_assert_eq(metrics.in_progress, 0);
        cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
    }
}

static void close_from_inside(struct hr_request *request) {
    struct closing *closing = request->user;
    hr_http_client_close(closing->client, NULL, NULL);
    hr_http_server_close(closing->server, NULL, NULL);
    __atomic_store_n(&closing->closed, 1, __ATOMIC_RELEASE);
}

/* A reactor cannot wait for itself: there both return at once, and hr_engine_close waits. */
Test(http_closing, without_on_closed_it_does_not_block_a_reactor) {
    NEEDS_KERNEL("threads");
    struct closing closing = {.closed = 0};
    hr_engine *engine;
    char url[64];
    cr_assert_eq(hr_engine_new(NULL, NULL, &engine), 0);
    cr_assert_eq(hr_http_server_new(engine, &server_options, NULL, &closing.server), 0);
    cr_assert_eq(hr_http_client_new(engine, NULL, NULL, &closing.client), 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", hr_http_server_port(closing.server));
    struct hr_http_request request = {.url = url, .request = {.on_done = close_from_inside}};
    request.request.user = &closing;
    cr_assert_eq(hr_http_request_start(closing.client, &request), 0);
    while (!__atomic_load_n(&closing.closed, __ATOMIC_ACQUIRE)) usleep(1000);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
}

static void close_in_callback(struct hr_request *request) {
    struct closing *closing = request->user;
    hr_http_server_close(closing->server, on_server_closed, closing);
}

/* A client's callback closes a server that was made outside of the turn: its start is posted, not
 * run. */
Test(http_closing, a_close_does_not_overtake_the_start) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {
        {{{PEER_HEAD}, {PEER_STALL}, {PEER_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}}}};
    struct fixture f;
    open_all(&f, NULL, scripts, 1);
    struct closing closing = {0};
    struct pollfd ready = {.fd = hr_engine_fd(f.engine), .events = POLLIN};
    struct hr_http_request request = {.url = peer_url(f.peer, "/"),
                                      .request.on_done = close_in_callback,
                                      .request.user = &closing};
    cr_assert_eq(hr_http_request_start(f.client, &request), 0);
    TURN_UNTIL(f.engine, peer_heads(f.peer) == 1);
    while (hr_engine_poll(f.engine, 0) > 0) {}
    /* The next turn finds the response before it fetches what is posted now. */
    peer_release(f.peer);
    cr_assert_eq(poll(&ready, 1, 10000), 1);
    struct hr_error error = {0};
    cr_assert_eq(hr_http_server_new(f.engine, &server_options, &error, &closing.server), 0, "%s",
                 error.message);
    TURN_UNTIL(f.engine, closing.closed);
    cr_assert_eq(closing.closed, 1);
    close_all(&f);
}

Test(http_closing, a_server_lives_until_on_closed_has_returned) {
    NEEDS_KERNEL("a listening socket");
    struct fixture f = {0};
    struct hr_error error = {0};
    struct closing closing = {0};
    open_engine(&f, 0);
    cr_assert_eq(hr_http_server_new(f.engine, &server_options, &error, &closing.server), 0);
    hr_http_server_close(closing.server, on_server_closed, &closing);
    TURN_UNTIL(f.engine, closing.closed);
    cr_assert_eq(closing.closed, 1);
    cr_assert_eq(hr_engine_close(f.engine, NULL, NULL), 0);
}

/* Connections that have asked for nothing, for half of something, for nothing over TLS: a close
 * does not wait for them, nor for descriptors that are not to be had. */

static int dial(uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_geq(fd, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    const struct timeval patience = {.tv_sec = 10};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
}

static void open_server(struct fixture *f, struct closing *closing, bool secure) {
    struct hr_error error = {0};
    struct hr_http_server_options options = server_options;
    *closing = (struct closing){0};
    memset(f, 0, sizeof *f);
    open_engine(f, 0);
    if (secure) {
        struct tls_cert cert = tls_cert_make(
            &(struct tls_cert_plan){.common_name = "leaf", .alt_names = "IP:127.0.0.1"});
        char *certificate_path = tls_file("leaf.pem", cert.pem);
        char *key_path = tls_file("leaf.key", cert.key_pem);
        options.tls.certificate_file = certificate_path;
        options.tls.key_file = key_path;
        cr_assert_eq(hr_http_server_new(f->engine, &options, &error, &closing->server), 0, "%s",
                     error.message);
        tls_cert_deinit(&cert);
        free(certificate_path);
        free(key_path);
        return;
    }
    cr_assert_eq(hr_http_server_new(f->engine, &options, &error, &closing->server), 0, "%s",
                 error.message);
}

/* hr_http_server_close cuts off after five seconds: it has to be done before. */
static void close_soon(struct fixture *f, struct closing *closing) {
    uint64_t begun_ns = hr_clock_monotonic_ns();
    hr_http_server_close(closing->server, on_server_closed, closing);
    TURN_UNTIL(f->engine, closing->closed);
    cr_assert_lt(hr_clock_monotonic_ns() - begun_ns, 4 * UINT64_C(1000000000), "it was cut off");
    cr_assert_eq(closing->closed, 1);
    cr_assert_eq(hr_engine_close(f->engine, NULL, NULL), 0);
}

Test(http_closing, a_server_does_not_wait_for_connections_that_ask_for_nothing) {
    NEEDS_KERNEL("a raw peer");
    static const char *const said[] = {"", "GET / HT", "GET / HTTP/1.1\r\nHost: x\r\n",
                                       "\x16\x03\x01"};
    for (int secure = 0; secure < 2; secure++) {
        for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
            for (int seen = 0; seen < 2; seen++) { /* or still in the backlog */
                struct fixture f;
                struct closing closing;
                char byte;
                open_server(&f, &closing, secure);
                int fd = dial(hr_http_server_port(closing.server));
                cr_assert_eq(send(fd, said[i], strlen(said[i]), 0), (ssize_t)strlen(said[i]));
                for (int turn = 0; seen && turn < 20; turn++) hr_engine_poll(f.engine, 1);
                close_soon(&f, &closing);
                ssize_t got;
                while ((got = recv(fd, &byte, 1, 0)) > 0) {} /* an alert, maybe */
                cr_assert(got == 0 || errno == ECONNRESET, "the connection is left open");
                close(fd);
            }
        }
    }
}

Test(http_closing, a_server_without_descriptors_closes) {
    NEEDS_KERNEL("a limit of its own");
    enum { LIMIT = 64 };
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = LIMIT;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    struct fixture f;
    struct closing closing;
    open_server(&f, &closing, false);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fds[LIMIT], held = 0;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(hr_http_server_port(closing.server))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    while ((fds[held] = dup(fd)) >= 0) held++;
    cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    for (int turn = 0; turn < 20; turn++) hr_engine_poll(f.engine, 1);
    close_soon(&f, &closing);
    while (held > 0) close(fds[--held]);
    close(fd);
}

/* ---- Everything is closed from the callback of the last request. */

struct last {
    struct fixture *f;
    bool by_cancel;
    uint32_t client_closed, engine_closed, done;
};

static void on_part_closed(void *flag) {
    __atomic_fetch_add((uint32_t *)flag, 1, __ATOMIC_RELEASE);
}

static void close_everything(struct hr_request *request) {
    struct last *last = request->user;
    __atomic_fetch_add(&last->done, 1, __ATOMIC_RELEASE);
    hr_http_client_close(last->f->client, on_part_closed, &last->client_closed);
    cr_assert_eq(hr_engine_close(last->f->engine, on_part_closed, &last->engine_closed), 0);
}

Test(http_closing, everything_from_the_last_callback) {
    for (int mode = 0; mode < 2; mode++) {
        const struct hr_engine_options options = {.mode = (enum hr_engine_mode)mode,
                                                  .reactors = mode ? 1 : 2};
        struct fixture f = {0};
        struct hr_error error = {0};
        struct last last = {.f = &f};
        cr_assert_eq(hr_engine_new(&options, &error, &f.engine), 0, "%s", error.message);
        open_client(&f, NULL);
        struct hr_http_request request = {.url = "http://127.0.0.1:9/",
                                          .request.on_done = close_everything,
                                          .request.user = &last};
        cr_assert_eq(hr_http_request_start(f.client, &request), 0);
        if (mode == HR_ENGINE_CALLER) cr_assert_eq(hr_engine_run(f.engine), 0);
        while (!__atomic_load_n(&last.engine_closed, __ATOMIC_ACQUIRE)) usleep(100);
        cr_assert_eq(last.done, 1);
        cr_assert_eq(last.client_closed, 1);
        cr_assert_eq(last.engine_closed, 1);
    }
}

/* Requests in progress and requests that wait for a connection, cancelled after the close: each is
 * called back once, and on_closed comes behind the last. */

static unsigned cancelled;

static void on_cancelled(struct hr_request *request) {
    const struct closing *closing = request->user;
    cr_assert_eq(request->result, -ECANCELED, "%s", request->error.message);
    cr_assert_eq(closing->closed, 0);
    cancelled++;
}

Test(http_closing, what_waits_is_cancelled_once) {
    NEEDS_KERNEL("a raw peer");
    enum { REQUESTS = 40 };
    static const struct peer_script scripts[] = {{{{PEER_HEAD}, {PEER_STALL}}}};
    /* Within a handshake of TLS, and within that of a tunnel. */
    for (int way = 0; way < 3; way++) {
        struct fixture f;
        struct peer *peer = peer_start(scripts, 1);
        const struct hr_http_client_options options = {
            .pool.connections_max = 3, .proxy.url = way == 2 ? peer_url(peer, "") : NULL};
        open_all(&f, &options, NULL, 0);
        char url[64];
        snprintf(url, sizeof url, "%s://127.0.0.1:%u/", way ? "https" : "http", peer_port(peer));
        struct closing closing = {.client = f.client, .url = url};
        static struct hr_http_request requests[REQUESTS];
        cancelled = 0;
        for (int i = 0; i < REQUESTS; i++) {
            requests[i] = (struct hr_http_request){
                .url = url, .request.on_done = on_cancelled, .request.user = &closing};
            cr_assert_eq(hr_http_request_start(f.client, &requests[i]), 0);
        }
        for (int turn = 0; turn < 20; turn++) hr_engine_poll(f.engine, 1);
        hr_http_client_close(f.client, on_client_closed, &closing);
        for (int i = 0; i < 2 * REQUESTS; i++) hr_cancel(&requests[i % REQUESTS].request);
        TURN_UNTIL(f.engine, closing.closed);
        cr_assert_eq(cancelled, REQUESTS);
        cr_assert_eq(closing.closed, 1);
        cr_assert_eq(hr_engine_close(f.engine, NULL, NULL), 0);
        peer_stop(peer);
    }
}

/* ---- A forked child. */

static void never(void *user) {
    (void)user;
    _exit(20);
}

/* The child's own engine, with a server and a client that asks it. */
static int own_in_child(void) {
    const struct hr_engine_options options = {.reactors = 1};
    struct hr_error error = {0};
    hr_engine *engine;
    hr_http_client *client;
    hr_http_server *server;
    char url[64];
    if (hr_engine_new(&options, &error, &engine) != 0) return 8;
    if (hr_http_server_new(engine, &server_options, &error, &server) != 0) return 9;
    if (hr_http_client_new(engine, NULL, &error, &client) != 0) return 10;
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", hr_http_server_port(server));
    struct hr_http_request request = {.url = url};
    if (hr_http_request_start(client, &request) != 0) return 11;
    if (hr_wait(&request.request) != 0 || request.status != 404) return 12;
    hr_http_client_close(client, NULL, NULL);
    hr_http_server_close(server, NULL, NULL);
    return hr_engine_close(engine, NULL, NULL) == 0 ? 0 : 13;
}

static int in_child(hr_engine *engine, hr_http_client *client, hr_http_server *server,
                    struct hr_http_request *running) {
    struct starts starts = {
        .request.url = running->url, .warm_up.url = running->url, .health.url = running->url};
    struct hr_error error = {0};
    hr_http_client *other_client = NULL;
    hr_http_server *other_server = NULL;
    alarm(20);
    if (hr_http_request_start(client, &starts.request) != -ESHUTDOWN) return 1;
    if (hr_http_warm_up_start(client, &starts.warm_up) != -ESHUTDOWN) return 2;
    if (hr_http_health_start(client, &starts.health) != -ESHUTDOWN) return 3;
    if (hr_http_client_new(engine, NULL, &error, &other_client) != -ESHUTDOWN) return 4;
    if (hr_http_server_new(engine, &server_options, &error, &other_server) != -ESHUTDOWN) return 5;
    hr_resume(&running->request);
    hr_cancel(&running->request);
    if (hr_wait(&running->request) != -ESHUTDOWN) return 6;
    hr_http_client_close(client, never, NULL);
    hr_http_server_close(server, never, NULL);
    if (hr_engine_close(engine, NULL, NULL) != 0) return 7;
    return own_in_child();
}

/* Once nothing happens for a while; a time-out of a connection may turn it now and then. */
static uint64_t turns_at_rest(const hr_engine *engine) {
    struct hr_engine_metrics metrics;
    uint64_t turns = UINT64_MAX;
    for (int i = 0; i < 1000; i++) {
        hr_engine_metrics_get(engine, &metrics);
        if (metrics.turns == turns) return turns;
        turns = metrics.turns;
        usleep(20000);
    }
    return turns;
}

Test(http_closing, a_forked_child_closes_and_starts_nothing) {
    NEEDS_KERNEL("a process of its own");
    static const struct peer_script scripts[] = {{{{PEER_HEAD}, {PEER_STALL}}}};
    struct peer *peer = peer_start(scripts, 1);
    const struct hr_engine_options options = {.reactors = 1};
    struct hr_error error = {0};
    hr_engine *engine;
    hr_http_client *client;
    hr_http_server *server;
    cr_assert_eq(hr_engine_new(&options, &error, &engine), 0, "%s", error.message);
    cr_assert_eq(hr_http_client_new(engine, NULL, &error, &client), 0);
    cr_assert_eq(hr_http_server_new(engine, &server_options, &error, &server), 0);
    struct hr_http_request running = {.url = peer_url(peer, "/"),
                                      .timeouts.first_byte_timeout_ms = HR_NO_TIMEOUT,
                                      .timeouts.stall_timeout_ms = HR_NO_TIMEOUT,
                                      .request.timeout_ms = HR_NO_TIMEOUT};
    cr_assert_eq(hr_http_request_start(client, &running), 0);
    cr_assert(peer_wait_heads(peer, 1));
    uint64_t turns = turns_at_rest(engine);
    pid_t child = fork();
    if (child == 0) _exit(in_child(engine, client, server, &running));
    int status = -1;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0, "signal %d, code %d", WTERMSIG(status), WEXITSTATUS(status));
    struct hr_engine_metrics metrics;
    hr_engine_metrics_get(engine, &metrics);
    cr_assert_eq(metrics.turns, turns, "the parent's reactor was woken");
    hr_cancel(&running.request);
    cr_assert_eq(hr_wait(&running.request), -ECANCELED, "the parent goes on");
    hr_http_client_close(client, NULL, NULL);
    hr_http_server_close(server, NULL, NULL);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
    peer_stop(peer);
}
