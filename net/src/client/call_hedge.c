/* The second attempt beside a slow one: whichever has its final head first goes on to be the
 * request's, the other ends quietly.
 *
 * Two calls, then, and one request. All that an attempt finds out is written through call->request;
 * so the hedge has a request of its own, a shadow with the same wishes and nobody to tell anything
 * to, and the caller's hears of the first attempt alone. Where the hedge takes over, the two calls
 * exchange their requests: from then on the other one writes into the shadow. The request is done
 * when both calls have given back all that the kernel held (hr__call_finish waits for the twin). */
#include "call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void on_slow(struct hr_timer *timer);
static void become_the_request_s(struct hr_call *hedge);

/* ---- When. */

/* Two may read these at once. */
static bool is_shareable(const struct hr_source *source) {
    return source->kind == HR_SOURCE_NONE || source->kind == HR_SOURCE_BYTES ||
           source->kind == HR_SOURCE_IOVEC;
}

static bool wants_hedge(const struct hr_call *call) {
    const struct hr_http_request *request = call->request;
    return call->shard->client->hedge_quantile_percent > 0 && !call->is_hedge && !call->twin &&
           !call->route && call->idempotent && !request->hooks_ && !request->no_retry &&
           is_shareable(&request->body);
}

void hr__hedge_arm(struct hr_call *call) {
    if (!wants_hedge(call)) return;
    uint64_t after_ns = hr__latency_estimate_get(&call->waiter.origin->latency);
    if (after_ns == UINT64_MAX) return;
    uint64_t least_ns = call->shard->client->hedge_delay_min_ns;
    if (after_ns < least_ns) after_ns = least_ns;
    call->hedge_timer.on_fire = on_slow;
    hr__timer_start(call->shard->reactor, &call->hedge_timer, call->asked_ns + after_ns);
}

/* A hedge that had to wait for a connection would not be quicker; one that met a breaker which is
 * not closed would be refused, or be its probe in place of a request. */
static bool has_room(const struct hr_call *call) {
    return hr__pool_has_room(call->waiter.origin) && hr__origin_trusted(call->waiter.origin);
}

/* ---- The second attempt. */

static struct hr_http_request *new_shadow(const struct hr_http_request *request) {
    struct hr_http_request *shadow = malloc(sizeof *shadow);
    if (!shadow) return NULL;
    /* Not its base: threads that wait for it or cancel it write there. */
    size_t base = sizeof request->request;
    _Static_assert(offsetof(struct hr_http_request, request) == 0, "the base stands first");
    memcpy((char *)shadow + base, (const char *)request + base, sizeof *shadow - base);
    shadow->request = (struct hr_request){.timeout_ms = request->request.timeout_ms};
    shadow->on_head = NULL;
    shadow->on_attempt = NULL;
    shadow->on_trailers = NULL;
    shadow->final_url = NULL;
    shadow->call_ = NULL;
    return shadow;
}

static struct hr_call *new_hedge(struct hr_call *call) {
    struct hr_http_request *shadow = new_shadow(call->request);
    struct hr_call *hedge = shadow ? hr__call_take(call->shard, shadow) : NULL;
    if (!hedge) {
        free(shadow);
        return NULL;
    }
    hedge->is_hedge = true;
    hedge->deadline_ns = call->deadline_ns;
    hedge->asked_ns = call->asked_ns;
    hedge->retry_count = call->retry_count;
    hedge->stale_count = call->stale_count;
    shadow->call_ = hedge;
    return hedge;
}

