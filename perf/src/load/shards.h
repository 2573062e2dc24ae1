/* Results of a loop, one shard a thread, so that counting needs no lock. */
#ifndef PERF_SHARDS_H
#define PERF_SHARDS_H

#include <stdatomic.h>
#include <stdint.h>

#include <headrace/tls.h>

#include "result.h"

struct perf_shard {
    atomic_uint_fast64_t succeeded, failed, cancelled; /* read by any thread, while it goes on */
    uint64_t ended_ns;                                 /* the last end of an operation */
    struct hr_tls_info tls;                            /* of the first HTTP response over TLS */
    struct perf_result result;
};

struct perf_shards {
    uint64_t id; /* tells these from others that were at the same address before */
    struct perf_shard *list;
    unsigned count;
    atomic_uint used;
};

/* 0 or -ENOMEM. */
int perf_shards_open(struct perf_shards *shards, unsigned count);
void perf_shards_close(struct perf_shards *shards);

/* The calling thread's own. */
struct perf_shard *perf_shards_mine(struct perf_shards *shards);
/* Counts an operation that has ended in the calling thread's shard. */
void perf_shards_record(struct perf_shards *shards, const struct perf_outcome *outcome,
                        uint64_t now_ns);
/* Any thread, any time. */
struct perf_totals perf_shards_live(const struct perf_shards *shards);

#endif
