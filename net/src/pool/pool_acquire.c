/* Which connection a waiter gets: limits, reuse, the queue. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "connection.h"
#include "pool.h"
#include "pool_idle.h"
#include "pool_loan.h"

/* ---- Origins that wait for room. */

static void make_starved(struct hr_pool_shard *shard, struct hr_origin *origin) {
    if (origin->starved) return;
    origin->starved = true;
    origin->starved_next = NULL;
    if (shard->starved_last)
        shard->starved_last->starved_next = origin;
    else
        shard->starved = origin;
    shard->starved_last = origin;
}

static struct hr_origin *next_starved(struct hr_pool_shard *shard) {
    struct hr_origin *origin = shard->starved;
    if (!origin) return NULL;
    shard->starved = origin->starved_next;
    if (!shard->starved) shard->starved_last = NULL;
    origin->starved = false;
    return origin;
}

/* ---- The queue. */

static void count_waiting(struct hr_pool_shard *shard, bool one_more) {
    assert(one_more || shard->queued > 0);
    shard->queued += one_more ? 1u : -1u;
    struct hr_pool_counters *counters = &shard->counters;
    __atomic_store_n(&counters->waiting, shard->queued, __ATOMIC_RELAXED);
    if (shard->queued > counters->waiting_peak)
        __atomic_store_n(&counters->waiting_peak, shard->queued, __ATOMIC_RELAXED);
}

void hr__pool_unwait(struct hr_pool_waiter *waiter) {
    struct hr_origin *origin = waiter->origin;
    struct hr_pool_shard *shard = origin->shard;
    assert(waiter->state == HR_WAITER_QUEUED);
    if (waiter->prev)
        waiter->prev->next = waiter->next;
    else
        origin->waiters = waiter->next;
    if (waiter->next)
        waiter->next->prev = waiter->prev;
    else
        origin->waiters_last = waiter->prev;
    waiter->next = waiter->prev = NULL;
    waiter->state = HR_WAITER_NONE;
    origin->waiting--;
    if (waiter->counted) __atomic_sub_fetch(&shard->pool->queued, 1, __ATOMIC_RELAXED);
    count_waiting(shard, false);
    hr__timer_stop(shard->reactor, &waiter->timer);
}

static void on_waited(struct hr_timer *timer) {
    struct hr_pool_waiter *waiter = hr__container_of(timer, struct hr_pool_waiter, timer);
    hr__pool_unwait(waiter);
    waiter->events->on_failed(waiter, HR_ERR_POOL_TIMEOUT, "");
}

/* A waiter that has just lost a kept connection had its turn: it is not refused. */
static bool take_place(struct hr_pool_waiter *waiter) {
    const struct hr_pool_shard *shard = waiter->origin->shard;
    struct hr_pool *pool = shard->pool;
    waiter->counted = shard->limits.queue_max <= HR_POOL_QUEUE_COUNTED;
    if (!waiter->counted) return shard->queued < shard->queue_max || waiter->fresh;
    uint32_t queued = __atomic_add_fetch(&pool->queued, 1, __ATOMIC_RELAXED);
    if (queued <= shard->limits.queue_max || waiter->fresh) return true;
    __atomic_sub_fetch(&pool->queued, 1, __ATOMIC_RELAXED);
    return false;
}

static int enqueue(struct hr_pool_waiter *waiter) {
    struct hr_origin *origin = waiter->origin;
    struct hr_pool_shard *shard = origin->shard;
    if (!take_place(waiter)) return -ENOBUFS;
    waiter->state = HR_WAITER_QUEUED;
    waiter->queued_ns = hr__reactor_now(shard->reactor);
    waiter->next = waiter->fresh ? origin->waiters : NULL;
    waiter->prev = waiter->fresh ? NULL : origin->waiters_last;
    *(waiter->prev ? &waiter->prev->next : &origin->waiters) = waiter;
    *(waiter->next ? &waiter->next->prev : &origin->waiters_last) = waiter;
    origin->waiting++;
    count_waiting(shard, true);
    waiter->timer.on_fire = on_waited;
    uint64_t timeout_ns = waiter->times->pool_ns;
    if (timeout_ns != HR_FOREVER_NS)
        hr__timer_start(shard->reactor, &waiter->timer, waiter->queued_ns + timeout_ns);
    return 0;
}

