/* The second attempt beside a slow one. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#include "answering.h"
#include "needs_kernel.h"

/* Just what the estimate asks for: a slow one beyond might itself be asked twice. */
#define WARM 50

/* What the requests behind the warming ones are answered. */
static int script[8];

static int scripted(struct answering *self, unsigned n) {
    (void)self;
    return n <= WARM ? 200 : script[n - WARM - 1];
}

static const struct hr_http_client_options hedging = {.hedge.quantile_percent = 90,
                                                      .retry.backoff_base_ms = 1,
                                                      .retry.backoff_max_ms = 2,
                                                      .no_breaker = true};

static void open_warm(struct answering *a, const struct hr_http_client_options *options) {
    *a = (struct answering){.decide = scripted};
    answering_open(a, options);
    for (int i = 0; i < WARM; i++) {
        struct hr_http_request request = {.repeat = HR_HTTP_REPEAT_NEVER}; /* nor hedged */
        cr_assert_eq(answering_run(a, &request), 0);
    }
    cr_assert_eq(answering_metrics(a).connections_opened, 1);
}

static unsigned heads;
static int note_head(struct hr_http_request *request, const struct hr_http_head *head) {
    cr_assert_eq(request->status, head->status);
    heads++;
    return 0;
}

Test(http_hedge, the_quicker_one_wins) {
    struct answering a;
    script[0] = 0;
    script[1] = 200;
    open_warm(&a, &hedging);
    struct hr_attempt log[4] = {0};
    char body[8] = "";
    struct hr_http_request request = {.on_head = note_head, .sink = hr_sink_bytes(body, 7)};
    request.request.attempt_log = log;
    request.request.attempt_log_size = 4;
    cr_assert_eq(answering_run(&a, &request), 0, "%s", request.request.error.message);
    cr_assert_eq(request.status, 200);
    cr_assert_str_eq(body, "200");
    cr_assert_eq(request.body_bytes, 3);
    cr_assert(request.hedged);
    cr_assert_not(request.connection.reused);
    cr_assert_eq(heads, 1);
    cr_assert_eq(request.request.attempts, 2);
    cr_assert_eq(log[0].result, -ECANCELED);
    cr_assert_eq(log[1].result, 0);
    cr_assert_eq(log[1].status, 200);
    struct hr_http_client_metrics metrics = answering_metrics(&a);
    cr_assert_eq(metrics.hedges, 1);
    cr_assert_eq(metrics.hedges_won, 1);
    cr_assert_eq(metrics.retries, 0);
    cr_assert_eq(metrics.attempts, WARM + 2);
    cr_assert_eq(metrics.requests, WARM + 1);
    cr_assert_eq(metrics.connections_open, 1, "the slow one's was closed before the callback");
    answering_close(&a);
}

Test(http_hedge, the_first_one_may_win_yet) {
    struct answering a;
    script[0] = script[1] = 0;
    open_warm(&a, &hedging);
    char body[8] = "";
    struct hr_http_request request = {.url = a.url, .sink = hr_sink_bytes(body, 7)};
    cr_assert_eq(hr_http_request_start(a.client, &request), 0);
    POLL_UNTIL(&a, a.held_count == 2);
    answering_answer(&a, 0, 200);
    cr_assert_eq(hr_wait(&request.request), 0);
    cr_assert_str_eq(body, "200");
    cr_assert(request.hedged);
    cr_assert(request.connection.reused);
    cr_assert_eq(request.request.attempts, 1);
    cr_assert_eq(answering_metrics(&a).hedges, 1);
    cr_assert_eq(answering_metrics(&a).hedges_won, 0);
    answering_close(&a);
}

