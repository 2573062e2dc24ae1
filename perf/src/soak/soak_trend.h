/* Memory, descriptors and threads of one process over its life: looks, put together to a bounded
 * number of means, so that neighbours that are alike do not pass for many witnesses. */
#ifndef PERF_SOAK_TREND_H
#define PERF_SOAK_TREND_H

#include <stdint.h>

#include "slope.h"

#define PERF_TREND_ROWS 64

/* One look, or the mean of several. */
struct perf_trend_row {
    double at_s; /* since the process began to measure */
    double rss_bytes, descriptors, threads;
};

/* Zeroed, it is empty. */
struct perf_trend {
    struct perf_trend_row rows[PERF_TREND_ROWS];
    unsigned used;
    uint64_t looks_a_row; /* 0: none yet */
    uint64_t looks;       /* in the last row */
};

/* Looks at this process. */
struct perf_trend_row perf_trend_look(double at_s);
void perf_trend_add(struct perf_trend *trend, const struct perf_trend_row *look);

/* The first tenth of the life is its warm-up, and does not count. */
struct perf_trend_figures {
    struct perf_slope rss_bytes_per_s;
    double more_descriptors, more_threads; /* in the last row than in the first; not below 0 */
};
void perf_trend_reduce(const struct perf_trend *trend, struct perf_trend_figures *figures);

#endif