/* The first that waits. Those that want a fresh connection stand in front and are few: they have
 * met a stale one just now. */
static struct hr_pool_waiter *dequeue(struct hr_origin *origin) {
    struct hr_pool_waiter *waiter = origin->waiters;
    hr__pool_unwait(waiter);
    return waiter;
}

/* ---- A connection for a waiter. */

/* Whether one more of this origin may be under way. On a loan it may: that has waited for its turn
 * elsewhere, and there is none to learn a limit from. */
static bool may_begin(const struct hr_origin *origin) {
    return !origin->shard->limits.adaptive_concurrency || origin->loans.borrows ||
           origin->in_flight < hr__gradient_limit(&origin->gradient);
}

static bool shard_has_place(const struct hr_pool_shard *shard) {
    return shard->open + shard->unused < shard->limit;
}

/* One of its own: a borrowed place is for the connection that it was asked for. */
static bool has_place(const struct hr_origin *origin) {
    return origin->open + origin->loans.unused < origin->limit && shard_has_place(origin->shard);
}

static bool may_open(const struct hr_origin *origin) {
    return origin->loans.unused > 0 || has_place(origin);
}

bool hr__pool_has_room(const struct hr_origin *origin) {
    return !origin->waiters && may_begin(origin) && (origin->idle || may_open(origin));
}

static bool is_avoided(const struct hr_connection *connection, const union hr_address *avoid) {
    return avoid && hr__address_equal(avoid, &connection->peer);
}

/* Its time is over, though its timer has yet to say so, or another reactor has learned it. */
static bool is_over(const struct hr_connection *connection) {
    return hr__connection_expired(connection) || hr__idle_too_long(connection);
}

/* The idle connection used last, or the last to another address than the one to avoid where there
 * is one. NULL: there is none at all. */
static struct hr_connection *find_idle(struct hr_origin *origin, const union hr_address *avoid) {
    while (origin->idle && is_over(origin->idle)) hr__connection_close(origin->idle);
    struct hr_connection *connection = origin->idle;
    while (connection && (is_avoided(connection, avoid) || is_over(connection)))
        connection = connection->origin_older;
    return connection ? connection : origin->idle;
}

/* A connection that has served before goes to a waiter. */
static void hand_over(struct hr_connection *connection, struct hr_pool_waiter *waiter,
                      uint64_t idle_ns) {
    waiter->idle_ns = idle_ns;
    hr__count(&connection->origin->shard->counters.connections_reused, 1);
    hr__connection_hold(connection, waiter);
}

static void reuse(struct hr_connection *idle, struct hr_pool_waiter *waiter) {
    hr__idle_remove(idle);
    hand_over(idle, waiter, hr__reactor_now(idle->origin->shard->reactor) - idle->idle_since_ns);
}

static int open_for(struct hr_pool_waiter *waiter) {
    waiter->connect_begun_ns = hr__reactor_now(waiter->origin->shard->reactor);
    return hr__connection_open(waiter->origin, waiter, NULL);
}

/* Closes an idle one so that an origin gets room that has none. */
static void yield(struct hr_connection *connection) {
    struct hr_pool_shard *shard = connection->origin->shard;
    connection->yielding = true;
    shard->yielding++;
    hr__connection_close(connection);
}

/* An idle connection may stand in the way: the origin's own, or, where the shard is full, the
 * longest unused of another one. It makes room when it has closed. */
static void make_room(struct hr_origin *origin) {
    struct hr_pool_shard *shard = origin->shard;
    if (origin->open >= origin->limit) {
        if (origin->idle) hr__connection_close(origin->idle);
        return;
    }
    make_starved(shard, origin);
    if (shard->open >= shard->limit && shard->idle_oldest) yield(shard->idle_oldest);
}

/* A kept connection to the address that is to be avoided is for where there is no other: none that
 * is not ejected, or no room for a connection to it. */
static bool is_better_opened(const struct hr_origin *origin, const struct hr_connection *kept,
                             const union hr_address *avoid) {
    const struct hr_outliers *outliers = origin->shared ? origin->shared->outliers : NULL;
    unsigned out = outliers ? __atomic_load_n(&outliers->ejected, __ATOMIC_RELAXED) : 0;
    return is_avoided(kept, avoid) && origin->addresses > 1 + out && may_open(origin);
}

