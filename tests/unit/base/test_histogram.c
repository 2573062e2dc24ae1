#include <criterion/criterion.h>
#include <stdlib.h>

#include <headrace/histogram.h>

static int by_value(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static uint64_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> (20 + (*state >> 59)); /* many magnitudes */
}

Test(histogram, quantiles_are_within_a_step_of_the_sorted_values) {
    enum { COUNT = 20000 };
    static uint64_t values[COUNT];
    static struct hr_histogram histogram;
    uint64_t state = 1, sum = 0;
    for (size_t i = 0; i < COUNT; i++) {
        values[i] = next_random(&state);
        sum += values[i];
        hr_histogram_record(&histogram, values[i]);
    }
    qsort(values, COUNT, sizeof values[0], by_value);
    const double quantiles[] = {0, 0.001, 0.5, 0.9, 0.95, 0.99, 0.999, 1};
    for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++) {
        size_t rank = (size_t)(quantiles[i] * COUNT);
        uint64_t exact = values[rank > 0 ? rank - 1 : 0];
        uint64_t read = hr_histogram_quantile(&histogram, quantiles[i]);
        cr_assert_geq(read, exact);
        cr_assert_leq(read, exact + exact / 64 + 1);
    }
    cr_assert_eq(histogram.min, values[0]);
    cr_assert_eq(histogram.max, values[COUNT - 1]);
    cr_assert_eq(histogram.sum, sum);
    cr_assert_float_eq(hr_histogram_mean(&histogram), (double)sum / COUNT, 1.0);
}

Test(histogram, merging_is_the_same_as_recording_in_one) {
    static struct hr_histogram parts[3], merged, whole;
    uint64_t state = 5;
    for (size_t i = 0; i < 9000; i++) {
        uint64_t value = next_random(&state);
        hr_histogram_record(&parts[i % 3], value);
        hr_histogram_record(&whole, value);
    }
    for (int i = 2; i >= 0; i--) hr_histogram_merge(&merged, &parts[i]);
    cr_assert_eq(memcmp(&merged, &whole, sizeof whole), 0);
    static struct hr_histogram empty;
    hr_histogram_merge(&merged, &empty);
    cr_assert_eq(memcmp(&merged, &whole, sizeof whole), 0);
}

Test(histogram, edges) {
    static struct hr_histogram histogram;
    cr_assert_eq(hr_histogram_quantile(&histogram, 0.5), 0);
    cr_assert_float_eq(hr_histogram_mean(&histogram), 0, 0);
    hr_histogram_record(&histogram, 0);
    cr_assert_eq(hr_histogram_quantile(&histogram, 0.5), 0);
    hr_histogram_record(&histogram, UINT64_MAX);
    cr_assert_eq(hr_histogram_quantile(&histogram, 1), UINT64_MAX);
    for (unsigned power = 0; power < HR_HISTOGRAM_VALUE_BITS; power++) {
        hr_histogram_init(&histogram);
        uint64_t value = UINT64_C(1) << power;
        hr_histogram_record(&histogram, value);
        hr_histogram_record(&histogram, value * 2 + 1);
        cr_assert_geq(hr_histogram_quantile(&histogram, 0.5), value);
        cr_assert_leq(hr_histogram_quantile(&histogram, 0.5), value + value / 64);
    }
}
