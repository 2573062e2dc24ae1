/* Each thread's results. */
#include "shards.h"

#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

struct perf_collection *perf_collection_new(void) {
    struct perf_collection *collection = calloc(1, sizeof *collection);
    if (!collection) return NULL;
    perf_result_init(&collection->result);
    if (perf_series_open(&collection->series) != 0) {
        perf_collection_free(collection);
        return NULL;
    }
    perf_series_touch(&collection->series);
    return collection;
}

void perf_collection_free(struct perf_collection *collection) {
    if (!collection) return;
    perf_series_close(&collection->series);
    free(collection);
}

int perf_shards_open(struct perf_shards *shards, unsigned count) {
    static atomic_uint_fast64_t ids;
    assert(count > 0 && !shards->list);
    shards->list = calloc(count, sizeof *shards->list);
    if (!shards->list) return -ENOMEM;
    shards->id = atomic_fetch_add(&ids, 1) + 1;
    shards->count = count;
    for (unsigned i = 0; i < count; i++) {
        perf_result_init(&shards->list[i].result);
        atomic_flag_clear(&shards->list[i].lock);
        if (perf_series_open(&shards->list[i].series) != 0) return -ENOMEM;
    }
    return 0;
}

void perf_shards_close(struct perf_shards *shards) {
    for (unsigned i = 0; shards->list && i < shards->count; i++)
        perf_series_close(&shards->list[i].series);
    free(shards->list);
    shards->list = NULL;
    perf_collection_free(shards->empty);
    shards->empty = NULL;
}

int perf_shards_collectable(struct perf_shards *shards) {
    assert(!shards->empty);
    shards->empty = perf_collection_new();
    for (unsigned i = 0; i < shards->count; i++) perf_series_touch(&shards->list[i].series);
    return shards->empty ? 0 : -ENOMEM;
}

void perf_shards_begin(struct perf_shards *shards, uint64_t started_ns, uint64_t before_ns) {
    for (unsigned i = 0; i < shards->count; i++)
        perf_series_begin(&shards->list[i].series, started_ns, before_ns);
}

void perf_shards_series(struct perf_shards *shards, struct perf_series_figures *figures) {
    for (unsigned i = 1; i < shards->count; i++)
        perf_series_merge(&shards->list[0].series, &shards->list[i].series);
    perf_series_reduce(&shards->list[0].series, figures);
}

/* The calling thread's shards of the loops that it counted for last, the last one first. */
static _Thread_local struct own {
    uint64_t id;
    struct perf_shard *shard;
} own[PERF_SHARDS_AT_ONCE];

static struct perf_shard *claim(struct perf_shards *shards) {
    unsigned index = atomic_fetch_add(&shards->used, 1);
    assert(index < shards->count); /* a thread each was counted when they were made */
    return &shards->list[index < shards->count ? index : shards->count - 1];
}

struct perf_shard *perf_shards_mine(struct perf_shards *shards) {
    unsigned at = 0;
    if (own[0].id == shards->id) return own[0].shard;
    while (at < PERF_SHARDS_AT_ONCE && own[at].id != shards->id) at++;
    struct own found = at < PERF_SHARDS_AT_ONCE ? own[at] : (struct own){shards->id, claim(shards)};
    if (at == PERF_SHARDS_AT_ONCE) at--;
    memmove(own + 1, own, at * sizeof *own);
    own[0] = found;
    return found.shard;
}

static void lock(struct perf_shard *shard) {
    while (atomic_flag_test_and_set_explicit(&shard->lock, memory_order_acquire)) sched_yield();
}

static void unlock(struct perf_shard *shard) {
    atomic_flag_clear_explicit(&shard->lock, memory_order_release);
}

/* The thread's records change hands; it records on into what was empty. */
static void take(struct perf_shard *shard, struct perf_collection *empty) {
    lock(shard);
    empty->result = shard->result;
    memset(&shard->result, 0, sizeof shard->result);
    perf_result_init(&shard->result);
    perf_series_take(&shard->series, &empty->series);
    unlock(shard);
}

void perf_shards_collect(struct perf_shards *shards, struct perf_collection *into) {
    struct perf_collection *taken = shards->empty;
    assert(taken);
    for (unsigned i = 0; i < shards->count; i++) {
        take(&shards->list[i], taken);
        perf_result_merge(&into->result, &taken->result);
        perf_series_merge(&into->series, &taken->series);
        perf_series_clear(&taken->series);
    }
    atomic_fetch_add(&shards->collects, 1);
}

static void record(struct perf_shard *shard, const struct perf_outcome *outcome, uint64_t now_ns) {
    perf_result_record(&shard->result, outcome);
    if (outcome->result != -ECANCELED)
        perf_series_record(&shard->series, now_ns, outcome->result == 0, outcome->latency_ns);
}

void perf_shards_record(struct perf_shards *shards, const struct perf_outcome *outcome,
                        uint64_t now_ns) {
    struct perf_shard *shard = perf_shards_mine(shards);
    assert(shard->ended_ns <= now_ns);
    if (shards->empty) lock(shard);
    record(shard, outcome, now_ns);
    if (shards->empty) unlock(shard);
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

void perf_shards_latency(const struct perf_shards *shards, struct hr_histogram *latency_ns) {
    hr_histogram_init(latency_ns, HR_HISTOGRAM_SECONDS);
    for (unsigned i = 0; i < shards->count; i++)
        for (size_t kind = 0; kind < PERF_KINDS; kind++)
            hr_histogram_merge(latency_ns, &shards->list[i].result.kind[kind].latency_ns);
}
