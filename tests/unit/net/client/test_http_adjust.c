/* Options of a client that is in use: what follows them at once, what from the next request on, and
 * what does not. */
#include <errno.h>
#include <malloc.h>

#include <headrace/clock.h>

#include "answering.h"

#include "client_fixture.h"

#define MS UINT64_C(1000000)

static int fine(struct answering *self, unsigned n) {
    (void)self, (void)n;
    return 200;
}

static int held(struct answering *self, unsigned n) {
    (void)self, (void)n;
    return 0;
}

static int busy(struct answering *self, unsigned n) {
    (void)self, (void)n;
    return 503;
}

static int first_held_then_busy(struct answering *self, unsigned n) {
    (void)self;
    return n == 1 ? 0 : 503;
}

static void adjust(struct answering *a, const struct hr_http_client_options *options) {
    struct hr_error error = {0};
    cr_assert_eq(hr_http_client_adjust(a->client, options, &error), 0, "%s", error.message);
}

/* Starts `count` to a server that holds them, and waits until it has `asked`. */
static void start(struct answering *a, struct hr_http_request *requests, unsigned count,
                  unsigned asked) {
    for (unsigned i = 0; i < count; i++) {
        requests[i].url = a->url;
        cr_assert_eq(hr_http_request_start(a->client, &requests[i]), 0);
    }
    POLL_UNTIL(a, a->asked == asked);
}

static void end(struct answering *a, struct hr_http_request *requests, unsigned count) {
    answering_release(a, 200);
    for (unsigned i = 0; i < count; i++)
        cr_assert_eq(hr_wait(&requests[i].request), 0, "%s", requests[i].request.error.message);
}

/* ---- From the next request on. */

Test(http_adjust, a_timeout_is_that_of_requests_that_start_later) {
    static const struct hr_http_client_options other = {.timeout_ms = 40};
    struct answering a = {.decide = held};
    answering_open(&a, NULL);
    struct hr_http_request before = {0}, after = {0};
    start(&a, &before, 1, 1);
    adjust(&a, &other);
    cr_assert_eq(answering_run(&a, &after), -ETIMEDOUT);
    cr_assert(strstr(after.request.error.message, "40 ms"), "%s", after.request.error.message);
    cr_assert_eq(a.asked, 2);
    end(&a, &before, 1);
    answering_close(&a);
}

Test(http_adjust, a_timeout_that_has_passed_is_told_as_it_was) {
    static const struct hr_http_client_options first = {.timeout_ms = 40}, other = {0};
    struct answering a = {.decide = held};
    answering_open(&a, &first);
    struct hr_http_request request = {0};
    start(&a, &request, 1, 1);
    adjust(&a, &other);
    cr_assert_eq(hr_wait(&request.request), -ETIMEDOUT);
    cr_assert(strstr(request.request.error.message, "40 ms"), "%s", request.request.error.message);
    answering_close(&a);
}

Test(http_adjust, timeouts_of_an_attempt_follow) {
    static const struct hr_http_client_options other = {.timeouts.first_byte_timeout_ms = 30,
                                                        .retry.attempts_max = HR_NO_RETRY};
    struct answering a = {.decide = held};
    answering_open(&a, NULL);
    struct hr_http_request before = {0}, after = {0}, own = {.timeouts.first_byte_timeout_ms = 60};
    start(&a, &before, 1, 1);
    adjust(&a, &other);
    cr_assert_eq(answering_run(&a, &after), HR_ERR_FIRST_BYTE_TIMEOUT);
    cr_assert(strstr(after.request.error.message, "within 30 ms"));
    cr_assert_eq(answering_run(&a, &own), HR_ERR_FIRST_BYTE_TIMEOUT);
    cr_assert(strstr(own.request.error.message, "within 60 ms"), "a request's own goes first");
    end(&a, &before, 1);
    answering_close(&a);
}

