/* The correction for coordinated omission, beside the rule done value by value. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "omission.h"

#define MILLISECOND 1000000ull

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The values with those that are missing, sorted; how many are missing. */
static size_t corrected(const uint64_t *values, size_t count, double interval, double *all,
                        size_t *size) {
    size_t missing = 0;
    *size = 0;
    for (size_t i = 0; i < count; i++) {
        all[(*size)++] = (double)values[i];
        for (double left = (double)values[i] - interval; left >= interval; left -= interval) {
            all[(*size)++] = left;
            missing++;
        }
    }
    qsort(all, *size, sizeof *all, compare);
    return missing;
}

Test(omission, a_stall_stands_for_all_who_would_have_waited) {
    enum { COUNT = 2000, ROOM = 100000 };
    uint64_t *values = calloc(COUNT, sizeof *values);
    double *all = calloc(ROOM, sizeof *all);
    struct hr_histogram latency;
    struct perf_omission omission;
    size_t size;
    hr_histogram_init(&latency, HR_HISTOGRAM_SECONDS);
    srand(3);
    for (size_t i = 0; i < COUNT; i++) {
        values[i] = 4 * MILLISECOND + (unsigned)rand() % (2 * MILLISECOND);
        if (i % 500 == 7) values[i] = 2000 * MILLISECOND + (unsigned)rand() % MILLISECOND;
        hr_histogram_record(&latency, values[i]);
    }
    perf_omission_estimate(&latency, 0, &omission);
    cr_expect_float_eq((double)omission.interval_ns, 5.0 * MILLISECOND, 0.02 * 5 * MILLISECOND);
    size_t missing = corrected(values, COUNT, (double)omission.interval_ns, all, &size);
    cr_expect_float_eq((double)omission.operations, (double)missing, 0.02 * (double)missing);
    double p99 = all[(size_t)(0.99 * (double)size)];
    cr_expect_float_eq((double)omission.p99_ns, p99, 0.025 * p99, "%g", p99);
    cr_expect_lt(hr_histogram_quantile(&latency, 0.99), 7 * MILLISECOND, "as the loop saw it");
    free(values);
    free(all);
}

Test(omission, even_latencies_hide_nothing) {
    struct hr_histogram latency;
    struct perf_omission omission;
    hr_histogram_init(&latency, HR_HISTOGRAM_SECONDS);
    for (unsigned i = 0; i < 1000; i++) hr_histogram_record(&latency, (i % 9 + 10) * 100000);
    perf_omission_estimate(&latency, 0, &omission);
    cr_expect_eq(omission.operations, 0);
    cr_expect_float_eq((double)omission.p99_ns, 1800000, 0.025 * 1800000);
}

/* Whoever thinks for a second sends nothing in a wait that is shorter. */
Test(omission, think_time_is_part_of_the_interval) {
    struct hr_histogram latency;
    struct perf_omission omission;
    hr_histogram_init(&latency, HR_HISTOGRAM_SECONDS);
    for (unsigned i = 0; i < 100; i++) hr_histogram_record(&latency, MILLISECOND);
    hr_histogram_record(&latency, 900 * MILLISECOND);
    perf_omission_estimate(&latency, 1000 * MILLISECOND, &omission);
    cr_expect_eq(omission.operations, 0);
    perf_omission_estimate(&latency, 100 * MILLISECOND, &omission);
    cr_expect(omission.operations >= 7 && omission.operations <= 8);
}

Test(omission, nothing_and_nanoseconds) {
    struct hr_histogram latency;
    struct perf_omission omission;
    hr_histogram_init(&latency, HR_HISTOGRAM_SECONDS);
    perf_omission_estimate(&latency, 0, &omission);
    cr_expect_eq(omission.operations + omission.interval_ns + omission.p99_ns, 0);
    hr_histogram_record(&latency, 0);
    perf_omission_estimate(&latency, 0, &omission);
    cr_expect_eq(omission.operations, 0, "an interval of nothing");
    for (unsigned i = 0; i < 9; i++) hr_histogram_record(&latency, 1);
    hr_histogram_record(&latency, UINT64_MAX);
    perf_omission_estimate(&latency, 0, &omission);
    cr_expect_gt(omission.operations, 1000000000u);
}
