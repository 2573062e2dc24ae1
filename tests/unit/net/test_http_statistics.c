/* What a client counts. */
#include <errno.h>

#include "answering.h"

/* A third each: good, missing, failing. */
static int mixed(struct answering *self, unsigned n) {
    (void)self;
    return n % 3 == 0 ? 200 : n % 3 == 1 ? 404 : 500;
}

static int hold(struct answering *self, unsigned n) {
    (void)self, (void)n;
    return 0;
}

static const struct hr_http_client_options plain = {.attempts_max = HR_NO_RETRY,
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
    cr_assert_eq(metrics.timeouts_total, 1);
    static const uint64_t by_status[6] = {3, 0, 10, 0, 10, 10};
    for (int i = 0; i < 6; i++) {
        cr_assert_eq(metrics.by_status[i], by_status[i], "%d", i);
        cr_assert_eq(metrics.latency_by_status[i].count, by_status[i], "%d", i);
    }
    cr_assert_eq(metrics.latency.count, 33);
    cr_assert_eq(metrics.attempts, 33);
    cr_assert_eq(metrics.connections_reused, 30);
    answering_close(&a);
}

/* The time that a request took is what its latency says. */
Test(http_statistics, latency_is_that_of_the_requests) {
    struct answering a = {.decide = hold};
    answering_open(&a, &plain);
    double sum_ms = 0, slowest_ms = 0;
    for (int i = 0; i < 5; i++) {
        struct hr_http_request request = {.url = a.url};
        cr_assert_eq(hr_http_request_start(a.client, &request), 0);
        POLL_UNTIL(&a, a.held_count == (unsigned)i + 1);
        for (int turn = 0; turn < 3; turn++) hr_engine_poll(a.engine, 2);
        answering_release(&a, 200);
        cr_assert_eq(hr_wait(&request.request), 0);
        double ms = (double)request.request.total_ns / 1e6;
        sum_ms += ms;
        if (ms > slowest_ms) slowest_ms = ms;
    }
    struct hr_http_client_metrics metrics = answering_metrics(&a);
    cr_assert_float_eq(metrics.latency.mean_ms, sum_ms / 5, 0.001);
    cr_assert_float_eq(metrics.latency.p99_ms, slowest_ms, slowest_ms / 50);
    cr_assert_leq(metrics.latency.p50_ms, metrics.latency.p95_ms);
    cr_assert_float_eq(metrics.latency_by_status[2].mean_ms, metrics.latency.mean_ms, 0.001);
    cr_assert_eq(metrics.latency_by_status[5].mean_ms, 0);
    answering_close(&a);
}