Test(http_adjust, a_request_keeps_the_attempts_that_it_began_with) {
    static const struct hr_http_client_options first = {.retry.backoff_base_ms = 1},
                                               other = {.retry.attempts_max = HR_NO_RETRY};
    struct answering a = {.decide = first_held_then_busy};
    answering_open(&a, &first);
    struct hr_http_request before = {0}, after = {0};
    start(&a, &before, 1, 1);
    adjust(&a, &other);
    answering_release(&a, 503);
    cr_assert_eq(hr_wait(&before.request), 0);
    cr_assert_eq(before.request.attempts, 4);
    cr_assert_eq(answering_run(&a, &after), 0);
    cr_assert_eq(after.status, 503);
    cr_assert_eq(after.request.attempts, 1);
    answering_close(&a);
}

Test(http_adjust, limits_of_a_response_follow) {
    static const struct hr_http_client_options other = {.response.head_fields_max = 1,
                                                        .retry.attempts_max = HR_NO_RETRY};
    struct answering a = {.decide = fine};
    answering_open(&a, NULL);
    struct hr_http_request before = {0}, after = {0}, again = {0};
    cr_assert_eq(answering_run(&a, &before), 0);
    adjust(&a, &other);
    cr_assert_eq(answering_run(&a, &after), HR_ERR_HTTP_HEAD_TOO_LARGE);
    adjust(&a, NULL);
    cr_assert_eq(answering_run(&a, &again), 0, "the defaults");
    answering_close(&a);
}

/* ---- At once. */

Test(http_adjust, a_raised_limit_of_an_origin_lets_those_that_wait_through) {
    static const struct hr_http_client_options first = {.pool.connections_per_origin_max = 1},
                                               other = {.pool.connections_per_origin_max = 3};
    struct answering a = {.decide = held};
    answering_open(&a, &first);
    struct hr_http_request requests[4] = {0};
    start(&a, requests, 4, 1);
    POLL_UNTIL(&a, answering_metrics(&a).waiting == 3);
    adjust(&a, &other);
    POLL_UNTIL(&a, a.asked == 3);
    cr_assert_eq(answering_metrics(&a).waiting, 1);
    cr_assert_eq(answering_metrics(&a).connections_peak, 3);
    answering_release(&a, 200);
    POLL_UNTIL(&a, a.asked == 4);
    end(&a, requests, 4);
    answering_close(&a);
}

Test(http_adjust, a_raised_limit_in_all_lets_those_that_wait_through) {
    static const struct hr_http_client_options first = {.pool.connections_max = 1},
                                               other = {.pool.connections_max = 2};
    struct answering a = {.decide = held};
    answering_open(&a, &first);
    struct hr_http_request requests[2] = {0};
    start(&a, requests, 2, 1);
    POLL_UNTIL(&a, answering_metrics(&a).waiting == 1);
    adjust(&a, &other);
    POLL_UNTIL(&a, a.asked == 2);
    end(&a, requests, 2);
    answering_close(&a);
}

/* Where a kept connection is lost, the request is repeated: attempts tell that none was. */
Test(http_adjust, a_lowered_limit_breaks_no_connection_and_closes_what_is_idle) {
    static const struct hr_http_client_options rows[] = {{.pool.connections_per_origin_max = 2},
                                                         {.pool.connections_max = 2}};
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        struct answering a = {.decide = held};
        answering_open(&a, NULL);
        struct hr_http_request requests[6] = {0};
        start(&a, requests, 6, 6);
        answering_answer(&a, 0, 200);
        cr_assert_eq(hr_wait(&requests[0].request), 0);
        cr_assert_eq(answering_metrics(&a).connections_open, 6);
        adjust(&a, &rows[row]);
        POLL_UNTIL(&a, answering_metrics(&a).connections_open == 5);
        end(&a, requests + 1, 5);
        POLL_UNTIL(&a, answering_metrics(&a).connections_open == 2);
        cr_assert_eq(answering_metrics(&a).connections_idle, 2);
        cr_assert_eq(answering_metrics(&a).attempts, 6);
        a.decide = fine;
        struct hr_http_request more[4] = {0};
        for (unsigned i = 0; i < 4; i++) cr_assert_eq(answering_run(&a, &more[i]), 0);
        cr_assert_eq(answering_metrics(&a).connections_opened, 6, "they are still of use");
        answering_close(&a);
    }
}

