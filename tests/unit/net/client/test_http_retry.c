/* Which requests of a plain client are repeated, when, and how often. */
#include <errno.h>

#include "answering.h"

#include "client_fixture.h"
#include "needs_kernel.h"

static int busy_twice(struct answering *self, unsigned n) {
    (void)self;
    return n <= 2 ? 503 : 200;
}

static int busy_once(struct answering *self, unsigned n) {
    (void)self;
    return n == 1 ? 503 : 200;
}

static int busy(struct answering *self, unsigned n) {
    (void)self, (void)n;
    return 503;
}

static int hold(struct answering *self, unsigned n) {
    (void)self, (void)n;
    return 0;
}

static unsigned heads;
static int count_head(struct hr_http_request *request, const struct hr_http_head *head) {
    (void)request, (void)head;
    heads++;
    return 0;
}

static const struct hr_http_client_options quick = {
    .retry.backoff_base_ms = 1, .retry.backoff_max_ms = 2, .no_breaker = true};

Test(http_retry, an_unknown_repeat_is_refused) {
    struct fixture f;
    open_all(&f, NULL, NULL, 0);
    const int values[] = {4, -1, INT32_MAX};
    for (unsigned i = 0; i < 3; i++) {
        struct hr_http_request request = {.url = "http://127.0.0.1:9/"};
        request.repeat = (enum hr_http_repeat)values[i];
        cr_assert_eq(run(&f, &request), -EINVAL);
        cr_assert(strstr(request.request.error.message, "request.repeat is "), "%s",
                  request.request.error.message);
    }
    close_all(&f);
}

Test(http_retry, answers_that_may_pass_are_nobody_s) {
    struct answering a = {.decide = busy_twice};
    answering_open(&a, &quick);
    struct hr_attempt log[4] = {0};
    char body[8] = "";
    struct hr_http_request request = {.on_head = count_head, .sink = hr_sink_bytes(body, 7)};
    request.request.attempt_log = log;
    request.request.attempt_log_size = 4;
    cr_assert_eq(answering_run(&a, &request), 0, "%s", request.request.error.message);
    cr_assert_eq(request.status, 200);
    cr_assert_str_eq(body, "200");
    cr_assert_eq(request.body_bytes, 3);
    cr_assert_eq(heads, 1, "the others are not shown");
    cr_assert_eq(request.request.attempts, 3);
    cr_assert_eq(log[0].status, 503);
    cr_assert_eq(log[1].status, 503);
    cr_assert_eq(log[2].status, 200);
    cr_assert_leq(log[2].backoff_ns, 2000000);
    struct hr_http_client_metrics metrics = answering_metrics(&a);
    cr_assert_eq(metrics.retries, 2);
    cr_assert_eq(metrics.attempts, 3);
    cr_assert_eq(metrics.connections_opened, 1, "their bodies are read, the connection serves on");
    cr_assert_eq(metrics.by_status[2], 1);
    answering_close(&a);
}

Test(http_retry, the_last_answer_is_the_request_s) {
    struct answering a = {.decide = busy};
    answering_open(&a, &quick);
    char body[8] = "";
    struct hr_http_request request = {.on_head = count_head, .sink = hr_sink_bytes(body, 7)};
    cr_assert_eq(answering_run(&a, &request), 0);
    cr_assert_eq(request.status, 503);
    cr_assert_str_eq(body, "503");
    cr_assert_eq(request.request.attempts, 4);
    cr_assert_eq(heads, 1);
    cr_assert_eq(a.asked, 4);
    answering_close(&a);
}