/* An answer that would be repeated leaves the field to the other attempt, whichever it is. */
Test(http_hedge, a_failing_one_leaves_the_field) {
    for (int first = 0; first < 2; first++) {
        struct answering a;
        script[0] = script[1] = 0;
        open_warm(&a, &hedging);
        char body[8] = "";
        struct hr_http_request request = {.url = a.url, .sink = hr_sink_bytes(body, 7)};
        cr_assert_eq(hr_http_request_start(a.client, &request), 0);
        POLL_UNTIL(&a, a.held_count == 2);
        answering_answer(&a, (unsigned)first, 503);
        for (int i = 0; i < 5; i++) hr_engine_poll(a.engine, 1);
        cr_assert_eq(answering_metrics(&a).succeeded, WARM);
        answering_answer(&a, 1 - (unsigned)first, 200);
        cr_assert_eq(hr_wait(&request.request), 0, "%s", request.request.error.message);
        cr_assert_eq(request.status, 200);
        cr_assert_str_eq(body, "200");
        cr_assert_eq(answering_metrics(&a).retries, 0);
        answering_close(&a);
    }
}

/* The backoff in the log is that of the attempt before the hedge, which had none itself. */
Test(http_hedge, beside_a_repetition) {
    struct answering a;
    script[0] = 503;
    script[1] = 0;
    script[2] = 200;
    /* Long enough for the first attempt to end before it is asked twice, on a busy machine too. */
    struct hr_http_client_options patient = hedging;
    patient.hedge.delay_min_ms = 300;
    open_warm(&a, &patient);
    struct hr_attempt log[4] = {0};
    struct hr_http_request request = {.url = a.url};
    request.request.attempt_log = log;
    request.request.attempt_log_size = 4;
    cr_assert_eq(answering_run(&a, &request), 0, "%s", request.request.error.message);
    cr_assert(request.hedged);
    cr_assert_eq(request.request.attempts, 3);
    cr_assert_eq(log[0].status, 503);
    cr_assert_eq(log[1].result, -ECANCELED);
    cr_assert_gt(log[1].backoff_ns, 0);
    cr_assert_eq(log[2].result, 0);
    cr_assert_eq(log[2].backoff_ns, 0);
    answering_close(&a);
}

/* Both fail: then it is as with one, and the request is repeated. */
Test(http_hedge, both_fail) {
    for (int first = 0; first < 2; first++) {
        struct answering a;
        script[0] = script[1] = 0;
        script[2] = 200;
        open_warm(&a, &hedging);
        struct hr_http_request request = {.url = a.url};
        cr_assert_eq(hr_http_request_start(a.client, &request), 0);
        POLL_UNTIL(&a, a.held_count == 2);
        answering_answer(&a, (unsigned)first, 503);
        for (int i = 0; i < 5; i++) hr_engine_poll(a.engine, 1);
        answering_answer(&a, 1 - (unsigned)first, 503);
        cr_assert_eq(hr_wait(&request.request), 0, "%s", request.request.error.message);
        cr_assert_eq(request.status, 200);
        cr_assert_eq(answering_metrics(&a).retries, 1);
        answering_close(&a);
    }
}

/* A cancel and a time-out end both, and the callback comes once both are gone. */
Test(http_hedge, both_are_stopped) {
    for (int by_timeout = 0; by_timeout < 2; by_timeout++) {
        struct answering a;
        script[0] = script[1] = 0;
        open_warm(&a, &hedging);
        struct hr_http_request request = {.url = a.url};
        request.request.timeout_ms = by_timeout ? 200 : 0;
        cr_assert_eq(hr_http_request_start(a.client, &request), 0);
        POLL_UNTIL(&a, a.held_count == 2);
        if (!by_timeout) hr_cancel(&request.request);
        cr_assert_eq(hr_wait(&request.request), by_timeout ? -ETIMEDOUT : -ECANCELED);
        cr_assert_eq(answering_metrics(&a).connections_open, 0);
        answering_close(&a);
    }
}

/* The first one's time-out passes, then the second is answered. false: the machine was so busy that
 * both passed in one turn, and the request was repeated. */
