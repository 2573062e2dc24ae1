/* 10,000 HTTP requests at once in a byte budget for 100 of them, on one and on two reactors. With
 * time enough to wait all succeed; with little, each succeeds or ends by name: -ENOBUFS that names
 * the budget, or no connection in time. The budget is never exceeded and nothing of it stays taken.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <headrace/clock.h>
#include <headrace/http_client.h>
#include <headrace/http_server.h>

enum { REQUESTS = 10000, AT_ONCE = 100, CONNECTIONS = 256 };
#define ONE_REQUEST 147456u /* a head of 16 KiB, and the consumer's block of 128 KiB */
#define PATIENCE_NS (UINT64_C(240) * 1000000000)

static struct hr_http_request requests[REQUESTS];
static uint32_t done, succeeded, without_budget, without_connection;

__attribute__((format(printf, 1, 2), noreturn)) static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("stress_budget: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static void on_request(void *user, hr_http_exchange *exchange) {
    (void)user;
    const struct hr_http_response response = {.status = 200, .body = hr_source_bytes("hello", 5)};
    if (hr_http_exchange_respond(exchange, &response) < 0) fail("no answer");
}

static ssize_t consume(void *user, const void *data, size_t size) {
    (void)user;
    (void)data;
    return (ssize_t)size;
}

static void on_done(struct hr_request *request) {
    if (request->result == 0)
        __atomic_fetch_add(&succeeded, 1, __ATOMIC_RELAXED);
    else if (request->result == -ENOBUFS && strstr(request->error.message, "budget_bytes"))
        __atomic_fetch_add(&without_budget, 1, __ATOMIC_RELAXED);
    else if (request->result == HR_ERR_POOL_TIMEOUT)
        __atomic_fetch_add(&without_connection, 1, __ATOMIC_RELAXED);
    else
        fail("a request: %s: %s", hr_error_name(request->result), request->error.message);
    __atomic_fetch_add(&done, 1, __ATOMIC_RELEASE);
}

static void start_all(hr_http_client *client, const char *url) {
    memset(requests, 0, sizeof requests);
    done = succeeded = without_budget = without_connection = 0;
    for (int i = 0; i < REQUESTS; i++) {
        requests[i].url = url;
        requests[i].sink = hr_sink_consumer(consume, NULL);
        requests[i].request.on_done = on_done;
        if (hr_http_request_start(client, &requests[i]) < 0) fail("a start was refused");
    }
}

static void wait_for_all(void) {
    uint64_t until = hr_clock_monotonic_ns() + PATIENCE_NS;
    while (__atomic_load_n(&done, __ATOMIC_ACQUIRE) < REQUESTS) {
        if (hr_clock_monotonic_ns() > until) fail("%u of %d have ended", done, REQUESTS);
        usleep(1000);
    }
}

static void run(unsigned reactors, unsigned pool_timeout_ms, const char *url) {
    const struct hr_engine_options options = {.reactors = reactors,
                                              .budget_bytes = (uint64_t)AT_ONCE * ONE_REQUEST};
    const struct hr_http_client_options http = {.pool.connections_max = CONNECTIONS,
                                                .pool.connections_per_origin_max = CONNECTIONS,
                                                .timeouts.pool_timeout_ms = pool_timeout_ms};
    struct hr_error error = {0};
    struct hr_engine_metrics metrics;
    hr_engine *engine;
    hr_http_client *client;
    if (hr_engine_new(&options, &error, &engine) < 0 ||
        hr_http_client_new(engine, &http, &error, &client) < 0)
        fail("client: %s", error.message);
    start_all(client, url);
    wait_for_all();
    hr_http_client_close(client, NULL, NULL);
    hr_engine_metrics_get(engine, &metrics);
    printf("%u reactors on %s, pool_timeout_ms %u: %u succeeded, %u without budget, %u without a "
           "connection; at most %llu bytes of %llu\n",
           reactors, hr_engine_backend_name(engine), pool_timeout_ms, succeeded, without_budget,
           without_connection, (unsigned long long)metrics.budget_peak_bytes,
           (unsigned long long)metrics.budget_limit_bytes);
    if (succeeded + without_budget + without_connection != REQUESTS)
        fail("some ended twice or not");
    if (pool_timeout_ms > 1000 && succeeded != REQUESTS) fail("there was time enough for all");
    if (metrics.budget_peak_bytes > metrics.budget_limit_bytes) fail("the limit was exceeded");
    if (metrics.budget_peak_bytes < metrics.budget_limit_bytes / 2) fail("it was no limit");
    if (metrics.submitted != REQUESTS || metrics.in_progress) fail("the counters do not add up");
    if (hr_engine_close(engine, NULL, NULL) < 0) fail("the engine does not close");
}

int main(void) {
    const struct hr_engine_options options = {.reactors = 1};
    const struct hr_http_server_options http = {.on_request = on_request};
    struct hr_error error = {0};
    hr_engine *engine;
    hr_http_server *server;
    if (hr_engine_new(&options, &error, &engine) < 0 ||
        hr_http_server_new(engine, &http, &error, &server) < 0)
        fail("server: %s", error.message);
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", hr_http_server_port(server));
    for (unsigned reactors = 1; reactors <= 2; reactors++) {
        run(reactors, 200000, url);
        run(reactors, 5, url);
    }
    hr_http_server_close(server, NULL, NULL);
    return hr_engine_close(engine, NULL, NULL) < 0;
}
