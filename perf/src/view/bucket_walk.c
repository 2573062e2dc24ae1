/* Walking over buckets that count something. */
#include "bucket_walk.h"

#include <math.h>

void perf_bucket_walk_open(struct perf_bucket_walk *walk, const struct hr_histogram *histogram) {
    *walk = (struct perf_bucket_walk){.histogram = histogram};
    hr_histogram_buckets_get(histogram, &walk->buckets);
}

/* Bound `index` in seconds. */
static double bound_of(const struct perf_bucket_walk *walk, double index) {
    return exp2((walk->buckets.offset + index) / exp2(walk->buckets.scale));
}

static double within(double value, double least, double most) {
    return value < least ? least : value > most ? most : value;
}

bool perf_bucket_walk_next(struct perf_bucket_walk *walk, struct perf_bucket *bucket) {
    const struct hr_histogram *histogram = walk->histogram;
    if (!walk->zeros_told && histogram->zero_count > 0) {
        walk->zeros_told = true;
        walk->below = histogram->zero_count;
        *bucket = (struct perf_bucket){0, 0, histogram->zero_count};
        return true;
    }
    while (walk->next < walk->buckets.size && walk->buckets.counts[walk->next] == 0) walk->next++;
    if (walk->next == walk->buckets.size) return false;
    bucket->count = walk->buckets.counts[walk->next];
    bucket->upper_s = bound_of(walk, walk->next + 1.0);
    bucket->middle_ns = within(bound_of(walk, walk->next + 0.5) * 1e9, (double)histogram->min,
                               (double)histogram->max);
    walk->below += bucket->count;
    walk->next++;
    return true;
}
