/* A client's connection limits on engines of one to four reactors, on both back ends. The server
 * answers nothing until as many requests stand before it as the limit allows and all others wait in
 * the client: then it has seen the limit exactly, and it never sees more. Limits around the number
 * of reactors, in all and per host. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <engine/reactor.h>
#include <headrace/clock.h>
#include <headrace/http_client.h>
#include <headrace/http_server.h>

enum { REACTORS_MAX = 4, LIMIT_MAX = 9, REQUESTS = 64, HOSTS = 3 };
#define PATIENCE_NS (UINT64_C(30) * 1000000000)

static hr_http_exchange *held[REQUESTS];
static uint64_t held_count, held_peak;
static uint32_t done, releasing;

__attribute__((format(printf, 1, 2), noreturn)) static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("stress_limits: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

/* The server: one reactor, which alone counts; the test's thread reads and, between cases, resets
 * the peak. */

static void on_request(void *user, hr_http_exchange *exchange) {
    (void)user;
    if (held_count == REQUESTS) fail("more requests than were started");
    held[held_count] = exchange;
    __atomic_store_n(&held_count, held_count + 1, __ATOMIC_RELEASE);
    if (held_count > __atomic_load_n(&held_peak, __ATOMIC_RELAXED))
        __atomic_store_n(&held_peak, held_count, __ATOMIC_RELEASE);
}

static void release_all(struct hr_task *task) {
    (void)task;
    uint64_t count = held_count;
    __atomic_store_n(&held_count, 0, __ATOMIC_RELEASE);
    for (uint64_t i = 0; i < count; i++) {
        const struct hr_http_response response = {.status = 200};
        hr_http_exchange_respond(held[i], &response);
    }
    __atomic_store_n(&releasing, 0, __ATOMIC_RELEASE);
}

struct server {
    hr_engine *engine;
    hr_http_server *http;
    struct hr_task release;
};

static void open_server(struct server *server) {
    const struct hr_engine_options options = {.reactors = 1};
    const struct hr_http_server_options http = {.on_request = on_request};
    struct hr_error error = {0};
    if (hr_engine_new(&options, &error, &server->engine) < 0 ||
        hr_http_server_new(server->engine, &http, &error, &server->http) < 0)
        fail("server: %s", error.message);
}

/* A case. */

struct limits {
    unsigned reactors, limit;
    bool per_host; /* else in all */
    enum hr_engine_backend backend;
};

static uint64_t waiting_in(const hr_http_client *client) {
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(client, &metrics);
    return metrics.waiting;
}

/* Until the server holds `limit` and the client all others. */
static void wait_until_full(const struct limits *limits, const hr_http_client *client) {
    uint64_t until = hr_clock_monotonic_ns() + PATIENCE_NS;
    while (__atomic_load_n(&held_count, __ATOMIC_ACQUIRE) != limits->limit ||
           waiting_in(client) != REQUESTS - limits->limit) {
        if (hr_clock_monotonic_ns() > until)
            fail("%u reactors, limit %u %s: %" PRIu64 " before the server, %" PRIu64 " waiting",
                 limits->reactors, limits->limit, limits->per_host ? "per host" : "in all",
                 __atomic_load_n(&held_count, __ATOMIC_ACQUIRE), waiting_in(client));
        usleep(200);
    }
}

static void on_done(struct hr_request *request) {
    if (request->result < 0) fail("a request: %s", request->error.message);
    __atomic_fetch_add(&done, 1, __ATOMIC_RELEASE);
}

static void answer_all(struct server *server) {
    while (__atomic_load_n(&done, __ATOMIC_ACQUIRE) != REQUESTS) {
        if (!__atomic_exchange_n(&releasing, 1, __ATOMIC_ACQ_REL))
            hr__reactor_post(hr__engine_reactor(server->engine, 0), &server->release);
        usleep(200);
    }
    while (__atomic_load_n(&releasing, __ATOMIC_ACQUIRE)) usleep(200);
}

static void run_requests(const struct limits *limits, struct server *server,
                         hr_http_client *client) {
    static struct hr_http_request requests[REQUESTS];
    static char urls[HOSTS][64];
    unsigned hosts = limits->per_host ? 1 : HOSTS;
    memset(requests, 0, sizeof requests);
    __atomic_store_n(&held_peak, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&done, 0, __ATOMIC_RELEASE);
    for (unsigned i = 0; i < hosts; i++)
        snprintf(urls[i], sizeof urls[i], "http://host-%u.test:%u/", i,
                 hr_http_server_port(server->http));
    for (unsigned i = 0; i < REQUESTS; i++) {
        requests[i].url = urls[i % hosts];
        requests[i].request.on_done = on_done;
        if (hr_http_request_start(client, &requests[i]) < 0) fail("a request was refused");
    }
    wait_until_full(limits, client);
    answer_all(server);
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(client, &metrics);
    uint64_t peak = __atomic_load_n(&held_peak, __ATOMIC_ACQUIRE);
    if (peak != limits->limit || metrics.connections_peak != limits->limit)
        fail("%u reactors, limit %u %s: the server saw %" PRIu64 " and the client counted %" PRIu64,
             limits->reactors, limits->limit, limits->per_host ? "per host" : "in all", peak,
             metrics.connections_peak);
}

static void run_case(const struct limits *limits, struct server *server) {
    const struct hr_resolve_entry resolve = {.host = "*.test", .address = "127.0.0.1"};
    const struct hr_engine_options options = {.backend = limits->backend,
                                              .reactors = limits->reactors};
    const struct hr_http_client_options client_options = {
        .resolver.entries = &resolve,
        .resolver.entry_count = 1,
        .pool.connections_per_origin_max = limits->per_host ? limits->limit : REQUESTS,
        .pool.connections_max = limits->per_host ? 0 : limits->limit,
        .timeouts.first_byte_timeout_ms = HR_NO_TIMEOUT,
        .timeouts.pool_timeout_ms = HR_NO_TIMEOUT};
    struct hr_error error = {0};
    hr_engine *engine;
    hr_http_client *client;
    if (hr_engine_new(&options, &error, &engine) < 0 ||
        hr_http_client_new(engine, &client_options, &error, &client) < 0)
        fail("client: %s", error.message);
    run_requests(limits, server, client);
    hr_http_client_close(client, NULL, NULL);
    if (hr_engine_close(engine, NULL, NULL) < 0) fail("close");
}

int main(void) {
    struct server server = {.release.run = release_all};
    unsigned cases = 0;
    open_server(&server);
    for (unsigned reactors = 1; reactors <= REACTORS_MAX; reactors++)
        for (unsigned limit = 1; limit <= LIMIT_MAX; limit++)
            for (unsigned kind = 0; kind < 4; kind++, cases++) {
                const struct limits limits = {.reactors = reactors,
                                              .limit = limit,
                                              .per_host = kind % 2,
                                              .backend = kind / 2 ? HR_BACKEND_EPOLL
                                                                  : HR_BACKEND_IO_URING};
                run_case(&limits, &server);
            }
    hr_http_server_close(server.http, NULL, NULL);
    if (hr_engine_close(server.engine, NULL, NULL) < 0) fail("close");
    printf("stress_limits: %u cases, the limit exactly in each\n", cases);
    return 0;
}