static bool first_is_broken(void) {
    struct answering a;
    script[0] = script[1] = 0;
    script[2] = 200;
    struct hr_http_client_options options = hedging;
    options.timeouts.first_byte_timeout_ms = 120;
    options.hedge.delay_min_ms = 60;
    open_warm(&a, &options);
    struct hr_http_request request = {.url = a.url};
    cr_assert_eq(hr_http_request_start(a.client, &request), 0);
    POLL_UNTIL(&a, answering_metrics(&a).timeouts.first_byte >= 1);
    bool alone = answering_metrics(&a).timeouts.first_byte == 1;
    answering_answer(&a, 1, 200);
    cr_assert_eq(hr_wait(&request.request), 0, "%s", request.request.error.message);
    cr_assert_eq(request.status, 200);
    alone = alone && answering_metrics(&a).timeouts.first_byte == 1;
    if (alone) {
        cr_assert_eq(request.request.error.code, 0);
        cr_assert_eq(answering_metrics(&a).retries, 0);
    }
    answering_close(&a);
    return alone;
}

/* The connection of either breaks. */
Test(http_hedge, a_broken_one_leaves_the_field) {
    while (!first_is_broken()) continue;
}

Test(http_hedge, not_where_it_is_not_allowed) {
    static const char body[] = "body";
    struct hr_http_request cases[] = {{.method = "POST", .body = hr_source_bytes(body, 4)},
                                      {.repeat = HR_HTTP_REPEAT_NEVER},
                                      {.repeat = HR_HTTP_REPEAT_FORBIDDEN}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answering a;
        script[0] = 0;
        open_warm(&a, &hedging);
        cases[i].request.timeout_ms = 100;
        cr_assert_eq(answering_run(&a, &cases[i]), -ETIMEDOUT);
        cr_assert_not(cases[i].hedged);
        cr_assert_eq(answering_metrics(&a).hedges, 0);
        answering_close(&a);
    }
    struct answering a;
    open_warm(&a, &(struct hr_http_client_options){.no_breaker = true});
    struct hr_http_request request = {.request.timeout_ms = 100};
    cr_assert_eq(answering_run(&a, &request), -ETIMEDOUT);
    cr_assert_eq(answering_metrics(&a).hedges, 0, "off unless it is asked for");
    answering_close(&a);
}

/* Ten tokens and one percent of the requests: no more hedges than that. */
Test(http_hedge, the_retry_budget_pays) {
    struct hr_http_client_options options = hedging;
    options.retry.budget_percent = 1;
    struct answering a;
    open_warm(&a, &options);
    for (int i = 0; i < 14; i++) {
        script[0] = script[1] = 0;
        a.asked = WARM;
        struct hr_http_request request = {.request.timeout_ms = 100};
        cr_assert_eq(answering_run(&a, &request), -ETIMEDOUT);
        cr_assert_eq(request.hedged, i < 10, "%d", i);
    }
    cr_assert_eq(answering_metrics(&a).hedges, 10);
    cr_assert_gt(answering_metrics(&a).retries_refused, 0);
    answering_close(&a);
}

/* A body goes out twice; the memory is the caller's again when both are done. */
Test(http_hedge, with_a_body) {
    struct answering a;
    script[0] = 0;
    script[1] = 200;
    open_warm(&a, &hedging);
    char *body = malloc(1 << 20);
    memset(body, 'x', 1 << 20);
    struct hr_http_request request = {.method = "PUT", .body = hr_source_bytes(body, 1 << 20)};
    cr_assert_eq(answering_run(&a, &request), 0, "%s", request.request.error.message);
    memset(body, 'y', 1 << 20);
    free(body);
    cr_assert_eq(request.status, 200);
    answering_close(&a);
}

static struct hr_breaker_status status_of(const struct answering *a) {
    struct hr_breaker_status status;
    hr_breaker_status_get(hr_http_client_breaker(a->client, a->url), &status);
    return status;
}

/* What the first one answered is judged as it was, although the other goes on for the request; and
 * that one has won. */
