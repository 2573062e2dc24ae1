/* The processes of a long run, their sums, and what time did to it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "soak.h"

#define SECOND_NS 1000000000ull

static void count(struct perf_soak *soak, unsigned operations) {
    const struct perf_outcome outcome = {.kind = PERF_GET, .latency_ns = 1000000, .attempts = 1};
    for (unsigned i = 0; i < operations; i++) perf_result_record(&soak->all->result, &outcome);
}

Test(soak, processes_add_up_and_what_is_lost_between_is_told) {
    struct perf_soak *soak = perf_soak_new(100 * SECOND_NS);
    cr_assert_eq(perf_soak_join(soak, 50000, 0), 0);
    count(soak, 10);
    perf_soak_advance(soak, 3 * SECOND_NS);
    cr_expect_eq(perf_soak_before_ns(soak), 0);
    cr_assert_eq(perf_soak_join(soak, 60000, 53000), 0);
    count(soak, 5);
    perf_soak_advance(soak, 1 * SECOND_NS);
    perf_soak_advance(soak, 2 * SECOND_NS);
    cr_expect_eq(perf_soak_measured_ns(soak), 5 * SECOND_NS);
    cr_expect_eq(perf_soak_before_ns(soak), 3 * SECOND_NS);
    cr_expect_eq(perf_soak_lost_ns(soak), 7 * SECOND_NS);
    cr_expect_eq(perf_soak_operations(soak), 15);
    cr_expect_eq(soak->lives[0].operations, 10);
    cr_expect_eq(soak->lives[1].operations, 5);
    perf_soak_free(soak);
}

/* A clock that was set back says nothing of the time. */
Test(soak, a_checkpoint_of_the_future_lost_nothing) {
    struct perf_soak *soak = perf_soak_new(SECOND_NS);
    cr_assert_eq(perf_soak_join(soak, 50000, 60000), 0);
    cr_expect_eq(perf_soak_lost_ns(soak), 0);
    perf_soak_free(soak);
}

Test(soak, one_process_too_many_is_refused) {
    struct perf_soak *soak = perf_soak_new(SECOND_NS);
    for (unsigned i = 0; i < PERF_SOAK_LIVES_MAX; i++)
        cr_assert_eq(perf_soak_join(soak, 1000 + i, 0), 0);
    cr_expect_eq(perf_soak_join(soak, 9000, 0), -E2BIG);
    cr_expect_eq(soak->life_count, PERF_SOAK_LIVES_MAX);
    perf_soak_free(soak);
}

Test(soak, the_process_that_surely_grew_most_is_told) {
    struct perf_soak *soak = perf_soak_new(SECOND_NS);
    struct perf_series_figures *series = calloc(1, sizeof *series);
    struct perf_soak_figures figures;
    static const struct perf_slope slopes[] = {{-INFINITY, 0, INFINITY}, {1, 2, 3}, {-9, 50, 99}};
    for (unsigned i = 0; i < 3; i++) {
        perf_soak_join(soak, 1000, 0);
        soak->lives[i].measured_ns = 10 * SECOND_NS;
        soak->lives[i].trend.rss_bytes_per_s = slopes[i];
        soak->lives[i].trend.more_threads = i;
    }
    perf_soak_reduce(soak, series, &figures);
    cr_expect_float_eq(figures.rss_bytes_per_h.value, 7200, 1e-6);
    cr_expect_float_eq(figures.rss_growth_low_bytes, 10, 1e-6);
    cr_expect_eq(figures.more_threads, 2);
    cr_expect(isinf(figures.p99_drift_percent.low), "no rows");
    free(series);
    perf_soak_free(soak);
}

/* Rows whose p99 goes from 10 ms to 20 ms: by ten rows of 1 ms, of the median 15. */
Test(soak, the_drift_of_p99_is_of_its_median_row) {
    struct perf_soak *soak = perf_soak_new(SECOND_NS);
    struct perf_series_figures *series = calloc(1, sizeof *series);
    struct perf_soak_figures figures;
    perf_soak_join(soak, 1000, 0);
    series->step_s = 256;
    series->count = 14;
    for (unsigned i = 0; i < 14; i++)
        series->list[i] = (struct perf_series_figure){.operations = i == 12 ? 99 : 1000,
                                                      .p99_ns = (9 + i) * 1000000ull};
    series->list[0].p99_ns = series->list[13].p99_ns = 1; /* parts of steps */
    series->list[12].p99_ns = 1;                          /* of too few operations */
    perf_soak_reduce(soak, series, &figures);
    cr_expect_float_eq(figures.p99_drift_percent.value, 100 * 10.0 / 15, 1e-6);
    cr_expect_float_eq(figures.p99_drift_percent.low, 100 * 10.0 / 15, 1e-3);
    free(series);
    perf_soak_free(soak);
}
