/* The buckets of a histogram of durations, from the least up. */
#ifndef PERF_BUCKET_WALK_H
#define PERF_BUCKET_WALK_H

#include <stdbool.h>

#include <headrace/histogram.h>

struct perf_bucket_walk {
    const struct hr_histogram *histogram; /* must not change meanwhile */
    struct hr_histogram_buckets buckets;
    uint32_t next;
    bool zeros_told;
    uint64_t below; /* values in this bucket and those before it */
};

struct perf_bucket {
    double middle_ns; /* geometric, within the least and the largest value */
    double upper_s;   /* the bound that is its own */
    uint64_t count;
};

void perf_bucket_walk_open(struct perf_bucket_walk *walk, const struct hr_histogram *histogram);
/* The next one that counts something; values of 0 have one of their own. False: no more. */
bool perf_bucket_walk_next(struct perf_bucket_walk *walk, struct perf_bucket *bucket);

#endif
