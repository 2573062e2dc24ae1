/* Buckets from the least up: none is lost, and values lie at their buckets. */
#include <criterion/criterion.h>
#include <math.h>

#include "bucket_walk.h"

Test(bucket_walk, every_value_is_in_its_bucket) {
    static const uint64_t values[] = {0, 1, 1000, 900000, 1000000, 123456789, 60000000000u};
    struct hr_histogram histogram;
    struct perf_bucket_walk walk;
    struct perf_bucket bucket;
    hr_histogram_init(&histogram, HR_HISTOGRAM_SECONDS);
    for (unsigned i = 0; i < 7; i++) hr_histogram_record(&histogram, values[i]);
    perf_bucket_walk_open(&walk, &histogram);
    for (unsigned i = 0; i < 7; i++) {
        cr_assert(perf_bucket_walk_next(&walk, &bucket), "%u", i);
        cr_expect_eq(bucket.count, 1);
        cr_expect_eq(walk.below, i + 1);
        cr_expect_float_eq(bucket.middle_ns, (double)values[i], 0.011 * (double)values[i]);
        cr_expect_geq(bucket.upper_s * (1 + 1e-12), (double)values[i] / 1e9);
        cr_expect_lt(bucket.upper_s / exp2(1 / 32.0) * (1 - 1e-12),
                     (double)values[i] / 1e9 + 1e-30);
    }
    cr_expect_not(perf_bucket_walk_next(&walk, &bucket));
}

Test(bucket_walk, an_empty_one_has_none) {
    struct hr_histogram histogram;
    struct perf_bucket_walk walk;
    struct perf_bucket bucket;
    hr_histogram_init(&histogram, HR_HISTOGRAM_SECONDS);
    perf_bucket_walk_open(&walk, &histogram);
    cr_expect_not(perf_bucket_walk_next(&walk, &bucket));
}
