/* Medians with the least and the most. */
#include "spread.h"

#include <assert.h>
#include <stdlib.h>

static int by_size(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

struct perf_spread perf_spread_of(double *figures, unsigned count) {
    unsigned measured = 0;
    for (unsigned i = 0; i < count; i++)
        if (figures[i] >= 0) figures[measured++] = figures[i];
    if (measured == 0) return (struct perf_spread){-1, -1, -1};
    qsort(figures, measured, sizeof *figures, by_size);
    return (struct perf_spread){
        .least = figures[0],
        .median = (figures[(measured - 1) / 2] + figures[measured / 2]) / 2,
        .most = figures[measured - 1],
    };
}

struct perf_spread perf_spread_of_ratios(struct perf_ratio ratio, unsigned count) {
    double ratios[PERF_ROUNDS_MAX];
    assert(count <= PERF_ROUNDS_MAX);
    for (unsigned i = 0; i < count; i++)
        ratios[i] =
            ratio.above[i] >= 0 && ratio.below[i] > 0 ? ratio.above[i] / ratio.below[i] : -1;
    return perf_spread_of(ratios, count);
}
