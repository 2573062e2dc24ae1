/* Log-linear histogram. Values below 2^STEP_BITS have a bucket each; above, each power of two has
 * 2^STEP_BITS buckets of equal width. Fields are written with relaxed atomics, as another thread
 * may merge meanwhile. */
#include <string.h>

#include <headrace/histogram.h>

#define STEPS (1u << HR_HISTOGRAM_STEP_BITS)

static uint64_t load(const uint64_t *field) {
    return __atomic_load_n(field, __ATOMIC_RELAXED);
}
static void store(uint64_t *field, uint64_t value) {
    __atomic_store_n(field, value, __ATOMIC_RELAXED);
}

static unsigned bucket_of(uint64_t value) {
    if (value >= UINT64_C(1) << HR_HISTOGRAM_VALUE_BITS) return HR_HISTOGRAM_BUCKETS - 1;
    if (value < STEPS) return (unsigned)value;
    unsigned power = 63u - (unsigned)__builtin_clzll(value);
    unsigned shift = power - HR_HISTOGRAM_STEP_BITS;
    return ((shift + 1) << HR_HISTOGRAM_STEP_BITS) + (unsigned)((value >> shift) - STEPS);
}

/* The largest value that falls into a bucket. */
static uint64_t bucket_top(unsigned bucket) {
    if (bucket < STEPS) return bucket;
    unsigned shift = (bucket >> HR_HISTOGRAM_STEP_BITS) - 1;
    uint64_t base = STEPS + (bucket & (STEPS - 1));
    return ((base + 1) << shift) - 1;
}

void hr_histogram_init(struct hr_histogram *histogram) {
    memset(histogram, 0, sizeof *histogram);
}

void hr_histogram_record(struct hr_histogram *histogram, uint64_t value) {
    uint64_t *bucket = &histogram->buckets[bucket_of(value)];
    if (load(&histogram->count) == 0 || value < load(&histogram->min))
        store(&histogram->min, value);
    if (value > load(&histogram->max)) store(&histogram->max, value);
    store(&histogram->sum, load(&histogram->sum) + value);
    store(bucket, load(bucket) + 1);
    store(&histogram->count, load(&histogram->count) + 1);
}

void hr_histogram_merge(struct hr_histogram *into, const struct hr_histogram *from) {
    uint64_t count = 0;
    for (unsigned i = 0; i < HR_HISTOGRAM_BUCKETS; i++) {
        uint64_t seen = load(&from->buckets[i]);
        into->buckets[i] += seen;
        count += seen;
    }
    if (count == 0) return;
    uint64_t low = load(&from->min), high = load(&from->max);
    if (into->count == 0 || low < into->min) into->min = low;
    if (high > into->max) into->max = high;
    into->sum += load(&from->sum);
    into->count += count; /* the buckets' own sum, so that quantiles always find their rank */
}

uint64_t hr_histogram_quantile(const struct hr_histogram *histogram, double quantile) {
    if (histogram->count == 0) return 0;
    double wanted = quantile <= 0 ? 1 : quantile * (double)histogram->count;
    uint64_t rank = (uint64_t)wanted;
    if ((double)rank < wanted) rank++;
    if (rank > histogram->count) rank = histogram->count;
    uint64_t seen = 0;
    for (unsigned i = 0; i < HR_HISTOGRAM_BUCKETS; i++) {
        seen += histogram->buckets[i];
        if (seen < rank) continue;
        uint64_t top = bucket_top(i);
        return top < histogram->max && i < HR_HISTOGRAM_BUCKETS - 1 ? top : histogram->max;
    }
    return histogram->max;
}

double hr_histogram_mean(const struct hr_histogram *histogram) {
    return histogram->count ? (double)histogram->sum / (double)histogram->count : 0;
}
