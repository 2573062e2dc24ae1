/* Numbers by Zipf's law: rank k (1, 2, …) comes in proportion to 1 / k^exponent. */
#ifndef PERF_ZIPF_H
#define PERF_ZIPF_H

#include <stdint.h>

#define PERF_ZIPF_EXPONENT_MAX 10.0

/* Made by perf_zipf_init; read by any thread. */
struct perf_zipf {
    double exponent; /* 0: not made */
    uint32_t count;
    double integral_first, integral_last, accepted;
};

/* Of `count` ranks, at least one; the exponent is above 0. */
void perf_zipf_init(struct perf_zipf *zipf, uint32_t count, double exponent);

/* Rank less one, 0 … count - 1; 0 is the most frequent. Takes what it needs of the random numbers
 * behind `state`. */
uint32_t perf_zipf_draw(const struct perf_zipf *zipf, uint64_t *state);

#endif
