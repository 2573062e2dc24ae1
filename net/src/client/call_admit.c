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

static uint64_t now(const struct hr_call_attempt *attempt) {
    return hr__reactor_now(attempt->call->shard->reactor);
}

static bool past_breaker(const struct hr_call *call) {
    return call->request->private_.hooks && call->request->private_.hooks->past_breaker;
}

/* ---- The pool. */

static int acquire(struct hr_call_attempt *attempt) {
    const struct hr_call *call = attempt->call;
    const struct hr_connection *beside =
        hr__attempt_is_own(attempt) ? NULL : call->attempt->waiter.connection;
    attempt->state = HR_ATTEMPT_ACQUIRING;
    attempt->waiter.avoid = beside ? &beside->peer : NULL;
    int got = hr__pool_acquire(&attempt->waiter);
    attempt->waiter.avoid = NULL;
    if (got != -ENOBUFS) return got;
    return hr__attempt_say(attempt, got,
                           "%u requests wait for a connection already (pool.queue_max)",
                           call->shard->pool->queued);
}

/* ---- The breaker. */

static int enter_breaker(struct hr_call_attempt *attempt) {
    struct hr_call *call = attempt->call;
    struct hr_origin *origin = attempt->waiter.origin;
    int err = hr__origin_share(origin);
    if (err) return err;
    hr_breaker *breaker = origin->shared->breaker;
    if (breaker && !past_breaker(call)) {
        uint64_t retry_after_ms = 0;
        err = hr_breaker_enter(breaker, &attempt->pass, &retry_after_ms);
        if (err) return hr__attempt_say_breaker_open(attempt, retry_after_ms);
        attempt->passed = true;
    }
    /* The budget is a share of the requests that the origin gets, not of the attempts. */
    if (call->retries.count == 0 && !attempt->hedging && !attempt->waiter.fresh)
        hr__origin_deposit(origin);
    return 0;
}

static int enter(struct hr_call_attempt *attempt) {
    int err = enter_breaker(attempt);
    return err ? err : acquire(attempt);
}

static struct hr_call_attempt *of(struct hr_pool_waiter *waiter) {
    return hr__container_of(waiter, struct hr_call_attempt, waiter);
}

/* Without a pass: a health check, which goes past the breaker. */
static struct hr_call_attempt *first_passed(const struct hr_origin *origin) {
    for (struct hr_pool_waiter *each = origin->waiters; each; each = each->next)
        if (of(each)->passed) return of(each);
    return NULL;
}

/* Waiters hold a pass from before the breaker opened; the origin would get all of them one by one.
 * So they are told now, on this reactor; on another one when an attempt fails there. */
static void refuse_waiters(struct hr_origin *origin) {
    struct hr_breaker_status status;
    hr_breaker_status_get(origin->shared->breaker, &status);
    if (status.state != HR_BREAKER_OPEN) return;
    /* As many as wait now: whoever is called back may begin again, and wait here again. */
    unsigned count = 0;
    for (struct hr_pool_waiter *each = origin->waiters; each; each = each->next)
        count += of(each)->passed;
    for (; count > 0; count--) {
        struct hr_call_attempt *attempt = first_passed(origin);
        if (!attempt) return;
        hr__pool_unwait(&attempt->waiter);
        hr__attempt_say_breaker_open(attempt, status.retry_after_ms);
        attempt->waiter.events->on_failed(&attempt->waiter, HR_ERR_BREAKER_OPEN, "");
    }
}

void hr__admit_leave(struct hr_call_attempt *attempt, bool ignored) {
    if (!attempt->passed) return;
    attempt->passed = false;
    struct hr_origin *origin = attempt->waiter.origin;
    int error = attempt->outcome, status = attempt->receiver.status;
    enum hr_breaker_outcome outcome = HR_BREAKER_IGNORED;
    const struct hr_breaker_result result = {.code = error, .http_status = status};
    if (!ignored) outcome = hr_breaker_classify(result);
    /* A response has no code: its status stands for one, as a positive number. */
    if (outcome == HR_BREAKER_FAILURE && error == 0) error = status;
    hr_breaker_leave(origin->shared->breaker, &attempt->pass, outcome, error);
    if (outcome == HR_BREAKER_FAILURE && origin->waiters) refuse_waiters(origin);
}

/* A store that asks to go slower does so for a part of its keys, whatever the address. */
void hr__admit_note_address(struct hr_call_attempt *attempt) {
    int status = attempt->receiver.status;
    const struct hr_breaker_result result = {.code = attempt->outcome, .http_status = status};
    enum hr_breaker_outcome outcome = hr_breaker_classify(result);
    bool throttled = status == 503 && attempt->call->request->private_.hooks;
    if (outcome == HR_BREAKER_IGNORED || throttled) return;
    hr__origin_note(attempt->waiter.origin, &attempt->peer, outcome == HR_BREAKER_FAILURE,
                    attempt->times.begun_ns);
}

/* ---- The rate limit. */

/* How long the attempt may wait for its turn: a hedge not at all, as it would not be quicker. */
static uint64_t patience_ns(const struct hr_call_attempt *attempt, uint64_t now_ns) {
    const struct hr_call *call = attempt->call;
    uint64_t pool_ns = call->times.connect.pool_ns;
    if (!hr__attempt_is_own(attempt)) return 0;
    if (call->deadline_ns == HR_FOREVER_NS) return pool_ns;
    uint64_t rest_ns = call->deadline_ns > now_ns ? call->deadline_ns - now_ns : 0;
    return rest_ns < pool_ns ? rest_ns : pool_ns;
}

