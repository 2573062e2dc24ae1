/* Coordinated omission: what a closed loop does not measure. While an operation is waited for, its
 * slot sends nothing, so a stall is one long latency a slot, where users who come by the clock
 * would all have waited. The estimate is the usual correction (HdrHistogram's for an expected
 * interval): each latency above the interval stands for further operations that began an interval,
 * two and so on later, and waited that much less. */
#ifndef PERF_OMISSION_H
#define PERF_OMISSION_H

#include <stdint.h>

#include <headrace/histogram.h>

struct perf_omission {
    uint64_t interval_ns; /* between two operations of a slot */
    uint64_t operations;  /* that were not sent */
    uint64_t p99_ns;      /* of those that were sent and of these */
};

/* Works out what is missing from `latency`, which counts HR_HISTOGRAM_SECONDS, where each slot was
 * to send one operation an interval: the median latency and `think_ns`. Zeros where it is empty. */
void perf_omission_estimate(const struct hr_histogram *latency, uint64_t think_ns,
                            struct perf_omission *omission);

#endif