Test(http_hedge, the_host_s_failure_counts_beside_a_success) {
    struct hr_http_client_options options = hedging;
    options.no_breaker = false;
    options.breaker.failures_max = 1;
    struct answering a;
    script[0] = script[1] = 0;
    open_warm(&a, &options);
    struct hr_http_request request = {.url = a.url};
    cr_assert_eq(hr_http_request_start(a.client, &request), 0);
    POLL_UNTIL(&a, a.held_count == 2);
    answering_answer(&a, 0, 503);
    POLL_UNTIL(&a, answering_metrics(&a).connections_idle == 1);
    cr_assert_eq(status_of(&a).opened, 1);
    cr_assert_eq(status_of(&a).transitions[0].error, 503);
    answering_answer(&a, 1, 200);
    cr_assert_eq(hr_wait(&request.request), 0, "%s", request.request.error.message);
    cr_assert_eq(request.status, 200);
    cr_assert_eq(answering_metrics(&a).hedges_won, 1);
    answering_close(&a);
}

/* Neither beside the probe nor as one. */
Test(http_hedge, not_where_the_breaker_is_not_closed) {
    struct hr_http_client_options options = hedging;
    options.no_breaker = false;
    options.breaker.open_ms = 1;
    options.hedge.delay_min_ms = 20;
    for (int late = 0; late < 2; late++) {
        struct answering a;
        script[0] = script[1] = 0;
        open_warm(&a, &options);
        struct hr_http_request request = {.url = a.url, .request.timeout_ms = 150};
        hr_breaker *breaker = hr_http_client_breaker(a.client, a.url);
        if (!late) {
            hr_breaker_open(breaker);
            POLL_UNTIL(&a, status_of(&a).state == HR_BREAKER_HALF_OPEN);
        }
        cr_assert_eq(hr_http_request_start(a.client, &request), 0);
        POLL_UNTIL(&a, a.asked > WARM);
        if (late) hr_breaker_open(breaker);
        cr_assert_eq(hr_wait(&request.request), -ETIMEDOUT);
        cr_assert_eq(a.asked, WARM + 1);
        cr_assert_not(request.hedged);
        cr_assert_eq(answering_metrics(&a).breaker_rejected, 0);
        answering_close(&a);
    }
}

/* The adaptive limit begins at twenty: a hedge beyond would wait. */
Test(http_hedge, not_beyond_the_adaptive_limit) {
    struct hr_http_client_options options = hedging;
    options.pool.adaptive_concurrency = true;
    options.hedge.delay_min_ms = 200;
    struct answering a;
    open_warm(&a, &options);
    struct hr_http_request requests[20] = {0};
    a.asked = WARM; /* all of them are held */
    memset(script, 0, sizeof script);
    for (int i = 0; i < 20; i++) {
        requests[i].url = a.url;
        requests[i].request.timeout_ms = 500;
        cr_assert_eq(hr_http_request_start(a.client, &requests[i]), 0);
        POLL_UNTIL(&a, a.held_count > (unsigned)i);
        a.asked = WARM;
    }
    for (int i = 0; i < 20; i++) cr_assert_eq(hr_wait(&requests[i].request), -ETIMEDOUT);
    cr_assert_eq(answering_metrics(&a).waiting_peak, 0);
    answering_close(&a);
}

/* The caller refuses the answer that has won: neither attempt goes on. */
static int refuse(struct hr_http_request *request, const struct hr_http_head *head) {
    (void)request, (void)head;
    return -ECONNRESET;
}

Test(http_hedge, the_caller_s_own_failure_ends_both) {
    struct answering a;
    script[0] = script[1] = 0;
    open_warm(&a, &hedging);
    struct hr_http_request request = {.url = a.url, .on_head = refuse};
    cr_assert_eq(hr_http_request_start(a.client, &request), 0);
    POLL_UNTIL(&a, a.held_count == 2);
    answering_answer(&a, 0, 200);
    cr_assert_eq(hr_wait(&request.request), -ECONNRESET);
    cr_assert_eq(request.request.attempts, 1);
    cr_assert_eq(answering_metrics(&a).retries, 0);
    answering_close(&a);
}

