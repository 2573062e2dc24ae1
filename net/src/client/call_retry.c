/* Whether another attempt follows one that has ended, and when: over another connection where a
 * kept one was stale, after a backoff where the failure may pass. A request with hooks is judged by
 * whom they belong to, any other by its result and status; the former pays from the client's quota,
 * the latter from the host's retry budget. */
#include "call.h"

#include <stdio.h>
#include <string.h>

static uint64_t now(const struct hr_call *call) {
    return hr__reactor_now(call->shard->reactor);
}

/* Whether attempts_max allows one more. Redirects and hedges are no repetitions; one after a lost
 * kept connection is, unless the client gives it on top. */
static bool attempt_left(const struct hr_call *call) {
    const hr_http_client *client = call->shard->client;
    uint64_t made = 1 + (uint64_t)call->retry_count;
    if (!client->extra_stale_retry) made += call->stale_count;
    return !call->request->no_retry && made < client->policy.attempts_max;
}

/* ---- At once. */

bool hr__call_is_stale(const struct hr_call *call) {
    const hr_http_client *client = call->shard->client;
    if (client->no_stale_retry || !call->source.source) return false;
    if (!client->extra_stale_retry && !attempt_left(call)) return false;
    struct hr_retry_stale facts = {
        .result = call->outcome,
        .reused = call->request->reused && call->acquired_ns,
        .answered = call->answered,
        .replayable = hr__source_replayable(&call->source),
        .idempotent = call->idempotent,
        .unsent = call->write_ns == 0,
    };
    return hr__retry_is_stale(&facts);
}

void hr__call_retry_stale(struct hr_call *call) {
    hr__count(&call->shard->counters.stale_retries, 1);
    call->stale_count++;
    call->waiter.fresh = true;
    call->backoff_ns = 0;
    hr__call_tell_retry(call, call->outcome, true);
    hr__call_attempt(call);
}

/* ---- Another attempt? */

/* Whether bytes of this response are where they cannot be taken back from. */
static bool is_given_away(const struct hr_call *call) {
    return call->sink.on_ready && call->final_head && call->sink.touched;
}

/* Whether one could be made at all: the source can begin again and nobody has seen a part of this
 * response. */
static bool repeatable(const struct hr_call *call) {
    return call->source.source && hr__source_replayable(&call->source) && !is_given_away(call);
}

static void back_off(struct hr_call *call, int result) {
    hr__count(&call->shard->counters.retries, 1);
    hr__count(&hr__reactor_counters(call->shard->reactor)->retries, 1);
    call->retry_count++;
    call->waiter.fresh = false;
    call->backoff_ns = call->wait_ns;
    call->state = HR_CALL_BACKOFF;
    hr__call_tell_retry(call, result, false);
    hr__timer_start(call->shard->reactor, &call->timer, now(call) + call->backoff_ns);
}

/* Of a request with hooks: whoever made it decides, and the client's quota. */
static bool retry_of_hooks(struct hr_call *call, enum hr_http_verdict verdict,
                           uint64_t retry_after_ms) {
    hr_http_client *client = call->shard->client;
    const struct hr_retry_rules *rules = &hr__retry_rules_default;
    if (verdict == HR_HTTP_FINAL || !attempt_left(call) || !repeatable(call)) return false;
    int64_t cost = verdict == HR_HTTP_THROTTLED ? rules->cost_throttled : rules->cost_transient;
    if (!hr__retry_take(&client->quota, rules, cost, hr__client_in_progress(client))) return false;
    call->retry_throttled = verdict == HR_HTTP_THROTTLED;
    call->wait_ns = hr__retry_backoff_ns(&client->policy, call->retry_count + 1,
                                         hr__reactor_random(call->shard->reactor), retry_after_ms);
    return true;
}

/* Of a request without: when the attempt that follows is due, if one does; it is paid for. One that
 * the deadline would overtake does not: the failure says more than a time-out. */
static bool decide_retry(struct hr_call *call, uint64_t retry_after_ms) {
    uint64_t time = now(call);
    struct hr_retry_wait facts = {
        .attempt = call->retry_count + 1,
        .random = hr__reactor_random(call->shard->reactor),
        .retry_after_ms = retry_after_ms,
        .rest_ns = call->deadline_ns,
    };
    if (call->deadline_ns != HR_FOREVER_NS)
        facts.rest_ns = call->deadline_ns > time ? call->deadline_ns - time : 0;
    if (!attempt_left(call) || !call->idempotent || !repeatable(call) ||
        !hr__retry_wait_ns(&call->shard->client->policy, &facts, &call->wait_ns))
        return false;
    call->budget_refused = !hr__call_spend_retry(call);
    call->retry_decided = !call->budget_refused;
    return call->retry_decided;
}

