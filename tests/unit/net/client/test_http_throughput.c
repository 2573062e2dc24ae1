/* The minimum throughput of a body. */
#include <errno.h>
#include <stdlib.h>

#include "client_fixture.h"
#include "needs_kernel.h"

#define OK(size) "HTTP/1.1 200 OK\r\nContent-Length: " #size "\r\n\r\n"

static const struct hr_http_client_options demanding = {
    .timeouts = {.throughput_min = 10000, .throughput_window_ms = 50},
    .retry.attempts_max = HR_NO_RETRY,
};

static uint64_t too_slow(const struct fixture *f) {
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(f->client, &metrics);
    return metrics.timeouts.throughput;
}

Test(http_throughput, an_answer_that_crawls) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {
        {{{PEER_HEAD}, {PEER_SEND, OK(1000000)}, {PEER_ZEROS, NULL, 200}, {PEER_STALL}}}};
    struct fixture f;
    open_all(&f, &demanding, scripts, 1);
    struct hr_http_request request = {.url = peer_url(f.peer, "/")};
    cr_assert_eq(run(&f, &request), HR_ERR_TOO_SLOW, "%s", request.request.error.message);
    const char *message = request.request.error.message;
    cr_assert(strstr(message, "10000 a second (throughput_min)"), "%s", message);
    cr_assert(strstr(message, "50 ms (throughput_window_ms)"), "%s", message);
    cr_assert(strstr(message, "127.0.0.1"), "%s", message);
    cr_assert_geq(request.request.total_ns, 50 * 1000000ull);
    cr_assert_lt(request.request.total_ns, 5000 * 1000000ull);
    cr_assert_eq(too_slow(&f), 1);
    close_all(&f);
}

Test(http_throughput, a_server_that_takes_no_more) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {{{{PEER_HEAD}, {PEER_STALL}}}};
    struct fixture f;
    open_all(&f, &demanding, scripts, 1);
    size_t size = 64u << 20;
    struct hr_http_request request = {.method = "PUT", .url = peer_url(f.peer, "/")};
    char *data = calloc(1, size);
    request.body = hr_source_bytes(data, size);
    cr_assert_eq(run(&f, &request), HR_ERR_TOO_SLOW, "%s", request.request.error.message);
    free(data);
    close_all(&f);
}

/* What is quick enough goes on window after window, and a server that thinks is not measured. */
Test(http_throughput, quick_enough) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {
        {{{PEER_HEAD}, {PEER_STALL}, {PEER_SEND, OK(30000000)}, {PEER_ZEROS, NULL, 30000000}}}};
    struct fixture f;
    open_all(&f, &demanding, scripts, 1);
    struct hr_http_request request = {.url = peer_url(f.peer, "/")};
    cr_assert_eq(hr_http_request_start(f.client, &request), 0);
    for (int i = 0; i < 30; i++) hr_engine_poll(f.engine, 5);
    peer_release(f.peer);
    cr_assert_eq(hr_wait(&request.request), 0, "%s", request.request.error.message);
    cr_assert_eq(request.body_bytes, 30000000);
    cr_assert_eq(too_slow(&f), 0);
    close_all(&f);
}

static ssize_t refuse(void *user, const void *data, size_t size) {
    (void)user, (void)data, (void)size;
    return 0;
}

/* While the caller's own side pushes back, nothing is asked of the server. */
Test(http_throughput, our_own_pause_does_not_count) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {
        {{{PEER_HEAD}, {PEER_SEND, OK(100000)}, {PEER_ZEROS, NULL, 100000}}}};
    struct fixture f;
    open_all(&f, &demanding, scripts, 1);
    struct hr_http_request request = {.url = peer_url(f.peer, "/"), .request.timeout_ms = 250};
    request.sink = hr_sink_consumer(refuse, NULL);
    cr_assert_eq(run(&f, &request), -ETIMEDOUT, "%s", request.request.error.message);
    cr_assert_eq(too_slow(&f), 0);
    close_all(&f);
}
