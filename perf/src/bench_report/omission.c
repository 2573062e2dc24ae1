/* Estimates what a closed loop hides, bucket by bucket. */
#include "omission.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* The buckets of a histogram with the operations that are missing, in nanoseconds. */
struct filled {
    struct hr_histogram_buckets buckets;
    double interval, largest;
    double counts[HR_HISTOGRAM_BUCKETS];
    double missing;
};

/* The upper bound of bucket `i`; the lower one is that of the bucket below. */
static double bound(const struct filled *filled, int64_t i) {
    return 1e9 * exp2((double)(filled->buckets.offset + i + 1) / exp2(filled->buckets.scale));
}

static double middle(const struct filled *filled, int64_t i) {
    double value = sqrt(bound(filled, i - 1) * bound(filled, i));
    return value < filled->largest ? value : filled->largest;
}

/* Adds value - interval, value - 2 * interval and so on, down to the interval, `count` times each:
 * so many of them as lie in each bucket. */
static void add(struct filled *filled, double value, double count) {
    double last = floor(value / filled->interval) - 1;
    for (int64_t i = 0; i < filled->buckets.size && bound(filled, i - 1) < value; i++) {
        double first = ceil((value - bound(filled, i)) / filled->interval);
        double behind = ceil((value - bound(filled, i - 1)) / filled->interval) - 1;
        if (first < 1) first = 1;
        if (behind > last) behind = last;
        if (behind < first) continue;
        filled->counts[i] += count * (behind - first + 1);
        filled->missing += count * (behind - first + 1);
    }
}

/* The value that a share of all lies at or below. */
static double quantile(const struct filled *filled, double share) {
    double all = 0, seen = 0;
    for (uint32_t i = 0; i < filled->buckets.size; i++) all += filled->counts[i];
    for (uint32_t i = 0; i < filled->buckets.size; i++) {
        seen += filled->counts[i];
        if (seen >= share * all) return middle(filled, i);
    }
    return 0;
}

static uint64_t whole(double value) {
    return value < 0x1p63 ? (uint64_t)value : INT64_MAX;
}

void perf_omission_estimate(const struct hr_histogram *latency, uint64_t think_ns,
                            struct perf_omission *omission) {
    struct filled filled = {.missing = 0};
    *omission = (struct perf_omission){.operations = 0};
    if (latency->count == 0) return;
    assert(latency->unit == HR_HISTOGRAM_SECONDS);
    omission->interval_ns = hr_histogram_quantile(latency, 0.5) + think_ns;
    hr_histogram_buckets_get(latency, &filled.buckets);
    filled.interval = (double)omission->interval_ns;
    filled.largest = (double)latency->max;
    for (uint32_t i = 0; i < filled.buckets.size; i++)
        filled.counts[i] += (double)filled.buckets.counts[i];
    for (uint32_t i = 0; i < filled.buckets.size && filled.interval >= 1; i++)
        if (filled.buckets.counts[i] && middle(&filled, i) >= 2 * filled.interval)
            add(&filled, middle(&filled, i), (double)filled.buckets.counts[i]);
    omission->operations = whole(filled.missing);
    omission->p99_ns = whole(quantile(&filled, 0.99));
}