Test(http_adjust, those_that_wait_at_a_lowered_limit_have_their_turn) {
    static const struct hr_http_client_options first = {.pool.connections_per_origin_max = 3},
                                               other = {.pool.connections_per_origin_max = 1};
    struct answering a = {.decide = held};
    answering_open(&a, &first);
    struct hr_http_request requests[6] = {0};
    start(&a, requests, 6, 3);
    adjust(&a, &other);
    answering_answer(&a, 0, 200);
    answering_answer(&a, 1, 200);
    POLL_UNTIL(&a, answering_metrics(&a).connections_open == 1);
    cr_assert_eq(a.asked, 3, "one place, and that is taken");
    for (unsigned i = 2; i < 6; i++) {
        POLL_UNTIL(&a, a.asked == i + 1);
        answering_answer(&a, i, 200);
    }
    end(&a, requests, 6);
    cr_assert_eq(answering_metrics(&a).connections_opened, 3);
    answering_close(&a);
}

Test(http_adjust, an_idle_timeout_holds_for_those_that_are_idle) {
    static const struct hr_http_client_options first = {.pool.idle_timeout_ms = HR_NO_TIMEOUT},
                                               other = {.pool.idle_timeout_ms = 20};
    struct answering a = {.decide = fine};
    answering_open(&a, &first);
    struct hr_http_request request = {0};
    cr_assert_eq(answering_run(&a, &request), 0);
    cr_assert_eq(answering_metrics(&a).connections_idle, 1);
    adjust(&a, &other);
    POLL_UNTIL(&a, answering_metrics(&a).connections_open == 0);
    answering_close(&a);
}

Test(http_adjust, a_lowered_queue_keeps_those_that_wait) {
    static const struct hr_http_client_options first = {.pool.connections_max = 1},
                                               other = {.pool.connections_max = 1,
                                                        .pool.queue_max = 2};
    struct answering a = {.decide = held};
    answering_open(&a, &first);
    struct hr_http_request requests[4] = {0}, more = {0};
    start(&a, requests, 4, 1);
    POLL_UNTIL(&a, answering_metrics(&a).waiting == 3);
    adjust(&a, &other);
    cr_assert_eq(answering_run(&a, &more), -ENOBUFS, "counted from now on: %s",
                 more.request.error.message);
    a.decide = fine;
    end(&a, requests, 4);
    answering_close(&a);
}

Test(http_adjust, a_rate_holds_at_once) {
    static const struct hr_http_client_options other = {.rate.attempts_per_second_max = 1,
                                                        .timeouts.pool_timeout_ms = 100};
    struct answering a = {.decide = fine};
    answering_open(&a, NULL);
    struct hr_http_request requests[4] = {0};
    cr_assert_eq(answering_run(&a, &requests[0]), 0);
    adjust(&a, &other);
    cr_assert_eq(answering_run(&a, &requests[1]), 0);
    cr_assert_eq(answering_run(&a, &requests[2]), HR_ERR_RATE_LIMIT);
    cr_assert(strstr(requests[2].request.error.message, "max is 1"));
    adjust(&a, NULL);
    cr_assert_eq(answering_run(&a, &requests[3]), 0);
    cr_assert_lt(requests[3].request.total_ns, 900 * MS, "no turn is waited for");
    answering_close(&a);
}

Test(http_adjust, a_breaker_that_is_there_takes_the_thresholds) {
    static const struct hr_http_client_options first = {.retry.attempts_max = HR_NO_RETRY},
                                               other = {.retry.attempts_max = HR_NO_RETRY,
                                                        .breaker.failures_max = 2,
                                                        .breaker.open_ms = 5000};
    struct answering a = {.decide = busy};
    answering_open(&a, &first);
    struct hr_http_request requests[3] = {0};
    cr_assert_eq(answering_run(&a, &requests[0]), 0);
    adjust(&a, &other);
    cr_assert_eq(answering_run(&a, &requests[1]), 0);
    cr_assert_eq(answering_run(&a, &requests[2]), HR_ERR_BREAKER_OPEN);
    cr_assert_leq(requests[2].retry_after_ms, 5000);
    answering_close(&a);
}

/* ---- Refused. */

