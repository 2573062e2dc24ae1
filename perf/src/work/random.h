/* Random numbers that follow from a seed. */
#ifndef PERF_RANDOM_H
#define PERF_RANDOM_H

#include <stdint.h>

/* splitmix64 (Steele, Lea, Flood 2014): one state word, any seed. */
uint64_t perf_random_next(uint64_t *state);

#endif
