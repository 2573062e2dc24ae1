/* Health checks. */
#include <errno.h>

#include "answering.h"

static int status;

static int answer(struct answering *self, unsigned n) {
    (void)self, (void)n;
    return status;
}

static int check(struct answering *a, struct hr_http_health *health) {
    health->url = a->url;
    cr_assert_eq(hr_http_health_start(a->client, health), 0);
    return hr_wait(&health->request);
}

Test(http_health, by_status) {
    static const struct {
        int status;
        enum hr_health health;
        const char *reason;
    } cases[] = {{200, HR_HEALTHY, "status 200"},      {204, HR_HEALTHY, "status 204"},
                 {302, HR_HEALTHY, "status 302"},      {404, HR_UNHEALTHY, "status 404"},
                 {429, HR_DEGRADED, "fewer requests"}, {500, HR_UNHEALTHY, "status 500"},
                 {503, HR_UNHEALTHY, "status 503"}};
    struct answering a = {.decide = answer};
    answering_open(&a, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hr_http_health health = {.latency_max_ms = 60000};
        status = cases[i].status;
        cr_assert_eq(check(&a, &health), 0);
        cr_assert_eq(health.health, cases[i].health, "%d", cases[i].status);
        cr_assert_eq(health.status, cases[i].status);
        cr_assert(strstr(health.reason, cases[i].reason), "%s", health.reason);
        cr_assert_eq(health.request.attempts, 1);
    }
    cr_assert_eq(a.asked, sizeof cases / sizeof *cases, "no retries");
    answering_close(&a);
}

Test(http_health, slow_is_degraded) {
    struct answering a = {.decide = answer};
    answering_open(&a, NULL);
    struct hr_http_health health = {.url = a.url, .latency_max_ms = 5};
    status = 0;
    cr_assert_eq(hr_http_health_start(a.client, &health), 0);
    POLL_UNTIL(&a, a.held_count == 1);
    struct hr_http_request clock = {
        .url = a.url, .request.timeout_ms = 8, .repeat = HR_HTTP_REPEAT_NEVER};
    cr_assert_eq(answering_run(&a, &clock), -ETIMEDOUT);
    answering_answer(&a, 0, 200);
    cr_assert_eq(hr_wait(&health.request), 0);
    cr_assert_eq(health.health, HR_DEGRADED);
    cr_assert_gt(health.latency_ms, 5);
    cr_assert(strstr(health.reason, "latency_max_ms"), "%s", health.reason);
    answering_close(&a);
}

/* It is there to tell when the host is back, so an open breaker does not keep it away; and what it
 * finds is not counted. */
Test(http_health, past_the_breaker) {
    struct answering a = {.decide = answer};
    answering_open(&a, &(struct hr_http_client_options){.retry.attempts_max = HR_NO_RETRY});
    status = 200;
    struct hr_http_request request = {0};
    cr_assert_eq(answering_run(&a, &request), 0);
    hr_breaker_open(hr_http_client_breaker(a.client, a.url));
    struct hr_http_health health = {0};
    cr_assert_eq(check(&a, &health), 0);
    cr_assert_eq(health.health, HR_HEALTHY, "%s", health.reason);
    cr_assert_eq(answering_run(&a, &request), HR_ERR_BREAKER_OPEN);
    hr_breaker_reset(hr_http_client_breaker(a.client, a.url));
    status = 503;
    for (int i = 0; i < 10; i++) cr_assert_eq(check(&a, &health), 0);
    status = 200;
    cr_assert_eq(answering_run(&a, &request), 0, "%s", request.request.error.message);
    answering_close(&a);
}

Test(http_health, nothing_there_is_unhealthy) {
    struct answering a = {.decide = answer};
    answering_open(&a, NULL);
    status = 0;
    struct hr_http_health health = {.request.timeout_ms = 20};
    cr_assert_eq(check(&a, &health), 0);
    cr_assert_eq(health.health, HR_UNHEALTHY);
    cr_assert(strstr(health.reason, "20 ms"), "%s", health.reason);
    unsigned closed = 0;
    answering_release(&a, 200);
    hr_http_server_close(a.server, answering_count_closed, &closed);
    POLL_UNTIL(&a, closed == 1);
    cr_assert_eq(check(&a, &health), 0);
    cr_assert_eq(health.health, HR_UNHEALTHY);
    cr_assert(strstr(health.reason, a.peer), "%s", health.reason);
    hr_http_client_close(a.client, answering_count_closed, &closed);
    POLL_UNTIL(&a, closed == 2);
    cr_assert_eq(hr_engine_close(a.engine, NULL, NULL), 0);
}

Test(http_health, what_is_wrong_here_is_not_judged) {
    struct answering a = {.decide = answer};
    answering_open(&a, NULL);
    status = 200;
    struct hr_http_health health = {.method = "no method"};
    cr_assert_eq(check(&a, &health), HR_ERR_METHOD_INVALID);
    cr_assert(strlen(health.request.error.message) > 0);
    status = 0;
    struct hr_http_health cancelled = {.url = a.url};
    cr_assert_eq(hr_http_health_start(a.client, &cancelled), 0);
    POLL_UNTIL(&a, a.held_count == 1);
    hr_cancel(&cancelled.request);
    cr_assert_eq(hr_wait(&cancelled.request), -ECANCELED);
    cr_assert_eq(hr_http_health_start(a.client, NULL), -EINVAL);
    cr_assert_eq(hr_http_health_start(a.client, &(struct hr_http_health){0}), -EINVAL);
    answering_close(&a);
}

/* A second start is refused and changes nothing: the first one is still there to be cancelled. */
Test(http_health, started_twice) {
    struct answering a = {.decide = answer};
    answering_open(&a, NULL);
    struct hr_http_health health = {.url = a.url};
    struct hr_http_request request = {.url = a.url};
    struct hr_http_warm_up warm = {.url = a.url, .count = 1};
    status = 0;
    cr_assert_eq(hr_http_health_start(a.client, &health), 0);
    cr_assert_eq(hr_http_request_start(a.client, &request), 0);
    cr_assert_eq(hr_http_warm_up_start(a.client, &warm), 0);
    cr_assert_eq(hr_http_warm_up_start(a.client, &warm), -EBUSY);
    POLL_UNTIL(&a, a.held_count == 2);
    cr_assert_eq(hr_http_health_start(a.client, &health), -EBUSY);
    cr_assert_eq(hr_http_request_start(a.client, &request), -EBUSY);
    hr_cancel(&health.request);
    hr_cancel(&request.request);
    cr_assert_eq(hr_wait(&health.request), -ECANCELED);
    cr_assert_eq(hr_wait(&request.request), -ECANCELED);
    cr_assert_eq(hr_wait(&warm.request), 0);
    answering_close(&a);
}
