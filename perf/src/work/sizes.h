/* Sizes of bodies as a distribution: classes with weights. */
#ifndef PERF_SIZES_H
#define PERF_SIZES_H

#include <stddef.h>
#include <stdint.h>

#define PERF_SIZES_MAX        8
#define PERF_SIZES_WEIGHT_MAX 1000000

struct perf_size_class {
    uint64_t bytes;
    unsigned weight;
};

struct perf_sizes {
    struct perf_size_class list[PERF_SIZES_MAX];
    size_t count; /* 0: there are no classes, all bodies have one size */
    unsigned total;
};

/* The class of body `index`: it follows from the seed alone. There is at least one. */
size_t perf_sizes_class(const struct perf_sizes *sizes, uint64_t seed, uint32_t index);

/* The largest size; 0 without classes. */
uint64_t perf_sizes_largest(const struct perf_sizes *sizes);

#endif
