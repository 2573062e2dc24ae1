/* Latencies of a window of time: what a histogram has more than a copy of it from before. */
#ifndef PERF_WINDOW_H
#define PERF_WINDOW_H

#include <stdint.h>

#include <headrace/histogram.h>

/* The value that a share `quantile` (0..1) of those lie at or below that `now` has and `before` has
 * not: the geometric middle of its bucket; 0: there are none. `before` is an earlier copy of `now`,
 * of the same unit and scale. */
uint64_t perf_window_quantile(const struct hr_histogram *before, const struct hr_histogram *now,
                              double quantile);

#endif
