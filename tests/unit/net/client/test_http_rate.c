/* The rate limit: what waits for its turn, what does not, and what is told that it comes too late.
 */
#include <errno.h>

#include "answering.h"

#include "client_fixture.h"

#define MS UINT64_C(1000000)

static int fine(struct answering *self, unsigned n) {
    (void)self, (void)n;
    return 200;
}

static int busy_once(struct answering *self, unsigned n) {
    (void)self;
    return n == 1 ? 503 : 200;
}

/* Starts `count` at once and waits for all. */
static void run_all(struct answering *a, struct hr_http_request *requests, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        requests[i].url = a->url;
        cr_assert_eq(hr_http_request_start(a->client, &requests[i]), 0);
    }
    for (unsigned i = 0; i < count; i++) hr_wait(&requests[i].request);
}

Test(http_rate, those_beyond_wait_in_turn) {
    static const struct hr_http_client_options options = {.rate.attempts_per_second_max = 20,
                                                          .rate.burst = 2};
    struct answering a = {.decide = fine};
    answering_open(&a, &options);
    struct hr_http_request requests[6] = {0};
    run_all(&a, requests, 6);
    for (unsigned i = 0; i < 6; i++) {
        cr_assert_eq(requests[i].request.result, 0, "%s", requests[i].request.error.message);
        cr_assert_eq(requests[i].status, 200);
        uint64_t turn = i < 2 ? 0 : (i - 1) * 50 * MS, queue = requests[i].request.timings.queue_ns;
        cr_assert_geq(queue + 2 * MS, turn, "%u waited %lu ns", i, (unsigned long)queue);
    }
    struct hr_http_client_metrics metrics = answering_metrics(&a);
    cr_assert_eq(metrics.rate_delayed, 4);
    cr_assert_eq(metrics.rate_refused, 0);
    answering_close(&a);
}

Test(http_rate, too_late_is_told_at_once) {
    static const struct hr_http_client_options options = {.rate.attempts_per_second_max = 1,
                                                          .timeouts = {.pool_timeout_ms = 500}};
    struct answering a = {.decide = fine};
    answering_open(&a, &options);
    struct hr_http_request requests[3] = {0};
    requests[1].request.timeout_ms = 100; /* its own time is shorter still */
    run_all(&a, requests, 3);
    cr_assert_eq(requests[0].request.result, 0);
    for (unsigned i = 1; i < 3; i++) {
        struct hr_error *error = &requests[i].request.error;
        cr_assert_eq(requests[i].request.result, HR_ERR_RATE_LIMIT);
        cr_assert(strstr(error->message, a.peer) &&
                      strstr(error->message, "rate.attempts_per_second_max"),
                  "%s", error->message);
        cr_assert_lt(requests[i].request.total_ns, 500 * MS);
    }
    cr_assert_eq(a.asked, 1);
    struct hr_http_client_metrics metrics = answering_metrics(&a);
    cr_assert_eq(metrics.rate_refused, 2);
    cr_assert_eq(metrics.failed, 2);
    struct hr_breaker_status status;
    hr_breaker_status_get(hr_http_client_breaker(a.client, a.url), &status);
    cr_assert_eq(status.failures, 0, "it says nothing about the host");
    answering_close(&a);
}

Test(http_rate, attempts_count_and_health_checks_do_not) {
    static const struct hr_http_client_options options = {
        .rate.attempts_per_second_max = 10, .rate.burst = 1, .retry.backoff_base_ms = 1};
    struct answering a = {.decide = busy_once};
    answering_open(&a, &options);
    struct hr_http_request request = {0};
    cr_assert_eq(answering_run(&a, &request), 0);
    cr_assert_eq(request.status, 200);
    cr_assert_eq(request.request.attempts, 2);
    cr_assert_geq(request.request.total_ns + 2 * MS, 100 * MS, "the second attempt waits too");
    for (int i = 0; i < 3; i++) {
        struct hr_http_health health = {.url = a.url};
        cr_assert_eq(hr_http_health_start(a.client, &health), 0);
        cr_assert_eq(hr_wait(&health.request), 0);
        cr_assert_eq(health.health, HR_HEALTHY, "%s", health.reason);
    }
    cr_assert_eq(answering_metrics(&a).rate_delayed, 1);
    answering_close(&a);
}

Test(http_rate, waiting_can_be_cancelled) {
    static const struct hr_http_client_options options = {.rate.attempts_per_second_max = 1};
    struct answering a = {.decide = fine};
    answering_open(&a, &options);
    struct hr_http_request first = {0}, second = {.url = a.url};
    cr_assert_eq(answering_run(&a, &first), 0);
    cr_assert_eq(hr_http_request_start(a.client, &second), 0);
    POLL_UNTIL(&a, answering_metrics(&a).rate_delayed == 1);
    hr_cancel(&second.request);
    cr_assert_eq(hr_wait(&second.request), -ECANCELED);
    cr_assert_eq(a.asked, 1);
    answering_close(&a);
}

/* Who waits for a turn, or asks for one, while the breaker is open is told so, and not of the rate.
 */
Test(http_rate, an_open_breaker_takes_no_place) {
    static const struct hr_http_client_options options = {.rate.attempts_per_second_max = 1,
                                                          .timeouts = {.pool_timeout_ms = 2000}};
    struct answering a = {.decide = fine};
    answering_open(&a, &options);
    struct hr_http_request first = {0}, waiting = {.url = a.url}, others[10] = {0};
    cr_assert_eq(answering_run(&a, &first), 0);
    cr_assert_eq(hr_http_request_start(a.client, &waiting), 0);
    POLL_UNTIL(&a, answering_metrics(&a).rate_delayed == 1);
    hr_breaker *breaker = hr_http_client_breaker(a.client, a.url);
    hr_breaker_open(breaker);
    run_all(&a, others, 10);
    for (unsigned i = 0; i < 10; i++) cr_assert_eq(others[i].request.result, HR_ERR_BREAKER_OPEN);
    cr_assert_eq(hr_wait(&waiting.request), HR_ERR_BREAKER_OPEN);
    hr_breaker_reset(breaker);
    cr_assert_eq(answering_run(&a, &first), 0, "%s", first.request.error.message);
    cr_assert_eq(answering_metrics(&a).rate_refused, 0);
    answering_close(&a);
}

Test(http_rate, options_are_judged) {
    static const struct hr_http_client_options bad[] = {
        {.rate.attempts_per_second_max = 1000001},
        {.rate.burst = 1},
        {.rate.bytes_per_second_max = 1000000000001},
        {.rate.attempts_per_second_max = 1, .rate.burst = 1000001}};
    struct fixture fixture = {0};
    open_engine(&fixture, 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct hr_error error = {0};
        cr_assert_eq(hr_http_client_new(fixture.engine, &bad[i], &error, &fixture.client), -EINVAL);
        cr_assert(strstr(error.message, "rate."), "%s", error.message);
    }
    cr_assert_eq(hr_engine_close(fixture.engine, NULL, NULL), 0);
}
