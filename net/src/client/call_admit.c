/* An attempt's way to a connection: the byte budget, the rate limit, the breaker, the pool.
 *
 * The breaker is asked before the wait for a connection and told at the attempt's end, so its one
 * probe is one attempt, and those who wait when it opens are told at once. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>

#include "call.h"

/* Charged for every request: its call, its head, and as much as its connection may have to spill.
 */
#define CALL_COST 16384

static uint64_t now(const struct hr_call *call) {
    return hr__reactor_now(call->shard->reactor);
}

static bool past_breaker(const struct hr_call *call) {
    return call->request->hooks_ && call->request->hooks_->past_breaker;
}

/* ---- The pool. */

static void acquire(struct hr_call *call) {
    const struct hr_connection *beside = call->is_hedge ? call->twin->waiter.connection : NULL;
    call->state = HR_CALL_ACQUIRING;
    call->waiter.avoid = beside ? &beside->peer : NULL;
    int got = hr__pool_acquire(&call->waiter);
    call->waiter.avoid = NULL;
    if (got == 1)
        hr__attempt_connected(call);
    else if (got == -ENOBUFS)
        hr__call_refuse(call, got, "%u requests wait for a connection already (queue_max)",
                        call->shard->pool->queued);
    else if (got < 0)
        hr__call_refuse(call, got, "%s", hr_error_text(got));
}

/* ---- The breaker. */

static int enter_breaker(struct hr_call *call) {
    struct hr_origin *origin = call->waiter.origin;
    int err = hr__origin_share(origin);
    if (err) return err;
    hr_breaker *breaker = origin->shared->breaker;
    if (breaker && !past_breaker(call)) {
        uint64_t retry_after_ms = 0;
        err = hr_breaker_enter(breaker, &call->pass, &retry_after_ms);
        if (err) return hr__call_say_breaker_open(call, retry_after_ms);
        call->passed = true;
    }
    /* The budget is a share of the requests that the origin gets, not of the attempts. */
    if (call->retry_count == 0 && !call->is_hedge && !call->waiter.fresh)
        hr__origin_deposit(origin);
    return 0;
}

static void enter(struct hr_call *call) {
    int err = enter_breaker(call);
    if (err == HR_ERR_BREAKER_OPEN)
        hr__call_refuse_said(call, err);
    else if (err)
        hr__call_refuse(call, err, "%s", hr_error_text(err));
    else
        acquire(call);
}

static struct hr_call *call_of(struct hr_pool_waiter *waiter) {
    return hr__container_of(waiter, struct hr_call, waiter);
}

/* Without a pass: a health check, which goes past the breaker. */
static struct hr_call *first_passed(const struct hr_origin *origin) {
    for (struct hr_pool_waiter *each = origin->waiters; each; each = each->next)
        if (call_of(each)->passed) return call_of(each);
    return NULL;
}

/* Those who wait hold a pass from before it opened; the origin would get all of them one by one. So
 * they are told now, on this reactor; those of another one when an attempt of theirs fails. */
static void refuse_waiters(struct hr_origin *origin) {
    struct hr_breaker_status status;
    hr_breaker_status_get(origin->shared->breaker, &status);
    if (status.state != HR_BREAKER_OPEN) return;
    /* As many as wait now: whoever is called back may begin again, and wait here again. */
    unsigned count = 0;
    for (struct hr_pool_waiter *each = origin->waiters; each; each = each->next)
        count += call_of(each)->passed;
    for (; count > 0; count--) {
        struct hr_call *call = first_passed(origin);
        if (!call) return;
        hr__pool_unwait(&call->waiter);
        hr__call_refuse_said(call, hr__call_say_breaker_open(call, status.retry_after_ms));
    }
}

void hr__call_leave_breaker(struct hr_call *call, bool ignored) {
    if (!call->passed) return;
    call->passed = false;
    struct hr_origin *origin = call->waiter.origin;
    int error = call->outcome;
    enum hr_breaker_outcome outcome = HR_BREAKER_IGNORED;
    if (!ignored) outcome = hr_breaker_classify(call->outcome, call->request->status);
    /* A response has no code: its status stands for one, as a positive number. */
    if (outcome == HR_BREAKER_FAILURE && error == 0) error = call->request->status;
    hr_breaker_leave(origin->shared->breaker, &call->pass, outcome, error);
    if (outcome == HR_BREAKER_FAILURE && origin->waiters) refuse_waiters(origin);
}

bool hr__call_spend_retry(struct hr_call *call) {
    if (hr__origin_spend_retry(call->waiter.origin)) return true;
    hr__count(&call->shard->counters.retries_refused, 1);
    return false;
}

/* ---- The rate limit. */

