/* Results of a loop, one shard a thread, so that counting needs no lock. */
#ifndef PERF_SHARDS_H
#define PERF_SHARDS_H

#include <stdatomic.h>
#include <stdint.h>

#include <headrace/tls.h>

#include "result.h"
#include "series.h"

struct perf_shard {
    atomic_uint_fast64_t succeeded, failed, cancelled; /* read by any thread, while it goes on */
    uint64_t ended_ns;                                 /* the last end of an operation */
    atomic_flag lock;       /* around what follows, where it is collected while it goes on */
    struct hr_tls_info tls; /* of the first HTTP response over TLS */
    struct perf_result result;
    struct perf_series series;
};

#define PERF_SHARDS_AT_ONCE 4 /* loops that a thread counts for in turn */

/* Results that threads gave away. */
struct perf_collection {
    struct perf_result result;
    struct perf_series series;
};
/* NULL: no memory. */
struct perf_collection *perf_collection_new(void);
void perf_collection_free(struct perf_collection *collection);

struct perf_shards {
    uint64_t id; /* tells these from others that were at the same address before */
    struct perf_shard *list;
    unsigned count;
    atomic_uint used;
    atomic_uint collects;          /* how often that was done */
    struct perf_collection *empty; /* what is collected next; NULL: nothing is while it goes on */
};

/* 0 or -ENOMEM. */
int perf_shards_open(struct perf_shards *shards, unsigned count);
void perf_shards_close(struct perf_shards *shards);

/* Lets results be collected while it goes on, which costs a lock an operation. Before anything is
 * recorded. 0 or -ENOMEM. */
int perf_shards_collectable(struct perf_shards *shards);

/* The time from which the seconds of series count, behind those of `before_ns`; before anything is
 * recorded. */
void perf_shards_begin(struct perf_shards *shards, uint64_t started_ns, uint64_t before_ns);

/* The calling thread's own. */
struct perf_shard *perf_shards_mine(struct perf_shards *shards);
/* Counts an operation that has ended in the calling thread's shard. */
void perf_shards_record(struct perf_shards *shards, const struct perf_outcome *outcome,
                        uint64_t now_ns);
/* Moves to `into` what was recorded since the last time. One thread at a time, any one. */
void perf_shards_collect(struct perf_shards *shards, struct perf_collection *into);
/* All series as one, when nobody records any more. */
void perf_shards_series(struct perf_shards *shards, struct perf_series_figures *figures);
/* Any thread, any time. */
struct perf_totals perf_shards_live(const struct perf_shards *shards);
/* Latencies of all kinds. Any thread, any time. */
void perf_shards_latency(const struct perf_shards *shards, struct hr_histogram *latency_ns);

#endif