int hr__pool_acquire(struct hr_pool_waiter *waiter) {
    struct hr_origin *origin = waiter->origin;
    assert(waiter->state == HR_WAITER_NONE && !waiter->connection);
    /* Waiters that are here already go first. */
    bool first = origin->waiters == NULL && may_begin(origin);
    struct hr_connection *kept = first && !waiter->fresh ? find_idle(origin, waiter->avoid) : NULL;
    if (kept && !is_better_opened(origin, kept, waiter->avoid)) {
        reuse(kept, waiter);
        return 1;
    }
    if (first && may_open(origin)) return open_for(waiter);
    int err = enqueue(waiter);
    if (!err && origin->loans.borrows) {
        err = hr__loan_ask(origin);
        if (err) hr__pool_unwait(waiter);
        return err;
    }
    if (!err && may_begin(origin)) make_room(origin);
    return err;
}

/* ---- Who is next. */

static bool is_waited_for(const struct hr_origin *origin) {
    return origin->waiters || origin->loans.waiting;
}

/* Since when somebody waits for this origin; UINT64_MAX: nobody does. */
static uint64_t waits_since_ns(const struct hr_origin *origin) {
    uint64_t waiter_ns = origin->waiters ? origin->waiters->queued_ns : UINT64_MAX;
    uint64_t loan_ns = hr__loan_first_ns(origin);
    return waiter_ns < loan_ns ? waiter_ns : loan_ns;
}

/* Whether a loan has waited for a place longer than any waiter here. One that has lost its
 * connection, and had its turn already, goes first all the same. */
static bool loan_goes_first(const struct hr_origin *origin) {
    if (!origin->loans.waiting || !origin->waiters) return origin->loans.waiting;
    return !origin->waiters->fresh && hr__loan_first_ns(origin) <= origin->waiters->queued_ns;
}

/* The waiters of this origin get all there is: kept connections, room for new ones. */
static void serve_waiters(struct hr_origin *origin) {
    while (is_waited_for(origin)) {
        if (loan_goes_first(origin)) {
            if (!has_place(origin)) return;
            hr__loan_grant(origin);
            continue;
        }
        if (!may_begin(origin)) return;
        struct hr_connection *kept = origin->waiters->fresh ? NULL : find_idle(origin, NULL);
        if (!kept && !may_open(origin)) return;
        struct hr_pool_waiter *waiter = dequeue(origin);
        if (kept) {
            reuse(kept, waiter);
            waiter->events->on_ready(waiter);
            continue;
        }
        int err = open_for(waiter);
        if (err) waiter->events->on_failed(waiter, err, "");
    }
}

static bool wants_room(const struct hr_origin *origin) {
    return origin->open + origin->loans.unused < origin->limit &&
           (origin->loans.waiting || (origin->waiters && may_begin(origin)));
}

static void serve_starved(struct hr_pool_shard *shard) {
    while (shard->starved && shard_has_place(shard)) {
        struct hr_origin *origin = next_starved(shard);
        origin->uses++;
        serve_waiters(origin);
        if (wants_room(origin)) make_starved(shard, origin);
        hr__origin_release(origin);
    }
}

/* The next in the queue of origins without room; those whose waiters have all given up leave it
 * here. */
static const struct hr_origin *first_starved(struct hr_pool_shard *shard) {
    while (shard->starved && !is_waited_for(shard->starved)) next_starved(shard);
    return shard->starved;
}

/* Whether that one has waited longer than anybody for this one. Without that question an origin
 * that is always busy would pass its connections on to its own for ever. */
static bool another_goes_first(struct hr_pool_shard *shard, const struct hr_origin *origin) {
    const struct hr_origin *other = first_starved(shard);
    if (!other || other == origin) return false;
    return waits_since_ns(other) < waits_since_ns(origin);
}

/* ---- A connection comes back. */

static bool has_to_yield(const struct hr_connection *connection) {
    struct hr_pool_shard *shard = connection->origin->shard;
    return shard->open >= shard->limit && another_goes_first(shard, connection->origin) &&
           shard->yielding < shard->starved->waiting + shard->starved->loans.waiting_count;
}

