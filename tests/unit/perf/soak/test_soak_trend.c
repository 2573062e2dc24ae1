/* Looks that are put together, and the slope of what is left. */
#include <criterion/criterion.h>
#include <math.h>

#include "soak_trend.h"

#define MIB 1048576.0

/* `count` looks, one a second: memory of 10 MiB, and of `a_second` bytes more each second. */
static struct perf_trend trend_of(unsigned count, double a_second) {
    struct perf_trend trend = {.used = 0};
    for (unsigned i = 0; i < count; i++)
        perf_trend_add(&trend, &(struct perf_trend_row){i, 10 * MIB + i * a_second, 7, 3});
    return trend;
}

Test(soak_trend, a_line_has_its_slope_however_many_looks_there_were) {
    static const unsigned counts[] = {4, 10, 64, 65, 127, 1000, 86400};
    for (unsigned i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct perf_trend trend = trend_of(counts[i], 100);
        struct perf_trend_figures figures;
        perf_trend_reduce(&trend, &figures);
        cr_expect_leq(trend.used, PERF_TREND_ROWS);
        cr_expect_geq(trend.used, counts[i] < 32 ? counts[i] : 32);
        cr_expect_float_eq(figures.rss_bytes_per_s.value, 100, 1e-3, "%u looks", counts[i]);
        cr_expect_leq(figures.rss_bytes_per_s.low, 100.001);
    }
}

Test(soak_trend, rows_are_means_of_neighbours) {
    struct perf_trend trend = trend_of(128, 1);
    cr_assert_eq(trend.used, 64);
    cr_expect_eq(trend.looks_a_row, 2);
    for (unsigned i = 0; i < 64; i++)
        cr_expect_float_eq(trend.rows[i].at_s, 2 * i + 0.5, 1e-9, "row %u", i);
}

Test(soak_trend, the_first_tenth_is_warm_up) {
    struct perf_trend trend = {.used = 0};
    struct perf_trend_figures figures;
    for (unsigned i = 0; i < 40; i++)
        perf_trend_add(&trend,
                       &(struct perf_trend_row){i, i < 4 ? i * MIB : 5 * MIB, i < 4 ? i : 9, 2});
    perf_trend_reduce(&trend, &figures);
    cr_expect_float_eq(figures.rss_bytes_per_s.value, 0, 1e-9);
    cr_expect_eq(figures.more_descriptors, 0);
}

Test(soak_trend, what_stays_is_seen) {
    struct perf_trend trend = {.used = 0};
    struct perf_trend_figures figures;
    for (unsigned i = 0; i < 40; i++)
        perf_trend_add(&trend, &(struct perf_trend_row){i, MIB, i < 20 ? 7 : 12, i < 39 ? 3 : 4});
    perf_trend_reduce(&trend, &figures);
    cr_expect_eq(figures.more_descriptors, 5);
    cr_expect_eq(figures.more_threads, 1);
}

Test(soak_trend, two_looks_and_none_tell_nothing) {
    for (unsigned count = 0; count < 3; count++) {
        struct perf_trend trend = trend_of(count, 100);
        struct perf_trend_figures figures;
        perf_trend_reduce(&trend, &figures);
        cr_expect(isinf(figures.rss_bytes_per_s.low) && isinf(figures.rss_bytes_per_s.high));
    }
}

Test(soak_trend, a_look_is_at_this_process) {
    const struct perf_trend_row row = perf_trend_look(1);
    cr_expect_gt(row.rss_bytes, MIB);
    cr_expect_geq(row.descriptors, 3);
    cr_expect_geq(row.threads, 1);
}