/* Two addresses, and a kept connection to each: the hedge takes the other one's. */
Test(http_hedge, beside_it_to_another_address) {
    NEEDS_KERNEL("two addresses");
    char path[] = "/tmp/headrace-test-XXXXXX", url[64];
    static const char hosts[] = "127.0.0.1 two.test\n127.0.0.2 two.test\n";
    int fd = mkstemp(path);
    cr_assert_eq(write(fd, hosts, sizeof hosts - 1), (ssize_t)sizeof hosts - 1);
    close(fd);
    struct hr_http_client_options options = hedging;
    options.resolver.hosts_file = path;
    struct answering a = {.decide = scripted, .listen = "0.0.0.0:0"};
    answering_open(&a, &options);
    unlink(path);
    snprintf(url, sizeof url, "http://two.test:%u/", hr_http_server_port(a.server));
    for (int i = 0; i < WARM; i++) {
        struct hr_http_request request = {.url = url, .repeat = HR_HTTP_REPEAT_NEVER};
        cr_assert_eq(answering_run(&a, &request), 0, "%s", request.request.error.message);
    }
    /* Three at once make three connections; the last two used lead to the same address. */
    script[0] = script[1] = script[2] = script[3] = 0;
    script[4] = 200;
    struct hr_http_request held[3] = {0};
    for (int i = 0; i < 3; i++) {
        held[i] = (struct hr_http_request){.url = url, .repeat = HR_HTTP_REPEAT_NEVER};
        cr_assert_eq(hr_http_request_start(a.client, &held[i]), 0);
        POLL_UNTIL(&a, a.held_count == (unsigned)i + 1);
    }
    cr_assert_eq(
        memcmp(&held[0].connection.peer, &held[2].connection.peer, sizeof(struct sockaddr_in)), 0);
    cr_assert_neq(
        memcmp(&held[0].connection.peer, &held[1].connection.peer, sizeof(struct sockaddr_in)), 0);
    static const unsigned order[] = {1, 0, 2};
    for (int i = 0; i < 3; i++) {
        answering_answer(&a, order[i], 200);
        cr_assert_eq(hr_wait(&held[order[i]].request), 0);
    }
    struct hr_http_request request = {.url = url};
    cr_assert_eq(answering_run(&a, &request), 0, "%s", request.request.error.message);
    cr_assert(request.hedged);
    cr_assert(request.connection.reused);
    cr_assert_eq(
        memcmp(&request.connection.peer, &held[1].connection.peer, sizeof(struct sockaddr_in)), 0);
    answering_close(&a);
}

/* ---- The file of an attempt before. */

static ssize_t produce_half(void *user, void *buffer, size_t capacity) {
    unsigned *asked = user;
    if (++*asked > 1 || capacity < 5) return *asked == 2 ? -EAGAIN : -EIO;
    memcpy(buffer, "half ", 5);
    return 5;
}

static int refuse_when_hedged(struct hr_http_request *request, const struct hr_http_head *head) {
    (void)head;
    return request->hedged ? -EACCES : 0;
}

/* What the attempt before has written is cut off by a hedge that has never opened the sink. */
Test(http_hedge, the_file_of_a_broken_attempt) {
    struct answering a;
    struct hr_http_client_options options = hedging;
    options.hedge.delay_min_ms = 50;
    script[0] = script[1] = 0;
    script[2] = 200;
    open_warm(&a, &options);
    char path[] = "/tmp/hr_hedge_XXXXXX";
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    unlink(path);
    struct hr_http_request request = {
        .url = a.url, .on_head = refuse_when_hedged, .sink = hr_sink_fd(fd, 0)};
    cr_assert_eq(hr_http_request_start(a.client, &request), 0);
    POLL_UNTIL(&a, a.held_count == 1);
    unsigned asked = 0;
    hr_http_exchange *broken = a.held[0];
    a.held[0] = NULL;
    struct hr_http_response response = {.status = 200,
                                        .body = hr_source_producer(produce_half, NULL, &asked, 10)};
    cr_assert_eq(hr_http_exchange_respond(broken, &response), 0);
    POLL_UNTIL(&a, request.body_bytes == 5);
    hr_http_exchange_resume(broken);
    cr_assert_eq(hr_wait(&request.request), -EACCES, "%s", request.request.error.message);
    cr_assert_eq(request.request.attempts, 3);
    cr_assert_eq(lseek(fd, 0, SEEK_END), 0);
    close(fd);
    answering_close(&a);
}
