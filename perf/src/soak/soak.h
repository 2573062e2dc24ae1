/* A long run that may be interrupted: what has been measured so far, by how many processes, and
 * what memory and latencies did over the time. Its state goes to a checkpoint and comes back. */
#ifndef PERF_SOAK_H
#define PERF_SOAK_H

#include <stdint.h>

#include "shards.h"
#include "soak_trend.h"
#include "usage.h"

#define PERF_SOAK_LIVES_MAX 256 /* processes that may take part */
#define PERF_SOAK_DAY_NS    86400000000000ull

/* One process that took part. */
struct perf_soak_life {
    uint64_t started_at_ms; /* since 1970 */
    uint64_t lost_ns;       /* between the last checkpoint before it and its start */
    uint64_t measured_ns;
    uint64_t operations; /* that ended */
    struct perf_trend_figures trend;
};

/* Sums over the processes that are not in a perf_result. */
struct perf_soak_sums {
    uint64_t cpu_ns, not_started;
    uint64_t connections_opened, handshakes_full, handshakes_resumed;
    uint64_t connections_peak, rss_peak_bytes; /* the most */
};

struct perf_soak {
    uint64_t duration_ns; /* that was asked for */
    struct perf_collection *all;
    struct perf_usage usage;
    struct perf_soak_sums sums;
    struct perf_soak_life lives[PERF_SOAK_LIVES_MAX]; /* the last one is this process's */
    unsigned life_count;
    struct perf_trend trend; /* of the last one */
    uint64_t saves_failed;   /* checkpoints that could not be written */
};

/* NULL: no memory. Freed by perf_soak_free; NULL: nothing. */
struct perf_soak *perf_soak_new(uint64_t duration_ns);
void perf_soak_free(struct perf_soak *soak);

/* This process takes part from now on, `now_ms` since 1970. `saved_at_ms` is when the last
 * checkpoint was written, 0: there is none. 0, or -E2BIG: there were too many. */
int perf_soak_join(struct perf_soak *soak, uint64_t now_ms, uint64_t saved_at_ms);

/* The time that all of them have measured, and those before this one. */
uint64_t perf_soak_measured_ns(const struct perf_soak *soak);
uint64_t perf_soak_before_ns(const struct perf_soak *soak);
uint64_t perf_soak_lost_ns(const struct perf_soak *soak);
/* Operations that have ended. */
uint64_t perf_soak_operations(const struct perf_soak *soak);

/* Takes what this process has measured so far: `life_ns` and, in soak->all, its operations. */
void perf_soak_advance(struct perf_soak *soak, uint64_t life_ns);

/* The marks that time has left. */
struct perf_soak_figures {
    struct perf_slope rss_bytes_per_h;     /* of the process that is surest to have grown */
    double rss_growth_low_bytes;           /* of it, over its time, with 95 % confidence at least */
    double more_descriptors, more_threads; /* the most of one process */
    struct perf_slope p99_drift_percent;   /* over the whole run, of its median row */
};
void perf_soak_reduce(const struct perf_soak *soak, const struct perf_series_figures *series,
                      struct perf_soak_figures *figures);

#endif
