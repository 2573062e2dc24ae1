/* The pool as a whole: opening, closing, choosing a reactor. */
#include "pool.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "connection.h"
#include "network.h"
#include "pool_loan.h"

static void run_close(struct hr_task *task) {
    struct hr_pool_shard *shard = hr__container_of(task, struct hr_pool_shard, close_task);
    assert(!shard->closing && shard->queued == 0);
    shard->closing = true;
    hr__loans_refuse(shard);
    while (shard->idle_newest) hr__connection_close(shard->idle_newest);
    hr__shard_check_closed(shard);
}

static int fill(struct hr_pool *pool, const struct hr_pool_options *options,
                struct hr_error *error) {
    int err = hr__origin_table_new(&options->rules, error, &pool->origins);
    if (!err) err = hr__network_new(options->network, error, &pool->network);
    if (err) return err;
    pool->shards = calloc(pool->reactors, sizeof(struct hr_pool_shard *));
    if (!pool->shards) err = -ENOMEM;
    for (unsigned i = 0; !err && i < pool->reactors; i++) {
        err = hr__shard_new(pool, i, &options->settings, &pool->shards[i]);
        if (err) break;
        pool->shards[i]->events = &hr__queue_events;
        pool->shards[i]->close_task.run = run_close;
    }
    return err ? hr_error_set(error, err, "no memory for a pool of connections") : 0;
}

int hr__pool_open(struct hr_pool *pool, hr_engine *engine, const struct hr_pool_options *options,
                  struct hr_error *error) {
    pool->engine = engine;
    pool->reactors = hr_engine_reactors(engine);
    hr__pool_publish_shape(pool, &options->settings.limits);
    pool->shards_open = pool->reactors;
    int err = fill(pool, options, error);
    if (err) hr__pool_free(pool);
    return err;
}

/* The pool is freed when the last shard has closed, so not before the last post. */
void hr__pool_close(struct hr_pool *pool) {
    hr_engine *engine = pool->engine;
    unsigned reactors = pool->reactors;
    for (unsigned i = 0; i < reactors; i++)
        hr__reactor_post(hr__engine_reactor(engine, i), &pool->shards[i]->close_task);
}

void hr__pool_free(struct hr_pool *pool) {
    for (unsigned i = 0; pool->shards && i < pool->reactors; i++) hr__shard_free(pool->shards[i]);
    free(pool->shards);
    hr__network_free(pool->network);
    hr__origin_table_free(pool->origins);
    pool->shards = NULL;
    pool->network = NULL;
    pool->origins = NULL;
}

struct hr_reactor *hr__pool_pick(struct hr_pool *pool, const struct hr_origin_key *key) {
    struct hr_reactor *reactor = hr__engine_pick(pool->engine);
    if (!hr__pool_is_uneven(pool)) return reactor;
    uint32_t hash = hr__origin_hash(key->name, key->port);
    struct hr_pool_shape shape = hr__pool_shape(pool);
    unsigned index = hr__reactor_index(reactor);
    if (hr__pool_share_of(&shape, hash, shape.per_origin_max, index) > 0) return reactor;
    return hr__engine_reactor(pool->engine, hr__pool_holder(pool, hash));
}
