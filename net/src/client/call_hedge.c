/* The second attempt beside a slow one: whichever has its final head first is the request's, the
 * other ends quietly. The request is over when both have given back all that the kernel held. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "call.h"
#include "call_route.h"

/* ---- When. */

/* Two may read these at once. */
static bool is_shareable(const struct hr_source *source) {
    return source->kind == HR_SOURCE_NONE || source->kind == HR_SOURCE_BYTES ||
           source->kind == HR_SOURCE_IOVEC;
}

static bool is_allowed(struct hr_http_request *request) {
    const struct hr_http_hooks *hooks = request->private_.hooks;
    return !hooks || (hooks->may_hedge && hooks->may_hedge(request));
}

static bool wants_hedge(const struct hr_call *call) {
    struct hr_http_request *request = call->request;
    return call->settings->hedge_quantile_percent > 0 && !call->route && call->idempotent &&
           request->repeat != HR_HTTP_REPEAT_NEVER && is_shareable(&request->body) &&
           is_allowed(request);
}

void hr__hedge_arm(struct hr_call *call, void (*on_slow)(struct hr_timer *timer)) {
    call->hedgeable = wants_hedge(call);
    if (!call->hedgeable || call->other) return;
    uint64_t after_ns = hr__latency_estimate_get(&call->attempt->waiter.origin->latency);
    if (after_ns == UINT64_MAX) return;
    uint64_t least_ns = call->settings->hedge_delay_min_ns;
    if (after_ns < least_ns) after_ns = least_ns;
    call->hedge_timer.on_fire = on_slow;
    hr__timer_start(call->shard->reactor, &call->hedge_timer, call->asked_ns + after_ns);
}

static bool is_under_way(const struct hr_call_attempt *attempt) {
    return attempt->state == HR_ATTEMPT_ACTIVE ? attempt->receiver.state < HR_RECEIVER_BODY
                                               : attempt->state == HR_ATTEMPT_ACQUIRING &&
                                                     attempt->waiter.state == HR_WAITER_DIALLING;
}

/* A hedge that had to wait for a connection would not be quicker; one that met a breaker which is
 * not closed would be refused, or be its probe in place of a request. */
static bool has_room(const struct hr_origin *origin) {
    return hr__pool_has_room(origin) && hr__origin_trusted(origin);
}

/* ---- The second attempt. */

/* The call's own place for an attempt, or another where the request's stands there. */
static struct hr_call_attempt *new_attempt(struct hr_call *call) {
    struct hr_call_attempt *attempt =
        call->attempt == &call->first ? calloc(1, sizeof *attempt) : &call->first;
    if (attempt) hr__attempt_init(attempt, call);
    return attempt;
}

static void free_attempt(struct hr_call *call, struct hr_call_attempt *attempt) {
    if (attempt != &call->first) free(attempt);
}

struct hr_call_attempt *hr__hedge_open(struct hr_call *call) {
    struct hr_origin *origin = call->attempt->waiter.origin;
    struct hr_client_shard *shard = call->shard;
    if (!is_under_way(call->attempt) || !has_room(origin)) return NULL;
    if (hr__budget_reserve(shard->reactor, call->reserved)) return NULL;
    struct hr_call_attempt *hedge = new_attempt(call);
    if (!hedge || !hr__repeat_pay_hedge(call)) {
        if (hedge) free_attempt(call, hedge);
        hr__budget_release(shard->reactor, call->reserved);
        return NULL;
    }
    call->hedge_reserved = call->reserved;
    hedge->hedging = true;
    call->other = hedge;
    call->request->hedged = true;
    hr__count(&shard->counters.hedges, 1);
    return hedge;
}

void hr__hedge_close(struct hr_call *call) {
    struct hr_call_attempt *other = call->other;
    assert(other && other != call->attempt);
    hr__attempt_release(other);
    call->other = NULL;
    free_attempt(call, other);
    hr__budget_release(call->shard->reactor, call->hedge_reserved);
    call->hedge_reserved = 0;
}

/* ---- Which of the two. */

static void swap(struct hr_call *call) {
    struct hr_call_attempt *before = call->attempt;
    struct hr_http_request *request = call->request;
    call->attempt = call->other;
    call->other = before;
    /* The file of the sink is the request's. */
    call->attempt->sink.file = before->sink.file;
    hr__sink_forget(&before->sink);
    request->request.attempts++;
    request->status = 0;
    request->request.error = (struct hr_error){0};
    hr__attempt_show(call->attempt);
    hr__attempt_describe(call->attempt);
}

static void learn(struct hr_call *call) {
    struct hr_latency_estimate *estimate = &call->attempt->waiter.origin->latency;
    uint32_t percent = call->shard->settings->hedge_quantile_percent;
    /* Of requests with hooks there are some that take their time: sending a body, or a list. */
    if (percent == 0 || (call->request->private_.hooks && !call->hedgeable)) return;
    if (estimate->quantile_percent != percent) hr__latency_estimate_init(estimate, percent);
    hr__latency_estimate_add(estimate, hr__reactor_now(call->shard->reactor) - call->asked_ns);
}

bool hr__hedge_arbitrate(struct hr_call_attempt *attempt, bool final) {
    struct hr_call *call = attempt->call;
    bool own = hr__attempt_is_own(attempt);
    hr__timer_stop(call->shard->reactor, &call->hedge_timer);
    /* An attempt that was told to stop has lost, whatever still comes. */
    if (!own && (!final || call->state == HR_CALL_ENDING ||
                 call->attempt->receiver.state >= HR_RECEIVER_BODY))
        return false;
    if (attempt->hedging && final) hr__count(&call->shard->counters.hedges_won, 1);
    if (!own) {
        hr__attempt_log(call->attempt, -ECANCELED);
        swap(call);
    } else if (call->other && !final) {
        hr__attempt_log(attempt, 0);
        if (hr__hedge_takes_over(call)) return false;
    }
    if (final) learn(call);
    return true;
}

bool hr__hedge_takes_over(struct hr_call *call) {
    const struct hr_call_attempt *hedge = call->other;
    if (!hedge || hedge->stop_reason || hedge->receiver.dropped) return false;
    if (hedge->state == HR_ATTEMPT_CLOSING || hedge->state == HR_ATTEMPT_NONE) return false;
    swap(call);
    return true;
}
