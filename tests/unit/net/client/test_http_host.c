/* The breaker and the records of hosts that a client keeps. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "answering.h"

#include "client_fixture.h"
#include "needs_kernel.h"

static int fail(struct answering *self, unsigned n) {
    (void)self, (void)n;
    return 500;
}

static int not_found(struct answering *self, unsigned n) {
    (void)self, (void)n;
    return 404;
}

static int hold(struct answering *self, unsigned n) {
    (void)self, (void)n;
    return 0;
}

/* Two requests are failed, then all is well. */
static int recover(struct answering *self, unsigned n) {
    (void)self;
    return n <= 2 ? 503 : 200;
}

static const struct hr_http_client_options once = {.retry.attempts_max = HR_NO_RETRY};

Test(http_host, five_failures_open_it) {
    struct answering a = {.decide = fail};
    answering_open(&a, &once);
    cr_assert_null(hr_http_client_breaker(a.client, a.url), "nothing has gone there");
    for (int i = 0; i < 5; i++) {
        struct hr_http_request request = {0};
        cr_assert_eq(answering_run(&a, &request), 0);
        cr_assert_eq(request.status, 500);
    }
    struct hr_http_request rejected = {0};
    cr_assert_eq(answering_run(&a, &rejected), HR_ERR_BREAKER_OPEN);
    const char *message = rejected.request.error.message;
    cr_assert(strstr(message, a.peer), "%s", message);
    cr_assert(strstr(message, "500"), "%s", message);
    cr_assert(strstr(message, "probe is due in"), "%s", message);
    cr_assert_gt(rejected.retry_after_ms, 50000);
    cr_assert_leq(rejected.retry_after_ms, 60000);
    cr_assert_eq(a.asked, 5);
    struct hr_http_client_metrics metrics = answering_metrics(&a);
    cr_assert_eq(metrics.breaker_rejected, 1);
    cr_assert_eq(metrics.breaker_opened, 1);
    hr_breaker *breaker = hr_http_client_breaker(a.client, a.url);
    cr_assert_not_null(breaker);
    hr_breaker_reset(breaker);
    struct hr_http_request after = {0};
    cr_assert_eq(answering_run(&a, &after), 0, "%s", after.request.error.message);
    cr_assert_eq(after.retry_after_ms, 0);
    hr_breaker_open(breaker);
    cr_assert_eq(answering_run(&a, &after), HR_ERR_BREAKER_OPEN);
    cr_assert(strstr(after.request.error.message, "manual"), "%s", after.request.error.message);
    answering_close(&a);
}

Test(http_host, an_answer_of_4xx_is_a_good_one) {
    struct answering a = {.decide = not_found};
    answering_open(&a, &once);
    for (int i = 0; i < 20; i++) {
        struct hr_http_request request = {0};
        cr_assert_eq(answering_run(&a, &request), 0);
    }
    cr_assert_eq(a.asked, 20);
    answering_close(&a);
}

Test(http_host, cancels_and_waits_do_not_count) {
    struct hr_http_client_options options = {.retry.attempts_max = HR_NO_RETRY,
                                             .breaker.failures_max = 1,
                                             .pool.connections_per_origin_max = 1,
                                             .timeouts.pool_timeout_ms = 20};
    struct answering a = {.decide = hold};
    answering_open(&a, &options);
    struct hr_http_request first = {.url = a.url}, waiting = {.url = a.url};
    cr_assert_eq(hr_http_request_start(a.client, &first), 0);
    POLL_UNTIL(&a, a.asked == 1);
    cr_assert_eq(answering_run(&a, &waiting), HR_ERR_POOL_TIMEOUT);
    waiting.request.timeout_ms = 10;
    cr_assert_eq(answering_run(&a, &waiting), -ETIMEDOUT);
    hr_cancel(&first.request);
    cr_assert_eq(hr_wait(&first.request), -ECANCELED);
    struct hr_http_request bad = {.method = "no method"};
    cr_assert_eq(answering_run(&a, &bad), HR_ERR_METHOD_INVALID);
    struct hr_breaker_status status;
    hr_breaker_status_get(hr_http_client_breaker(a.client, a.url), &status);
    cr_assert_eq(status.state, HR_BREAKER_CLOSED);
    cr_assert_eq(status.failures, 0);
    answering_close(&a);
}

