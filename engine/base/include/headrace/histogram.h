/* Base-2 exponential histogram of 64-bit values, as OpenTelemetry defines it: bucket i counts the
 * values in (base^i, base^(i+1)], where base is 2^(2^-scale). At scale 5 a bucket is 2.2 % wide.
 * Every value from 0 to UINT64_MAX has its exact bucket: none is out of range. Percentiles,
 * OpenTelemetry's exponential histograms and Prometheus's native ones (schema = scale) come from
 * the same counts. A histogram is 16.3 KiB. One thread at a time records into it; others may merge
 * from it meanwhile. */
#ifndef HEADRACE_HISTOGRAM_H
#define HEADRACE_HISTOGRAM_H

#include <stdint.h>

#include <headrace/export.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HR_HISTOGRAM_SCALE   5    /* of a new one, and the finest that there is */
#define HR_HISTOGRAM_BUCKETS 2080 /* at that scale, for all 64 powers of two */

/* Where the bounds of buckets lie. */
enum hr_histogram_unit {
    HR_HISTOGRAM_VALUES = 0, /* at powers of the base */
    HR_HISTOGRAM_SECONDS =
        1, /* values are nanoseconds, bounds are at powers of the base in seconds:
              durations that are exported in seconds keep their buckets */
};

/* A zeroed one is empty and counts HR_HISTOGRAM_VALUES. */
struct hr_histogram {
    uint64_t count;
    uint64_t sum; /* modulo 2^64 */
    uint64_t min; /* of the values recorded, exact; valid when count > 0 */
    uint64_t max;
    uint64_t zero_count; /* values of 0, which no bucket holds */
    enum hr_histogram_unit unit;
    uint32_t downscaled; /* how often pairs of buckets became one: scale is 5 less this */
    uint64_t reserved[2];
    uint64_t buckets[HR_HISTOGRAM_BUCKETS]; /* hr_histogram_buckets_get gives them their indices */
};

/* Empties it. */
HR_API void hr_histogram_init(struct hr_histogram *histogram, enum hr_histogram_unit unit);

/* Counts one value. Owner thread only. */
HR_API void hr_histogram_record(struct hr_histogram *histogram, uint64_t value);

/* Adds all of `from` to `into`, which is the caller's, at the coarser scale of the two. `from` may
 * be recorded into meanwhile (the copy then holds all records that were complete before the call).
 * The result depends neither on order nor on grouping, and is that of recording everything into
 * one histogram of that scale. An empty `into` takes over the unit of `from`. -EINVAL, and nothing
 * changes: both hold values, of different units. */
HR_API int hr_histogram_merge(struct hr_histogram *into, const struct hr_histogram *from);

/* Lowers the scale to 0..4: pairs of neighbouring buckets become one, exactly. -EINVAL: the scale
 * is negative, or finer than it is now. Owner thread only, and nobody may merge from it meanwhile.
 */
HR_API int hr_histogram_downscale(struct hr_histogram *histogram, int scale);

/* The value that a share `quantile` (0..1) of all values lies at or below; 0 when empty. It is the
 * geometric middle of the bucket, within min and max: at most hr_histogram_error, and half by
 * rounding, above or below the value that was recorded. Quantiles 0 and 1 are min and max, exact.
 */
HR_API uint64_t hr_histogram_quantile(const struct hr_histogram *histogram, double quantile);

/* The largest error of a quantile, as a share of the value: 0.0109 at scale 5. */
HR_API double hr_histogram_error(const struct hr_histogram *histogram);

/* Arithmetic mean; 0 when empty. */
HR_API double hr_histogram_mean(const struct hr_histogram *histogram);

/* The buckets from the first that counts something to the last, as OTLP's `positive` has them. */
struct hr_histogram_buckets {
    int32_t scale;
    int32_t offset;         /* index of counts[0]; Prometheus's index is one higher */
    uint32_t size;          /* 0: there is no value but 0 */
    const uint64_t *counts; /* the histogram's own */
};

/* A histogram as another program tells it. */
struct hr_histogram_told {
    enum hr_histogram_unit unit;
    struct hr_histogram_buckets buckets; /* of scale 0 to 5; borrowed for the call */
    uint64_t zero_count;
    uint64_t sum, min, max; /* of all values; nothing without a count */
    uint64_t reserved[2];   /* zeros */
};

/* Makes `histogram` the one that was told: it can then be merged as if it had been recorded here.
 * The count is that of the buckets and of zeros. -EINVAL, and nothing changes: `reserved` is not
 * zero, a scale, a unit or an index that does not exist, a count beyond 2^64, or a least or largest
 * value in another bucket than the first or last that counts something. */
HR_API int hr_histogram_restore(struct hr_histogram *histogram,
                                const struct hr_histogram_told *told);

/* Fills `buckets`. The histogram must not change while they are used: that of a live one are those
 * of a copy that was merged from it. */
HR_API void hr_histogram_buckets_get(const struct hr_histogram *histogram,
                                     struct hr_histogram_buckets *buckets);

#ifdef __cplusplus
}
#endif

#endif
