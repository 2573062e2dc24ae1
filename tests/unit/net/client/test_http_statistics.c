/* What a client counts. */
#include <arpa/inet.h>
#include <errno.h>
#include <unistd.h>

#include "answering.h"

#include "client_fixture.h"
#include "needs_kernel.h"

/* A third each: good, missing, failing. */
static int mixed(struct answering *self, unsigned n) {
    (void)self;
    return n % 3 == 0 ? 200 : n % 3 == 1 ? 404 : 500;
}

static int hold(struct answering *self, unsigned n) {
    (void)self, (void)n;
    return 0;
}

static struct hr_histogram latency_of(const struct answering *self, unsigned status_class) {
    struct hr_histogram latency = {0};
    cr_assert_eq(hr_http_client_latency_merge(self->client, status_class, &latency), 0);
    return latency;
}

static const struct hr_http_client_options plain = {.retry.attempts_max = HR_NO_RETRY,
                                                    .no_breaker = true};

Test(http_statistics, requests_by_their_ends) {
    struct answering a = {.decide = mixed};
    answering_open(&a, &plain);
    for (int i = 0; i < 30; i++) {
        struct hr_http_request request = {0};
        cr_assert_eq(answering_run(&a, &request), 0);
    }
    struct hr_http_request malformed = {.url = "http://"};
    cr_assert_lt(answering_run(&a, &malformed), 0);
    a.decide = hold;
    struct hr_http_request cancelled = {.url = a.url}, late = {.request.timeout_ms = 20};
    cr_assert_eq(hr_http_request_start(a.client, &cancelled), 0);
    POLL_UNTIL(&a, a.held_count == 1);
    struct hr_http_client_metrics metrics = answering_metrics(&a);
    cr_assert_eq(metrics.requests, 32);
    cr_assert_eq(metrics.succeeded, 30);
    cr_assert_eq(metrics.failed, 1);
    hr_cancel(&cancelled.request);
    cr_assert_eq(hr_wait(&cancelled.request), -ECANCELED);
    cr_assert_eq(answering_run(&a, &late), -ETIMEDOUT);
    metrics = answering_metrics(&a);
    cr_assert_eq(metrics.requests, 33);
    cr_assert_eq(metrics.succeeded, 30);
    cr_assert_eq(metrics.failed, 2);
    cr_assert_eq(metrics.cancelled, 1);
    cr_assert_eq(metrics.timeouts.total, 1);
    static const uint64_t by_status[6] = {3, 0, 10, 0, 10, 10};
    for (int i = 0; i < 6; i++) {
        cr_assert_eq(metrics.by_status[i], by_status[i], "%d", i);
        cr_assert_eq(latency_of(&a, (unsigned)i).count, by_status[i], "%d", i);
    }
    static struct hr_histogram all, other;
    for (unsigned i = 0; i < 6; i++)
        cr_assert_eq(hr_http_client_latency_merge(a.client, i, &all), 0);
    cr_assert_eq(all.count, 33);
    cr_assert_eq(hr_http_client_latency_merge(a.client, 6, &all), -EINVAL);
    hr_histogram_record(&other, 1); /* no duration */
    cr_assert_eq(hr_http_client_latency_merge(a.client, 2, &other), -EINVAL);
    cr_assert_eq(all.count + other.count, 34);
    cr_assert_eq(metrics.attempts, 33);
    cr_assert_eq(metrics.connections_reused, 30);
    answering_close(&a);
}

/* The time that a request took is what its latency says. */
Test(http_statistics, latency_is_that_of_the_requests) {
    struct answering a = {.decide = hold};
    answering_open(&a, &plain);
    double sum_ms = 0;
    uint64_t slowest_ns = 0;
    for (int i = 0; i < 5; i++) {
        struct hr_http_request request = {.url = a.url};
        cr_assert_eq(hr_http_request_start(a.client, &request), 0);
        POLL_UNTIL(&a, a.held_count == (unsigned)i + 1);
        for (int turn = 0; turn < 3; turn++) hr_engine_poll(a.engine, 2);
        answering_release(&a, 200);
        cr_assert_eq(hr_wait(&request.request), 0);
        sum_ms += (double)request.request.total_ns / 1e6;
        if (request.request.total_ns > slowest_ns) slowest_ns = request.request.total_ns;
    }
    struct hr_histogram latency = latency_of(&a, 2);
    cr_assert_eq(latency.unit, HR_HISTOGRAM_SECONDS);
    cr_assert_float_eq(hr_histogram_mean(&latency) / 1e6, sum_ms / 5, 0.001);
    cr_assert_eq(hr_histogram_quantile(&latency, 0.99), slowest_ns);
    cr_assert_leq(hr_histogram_quantile(&latency, 0.5), hr_histogram_quantile(&latency, 0.95));
    cr_assert_eq(latency_of(&a, 5).count, 0);
    answering_close(&a);
}