/* A time-out of the whole request that passes while the host has it is the host's. */
Test(http_host, a_time_out_counts_once_the_host_has_the_request) {
    struct hr_http_client_options options = {.retry.attempts_max = HR_NO_RETRY,
                                             .breaker.failures_max = 1};
    struct answering a = {.decide = hold};
    answering_open(&a, &options);
    struct hr_http_request request = {.request.timeout_ms = 30};
    cr_assert_eq(answering_run(&a, &request), -ETIMEDOUT);
    cr_assert_eq(answering_run(&a, &request), HR_ERR_BREAKER_OPEN);
    cr_assert(strstr(request.request.error.message, "ETIMEDOUT"), "%s",
              request.request.error.message);
    answering_close(&a);
}

/* The third has been given the connection of the second when that one's answer is judged. */
Test(http_host, who_waits_when_it_opens_is_told) {
    struct hr_http_client_options options = {.retry.attempts_max = HR_NO_RETRY,
                                             .breaker.failures_max = 2,
                                             .pool.connections_per_origin_max = 1};
    struct answering a = {.decide = fail};
    answering_open(&a, &options);
    struct hr_http_request requests[10] = {0};
    for (int i = 0; i < 10; i++) {
        requests[i].url = a.url;
        cr_assert_eq(hr_http_request_start(a.client, &requests[i]), 0);
    }
    for (int i = 0; i < 10; i++)
        cr_assert_eq(hr_wait(&requests[i].request), i < 3 ? 0 : HR_ERR_BREAKER_OPEN, "%d", i);
    cr_assert_eq(a.asked, 3);
    cr_assert_eq(answering_metrics(&a).breaker_rejected, 7);
    cr_assert_eq(answering_metrics(&a).waiting, 0);
    answering_close(&a);
}

Test(http_host, one_probe_at_a_time_and_it_closes) {
    struct hr_http_client_options options = {
        .retry.attempts_max = HR_NO_RETRY, .breaker.failures_max = 2, .breaker.open_ms = 30};
    struct answering a = {.decide = recover};
    answering_open(&a, &options);
    struct hr_http_request request = {0};
    for (int i = 0; i < 2; i++) cr_assert_eq(answering_run(&a, &request), 0);
    hr_breaker *breaker = hr_http_client_breaker(a.client, a.url);
    struct hr_breaker_status status;
    hr_breaker_status_get(breaker, &status);
    cr_assert_neq(status.state, HR_BREAKER_CLOSED);
    do {
        hr_engine_poll(a.engine, 5);
        hr_breaker_status_get(breaker, &status);
    } while (status.state != HR_BREAKER_HALF_OPEN);
    a.decide = hold;
    struct hr_http_request probe = {.url = a.url};
    cr_assert_eq(hr_http_request_start(a.client, &probe), 0);
    POLL_UNTIL(&a, a.held_count == 1);
    struct hr_http_request second = {0};
    cr_assert_eq(answering_run(&a, &second), HR_ERR_BREAKER_OPEN);
    cr_assert(strstr(second.request.error.message, "under way"), "%s",
              second.request.error.message);
    a.decide = recover;
    answering_release(&a, 200);
    cr_assert_eq(hr_wait(&probe.request), 0);
    cr_assert_eq(answering_run(&a, &second), 0, "%s", second.request.error.message);
    answering_close(&a);
}

Test(http_host, none_where_none_is_wanted) {
    struct hr_http_client_options options = {.retry.attempts_max = HR_NO_RETRY, .no_breaker = true};
    struct answering a = {.decide = fail};
    answering_open(&a, &options);
    for (int i = 0; i < 20; i++) {
        struct hr_http_request request = {0};
        cr_assert_eq(answering_run(&a, &request), 0);
    }
    cr_assert_null(hr_http_client_breaker(a.client, a.url));
    cr_assert_eq(answering_metrics(&a).breaker_opened, 0);
    answering_close(&a);
}

Test(http_host, each_host_has_its_own) {
    struct hr_resolve_entry entry = {.host = "*.test", .address = "127.0.0.1"};
    struct hr_http_client_options options = {.retry.attempts_max = HR_NO_RETRY,
                                             .breaker.failures_max = 1,
                                             .resolver.entries = &entry,
                                             .resolver.entry_count = 1};
    struct answering a = {.decide = fail};
    answering_open(&a, &options);
    char urls[3][64];
    static const char *const names[] = {"a.test", "b.test", "A.TEST"};
    for (int i = 0; i < 3; i++)
        snprintf(urls[i], sizeof urls[i], "http://%s:%u/", names[i], hr_http_server_port(a.server));
    static const int expected[] = {0, 0, HR_ERR_BREAKER_OPEN};
    for (int i = 0; i < 3; i++) {
        struct hr_http_request request = {.url = urls[i]};
        cr_assert_eq(answering_run(&a, &request), expected[i], "%s", urls[i]);
    }
    cr_assert_eq(answering_metrics(&a).breaker_opened, 2);
    cr_assert_eq(hr_http_client_breaker(a.client, urls[0]),
                 hr_http_client_breaker(a.client, urls[2]));
    answering_close(&a);
}

