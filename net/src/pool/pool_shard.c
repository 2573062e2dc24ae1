/* A reactor's part of a pool. The limits are split over the reactors so that the shares sum exactly
 * to them, and no line is shared between threads on the way. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "network.h"
#include "pool.h"

int hr__shard_new(struct hr_pool *pool, unsigned index, const struct hr_pool_settings *settings,
                  struct hr_pool_shard **shard) {
    const struct hr_pool_limits *limits = &settings->limits;
    struct hr_pool_shard *made = aligned_alloc(64, sizeof *made);
    if (!made) return -ENOMEM;
    memset(made, 0, sizeof *made);
    made->pool = pool;
    made->reactor = hr__engine_reactor(pool->engine, index);
    made->index = index;
    made->limits = *limits;
    made->times = settings->times;
    made->shape = hr__pool_shape_of(pool, limits);
    made->dial.socket = settings->socket;
    made->limit = hr__pool_share(limits->connections_max, made->shape.holders, 0, index);
    made->queue_max = hr__pool_queue_share(limits, &made->shape, index);
    int err = hr__network_shard_open(made);
    if (err) {
        free(made);
        return err;
    }
    *shard = made;
    return 0;
}

void hr__shard_free(struct hr_pool_shard *shard) {
    if (!shard) return;
    hr__origins_free(shard);
    hr__network_shard_free(shard);
    free(shard);
}

static void on_names_closed(void *user) {
    struct hr_pool_shard *shard = user;
    struct hr_pool *pool = shard->pool;
    if (__atomic_sub_fetch(&pool->shards_open, 1, __ATOMIC_ACQ_REL) == 0) pool->on_closed(pool);
}

/* When the last connection has closed, nothing is being looked up any more. */
void hr__shard_check_closed(struct hr_pool_shard *shard) {
    if (!shard->closing || shard->open > 0 || shard->asked > 0) return;
    hr__network_shard_close(shard, on_names_closed);
}