/* Those of attempts that another followed too. */
Test(http_statistics, bytes_of_bodies_both_ways) {
    static const char text[1000] = {'a'};
    static const struct hr_http_client_options options = {.retry.backoff_base_ms = 1};
    struct answering a = {.decide = mixed};
    answering_open(&a, &options);
    struct hr_http_request put = {.method = "PUT", .body = hr_source_bytes(text, sizeof text)};
    cr_assert_eq(answering_run(&a, &put), 0); /* 404 */
    cr_assert_eq(put.sent_bytes, sizeof text);
    struct hr_http_client_metrics metrics = answering_metrics(&a);
    cr_assert_eq(metrics.bytes_sent, sizeof text);
    cr_assert_eq(metrics.bytes_received, 3);
    struct hr_http_request get = {0};
    cr_assert_eq(answering_run(&a, &get), 0); /* 500, and then 200 */
    cr_assert_eq(get.request.attempts, 2);
    cr_assert_eq(get.body_bytes, 3);
    metrics = answering_metrics(&a);
    cr_assert_eq(metrics.bytes_sent, sizeof text);
    cr_assert_eq(metrics.bytes_received, 9);
    answering_close(&a);
}

/* A UDP socket that nobody reads: a name server that never answers. */
static int open_silent(char *text, size_t size) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    snprintf(text, size, "127.0.0.1:%u", ntohs(address.sin_port));
    return fd;
}

static uint64_t all_timeouts(const struct hr_http_client_metrics *metrics) {
    return metrics->timeouts.total + metrics->timeouts.resolve + metrics->timeouts.connect +
           metrics->timeouts.handshake + metrics->timeouts.pool + metrics->timeouts.first_byte +
           metrics->timeouts.stall + metrics->timeouts.throughput;
}

/* Each under its own name, once, with its own error, whose message names the option. */
Test(http_statistics, time_outs_by_kind) {
    NEEDS_KERNEL("a raw peer, a silent name server");
    static const struct peer_script silent = {{{PEER_HEAD}, {PEER_STALL}}};
    static const struct peer_script halting = {
        {{PEER_HEAD},
         {PEER_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"},
         {PEER_STALL}}};
    static const struct {
        const struct peer_script *script;
        const char *url, *option;
        int expected;
        size_t counter;
    } rows[] = {
        {&silent, NULL, "first_byte_timeout_ms", HR_ERR_FIRST_BYTE_TIMEOUT,
         offsetof(struct hr_http_client_metrics, timeouts.first_byte)},
        {&halting, NULL, "stall_timeout_ms", HR_ERR_STALL_TIMEOUT,
         offsetof(struct hr_http_client_metrics, timeouts.stall)},
        {&silent, "http://svc.test/", "resolve_timeout_ms", HR_ERR_RESOLVE_TIMEOUT,
         offsetof(struct hr_http_client_metrics, timeouts.resolve)},
    };
    char server[32];
    int fd = open_silent(server, sizeof server);
    struct hr_http_client_options options = {.retry.attempts_max = HR_NO_RETRY,
                                             .resolver = {.nameservers = server, .hosts_file = ""},
                                             .timeouts = {.first_byte_timeout_ms = 100,
                                                          .stall_timeout_ms = 100,
                                                          .resolve_timeout_ms = 100}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        open_all(&f, &options, rows[i].script, 1);
        struct hr_http_request request = {.url = rows[i].url ? rows[i].url : peer_url(f.peer, "/")};
        cr_assert_eq(run(&f, &request), rows[i].expected, "%s", request.request.error.message);
        cr_assert(strstr(request.request.error.message, rows[i].option), "%s",
                  request.request.error.message);
        struct hr_http_client_metrics metrics;
        hr_http_client_metrics_get(f.client, &metrics);
        cr_assert_eq(*(uint64_t *)(void *)((char *)&metrics + rows[i].counter), 1, "%s",
                     rows[i].option);
        cr_assert_eq(all_timeouts(&metrics), 1, "%s", rows[i].option);
        close_all(&f);
    }
    close(fd);
}