static uint64_t retry_after_ms(const struct hr_call *call, const struct hr_http_head *head) {
    uint64_t ms = 0, wall_ms = hr__reactor_wall_ns(call->shard->reactor) / 1000000;
    struct hr_slice value = hr_http_head_find(head, "Retry-After");
    if (value.data) hr__retry_after_parse(value, wall_ms, &ms);
    return ms;
}

bool hr__call_intercept(struct hr_call *call, const struct hr_http_head *head) {
    if (call->request->hooks_) return false;
    bool again = hr__retry_status(head->status);
    call->request->status = head->status;
    call->intercepted = !hr__hedge_answered(call, !again);
    if (!call->intercepted && again)
        call->intercepted = decide_retry(call, retry_after_ms(call, head));
    return call->intercepted;
}

/* RFC 9110 10.1.1: whoever answers 417 has only refused the expectation, and has read nothing of
 * the body. It is no retry: any method may be repeated so, once. */
bool hr__call_drops_expect(struct hr_call *call, const struct hr_http_head *head) {
    if (head->status != 417 || !call->expects || call->request->no_retry ||
        !hr__source_replayable(&call->source))
        return false;
    call->request->status = head->status;
    call->intercepted = true;
    if (hr__hedge_answered(call, true)) call->expect_again = call->expect_refused = true;
    return true;
}

bool hr__call_repeat_unexpected(struct hr_call *call) {
    if (!call->expect_again) return false;
    call->expect_again = false;
    call->waiter.fresh = false;
    call->backoff_ns = 0;
    hr__call_attempt(call);
    return true;
}

/* ---- The end of an attempt that was not the last, or was. */

static void refund(struct hr_call *call) {
    const struct hr_retry_rules *rules = &hr__retry_rules_default;
    int64_t tokens = rules->refund;
    if (call->retry_count)
        tokens = call->retry_throttled ? rules->cost_throttled : rules->cost_transient;
    hr__retry_refund(&call->shard->client->quota, tokens);
}

static void say_why(struct hr_error *error, const char *why) {
    size_t used = strnlen(error->message, sizeof error->message);
    snprintf(error->message + used, sizeof error->message - used, "; %s", why);
}

/* Another attempt would have followed, were there room for its bytes. */
static void say_given_away(struct hr_call *call, bool may_repeat) {
    if (!may_repeat || call->outcome >= 0 || !is_given_away(call) || call->stop_reason ||
        call->retry_count + 1 >= call->shard->client->policy.attempts_max)
        return;
    say_why(
        &call->request->request.error,
        "no further attempt, as a part of the body has been handed on and cannot be taken back");
}

static void ended_with_hooks(struct hr_call *call) {
    struct hr_http_request *request = call->request;
    struct hr_http_outcome outcome = {
        .result = call->outcome, .status = request->status, .own_error = call->own_error};
    enum hr_http_verdict verdict = HR_HTTP_FINAL;
    if (!call->refused) verdict = request->hooks_->classify(request, &outcome);
    if (retry_of_hooks(call, verdict, outcome.retry_after_ms)) {
        back_off(call, outcome.result);
        return;
    }
    say_given_away(call, verdict != HR_HTTP_FINAL);
    if (outcome.result == 0 && verdict == HR_HTTP_FINAL) refund(call);
    hr__call_finish(call, outcome.result);
}

static void ended_without_hooks(struct hr_call *call) {
    bool transient = call->outcome < 0 && !call->refused && !call->own_error &&
                     hr__retry_transient(call->outcome);
    if (!call->retry_decided && transient) decide_retry(call, 0);
    if (call->retry_decided) {
        back_off(call, call->outcome);
        return;
    }
    if (call->budget_refused && call->outcome < 0)
        say_why(&call->request->request.error,
                "the retry budget (retry_budget_percent) allowed no further attempt");
    say_given_away(call, transient && call->idempotent && !call->request->no_retry);
    hr__call_finish(call, call->outcome);
}

void hr__call_judge(struct hr_call *call) {
    if (call->request->hooks_)
        ended_with_hooks(call);
    else
        ended_without_hooks(call);
}
