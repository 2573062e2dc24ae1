/* Whether another attempt follows one that has ended, and when: over another connection where a
 * kept one was stale, after a backoff where the failure may pass. A request with hooks is judged by
 * whom they belong to, any other by its result and status; the former pays from the client's quota,
 * the latter from the origin's retry budget. */
#include "call.h"

#include <stdio.h>
#include <string.h>

static uint64_t now(const struct hr_call *call) {
    return hr__reactor_now(call->shard->reactor);
}

/* Whether attempts_max allows one more. Redirects and hedges are no repetitions; one after a lost
 * kept connection is, unless the client gives it on top. */
static bool attempt_left(const struct hr_call *call) {
    const struct hr_client_settings *settings = call->settings;
    uint64_t made = 1 + (uint64_t)call->retries.count;
    if (!settings->extra_stale_retry) made += call->retries.stale;
    return call->request->repeat != HR_HTTP_REPEAT_NEVER && made < settings->policy.attempts_max;
}

/* Whether bytes of this response are where they cannot be taken back from. */
static bool is_given_away(const struct hr_call_attempt *attempt) {
    return attempt->sink.on_ready && attempt->receiver.state >= HR_RECEIVER_BODY &&
           attempt->sink.touched;
}

static bool is_replayable(const struct hr_call_attempt *attempt) {
    return attempt->source.source && hr__source_replayable(&attempt->source);
}

/* Whether another attempt could be made at all: the source can begin again and nobody has seen a
 * part of this response. */
static bool is_repeatable(const struct hr_call *call) {
    return is_replayable(call->attempt) && !is_given_away(call->attempt);
}

/* ---- At once. */

bool hr__repeat_is_stale(const struct hr_call_attempt *attempt) {
    const struct hr_call *call = attempt->call;
    const struct hr_client_settings *settings = call->settings;
    if (attempt->outcome >= 0 || attempt->stop_reason || attempt->refused || attempt->own_error)
        return false;
    if (settings->no_stale_retry || !attempt->source.source) return false;
    if (!settings->extra_stale_retry && !attempt_left(call)) return false;
    struct hr_retry_stale facts = {
        .result = attempt->outcome,
        .reused = attempt->reused && attempt->times.acquired_ns,
        .answered = attempt->receiver.state != HR_RECEIVER_NONE,
        .replayable = hr__source_replayable(&attempt->source),
        .idempotent = call->idempotent,
        .unsent = attempt->times.write_ns == 0,
    };
    return hr__retry_is_stale(&facts);
}

/* RFC 9110 10.1.1: whoever answers 417 has only refused the expectation, and has read nothing of
 * the body. It is no retry: any method may be repeated so, once. */
bool hr__repeat_without_expect(const struct hr_call_attempt *attempt,
                               const struct hr_http_head *head) {
    return head->status == 417 && attempt->sender.expects &&
           attempt->call->request->repeat != HR_HTTP_REPEAT_NEVER &&
           hr__source_replayable(&attempt->source);
}

/* ---- After a backoff. */

/* Of a request with hooks: whoever made it decides, and the client's quota. */
static bool decide_with_hooks(struct hr_call *call, enum hr_http_verdict verdict,
                              const struct hr_http_outcome *outcome) {
    hr_http_client *client = call->shard->client;
    const struct hr_retry_rules *rules = &hr__retry_rules_default;
    bool repeatable = is_repeatable(call) || (outcome->goes_on && is_replayable(call->attempt));
    if (verdict == HR_HTTP_FINAL || !attempt_left(call) || !repeatable) return false;
    int64_t cost = verdict == HR_HTTP_THROTTLED ? rules->cost_throttled : rules->cost_transient;
    if (!hr__retry_take(&client->quota, rules, cost, hr__client_in_progress(client))) return false;
    call->retries.throttled = verdict == HR_HTTP_THROTTLED;
    call->next.wait_ns =
        hr__retry_backoff_ns(&call->settings->policy, call->retries.count + 1,
                             hr__reactor_random(call->shard->reactor), outcome->retry_after_ms);
    return true;
}

static bool pay(struct hr_call *call) {
    if (hr__origin_spend_retry(call->attempt->waiter.origin)) return true;
    hr__count(&call->shard->counters.retries_refused, 1);
    return false;
}

/* As a retry after a failure, and nothing of it comes back. */
bool hr__repeat_pay_hedge(struct hr_call *call) {
    hr_http_client *client = call->shard->client;
    const struct hr_retry_rules *rules = &hr__retry_rules_default;
    if (!call->request->private_.hooks) return pay(call);
    if (hr__retry_take(&client->quota, rules, rules->cost_transient,
                       hr__client_in_progress(client)))
        return true;
    hr__count(&call->shard->counters.retries_refused, 1);
    return false;
}

