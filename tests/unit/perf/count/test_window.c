/* Quantiles of what a histogram has more than before. */
#include <criterion/criterion.h>

#include "window.h"

#define MS 1000000u

static struct hr_histogram before, now;

static void begin(enum hr_histogram_unit unit) {
    hr_histogram_init(&now, unit);
    for (int i = 0; i < 1000; i++) hr_histogram_record(&now, 5 * MS);
    before = now;
}

Test(window, only_what_came_since_counts) {
    begin(HR_HISTOGRAM_SECONDS);
    cr_expect_eq(perf_window_quantile(&before, &now, 0.5), 0);
    for (int i = 0; i < 98; i++) hr_histogram_record(&now, 1 * MS);
    hr_histogram_record(&now, 80 * MS);
    hr_histogram_record(&now, 80 * MS);
    cr_expect_float_eq((double)perf_window_quantile(&before, &now, 0.5), 1 * MS, 0.012 * MS);
    cr_expect_float_eq((double)perf_window_quantile(&before, &now, 0.98), 1 * MS, 0.012 * MS);
    cr_expect_float_eq((double)perf_window_quantile(&before, &now, 0.99), 80 * MS, 80 * 0.012 * MS);
    cr_expect_float_eq((double)perf_window_quantile(&before, &now, 1), 80 * MS, 80 * 0.012 * MS);
    cr_expect_float_eq((double)perf_window_quantile(&before, &now, 0), 1 * MS, 0.012 * MS);
}

Test(window, from_nothing_it_is_that_of_the_histogram) {
    begin(HR_HISTOGRAM_SECONDS);
    hr_histogram_init(&before, HR_HISTOGRAM_SECONDS);
    for (uint64_t value = 1; value < 1000000000u; value *= 3) hr_histogram_record(&now, value);
    for (double at = 0.1; at < 1; at += 0.1) {
        double expected = (double)hr_histogram_quantile(&now, at);
        cr_expect_float_eq((double)perf_window_quantile(&before, &now, at), expected,
                           0.012 * expected + 1);
    }
}

Test(window, latencies_of_zero_and_plain_values) {
    begin(HR_HISTOGRAM_VALUES);
    hr_histogram_record(&now, 0);
    cr_expect_eq(perf_window_quantile(&before, &now, 0.99), 0);
    hr_histogram_record(&now, 1024);
    cr_expect_float_eq((double)perf_window_quantile(&before, &now, 1), 1024, 12);
}
