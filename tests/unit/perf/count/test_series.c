/* Seconds of a run, percentiles in them, and steps that become wider. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "series.h"

#define SECOND_NS 1000000000ull
#define START     5000000000ull

static struct perf_series opened(void) {
    struct perf_series series = {.steps = NULL};
    cr_assert_eq(perf_series_open(&series), 0);
    perf_series_begin(&series, START, 0);
    return series;
}

static struct perf_series_figures *reduced(struct perf_series *series) {
    struct perf_series_figures *figures = calloc(1, sizeof *figures);
    perf_series_reduce(series, figures);
    perf_series_close(series);
    return figures;
}

Test(series, an_operation_counts_in_the_second_of_its_end) {
    struct perf_series series = opened();
    perf_series_record(&series, START, true, 1000);
    perf_series_record(&series, START + SECOND_NS - 1, true, 1000);
    perf_series_record(&series, START + SECOND_NS, false, 1000);
    perf_series_record(&series, START + 4 * SECOND_NS, true, 1000);
    struct perf_series_figures *figures = reduced(&series);
    static const unsigned operations[] = {2, 0, 0, 0, 1}, errors[] = {0, 1, 0, 0, 0};
    cr_assert_eq(figures->count, 5);
    cr_expect_eq(figures->step_s, 1);
    for (unsigned i = 0; i < 5; i++) {
        cr_expect_eq(figures->list[i].operations, operations[i]);
        cr_expect_eq(figures->list[i].errors, errors[i]);
        cr_expect_eq(figures->list[i].p99_ns > 0, operations[i] > 0);
    }
    free(figures);
}

static int compare(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Against sorted latencies of all magnitudes. */
Test(series, percentiles_are_those_of_sorted_latencies) {
    static const struct {
        uint64_t least, most;
    } rows[] = {{0, 100000}, {100000, 300000}, {1000000, 1000000000}, {1000000000, 4000000000000}};
    srand(1);
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        struct perf_series series = opened();
        uint64_t latencies[1000];
        for (unsigned i = 0; i < 1000; i++) {
            latencies[i] = rows[row].least + (uint64_t)((double)(rows[row].most - rows[row].least) *
                                                        rand() / RAND_MAX);
            perf_series_record(&series, START, true, latencies[i]);
        }
        qsort(latencies, 1000, sizeof *latencies, compare);
        struct perf_series_figures *figures = reduced(&series);
        double p50 = (double)latencies[499], p99 = (double)latencies[989];
        cr_expect_float_eq((double)figures->list[0].p50_ns, p50, 0.016 * p50 + 512, "row %zu", row);
        cr_expect_float_eq((double)figures->list[0].p99_ns, p99, 0.016 * p99 + 512, "row %zu", row);
        free(figures);
    }
}

Test(series, a_latency_beyond_the_last_bucket_is_in_it) {
    struct perf_series series = opened();
    perf_series_record(&series, START, true, UINT64_MAX);
    struct perf_series_figures *figures = reduced(&series);
    cr_expect_gt(figures->list[0].p50_ns, 4300 * SECOND_NS);
    free(figures);
}

/* One operation a second, for longer than there are steps. */
Test(series, each_two_steps_become_one_where_all_are_used) {
    struct perf_series series = opened();
    unsigned seconds = 3 * PERF_SERIES_STEPS + 1;
    for (unsigned i = 0; i < seconds; i++)
        perf_series_record(&series, START + i * SECOND_NS, i % 2 == 0, 1000);
    struct perf_series_figures *figures = reduced(&series);
    uint64_t operations = 0, errors = 0;
    cr_expect_eq(figures->step_s, 4);
    cr_expect_eq(figures->count, (seconds + 3) / 4);
    for (unsigned i = 0; i < figures->count; i++) {
        operations += figures->list[i].operations;
        errors += figures->list[i].errors;
        if (i + 1 < figures->count) cr_expect_eq(figures->list[i].operations, 2, "step %u", i);
    }
    cr_expect_eq(operations + errors, seconds);
    free(figures);
}

Test(series, a_jump_of_days_is_one_step) {
    struct perf_series series = opened();
    perf_series_record(&series, START, true, 1000);
    perf_series_record(&series, START + 7 * 86400 * SECOND_NS, true, 1000);
    struct perf_series_figures *figures = reduced(&series);
    cr_expect_eq(figures->step_s, 2048);
    cr_expect_eq(figures->count, 7 * 86400 / 2048 + 1);
    cr_expect_eq(figures->list[0].operations, 1);
    cr_expect_eq(figures->list[figures->count - 1].operations, 1);
    free(figures);
}

Test(series, threads_are_merged_in_the_wider_steps) {
    for (unsigned wider = 0; wider < 2; wider++) {
        struct perf_series list[2] = {opened(), opened()};
        perf_series_record(&list[0], START + 3 * SECOND_NS, true, 1000);
        perf_series_record(&list[1], START + 2 * SECOND_NS, true, 9000);
        perf_series_record(&list[1], START + 600 * SECOND_NS, false, 9000);
        perf_series_merge(&list[wider], &list[1 - wider]);
        perf_series_close(&list[1 - wider]);
        struct perf_series_figures *figures = reduced(&list[wider]);
        cr_expect_eq(figures->step_s, 2);
        cr_expect_eq(figures->count, 301);
        cr_expect_eq(figures->list[1].operations, 2);
        cr_expect_eq(figures->list[300].errors, 1);
        free(figures);
    }
}
