/* A health check: one GET past breaker and retries, and a judgement of what came. */
#include "call.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <headrace/text.h>

#define LATENCY_MAX_MS_DEFAULT 1000

static struct hr_http_health *of(struct hr_request *request) {
    return (struct hr_http_health *)(void *)request;
}

/* ---- The request inside: one attempt, whatever comes of it. */

static int prepare_attempt(struct hr_http_request *request, unsigned attempt) {
    (void)request, (void)attempt;
    return 0;
}

static enum hr_http_verdict classify(struct hr_http_request *request,
                                     struct hr_http_outcome *outcome) {
    (void)request, (void)outcome;
    return HR_HTTP_FINAL;
}

static const struct hr_http_hooks hooks = {
    .prepare_attempt = prepare_attempt,
    .classify = classify,
    .past_breaker = true,
};

/* ---- The judgement. */

static uint32_t latency_max_ms(const struct hr_http_health *health) {
    return health->latency_max_ms ? health->latency_max_ms : LATENCY_MAX_MS_DEFAULT;
}

static void judge_answer(struct hr_http_health *health) {
    size_t size = sizeof health->reason;
    if (health->status == 429) {
        health->health = HR_DEGRADED;
        snprintf(health->reason, size, "status 429: it asks for fewer requests");
    } else if (health->status >= 400) {
        health->health = HR_UNHEALTHY;
        snprintf(health->reason, size, "status %d", health->status);
    } else if (health->latency_ms > latency_max_ms(health)) {
        health->health = HR_DEGRADED;
        snprintf(health->reason, size, "answered after %.1f ms, more than %u (latency_max_ms)",
                 health->latency_ms, latency_max_ms(health));
    } else {
        health->health = HR_HEALTHY;
        snprintf(health->reason, size, "status %d in %.1f ms", health->status, health->latency_ms);
    }
}

/* An error of this side says nothing about the other. */
static bool is_judged(int result) {
    return result == -ETIMEDOUT ||
           hr_breaker_classify((struct hr_breaker_result){.code = result}) != HR_BREAKER_IGNORED;
}

static void on_asked(struct hr_request *inner) {
    struct hr_http_health *health = inner->user;
    int result = inner->result;
    health->status = health->inner_.status;
    health->latency_ms = (double)inner->total_ns / 1e6;
    if (result == 0) {
        judge_answer(health);
    } else if (result == -ETIMEDOUT) {
        uint64_t ms = hr__request_timeout_ns(&health->request) / 1000000;
        snprintf(health->reason, sizeof health->reason,
                 "no response within %" PRIu64 " ms (timeout_ms)", ms);
    } else {
        hr_text_copy(health->reason, sizeof health->reason, hr_slice_of(inner->error.message));
    }
    health->request.attempts = inner->attempts;
    health->request.timings = inner->timings;
    if (!is_judged(result)) {
        health->request.error = inner->error;
        hr__request_finish(&health->request, result);
        return;
    }
    hr__request_finish(&health->request, 0);
}

/* ---- The request outside. */

static void start(struct hr_request *request) {
    struct hr_http_health *health = of(request);
    struct hr_http_request *inner = &health->inner_;
    health->health = HR_UNHEALTHY;
    health->status = 0;
    health->latency_ms = 0;
    health->reason[0] = '\0';
    memset(inner, 0, sizeof *inner);
    inner->request.on_done = on_asked;
    inner->request.user = health;
    inner->request.attempt_log = request->attempt_log;
    inner->request.attempt_log_size = request->attempt_log_size;
    inner->private_.hooks = &hooks;
    inner->method = health->method;
    inner->url = health->url;
    inner->body = hr_source_none();
    inner->sink = hr_sink_discard();
    inner->redirects.max = HR_NO_REDIRECTS;
    hr__http_request_begin(request->private_.owner, request->private_.reactor, inner);
}

static void stop(struct hr_request *request, int reason) {
    hr__http_request_abort(&of(request)->inner_, reason);
}

static const struct hr_request_class health_class = {
    .name = "http health",
    .start = start,
    .stop = stop,
    .ended = hr__client_ended,
    .timeout_ns = hr__client_timeout_ns,
};

int hr_http_health_start(hr_http_client *client, struct hr_http_health *health) {
    if (!health) return -EINVAL;
    int err = hr__client_start(client, &health->request, health->url);
    if (err) return err;
    err = hr__request_submit(&health->request, hr__http_client_pick_url(client, health->url),
                             &health_class, client);
    if (err) hr__client_release(client);
    return err;
}