/* What may not be repeated gets the first answer. */
Test(http_retry, only_what_may_be_repeated) {
    static const struct {
        struct hr_http_request request;
        unsigned attempts;
    } cases[] = {{{.method = "POST"}, 1},
                 {{.method = "POST", .repeat = HR_HTTP_REPEAT_ALLOWED}, 2},
                 {{.method = "DELETE"}, 2},
                 {{.repeat = HR_HTTP_REPEAT_FORBIDDEN}, 1},
                 {{.repeat = HR_HTTP_REPEAT_NEVER}, 1},
                 {{.method = "PATCH"}, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answering a = {.decide = busy_once};
        answering_open(&a, &quick);
        struct hr_http_request request = cases[i].request;
        cr_assert_eq(answering_run(&a, &request), 0);
        cr_assert_eq(request.request.attempts, cases[i].attempts, "%zu", i);
        cr_assert_eq(request.status, cases[i].attempts == 1 ? 503 : 200);
        answering_close(&a);
    }
}

Test(http_retry, the_server_s_wait_is_obeyed_where_it_fits) {
    struct answering a = {.decide = busy_once, .retry_after = "1"};
    answering_open(&a, &quick);
    struct hr_attempt log[4] = {0};
    struct hr_http_request request = {.request = {.attempt_log = log, .attempt_log_size = 4}};
    cr_assert_eq(answering_run(&a, &request), 0);
    cr_assert_eq(request.status, 200);
    cr_assert_geq(log[1].backoff_ns, 1000000000);
    cr_assert_lt(log[1].backoff_ns, 1100000000);
    /* It does not fit: the answer is given, and before its time-out. */
    a.asked = 0;
    request.request.timeout_ms = 900;
    cr_assert_eq(answering_run(&a, &request), 0);
    cr_assert_eq(request.status, 503);
    cr_assert_lt(request.request.total_ns, 800000000);
    a.asked = 0;
    a.retry_after = "61";
    request.request.timeout_ms = HR_NO_TIMEOUT;
    cr_assert_eq(answering_run(&a, &request), 0);
    cr_assert_eq(request.status, 503, "nobody waits so long");
    answering_close(&a);
}

Test(http_retry, the_budget_bounds_it) {
    struct hr_http_client_options options = quick;
    options.retry.budget_percent = 10;
    struct answering a = {.decide = busy};
    answering_open(&a, &options);
    for (int i = 0; i < 100; i++) {
        struct hr_http_request request = {0};
        cr_assert_eq(answering_run(&a, &request), 0);
        cr_assert_eq(request.status, 503);
    }
    struct hr_http_client_metrics metrics = answering_metrics(&a);
    cr_assert_eq(metrics.retries, 20, "ten to begin with, and a tenth of a hundred requests");
    cr_assert_gt(metrics.retries_refused, 0);
    cr_assert_eq(a.asked, 120);
    answering_close(&a);
}

Test(http_retry, a_failure_says_that_the_budget_refused) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {{{{PEER_HEAD}, {PEER_RESET}}}};
    struct hr_http_client_options options = quick;
    options.retry.budget_percent = 1;
    struct fixture f;
    open_all(&f, &options, scripts, 1);
    struct hr_http_request request = {.url = peer_url(f.peer, "/")};
    for (int i = 0; i < 4; i++) cr_assert_eq(run(&f, &request), -ECONNRESET);
    const char *message = request.request.error.message;
    cr_assert(strstr(message, "retry.budget_percent"), "%s", message);
    cr_assert(strstr(message, "127.0.0.1"), "%s", message);
    cr_assert_eq(peer_connections(f.peer), 14, "four requests and ten retries");
    close_all(&f);
}

/* A retry that the deadline would overtake is none: the failure stands, not a time-out. */
Test(http_retry, no_wait_beyond_the_deadline) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {{{{PEER_HEAD}, {PEER_RESET}}}};
    struct hr_http_client_options options = {.retry.backoff_base_ms = 3600000,
                                             .retry.backoff_max_ms = 3600000};
    struct fixture f;
    open_all(&f, &options, scripts, 1);
    struct hr_http_request request = {.url = peer_url(f.peer, "/"), .request.timeout_ms = 300};
    cr_assert_eq(run(&f, &request), -ECONNRESET);
    cr_assert_lt(request.request.total_ns, 250000000);
    cr_assert_eq(request.request.attempts, 1);
    close_all(&f);
}

Test(http_retry, the_client_s_time_out_bounds_a_request_without_one) {
    struct hr_http_client_options options = quick;
    options.timeout_ms = 40;
    options.timeouts.first_byte_timeout_ms = 120;
    options.retry.attempts_max = HR_NO_RETRY;
    struct answering a = {.decide = hold};
    answering_open(&a, &options);
    struct hr_http_request request = {0};
    cr_assert_eq(answering_run(&a, &request), -ETIMEDOUT);
    cr_assert(strstr(request.request.error.message, "time-out of 40 ms"), "%s",
              request.request.error.message);
    request.request.timeout_ms = 60;
    cr_assert_eq(answering_run(&a, &request), -ETIMEDOUT);
    cr_assert(strstr(request.request.error.message, "time-out of 60 ms"), "%s",
              request.request.error.message);
    request.request.timeout_ms = HR_NO_TIMEOUT;
    cr_assert_eq(answering_run(&a, &request), HR_ERR_FIRST_BYTE_TIMEOUT);
    cr_assert_eq(answering_metrics(&a).timeouts.total, 2);
    cr_assert_eq(answering_metrics(&a).timeouts.first_byte, 1);
    answering_close(&a);
}

/* Cancelled and timed out while it waits for the next attempt. */
Test(http_retry, a_wait_can_be_ended) {
    struct answering a = {.decide = busy, .retry_after = "30"};
    answering_open(&a, &quick);
    struct hr_http_request request = {.url = a.url, .request.timeout_ms = HR_NO_TIMEOUT};
    cr_assert_eq(hr_http_request_start(a.client, &request), 0);
    POLL_UNTIL(&a, answering_metrics(&a).retries == 1);
    hr_cancel(&request.request);
    cr_assert_eq(hr_wait(&request.request), -ECANCELED);
    cr_assert_eq(a.asked, 1);
    answering_close(&a);
}