/* How long the attempt may wait for its turn: a hedge not at all, as it would not be quicker. */
static uint64_t patience_ns(const struct hr_call *call, uint64_t now_ns) {
    uint64_t pool_ns = call->times.connect.pool_ns;
    if (call->is_hedge) return 0;
    if (call->deadline_ns == HR_FOREVER_NS) return pool_ns;
    uint64_t rest_ns = call->deadline_ns > now_ns ? call->deadline_ns - now_ns : 0;
    return rest_ns < pool_ns ? rest_ns : pool_ns;
}

static int wait_for_turn(struct hr_call *call, uint64_t *wait_ns) {
    struct hr_origin *origin = call->waiter.origin;
    const struct hr_pool *pool = &call->shard->client->pool;
    if (!hr__origin_table_rules(pool->origins)->rate_max || past_breaker(call)) return 0;
    int err = hr__origin_share(origin);
    if (err) return err;
    /* A request that the breaker will reject takes no place, and is told at once. */
    if (!hr__origin_trusted(origin)) return 0;
    struct hr_rate_asked asked = {.now_ns = now(call)};
    asked.wait_max_ns = patience_ns(call, asked.now_ns);
    if (!hr__rate_limit_take(&origin->shared->rate, &asked, wait_ns))
        return hr__call_say_rate_limit(call);
    if (*wait_ns) hr__count(&call->shard->counters.rate_delayed, 1);
    return 0;
}

static void limit_rate(struct hr_call *call) {
    uint64_t wait_ns = 0;
    int err = wait_for_turn(call, &wait_ns);
    if (err == HR_ERR_RATE_LIMIT) {
        hr__call_refuse_said(call, err);
    } else if (err) {
        hr__call_refuse(call, err, "%s", hr_error_text(err));
    } else if (wait_ns) {
        call->state = HR_CALL_RATE;
        hr__timer_start(call->shard->reactor, &call->timer, now(call) + wait_ns);
    } else {
        enter(call);
    }
}

/* Time spent in the rate limit does not count as the origin's latency. */
static void rated(struct hr_call *call) {
    call->asked_ns = now(call);
    hr__timer_stop(call->shard->reactor, &call->hedge_timer);
    hr__hedge_arm(call);
    enter(call);
}

/* ---- The budget. */

static void refuse_budget(struct hr_call *call, const char *why) {
    struct hr_engine_metrics metrics;
    hr_engine_metrics_get(call->shard->client->engine, &metrics);
    hr__call_refuse(call, -ENOBUFS,
                    "the engine's byte budget (%" PRIu64
                    " bytes, budget_bytes) %s for the %zu bytes that "
                    "this request needs",
                    metrics.budget_limit_bytes, why, call->budget.bytes);
}

static void hold_bytes(struct hr_call *call) {
    assert(!call->budgeted);
    call->reserved = call->budget.bytes;
    call->budgeted = true;
}

void hr__call_granted(struct hr_budget_waiter *waiter) {
    struct hr_call *call = hr__container_of(waiter, struct hr_call, budget);
    hr__timer_stop(call->shard->reactor, &call->timer);
    hold_bytes(call);
    limit_rate(call);
}

/* Once per request, before it owns anything; the attempts that follow keep it. */
static void reserve(struct hr_call *call) {
    struct hr_reactor *reactor = call->shard->reactor;
    call->budget.bytes =
        CALL_COST + hr__source_cost(&call->request->body) + hr__sink_cost(&call->request->sink);
    if (hr__budget_reserve(reactor, call->budget.bytes) == 0) {
        hold_bytes(call);
        limit_rate(call);
        return;
    }
    call->state = HR_CALL_BUDGET;
    if (hr__budget_wait(reactor, &call->budget)) {
        refuse_budget(call, "is too small");
        return;
    }
    if (call->times.connect.pool_ns != HR_FOREVER_NS)
        hr__timer_start(reactor, &call->timer, now(call) + call->times.connect.pool_ns);
}

/* ---- All of it. */

void hr__call_admit(struct hr_call *call) {
    if (call->budgeted)
        limit_rate(call);
    else
        reserve(call);
}

void hr__call_waited(struct hr_call *call) {
    if (call->state == HR_CALL_RATE) {
        rated(call);
        return;
    }
    assert(call->state == HR_CALL_BUDGET);
    hr__budget_unwait(call->shard->reactor, &call->budget);
    refuse_budget(call, "had no room within pool_timeout_ms");
}

bool hr__call_unwait(struct hr_call *call) {
    struct hr_reactor *reactor = call->shard->reactor;
    switch ((enum hr_call_state)call->state) {
    case HR_CALL_BUDGET:
        hr__timer_stop(reactor, &call->timer);
        hr__budget_unwait(reactor, &call->budget);
        return true;
    case HR_CALL_RATE:
        hr__timer_stop(reactor, &call->timer);
        return true;
    case HR_CALL_ACQUIRING:
        if (call->waiter.state != HR_WAITER_QUEUED) return false;
        hr__pool_unwait(&call->waiter);
        return true;
    default:
        return false;
    }
}
