/* Each thread's results. */
#include "shards.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int perf_shards_open(struct perf_shards *shards, unsigned count) {
    static atomic_uint_fast64_t ids;
    assert(count > 0 && !shards->list);
    shards->list = calloc(count, sizeof *shards->list);
    if (!shards->list) return -ENOMEM;
    shards->id = atomic_fetch_add(&ids, 1) + 1;
    shards->count = count;
    for (unsigned i = 0; i < count; i++) perf_result_init(&shards->list[i].result);
    return 0;
}

void perf_shards_close(struct perf_shards *shards) {
    free(shards->list);
    shards->list = NULL;
}

struct perf_shard *perf_shards_mine(struct perf_shards *shards) {
    static _Thread_local struct {
        uint64_t id;
        struct perf_shard *shard;
    } mine;
    if (mine.id != shards->id) {
        unsigned index = atomic_fetch_add(&shards->used, 1);
        assert(index < shards->count); /* a thread each was counted when they were made */
        mine.id = shards->id;
        mine.shard = &shards->list[index < shards->count ? index : shards->count - 1];
    }
    return mine.shard;
}

void perf_shards_record(struct perf_shards *shards, const struct perf_outcome *outcome,
                        uint64_t now_ns) {
    struct perf_shard *shard = perf_shards_mine(shards);
    assert(shard->ended_ns <= now_ns);
    perf_result_record(&shard->result, outcome);
    shard->ended_ns = now_ns;
    atomic_uint_fast64_t *live = outcome->result == 0            ? &shard->succeeded
                                 : outcome->result == -ECANCELED ? &shard->cancelled
                                                                 : &shard->failed;
    atomic_fetch_add_explicit(live, 1, memory_order_relaxed);
}

struct perf_totals perf_shards_live(const struct perf_shards *shards) {
    struct perf_totals live = {.succeeded = 0};
    for (unsigned i = 0; i < shards->count; i++) {
        const struct perf_shard *shard = &shards->list[i];
        live.succeeded += atomic_load_explicit(&shard->succeeded, memory_order_relaxed);
        live.failed += atomic_load_explicit(&shard->failed, memory_order_relaxed);
        live.cancelled += atomic_load_explicit(&shard->cancelled, memory_order_relaxed);
    }
    return live;
}
