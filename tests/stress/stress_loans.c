/* Redirects over several origins with limits below the number of reactors: places for connections
 * are lent between reactors all the time, while requests are cancelled and the client closes. Every
 * request ends, the limits hold, and everything can be closed. On both back ends. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <headrace/clock.h>
#include <headrace/http_client.h>
#include <headrace/http_server.h>

enum { REACTORS = 4, ORIGINS = 4, REQUESTS = 48, ROUNDS = 6 };

struct origin {
    hr_http_server *server;
    char next[64]; /* where it leads; empty: it answers */
    char url[64];
};

static struct origin origins[ORIGINS];
static uint32_t done, servers_closed;

__attribute__((format(printf, 1, 2), noreturn)) static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("stress_loans: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static void on_request(void *user, hr_http_exchange *exchange) {
    const struct origin *origin = user;
    const struct hr_http_field location = {hr_slice_of("Location"), hr_slice_of(origin->next)};
    const struct hr_http_response response = {
        .status = origin->next[0] ? 307 : 200,
        .fields = &location,
        .field_count = origin->next[0] ? 1 : 0,
        .body = hr_source_bytes("here", 4),
    };
    if (hr_http_exchange_respond(exchange, &response)) fail("a response was refused");
}

static hr_engine *open_engine(enum hr_engine_backend backend, unsigned reactors) {
    const struct hr_engine_options options = {.reactors = reactors, .backend = backend};
    struct hr_error error = {0};
    hr_engine *engine;
    if (hr_engine_new(&options, &error, &engine) < 0) fail("engine: %s", error.message);
    return engine;
}

static void open_origins(hr_engine *engine) {
    for (int i = ORIGINS - 1; i >= 0; i--) {
        struct origin *origin = &origins[i];
        const struct hr_http_server_options options = {.on_request = on_request, .user = origin};
        struct hr_error error = {0};
        if (i + 1 < ORIGINS) memcpy(origin->next, origins[i + 1].url, sizeof origin->next);
        if (hr_http_server_new(engine, &options, &error, &origin->server) < 0)
            fail("server: %s", error.message);
        snprintf(origin->url, sizeof origin->url, "http://127.0.0.1:%u/",
                 hr_http_server_port(origin->server));
    }
}

static void on_closed(void *user) {
    (void)user;
    __atomic_fetch_add(&servers_closed, 1, __ATOMIC_RELEASE);
}

static void on_done(struct hr_request *request) {
    if (request->result < 0 && request->result != -ECANCELED)
        fail("a request: %s", request->error.message);
    __atomic_fetch_add(&done, 1, __ATOMIC_RELEASE);
}

/* `cancels`: every third one, at once or a little later; and the client closes meanwhile. */
static void run_round(hr_engine *engine, unsigned limit, bool in_all, bool cancels) {
    static struct hr_http_request requests[REQUESTS];
    const struct hr_http_client_options options = {
        .pool.connections_per_origin_max = in_all ? 0 : limit,
        .pool.connections_max = in_all ? limit : 0,
        .redirects.max = ORIGINS,
        .timeout_ms = 60000,
    };
    struct hr_error error = {0};
    hr_http_client *client;
    if (hr_http_client_new(engine, &options, &error, &client) < 0) fail("%s", error.message);
    memset(requests, 0, sizeof requests);
    __atomic_store_n(&done, 0, __ATOMIC_RELEASE);
    for (unsigned i = 0; i < REQUESTS; i++) {
        requests[i].url = origins[i % (ORIGINS - 1)].url;
        requests[i].request.on_done = on_done;
        if (hr_http_request_start(client, &requests[i]) < 0) fail("a request was refused");
        if (cancels && i % 6 == 0) hr_cancel(&requests[i].request);
    }
    for (unsigned i = 3; cancels && i < REQUESTS; i += 6) {
        usleep(300);
        hr_cancel(&requests[i].request);
    }
    if (cancels) hr_http_client_close(client, NULL, NULL);
    while (__atomic_load_n(&done, __ATOMIC_ACQUIRE) != REQUESTS) usleep(200);
    if (cancels) return;
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(client, &metrics);
    unsigned most = in_all ? limit : limit * ORIGINS;
    if (metrics.connections_peak > most)
        fail("limit %u %s: %" PRIu64 " connections", limit, in_all ? "in all" : "per host",
             metrics.connections_peak);
    hr_http_client_close(client, NULL, NULL);
}

static void run_on(enum hr_engine_backend backend) {
    hr_engine *servers = open_engine(backend, 1), *engine = open_engine(backend, REACTORS);
    open_origins(servers);
    for (unsigned round = 0; round < ROUNDS; round++)
        for (unsigned limit = 1; limit < REACTORS; limit++)
            run_round(engine, limit, round % 3 == 2, round % 2);
    if (hr_engine_close(engine, NULL, NULL)) fail("the engine does not close");
    servers_closed = 0;
    for (unsigned i = 0; i < ORIGINS; i++) hr_http_server_close(origins[i].server, on_closed, NULL);
    while (__atomic_load_n(&servers_closed, __ATOMIC_ACQUIRE) != ORIGINS) usleep(200);
    if (hr_engine_close(servers, NULL, NULL)) fail("the servers' engine does not close");
}

int main(void) {
    run_on(HR_BACKEND_IO_URING);
    run_on(HR_BACKEND_EPOLL);
    puts("stress_loans: every redirect has ended, and no limit was exceeded");
    return 0;
}