/* Hosts beyond the limit share one record, which has no breaker. */
Test(http_host, records_are_bounded) {
    struct hr_resolve_entry entry = {.host = "*.test", .address = "127.0.0.1"};
    struct hr_http_client_options options = {.retry.attempts_max = HR_NO_RETRY,
                                             .breaker.failures_max = 1,
                                             .resolver.entries = &entry,
                                             .resolver.entry_count = 1,
                                             .pool.connections_max = 4};
    struct answering a = {.decide = not_found};
    answering_open(&a, &options);
    char url[64];
    for (int i = 0; i < 1030; i++) {
        snprintf(url, sizeof url, "http://h%d.test:%u/", i, hr_http_server_port(a.server));
        struct hr_http_request request = {.url = url};
        cr_assert_eq(answering_run(&a, &request), 0, "%s", request.request.error.message);
        cr_assert_eq(hr_http_client_breaker(a.client, url) != NULL, i < 1024);
    }
    answering_close(&a);
}

Test(http_host, a_host_that_refuses_opens_it) {
    NEEDS_KERNEL("a raw peer");
    struct hr_http_client_options options = {.retry.attempts_max = HR_NO_RETRY};
    struct fixture f;
    open_all(&f, &options, NULL, 0);
    f.peer = peer_start_deaf();
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", peer_port(f.peer));
    peer_stop(f.peer);
    f.peer = NULL;
    for (int i = 0; i < 6; i++) {
        struct hr_http_request request = {.url = url};
        cr_assert_eq(run(&f, &request), i < 5 ? -ECONNREFUSED : HR_ERR_BREAKER_OPEN);
        if (i == 5)
            cr_assert(strstr(request.request.error.message, "ECONNREFUSED"), "%s",
                      request.request.error.message);
    }
    close_all(&f);
}

/* ---- What the caller's own side has done, whatever its code says. */

static int bad_head(struct hr_http_request *request, const struct hr_http_head *head) {
    (void)request, (void)head;
    return -ECONNRESET;
}

static ssize_t bad_consumer(void *user, const void *data, size_t size) {
    (void)user, (void)data, (void)size;
    return HR_ERR_HTTP_TRUNCATED;
}

static ssize_t bad_producer(void *user, void *buffer, size_t capacity) {
    (void)buffer, (void)capacity;
    ++*(unsigned *)user;
    return -EPIPE;
}

static int rewinds(void *user) {
    (void)user;
    return 0;
}

static int good(struct answering *self, unsigned n) {
    (void)self, (void)n;
    return 200;
}

static struct hr_breaker_status status_of(const struct answering *a) {
    struct hr_breaker_status status;
    hr_breaker_status_get(hr_http_client_breaker(a->client, a->url), &status);
    return status;
}

/* Each of these codes would be the host's failure, and worth another attempt; the producer's over a
 * kept connection would look like a stale one. */
Test(http_host, failures_of_the_caller_s_own_side_are_not_the_host_s) {
    struct hr_http_client_options options = {
        .breaker.failures_max = 1, .retry.backoff_base_ms = 1, .retry.backoff_max_ms = 2};
    struct answering a = {.decide = good};
    answering_open(&a, &options);
    unsigned produced = 0;
    int directory = open("/", O_RDONLY | O_DIRECTORY);
    struct hr_http_request cases[] = {
        {.on_head = bad_head},
        {.sink = hr_sink_consumer(bad_consumer, NULL)},
        {.method = "PUT", .body = hr_source_producer(bad_producer, rewinds, &produced, 5)},
        {.method = "PUT", .body = hr_source_fd(directory, (struct hr_file_range){.size = 5})},
    };
    static const int expected[] = {-ECONNRESET, HR_ERR_HTTP_TRUNCATED, -EPIPE, -EISDIR};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hr_http_request before = {0};
        cr_assert_eq(answering_run(&a, &before), 0, "%zu: %s", i, before.request.error.message);
        int result = answering_run(&a, &cases[i]);
        bool simulated = result == -EBADF; /* it does not know this process's files */
        cr_assert(result == expected[i] || (i == 3 && simulated), "%zu: %s", i,
                  cases[i].request.error.message);
        cr_assert_eq(cases[i].request.attempts, 1, "%zu", i);
        cr_assert_eq(status_of(&a).state, HR_BREAKER_CLOSED, "%zu", i);
        cr_assert_eq(status_of(&a).failures, 0, "%zu", i);
    }
    cr_assert_eq(produced, 1);
    cr_assert_eq(answering_metrics(&a).retries + answering_metrics(&a).stale_retries, 0);
    close(directory);
    answering_close(&a);
}