static void on_slow(struct hr_timer *timer) {
    struct hr_call *call = hr__container_of(timer, struct hr_call, hedge_timer);
    bool dialling = call->state == HR_CALL_ACQUIRING && call->waiter.state == HR_WAITER_DIALLING;
    bool under_way = dialling || call->state == HR_CALL_ACTIVE;
    if (!under_way || call->final_head || !has_room(call)) return;
    struct hr_client_shard *shard = call->shard;
    if (hr__budget_reserve(shard->reactor, call->reserved)) return;
    struct hr_call *hedge = new_hedge(call);
    if (!hedge || !hr__call_spend_retry(call)) {
        hr__budget_release(shard->reactor, call->reserved);
        if (hedge) hr__hedge_gone(hedge);
        return;
    }
    hedge->reserved = call->reserved;
    hedge->budgeted = true;
    call->twin = hedge;
    hedge->twin = call;
    call->request->hedged = true;
    hr__count(&shard->counters.hedges, 1);
    hr__call_attempt(hedge);
}

/* ---- Which of the two. */

bool hr__hedge_answered(struct hr_call *call, bool final) {
    hr__timer_stop(call->shard->reactor, &call->hedge_timer);
    struct hr_call *twin = call->twin;
    /* One that was told to stop has lost, whatever still comes. */
    if (call->is_hedge && (!final || twin->awaits_twin || twin->final_head)) return false;
    if (call->hedging && final) hr__count(&call->shard->counters.hedges_won, 1);
    if (call->is_hedge) {
        hr__call_note(twin, -ECANCELED);
        become_the_request_s(call);
    } else if (twin && !final) {
        hr__call_note(call, 0);
        if (hr__hedge_takes_over(call)) return false;
    }
    if (call->shard->client->hedge_quantile_percent > 0 && final) {
        struct hr_latency_estimate *estimate = &call->waiter.origin->latency;
        if (!estimate->quantile_percent)
            hr__latency_estimate_init(estimate, call->shard->client->hedge_quantile_percent);
        hr__latency_estimate_add(estimate, hr__reactor_now(call->shard->reactor) - call->asked_ns);
    }
    if (final && twin) hr__call_stop(twin, -ECANCELED);
    return true;
}

/* The caller's request, as the hedge would have filled it. */
static void copy_out(struct hr_http_request *to, const struct hr_http_request *from) {
    to->status = from->status;
    to->body_bytes = from->body_bytes;
    to->decoded_bytes = from->decoded_bytes;
    to->sent_bytes = from->sent_bytes;
    to->reused = from->reused;
    to->retry_after_ms = from->retry_after_ms;
    to->tls = from->tls;
    to->peer = from->peer;
    to->request.error = from->request.error;
    to->request.attempts++;
}

/* The source is read through the request: the same bytes stand in the other one. */
static void set_request(struct hr_call *call, struct hr_http_request *request) {
    call->request = request;
    request->call_ = call;
    if (call->source.source) call->source.source = &request->body;
}

static void become_the_request_s(struct hr_call *hedge) {
    struct hr_call *call = hedge->twin;
    struct hr_http_request *request = call->request, *shadow = hedge->request;
    int status = request->status;
    copy_out(request, shadow);
    shadow->status = status; /* by which the attempt is judged when its body has ended */
    hedge->retry_count = call->retry_count;
    hedge->stale_count = call->stale_count;
    hedge->retry_throttled = call->retry_throttled;
    hedge->sink.file = call->sink.file;
    hr__sink_forget(&call->sink);
    hedge->is_hedge = false;
    call->is_hedge = true;
    set_request(hedge, request);
    set_request(call, shadow);
}

bool hr__hedge_takes_over(struct hr_call *call) {
    struct hr_call *hedge = call->twin;
    if (!hedge || hedge->stop_reason || hedge->intercepted) return false;
    if (hedge->state == HR_CALL_CLOSING || hedge->state == HR_CALL_ENDING) return false;
    become_the_request_s(hedge);
    return true;
}

void hr__hedge_gone(struct hr_call *call) {
    struct hr_call *other = call->twin;
    struct hr_http_request *shadow = call->request;
    call->twin = NULL;
    hr__call_give(call);
    free(shadow);
    if (!other) return;
    other->twin = NULL;
    if (!other->awaits_twin) return;
    other->awaits_twin = false;
    hr__call_finish(other, other->outcome);
}
