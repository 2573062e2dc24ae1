/* The last figures, and how far apart they are. */
#include "settled.h"

#include <math.h>

bool perf_settled(const double *figures, unsigned count) {
    if (count < PERF_SETTLED_POINTS) return false;
    const double *last = figures + count - PERF_SETTLED_POINTS;
    double least = last[0], most = last[0];
    for (unsigned i = 1; i < PERF_SETTLED_POINTS; i++) {
        least = fmin(least, last[i]);
        most = fmax(most, last[i]);
    }
    return least > 0 && most <= least * (1 + PERF_SETTLED_SHARE);
}
