/* Log-linear histogram of 64-bit values: 64 linear steps per power of two, so a reading is at most
 * 1/64 (1.6 %) above the value. Merging is exact, whatever order and whichever process the parts
 * come from. One writer at a time; readers on other threads merge from it without tearing. */
#ifndef HEADRACE_HISTOGRAM_H
#define HEADRACE_HISTOGRAM_H

#include <stdint.h>

#include <headrace/export.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HR_HISTOGRAM_STEP_BITS  6
#define HR_HISTOGRAM_VALUE_BITS 44 /* larger values (5 hours in ns) count in the last bucket */
#define HR_HISTOGRAM_BUCKETS                                                                       \
    ((HR_HISTOGRAM_VALUE_BITS - HR_HISTOGRAM_STEP_BITS + 1) << HR_HISTOGRAM_STEP_BITS)

struct hr_histogram {
    uint64_t count;
    uint64_t sum; /* wraps only after 2^64 in all */
    uint64_t min; /* of the values recorded; valid when count > 0 */
    uint64_t max;
    uint64_t buckets[HR_HISTOGRAM_BUCKETS];
};

/* Empties it. A zeroed struct is a valid empty histogram too. */
HR_API void hr_histogram_init(struct hr_histogram *histogram);

/* Counts one value. Owner thread only. */
HR_API void hr_histogram_record(struct hr_histogram *histogram, uint64_t value);

/* Adds all of `from` to `into`. The caller owns `into`; `from` may be written by its own thread
 * meanwhile (the copy then holds all records that were complete before the call). */
HR_API void hr_histogram_merge(struct hr_histogram *into, const struct hr_histogram *from);

/* The smallest recorded bucket's upper bound below which `quantile` (0..1) of the values lie,
 * clipped to the largest value seen; 0 when empty. */
HR_API uint64_t hr_histogram_quantile(const struct hr_histogram *histogram, double quantile);

/* Arithmetic mean; 0 when empty. */
HR_API double hr_histogram_mean(const struct hr_histogram *histogram);

#ifdef __cplusplus
}
#endif

#endif
