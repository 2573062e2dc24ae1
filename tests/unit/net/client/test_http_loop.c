/* The loop over attempts as s3 uses it: hooks, begun on the reactor. */
#include <errno.h>
#include <stdio.h>

#include <engine/reactor.h>
#include <net/http_hooks.h>

#include "client_fixture.h"
#include "needs_kernel.h"
#include "retry.h"

#define ANSWER(status, size) "HTTP/1.1 " status "\r\nContent-Length: " #size "\r\n\r\n"

struct inner {
    struct hr_http_request request;
    struct hr_task task;
    struct fixture *fixture;
    struct hr_buffer body;
    unsigned prepared, classified, done;
    unsigned in_begin;
    int verdict_on_503;
    int prepare_result, prepared_in_begin;
    uint64_t retry_after_ms;
    struct hr_attempt log[8];
};

static struct inner *of(struct hr_http_request *request) {
    return request->request.user;
}

static int prepare(struct hr_http_request *request, unsigned attempt) {
    struct inner *inner = of(request);
    cr_assert_eq(attempt, ++inner->prepared);
    return inner->prepare_result;
}

static enum hr_http_verdict classify(struct hr_http_request *request,
                                     struct hr_http_outcome *outcome) {
    struct inner *inner = of(request);
    inner->classified++;
    outcome->retry_after_ms = inner->retry_after_ms;
    if (outcome->result < 0)
        return hr__retry_transient(outcome->result) ? HR_HTTP_TRANSIENT : HR_HTTP_FINAL;
    if (outcome->status != 503) return HR_HTTP_FINAL;
    outcome->result = HR_ERR_S3_SERVICE;
    return (enum hr_http_verdict)inner->verdict_on_503;
}

static const struct hr_http_hooks hooks = {.prepare_attempt = prepare, .classify = classify};

static void on_done(struct hr_request *request) {
    struct inner *inner = request->user;
    cr_assert_not(inner->in_begin, "called back from inside begin");
    inner->done++;
    hr__http_client_leave(inner->fixture->client);
}

static void begin(struct hr_task *task) {
    struct inner *inner = (struct inner *)((char *)task - offsetof(struct inner, task));
    inner->in_begin = 1;
    hr__http_request_begin(inner->fixture->client, hr__reactor_current(), &inner->request);
    inner->in_begin = 0;
}

static int run_inner(struct fixture *f, struct inner *inner) {
    inner->fixture = f;
    inner->request.private_.hooks = &hooks;
    inner->request.request.user = inner;
    inner->request.request.on_done = on_done;
    inner->request.request.attempt_log = inner->log;
    inner->request.request.attempt_log_size = 8;
    inner->request.sink = hr_sink_buffer(&inner->body, 0);
    inner->task.run = begin;
    cr_assert_eq(hr__http_client_enter(f->client), 0);
    hr__reactor_post(hr__engine_reactor(f->engine, 0), &inner->task);
    while (!inner->done) hr_engine_poll(f->engine, 1000);
    cr_assert_eq(inner->done, 1);
    hr_buffer_deinit(&inner->body);
    return inner->request.request.result;
}

static const struct hr_http_client_options four = {
    .retry = {.attempts_max = 4, .backoff_base_ms = 1, .backoff_max_ms = 2}};

static const struct peer_script busy_twice[] = {{{{PEER_HEAD},
                                                  {PEER_SEND, ANSWER("503 Slow Down", 4) "busy"},
                                                  {PEER_HEAD},
                                                  {PEER_SEND, ANSWER("503 Slow Down", 4) "busy"},
                                                  {PEER_HEAD},
                                                  {PEER_SEND, ANSWER("200 OK", 2) "ok"}}}};

Test(http_loop, repeated_as_the_verdict_says) {
    NEEDS_KERNEL("a raw peer");
    struct fixture f;
    open_all(&f, &four, busy_twice, 1);
    struct inner inner = {.verdict_on_503 = HR_HTTP_THROTTLED};
    inner.request.url = peer_url(f.peer, "/");
    cr_assert_eq(run_inner(&f, &inner), 0, "%s", inner.request.request.error.message);
    cr_assert_eq(inner.prepared, 3);
    cr_assert_eq(inner.classified, 3);
    cr_assert_eq(inner.request.request.attempts, 3);
    cr_assert_eq(inner.log[1].status, 503);
    cr_assert_leq(inner.log[2].backoff_ns, 2000000);
    cr_assert_eq(inner.request.request.error.code, 0);
    cr_assert_eq(peer_connections(f.peer), 1);
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(f.client, &metrics);
    cr_assert_eq(metrics.retries, 2);
    close_all(&f);
}

