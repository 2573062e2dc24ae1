/* Quantiles of the difference of two histograms. */
#include "window.h"

#include <assert.h>
#include <math.h>

/* The count of bucket `index` of a histogram's buckets. */
static uint64_t count_at(const struct hr_histogram_buckets *buckets, int32_t index) {
    int64_t at = (int64_t)index - buckets->offset;
    return at >= 0 && at < buckets->size ? buckets->counts[at] : 0;
}

/* In nanoseconds, or plain values. */
static double middle_of(const struct hr_histogram *histogram, int32_t scale, int32_t index) {
    double middle = exp2((index + 0.5) / (1 << scale));
    return histogram->unit == HR_HISTOGRAM_SECONDS ? middle * 1e9 : middle;
}

uint64_t perf_window_quantile(const struct hr_histogram *before, const struct hr_histogram *now,
                              double quantile) {
    struct hr_histogram_buckets old, new;
    hr_histogram_buckets_get(before, &old);
    hr_histogram_buckets_get(now, &new);
    assert(before->count <= now->count && (before->count == 0 || old.scale == new.scale));
    if (now->count == before->count) return 0;
    uint64_t seen = now->zero_count - before->zero_count,
             rank = (uint64_t)ceil(quantile * (double)(now->count - before->count));
    if (rank == 0) rank = 1;
    if (seen >= rank) return 0;
    for (uint32_t i = 0; i < new.size; i++) {
        int32_t index = new.offset + (int32_t)i;
        seen += new.counts[i] - count_at(&old, index);
        if (seen >= rank) return (uint64_t)middle_of(now, new.scale, index);
    }
    return now->max;
}
