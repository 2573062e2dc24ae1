/* Whether something grows: looked at again and again, a line through the figures. */
#ifndef PERF_SERVICE_GROWTH_H
#define PERF_SERVICE_GROWTH_H

#include <stdint.h>

#include "slope.h"

#define PERF_GROWTH_LOOKS_MAX 256

struct perf_growth {
    double work[PERF_GROWTH_LOOKS_MAX], bytes[PERF_GROWTH_LOOKS_MAX];
    unsigned count;
};

/* Looks at resident memory when so much work is done. */
void perf_growth_look(struct perf_growth *growth, double work);

/* Bytes more than at the first look, at most; never negative. */
double perf_growth_most(const struct perf_growth *growth);

/* Least squares: bytes for each piece of work, and where the true slope lies with 95 % confidence
 * (Student's t; as wide as can be with fewer than three looks). */
struct perf_slope perf_growth_slope(const struct perf_growth *growth);

/* Descriptors and the like that the process holds of the kernel. */
struct perf_holdings {
    unsigned descriptors, threads, mappings;
};
struct perf_holdings perf_holdings_now(void);

#endif