Test(http_loop, final_is_final_and_attempts_are_bounded) {
    NEEDS_KERNEL("a raw peer");
    struct fixture f;
    open_all(&f, &four, busy_twice, 1);
    struct inner inner = {.verdict_on_503 = HR_HTTP_FINAL};
    inner.request.url = peer_url(f.peer, "/");
    cr_assert_eq(run_inner(&f, &inner), HR_ERR_S3_SERVICE);
    cr_assert_eq(inner.prepared, 1);
    cr_assert_eq(inner.request.request.error.http_status, 503);
    cr_assert_eq(inner.request.request.error.attempt, 1);
    struct inner bounded = {.verdict_on_503 = HR_HTTP_TRANSIENT};
    struct peer *always = peer_start(
        &(struct peer_script){
            {{PEER_HEAD}, {PEER_SEND, ANSWER("503 Slow Down", 4) "busy"}, {PEER_REPEAT}}},
        1);
    bounded.request.url = peer_url(always, "/");
    cr_assert_eq(run_inner(&f, &bounded), HR_ERR_S3_SERVICE);
    cr_assert_eq(bounded.prepared, 4);
    close_all(&f);
    peer_stop(always);
}

Test(http_loop, the_server_s_wait_is_obeyed) {
    NEEDS_KERNEL("a raw peer");
    struct fixture f;
    open_all(&f, &four, busy_twice, 1);
    struct inner inner = {.verdict_on_503 = HR_HTTP_THROTTLED, .retry_after_ms = 30};
    inner.request.url = peer_url(f.peer, "/");
    cr_assert_eq(run_inner(&f, &inner), 0);
    cr_assert_eq(inner.log[1].backoff_ns, 30000000);
    cr_assert_geq(inner.request.request.total_ns, 60000000);
    close_all(&f);
}

Test(http_loop, what_cannot_be_sent_ends_later_and_once) {
    static const char *const urls[] = {"ftp://127.0.0.1/", "nonsense", "http://no.where.invalid/"};
    static const int expected[] = {HR_ERR_URL_SCHEME, HR_ERR_URL_SCHEME, HR_ERR_NAME_UNRESOLVED};
    struct fixture f;
    open_all(&f, &four, NULL, 0);
    for (int i = 0; i < 3; i++) {
        struct inner inner = {.request = {.url = urls[i]}};
        int result = run_inner(&f, &inner);
        cr_assert(result == expected[i] || (i == 1 && result == HR_ERR_URL_MALFORMED), "%s",
                  hr_error_name(result));
        /* A name is looked up by the attempt; of the others nobody is asked whether they pass. */
        cr_assert_eq(inner.classified, i == 2);
        cr_assert_eq(inner.prepared, 1);
    }
    struct inner inner = {.request = {.url = "http://127.0.0.1/"}, .prepare_result = -EKEYEXPIRED};
    cr_assert_eq(run_inner(&f, &inner), -EKEYEXPIRED);
    cr_assert_neq(inner.request.request.error.message[0], 0);
    close_all(&f);
}

/* A server that only fails is not asked again without end. */
Test(http_loop, the_quota_ends_retries) {
    NEEDS_KERNEL("a raw peer");
    enum { COUNT = 200 };
    static const struct peer_script scripts[] = {
        {{{PEER_HEAD}, {PEER_SEND, ANSWER("503 Slow Down", 4) "busy"}, {PEER_REPEAT}}}};
    struct hr_http_client_options options = {
        .pool.connections_per_origin_max = 4,
        .retry = {.attempts_max = 2, .backoff_base_ms = 1, .backoff_max_ms = 1},
        .no_breaker = true};
    struct fixture f;
    open_all(&f, &options, scripts, 1);
    static struct inner inners[COUNT];
    unsigned attempts = 0;
    for (int i = 0; i < COUNT; i++) {
        inners[i] = (struct inner){.verdict_on_503 = HR_HTTP_TRANSIENT};
        inners[i].request.url = peer_url(f.peer, "/");
        cr_assert_eq(run_inner(&f, &inners[i]), HR_ERR_S3_SERVICE);
        attempts += inners[i].prepared;
    }
    /* With one at a time and none that succeeds, 500 tokens pay for 35 retries and no more. */
    cr_assert_eq(attempts, COUNT + 35);
    close_all(&f);
}