static void keep(struct hr_connection *connection) {
    struct hr_reactor *reactor = connection->origin->shard->reactor;
    hr__idle_add(connection);
    connection->idle_since_ns = hr__reactor_now(reactor);
    hr__connection_arm(connection);
}

/* A connection that has just become idle may have to make room for those who wait. */
static void make_use_of(struct hr_connection *connection) {
    struct hr_origin *origin = connection->origin;
    struct hr_pool_shard *shard = origin->shard;
    bool fresh_wanted = origin->waiters && origin->waiters->fresh && may_begin(origin);
    if (loan_goes_first(origin) || fresh_wanted)
        hr__connection_close(connection);
    else if (first_starved(shard) && shard->open >= shard->limit)
        yield(shard->idle_oldest);
}

void hr__pool_release(struct hr_connection *connection) {
    struct hr_origin *origin = connection->origin;
    struct hr_pool_shard *shard = origin->shard;
    assert(!connection->idle && !connection->closing);
    hr__connection_take_back(connection);
    connection->served = true;
    connection->stream->vtable->read_lent(connection->stream);
    if (shard->closing || connection->on_loan || hr__connection_expired(connection) ||
        loan_goes_first(origin) || (shard->crowded && hr__connection_is_surplus(connection))) {
        hr__connection_close(connection);
        return;
    }
    if (has_to_yield(connection)) {
        yield(connection);
        return;
    }
    if (origin->waiters && !origin->waiters->fresh && may_begin(origin)) {
        struct hr_pool_waiter *waiter = dequeue(origin);
        hand_over(connection, waiter, 0);
        waiter->events->on_ready(waiter);
        return;
    }
    keep(connection);
    make_use_of(connection);
}

/* ---- Heard from below. */

static void on_kept(struct hr_connection *connection) {
    struct hr_origin *origin = connection->origin;
    const struct hr_pool_shard *shard = origin->shard;
    if (shard->closing || (shard->crowded && hr__connection_is_surplus(connection))) {
        hr__connection_close(connection);
        return;
    }
    keep(connection);
    serve_waiters(origin);
    if (origin->idle == connection) make_use_of(connection);
}

static void place_free(struct hr_origin *origin, bool yielded) {
    struct hr_pool_shard *shard = origin->shard;
    assert(shard->open > 0 && origin->open > 0);
    shard->open--;
    origin->open--;
    if (yielded) shard->yielding--;
    origin->uses++; /* a waiter that ends may be the last that it is kept for */
    if (!another_goes_first(shard, origin)) serve_waiters(origin);
    if (wants_room(origin)) make_starved(shard, origin);
    hr__origin_release(origin);
    serve_starved(shard);
    hr__shard_check_closed(shard);
}

static void on_gone(struct hr_connection *connection) {
    struct hr_origin *origin = connection->origin;
    if (connection->on_loan) hr__loan_return(origin);
    place_free(origin, connection->yielding);
}

static void on_place_back(struct hr_origin *origin) {
    place_free(origin, false);
}

static void on_loan_asked(struct hr_origin *origin) {
    serve_waiters(origin);
    if (origin->loans.waiting) make_room(origin);
}

static void on_loan_refused(struct hr_origin *origin, int result) {
    struct hr_pool_waiter *waiter = dequeue(origin);
    waiter->events->on_failed(waiter, result, "");
}

/* Each waiter at a reactor without a share has asked for a place. */
static void ask_for_waiters(struct hr_origin *origin) {
    while (origin->loans.borrows && origin->waiting > origin->loans.asked) {
        int err = hr__loan_ask(origin);
        if (err) on_loan_refused(origin, err);
    }
}

static void on_share(struct hr_origin *origin) {
    struct hr_pool_shard *shard = origin->shard;
    ask_for_waiters(origin);
    if (!another_goes_first(shard, origin)) serve_waiters(origin);
    if (wants_room(origin)) make_starved(shard, origin);
    serve_starved(shard);
}

const struct hr_shard_events hr__queue_events = {
    .on_kept = on_kept,
    .on_gone = on_gone,
    .on_place_back = on_place_back,
    .on_share = on_share,
    .on_loan_asked = on_loan_asked,
    .on_loan_granted = serve_waiters,
    .on_loan_refused = on_loan_refused,
};