Test(http_adjust, options_that_are_refused_are_named_and_change_nothing) {
    static const struct {
        struct hr_http_client_options options;
        const char *name;
    } rows[] = {
        {{.timeout_ms = 40, .retry.budget_percent = 1001}, "retry.budget_percent"},
        {{.timeout_ms = 40, .hedge.quantile_percent = 100}, "hedge.quantile_percent"},
        {{.timeout_ms = 40, .rate.attempts_per_second_max = 1000001}, "rate.attempts_per_second"},
        {{.timeout_ms = 40, .rate.burst = 3}, "rate.burst"},
        {{.timeout_ms = 40, .pool.reserved = {1}}, "hr_http_pool_options"},
        {{.timeout_ms = 40, .breaker.failures_max = 1u << 29}, "failures_max"},
        {{.timeout_ms = 40, .breaker.failures_max = UINT32_MAX, .breaker.failure_rate_percent = 5},
         "failures_max"},
    };
    struct answering a = {.decide = held};
    answering_open(&a, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hr_error error = {0};
        cr_assert_eq(hr_http_client_adjust(a.client, &rows[i].options, &error), -EINVAL);
        cr_assert(strstr(error.message, rows[i].name), "%zu: %s", i, error.message);
    }
    struct hr_error error = {0};
    cr_assert_eq(hr_http_client_adjust(NULL, NULL, &error), -EINVAL);
    struct hr_http_request request = {0};
    start(&a, &request, 1, 1);
    uint64_t begun = hr_clock_monotonic_ns();
    POLL_UNTIL(&a, hr_clock_monotonic_ns() - begun > 80 * MS);
    end(&a, &request, 1);
    answering_close(&a);
}

Test(http_adjust, what_needs_a_new_client_is_not_read) {
    static const struct hr_http_field field = {{"a b", 3},
                                               {"c", 1}}; /* no client is made with it */
    static const struct hr_http_client_options other = {
        .base_url = "no URL",
        .fields = &field,
        .field_count = 1,
        .user_agent = "\n",
        .tls.ca_file = "/nowhere",
        .proxy.url = "http://127.0.0.1:1",
        .unix_socket = "/nowhere",
        .breaker.failure_rate_percent = 200,
    };
    struct answering a = {.decide = fine};
    answering_open(&a, NULL);
    adjust(&a, &other);
    struct hr_http_request request = {0};
    cr_assert_eq(answering_run(&a, &request), 0, "%s", request.request.error.message);
    answering_close(&a);
}

Test(http_adjust, a_closing_client_takes_none) {
    struct answering a = {.decide = held};
    answering_open(&a, NULL);
    struct hr_http_request request = {0};
    start(&a, &request, 1, 1);
    unsigned closed = 0;
    hr_http_client_close(a.client, answering_count_closed, &closed);
    struct hr_error error = {0};
    cr_assert_eq(hr_http_client_adjust(a.client, NULL, &error), -ESHUTDOWN);
    cr_assert(error.message[0]);
    end(&a, &request, 1);
    POLL_UNTIL(&a, closed == 1);
    hr_http_server_close(a.server, answering_count_closed, &closed);
    POLL_UNTIL(&a, closed == 2);
    cr_assert_eq(hr_engine_close(a.engine, NULL, NULL), 0);
}

/* The change has not arrived yet when the client begins to close. */
Test(http_adjust, a_close_waits_for_a_change_that_is_on_its_way) {
    struct answering a = {.decide = fine};
    answering_open(&a, NULL);
    adjust(&a, NULL);
    answering_close(&a);
}

/* ---- Memory. */

static size_t used_bytes(void) {
    return mallinfo2().uordblks;
}

Test(http_adjust, thousands_of_changes_take_no_more_memory_than_one) {
    struct answering a = {.decide = held};
    struct hr_http_client_options other = {.pool.connections_max = 3};
    answering_open(&a, NULL);
    struct hr_http_request request = {0};
    start(&a, &request, 1, 1);
    adjust(&a, &other);
    for (int i = 0; i < 3; i++) hr_engine_poll(a.engine, 0);
    size_t before = used_bytes();
    for (unsigned i = 0; i < 10000; i++) {
        other.timeout_ms = 1000 + i;
        adjust(&a, &other);
        if (i % 3 == 0) hr_engine_poll(a.engine, 0);
    }
    size_t after = used_bytes();
    cr_assert(after < before + 4096, "%zu bytes, %zu afterwards", before, after);
    end(&a, &request, 1);
    answering_close(&a);
}