/* Of a request without: when the attempt that follows is due, if one does; it is paid for. One that
 * the deadline would overtake does not: the failure says more than a time-out. */
static bool decide(struct hr_call *call, uint64_t retry_after_ms) {
    uint64_t time = now(call);
    struct hr_retry_wait facts = {
        .attempt = call->retries.count + 1,
        .random = hr__reactor_random(call->shard->reactor),
        .retry_after_ms = retry_after_ms,
        .rest_ns = call->deadline_ns,
    };
    if (call->deadline_ns != HR_FOREVER_NS)
        facts.rest_ns = call->deadline_ns > time ? call->deadline_ns - time : 0;
    if (!attempt_left(call) || !call->idempotent || !is_repeatable(call) ||
        !hr__retry_wait_ns(&call->settings->policy, &facts, &call->next.wait_ns))
        return false;
    call->next.decided = pay(call);
    call->next.unpaid = !call->next.decided;
    return call->next.decided;
}

bool hr__repeat_after_head(struct hr_call *call, const struct hr_http_head *head) {
    uint64_t ms = 0, wall_ms = hr__reactor_wall_ns(call->shard->reactor) / 1000000;
    struct hr_slice value = hr_http_head_find(head, "Retry-After");
    if (value.data) hr__retry_after_parse(value, wall_ms, &ms);
    return decide(call, ms);
}

/* ---- None follows. */

static void refund(struct hr_call *call) {
    const struct hr_retry_rules *rules = &hr__retry_rules_default;
    int64_t tokens = rules->refund;
    if (call->retries.count)
        tokens = call->retries.throttled ? rules->cost_throttled : rules->cost_transient;
    hr__retry_refund(&call->shard->client->quota, tokens);
}

static void say_why(struct hr_error *error, const char *why) {
    size_t used = strnlen(error->message, sizeof error->message);
    snprintf(error->message + used, sizeof error->message - used, "; %s", why);
}

/* Another attempt would have followed, were there room for its bytes. */
static void say_given_away(struct hr_call *call, bool may_repeat) {
    if (!may_repeat || call->attempt->outcome >= 0 || !is_given_away(call->attempt) ||
        call->stop_reason || call->retries.count + 1 >= call->settings->policy.attempts_max)
        return;
    say_why(
        &call->request->request.error,
        "no further attempt, as a part of the body has been handed on and cannot be taken back");
}

static void describe_body(const struct hr_call_attempt *attempt, struct hr_http_outcome *outcome) {
    if (attempt->receiver.state < HR_RECEIVER_BODY) return;
    outcome->given_away = is_given_away(attempt);
    if (attempt->receiver.decode) return;
    outcome->delivered = hr__sink_delivered(&attempt->sink);
    outcome->given_away &= outcome->delivered > 0;
}

static bool after_end_with_hooks(struct hr_call *call, int *result) {
    struct hr_http_request *request = call->request;
    const struct hr_call_attempt *attempt = call->attempt;
    struct hr_http_outcome outcome = {
        .result = attempt->outcome, .status = request->status, .own_error = attempt->own_error};
    enum hr_http_verdict verdict = HR_HTTP_FINAL;
    describe_body(attempt, &outcome);
    if (!attempt->refused) verdict = request->private_.hooks->classify(request, &outcome);
    *result = outcome.result;
    if (decide_with_hooks(call, verdict, &outcome)) {
        if (outcome.goes_on) hr__sink_keep(&call->attempt->sink);
        return true;
    }
    say_given_away(call, verdict != HR_HTTP_FINAL && !outcome.goes_on);
    if (outcome.result == 0 && verdict == HR_HTTP_FINAL) refund(call);
    return false;
}

bool hr__repeat_after_end(struct hr_call *call, int *result) {
    const struct hr_call_attempt *attempt = call->attempt;
    if (call->request->private_.hooks) return after_end_with_hooks(call, result);
    bool transient = attempt->outcome < 0 && !attempt->refused && !attempt->own_error &&
                     hr__retry_transient(attempt->outcome);
    *result = attempt->outcome;
    if (!call->next.decided && transient) decide(call, 0);
    if (call->next.decided) return true;
    if (call->next.unpaid && attempt->outcome < 0)
        say_why(&call->request->request.error,
                "the retry budget (retry.budget_percent) allowed no further attempt");
    say_given_away(call,
                   transient && call->idempotent && call->request->repeat != HR_HTTP_REPEAT_NEVER);
    return false;
}
