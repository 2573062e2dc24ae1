/* A run second by second: how many operations ended, and their latencies. Of a long run steps
 * are wider: when all are used, each two become one. Bounded memory, no allocation while it runs.
 */
#ifndef PERF_SERIES_H
#define PERF_SERIES_H

#include <stdbool.h>
#include <stdint.h>

#define PERF_SERIES_STEPS   512
#define PERF_SERIES_BUCKETS 896 /* of 3.1 % at most, from 1.024 us to 73 minutes */

/* One step of one thread. */
struct perf_series_step {
    uint32_t operations, errors; /* that ended in it: succeeded, failed */
    uint32_t latencies[PERF_SERIES_BUCKETS];
};

/* Owner thread only. */
struct perf_series {
    uint64_t started_ns;
    uint64_t before_ns; /* that the run had lasted when it was begun anew */
    uint32_t step_s;
    uint32_t used; /* steps up to the last one in which something ended */
    struct perf_series_step *steps;
};

/* 0 or -ENOMEM. Its memory is touched as time goes on. */
int perf_series_open(struct perf_series *series);
void perf_series_close(struct perf_series *series);

/* The time from which seconds count, behind those of `before_ns`; before anything is recorded. */
void perf_series_begin(struct perf_series *series, uint64_t started_ns, uint64_t before_ns);
/* Counts an operation that ended at `now_ns`, not before the beginning. */
void perf_series_record(struct perf_series *series, uint64_t now_ns, bool succeeded,
                        uint64_t latency_ns);
/* Moves all that is recorded to `taken`, which is empty, of the same beginning. */
void perf_series_take(struct perf_series *series, struct perf_series *taken);
/* Makes its memory resident, so that none comes while it goes on. */
void perf_series_touch(struct perf_series *series);
/* Makes it empty. */
void perf_series_clear(struct perf_series *series);
/* Adds `from`, which began at the same time, in the wider steps of the two. `from` takes them too.
 */
void perf_series_merge(struct perf_series *into, struct perf_series *from);

/* The steps of all threads, reduced to their figures. */
struct perf_series_figures {
    uint32_t step_s, count;
    struct perf_series_figure {
        uint64_t operations, errors;
        uint64_t p50_ns, p99_ns; /* 0 without operations; 1.6 % off at most, and half a us */
    } list[PERF_SERIES_STEPS];
};
void perf_series_reduce(const struct perf_series *series, struct perf_series_figures *figures);

#endif
