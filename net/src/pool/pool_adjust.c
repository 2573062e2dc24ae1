/* Other limits for a pool that is in use. What the reactors share is changed first; then each takes
 * its new shares in a turn of its own, so no request meets a value that is half changed. Until the
 * last has, one may still hold a place that another one has been given: the sum of the old shares
 * and the new is never passed.
 *
 * No connection is broken. One that is too much goes when it is idle, or is released. */
#include "connection.h"
#include "pool_loan.h"

void hr__pool_adjust(struct hr_pool *pool, const struct hr_pool_settings *settings,
                     const struct hr_origin_rules *rules) {
    hr__origin_table_adjust(pool->origins, rules);
    hr__pool_publish_shape(pool, &settings->limits);
}

/* ---- The shares: nothing is called back yet. */

static unsigned share_of(const struct hr_origin *origin, const struct hr_pool_shape *shape) {
    return hr__pool_share_of(shape, origin->hash, shape->per_origin_max, origin->shard->index);
}

/* Places that are borrowed count on top of a share, so a limit moves by the difference. */
static void set_share(struct hr_origin *origin, const struct hr_pool_shape *before) {
    unsigned share = share_of(origin, &origin->shard->shape);
    origin->limit = origin->limit - share_of(origin, before) + share;
    origin->loans.borrows = share == 0;
    if (origin->shard->limits.adaptive_concurrency)
        hr__gradient_bound(&origin->gradient, share ? share : 1);
    if (origin->open > origin->limit) origin->shard->crowded = true;
}

/* Of those that came while the queue was large and split. */
static void count_waiters(const struct hr_origin *origin) {
    struct hr_pool_shard *shard = origin->shard;
    if (shard->limits.queue_max > HR_POOL_QUEUE_COUNTED) return;
    for (struct hr_pool_waiter *each = origin->waiters; each; each = each->next) {
        if (each->counted) continue;
        each->counted = true;
        __atomic_add_fetch(&shard->pool->queued, 1, __ATOMIC_RELAXED);
    }
}

static unsigned own_share(const struct hr_pool_shard *shard) {
    return hr__pool_share(shard->limits.connections_max, shard->shape.holders, 0, shard->index);
}

static void set_limits(struct hr_pool_shard *shard, const struct hr_pool_limits *limits) {
    const struct hr_pool_shape before = shard->shape;
    bool adaptive = shard->limits.adaptive_concurrency;
    shard->limit -= own_share(shard);
    shard->limits = *limits;
    shard->limits.adaptive_concurrency = adaptive;
    shard->shape = hr__pool_shape_of(shard->pool, limits);
    shard->limit += own_share(shard);
    shard->queue_max = hr__pool_queue_share(limits, &shard->shape, shard->index);
    shard->crowded = shard->open > shard->limit;
    for (unsigned i = 0; i < HR_POOL_BUCKETS; i++) {
        for (struct hr_origin *origin = shard->buckets[i]; origin; origin = origin->next) {
            set_share(origin, &before);
            count_waiters(origin);
        }
    }
}

static void arm_idle(struct hr_pool_shard *shard) {
    for (struct hr_connection *each = shard->idle_newest; each; each = each->older)
        hr__connection_arm(each);
}

/* ---- What follows from them. */

static void settle(struct hr_origin *origin) {
    while (origin->idle && origin->open - origin->leaving > origin->limit)
        hr__connection_close(origin->idle);
    if (origin->loans.borrows) hr__loans_move(origin);
    origin->shard->events->on_share(origin);
}

/* Whoever is served may go on to other origins, so that some are made and others forgotten. */
static void settle_all(struct hr_pool_shard *shard) {
    for (unsigned i = 0; i < HR_POOL_BUCKETS; i++) {
        struct hr_origin *origin = shard->buckets[i];
        while (origin) {
            origin->uses++;
            settle(origin);
            struct hr_origin *next = origin->next;
            hr__origin_release(origin);
            origin = next;
        }
    }
}

void hr__shard_adjust(struct hr_pool_shard *shard, const struct hr_pool_settings *settings) {
    shard->times = settings->times;
    shard->dial.socket = settings->socket;
    set_limits(shard, &settings->limits);
    arm_idle(shard);
    while (shard->idle_oldest && shard->open - shard->leaving > shard->limit)
        hr__connection_close(shard->idle_oldest);
    settle_all(shard);
}