static int ask_rate_limit(struct hr_call_attempt *attempt, uint64_t *wait_ns) {
    struct hr_client_shard *shard = attempt->call->shard;
    struct hr_origin *origin = attempt->waiter.origin;
    if (!shard->settings->rate_max || past_breaker(attempt->call)) return 0;
    int err = hr__origin_share(origin);
    if (err) return err;
    /* A request that the breaker will reject takes no place, and is told at once. */
    if (!hr__origin_trusted(origin)) return 0;
    struct hr_rate_asked asked = {.now_ns = now(attempt)};
    asked.wait_max_ns = patience_ns(attempt, asked.now_ns);
    if (!hr__rate_limit_take(&origin->shared->rate, &asked, wait_ns))
        return hr__attempt_say_rate_limit(attempt);
    if (*wait_ns) hr__count(&shard->counters.rate_delayed, 1);
    return 0;
}

/* For bytes of other bodies that have moved too early. A hedge has waited already. */
static uint64_t ask_bandwidth(struct hr_call_attempt *attempt) {
    const struct hr_bandwidth *bandwidth = &attempt->call->shard->client->bandwidth;
    if (!hr__bandwidth_limited(bandwidth)) return 0;
    if (!hr__attempt_is_own(attempt) || past_breaker(attempt->call)) return 0;
    attempt->watch.turn_ns = now(attempt) + hr__bandwidth_debt_ns(bandwidth, now(attempt));
    return hr__watch_turn_ns(attempt);
}

static void wait_turn(struct hr_call_attempt *attempt, uint64_t wait_ns) {
    attempt->state = HR_ATTEMPT_RATE;
    hr__timer_start(attempt->call->shard->reactor, &attempt->call->timer, now(attempt) + wait_ns);
}

static int limit_rate(struct hr_call_attempt *attempt) {
    uint64_t wait_ns = 0;
    int err = ask_rate_limit(attempt, &wait_ns);
    if (err) return err;
    if (wait_ns == 0) wait_ns = ask_bandwidth(attempt);
    if (wait_ns == 0) return enter(attempt);
    wait_turn(attempt, wait_ns);
    return 0;
}

/* ---- The budget. */

static int say_no_budget(struct hr_call_attempt *attempt, const char *why) {
    const struct hr_call *call = attempt->call;
    struct hr_engine_metrics metrics;
    hr_engine_metrics_get(call->shard->client->engine, &metrics);
    return hr__attempt_say(attempt, -ENOBUFS,
                           "the engine's byte budget (%" PRIu64
                           " bytes, budget_bytes) %s for the %zu bytes that this request needs",
                           metrics.budget_limit_bytes, why, call->budget.bytes);
}

void hr__admit_granted(struct hr_call *call) {
    assert(!call->budgeted);
    call->reserved = call->budget.bytes;
    call->budgeted = true;
    call->attempt->state = HR_ATTEMPT_NONE;
}

/* Once per request, before it owns anything; the attempts that follow keep it. */
static int reserve(struct hr_call_attempt *attempt) {
    struct hr_call *call = attempt->call;
    struct hr_reactor *reactor = call->shard->reactor;
    call->budget.bytes =
        CALL_COST + hr__source_cost(&call->request->body) + hr__sink_cost(&call->request->sink);
    if (hr__budget_reserve(reactor, call->budget.bytes) == 0) {
        hr__admit_granted(call);
        return 0;
    }
    attempt->state = HR_ATTEMPT_BUDGET;
    if (hr__budget_wait(reactor, &call->budget)) return say_no_budget(attempt, "is too small");
    if (call->times.connect.pool_ns != HR_FOREVER_NS)
        hr__timer_start(reactor, &call->timer, now(attempt) + call->times.connect.pool_ns);
    return 0;
}

/* ---- All of it. */

int hr__admit(struct hr_call_attempt *attempt) {
    if (!attempt->call->budgeted) {
        int err = reserve(attempt);
        if (err || !attempt->call->budgeted) return err;
    }
    return limit_rate(attempt);
}

static int turn_came(struct hr_call_attempt *attempt) {
    /* Behind the turn of the rate limit comes that of the bytes. */
    uint64_t wait_ns = attempt->watch.turn_ns ? hr__watch_turn_ns(attempt) : ask_bandwidth(attempt);
    if (wait_ns == 0) return enter(attempt);
    wait_turn(attempt, wait_ns);
    return 0;
}

int hr__admit_waited(struct hr_call_attempt *attempt) {
    if (attempt->state == HR_ATTEMPT_RATE) return turn_came(attempt);
    assert(attempt->state == HR_ATTEMPT_BUDGET);
    hr__budget_unwait(attempt->call->shard->reactor, &attempt->call->budget);
    return say_no_budget(attempt, "had no room within pool_timeout_ms");
}

bool hr__admit_cancel(struct hr_call_attempt *attempt) {
    struct hr_call *call = attempt->call;
    struct hr_reactor *reactor = call->shard->reactor;
    switch ((enum hr_attempt_state)attempt->state) {
    case HR_ATTEMPT_BUDGET:
        hr__timer_stop(reactor, &call->timer);
        hr__budget_unwait(reactor, &call->budget);
        return true;
    case HR_ATTEMPT_RATE:
        hr__timer_stop(reactor, &call->timer);
        return true;
    case HR_ATTEMPT_ACQUIRING:
        if (attempt->waiter.state != HR_WAITER_QUEUED) return false;
        hr__pool_unwait(&attempt->waiter);
        return true;
    default:
        return false;
    }
}