/* Nor is it the probe's: the next request is one. */
Test(http_host, the_caller_s_own_failure_is_no_probe_s) {
    struct hr_http_client_options options = {.breaker.open_ms = 1};
    struct answering a = {.decide = good};
    answering_open(&a, &options);
    struct hr_http_request request = {0}, own = {.on_head = bad_head};
    cr_assert_eq(answering_run(&a, &request), 0);
    hr_breaker_open(hr_http_client_breaker(a.client, a.url));
    POLL_UNTIL(&a, status_of(&a).state == HR_BREAKER_HALF_OPEN);
    cr_assert_eq(answering_run(&a, &own), -ECONNRESET);
    cr_assert_eq(status_of(&a).state, HR_BREAKER_HALF_OPEN);
    cr_assert_eq(answering_run(&a, &request), 0, "%s", request.request.error.message);
    cr_assert_eq(status_of(&a).state, HR_BREAKER_CLOSED);
    answering_close(&a);
}

static ssize_t pausing_consumer(void *user, const void *data, size_t size) {
    (void)user, (void)data, (void)size;
    return 0;
}

static ssize_t pausing_producer(void *user, void *buffer, size_t capacity) {
    (void)user, (void)buffer, (void)capacity;
    return -EAGAIN;
}

/* A request's time that passes while its consumer or producer holds it up. */
Test(http_host, a_time_out_of_the_caller_s_own_pause_is_not_the_host_s) {
    struct hr_http_client_options options = {.breaker.failures_max = 1};
    struct answering a = {.decide = good};
    answering_open(&a, &options);
    struct hr_http_request consumes = {.sink = hr_sink_consumer(pausing_consumer, NULL)};
    consumes.request.timeout_ms = 40;
    cr_assert_eq(answering_run(&a, &consumes), -ETIMEDOUT);
    cr_assert_eq(status_of(&a).failures, 0);
    a.decide = hold;
    struct hr_http_request produces = {.method = "PUT",
                                       .body = hr_source_producer(pausing_producer, NULL, NULL, 5)};
    produces.request.timeout_ms = 40;
    cr_assert_eq(answering_run(&a, &produces), -ETIMEDOUT);
    cr_assert_eq(status_of(&a).failures, 0);
    cr_assert_eq(status_of(&a).state, HR_BREAKER_CLOSED);
    cr_assert_eq(answering_metrics(&a).timeouts.total, 2);
    answering_close(&a);
}

/* Requests that the breaker has refused never came to the host, so it owes them no retries. */
Test(http_host, what_is_rejected_pays_nothing_into_the_retry_budget) {
    struct hr_http_client_options options = {.retry.budget_percent = 100,
                                             .retry.backoff_base_ms = 1,
                                             .retry.backoff_max_ms = 1,
                                             .retry.attempts_max = 100,
                                             .breaker.failures_max = 1000};
    struct answering a = {.decide = fail};
    answering_open(&a, &options);
    struct hr_http_request request = {0};
    cr_assert_eq(answering_run(&a, &request), 0); /* its own, and what there is to begin with */
    cr_assert_eq(answering_metrics(&a).retries, 11);
    hr_breaker_open(hr_http_client_breaker(a.client, a.url));
    for (int i = 0; i < 100; i++) cr_assert_eq(answering_run(&a, &request), HR_ERR_BREAKER_OPEN);
    hr_breaker_reset(hr_http_client_breaker(a.client, a.url));
    cr_assert_eq(answering_run(&a, &request), 0);
    cr_assert_eq(answering_metrics(&a).retries, 12);
    answering_close(&a);
}

Test(http_host, options_are_judged) {
    struct fixture f = {0};
    open_engine(&f, 0);
    static const struct hr_http_client_options bad[] = {{.retry.budget_percent = 1001},
                                                        {.hedge.quantile_percent = 100},
                                                        {.breaker.failure_rate_percent = 101}};
    static const char *const names[] = {"retry.budget_percent", "hedge.quantile_percent",
                                        "failure_rate_percent"};
    for (int i = 0; i < 3; i++) {
        struct hr_error error = {0};
        cr_assert_eq(hr_http_client_new(f.engine, &bad[i], &error, &f.client), -EINVAL);
        cr_assert(strstr(error.message, names[i]), "%s", error.message);
    }
    cr_assert_eq(hr_engine_close(f.engine, NULL, NULL), 0);
}
