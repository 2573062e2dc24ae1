/* Baselines: what is called worse, and what is not. */
#include "report_fixture.h"

#include "summary_compare.h"

#define BEGIN_MS 1700000000000u
#define ROUNDS   6
#define RUNS     20

/* Six rounds with latencies `slower` times 2 ms, and a rate that is so much smaller; each round
 * with a noise of 1.5 %. */
static struct perf_summary *rounds_of(double slower, uint64_t *seed, unsigned rounds) {
    struct perf_summary *summary = fixture_summary();
    for (unsigned r = 0; r < rounds; r++) {
        struct hr_histogram histogram;
        double speed = slower * (1 + 0.015 * fixture_noise(seed));
        hr_histogram_init(&histogram, HR_HISTOGRAM_SECONDS);
        for (unsigned i = 0; i < 2000; i++)
            hr_histogram_record(&histogram,
                                (uint64_t)(2e6 * speed * exp(0.3 * fixture_noise(seed))));
        struct fixture_run run = {"http://x", BEGIN_MS + 10000 * r, 5 * speed, speed, 4,
                                  0,          &histogram,           NULL};
        fixture_add(summary, "r", &run);
    }
    cr_assert_eq(perf_summary_merge(summary, PERF_TOGETHER_AUTO), 0);
    return summary;
}

/* How many of 20 runs that are `slower` than their baselines are past the threshold of 5 %, by
 * their rate. */
static unsigned flagged(double slower, uint64_t seed) {
    unsigned past = 0;
    for (unsigned i = 0; i < RUNS; i++) {
        struct perf_summary *baseline = rounds_of(1, &seed, ROUNDS);
        struct perf_summary *now = rounds_of(slower, &seed, ROUNDS);
        struct perf_comparisons comparisons;
        cr_assert_eq(perf_compare(now, baseline, 0.05, &comparisons), 0);
        cr_assert_eq(comparisons.count, 4); /* rate, p50, p99, CPU */
        past += comparisons.list[0].is_past;
        if (slower <= 1.01)
            cr_expect_eq(comparisons.past, 0, "run %u: %u figures past", i, comparisons.past);
        perf_comparisons_free(&comparisons);
        fixture_summary_free(now);
        fixture_summary_free(baseline);
    }
    return past;
}

Test(summary_compare, a_tenth_is_flagged_in_each_of_20_runs) {
    cr_expect_eq(flagged(1.1, 1), RUNS);
}

Test(summary_compare, a_hundredth_is_flagged_in_none_of_20_runs) {
    cr_expect_eq(flagged(1.01, 2), 0);
}

Test(summary_compare, nothing_is_flagged_where_nothing_changed) {
    cr_expect_eq(flagged(1, 3), 0);
}

Test(summary_compare, a_gain_is_better_with_its_interval) {
    uint64_t seed = 4;
    struct perf_summary *baseline = rounds_of(1, &seed, ROUNDS),
                        *now = rounds_of(0.8, &seed, ROUNDS);
    struct perf_comparisons comparisons;
    cr_assert_eq(perf_compare(now, baseline, 0.05, &comparisons), 0);
    for (unsigned i = 0; i < comparisons.count; i++) {
        const struct perf_comparison *made = &comparisons.list[i];
        double wanted = i == 0 ? 1.25 : 0.8;
        cr_expect(made->judged && made->change == PERF_BETTER, "%s", made->now->name);
        cr_expect(made->ratio.low < wanted && wanted < made->ratio.high, "%s: %g-%g",
                  made->now->name, made->ratio.low, made->ratio.high);
        cr_expect_geq(made->ratio.confidence, 0.95);
    }
    cr_expect_eq(comparisons.past, 0);
    perf_comparisons_free(&comparisons);
    fixture_summary_free(now);
    fixture_summary_free(baseline);
}

Test(summary_compare, of_one_run_the_threshold_alone_decides) {
    uint64_t seed = 5;
    struct perf_summary *baseline = rounds_of(1, &seed, 1), *now = rounds_of(1.3, &seed, 1);
    struct perf_comparisons comparisons;
    cr_assert_eq(perf_compare(now, baseline, 0.05, &comparisons), 0);
    cr_expect(comparisons.list[0].is_past && !comparisons.list[0].judged);
    perf_comparisons_free(&comparisons);
    cr_assert_eq(perf_compare(now, baseline, 0.5, &comparisons), 0);
    cr_expect_eq(comparisons.past, 0);
    cr_expect_eq(comparisons.list[0].change, PERF_SAME);
    perf_comparisons_free(&comparisons);
    fixture_summary_free(now);
    fixture_summary_free(baseline);
}

Test(summary_compare, a_result_without_counterpart_is_told) {
    struct hr_histogram histogram;
    struct perf_summary *baseline = fixture_summary(), *now = fixture_summary();
    struct perf_comparisons comparisons;
    hr_histogram_init(&histogram, HR_HISTOGRAM_SECONDS);
    hr_histogram_record(&histogram, 5);
    fixture_add(now, "a.json", &(struct fixture_run){"x", BEGIN_MS, 1, 1, 4, 0, &histogram, NULL});
    fixture_add(baseline, "b.json",
                &(struct fixture_run){"x", BEGIN_MS, 1, 1, 8, 0, &histogram, NULL});
    cr_assert_eq(perf_compare(now, baseline, 0.05, &comparisons), 0);
    cr_expect(comparisons.count == 0 && comparisons.alone == 1);
    cr_assert_eq(now->warning_count, 1);
    cr_expect_str_eq(now->warnings[0], "bench s3 (a.json) has no counterpart in the baseline");
    perf_comparisons_free(&comparisons);
    fixture_summary_free(now);
    fixture_summary_free(baseline);
}

Test(summary_compare, the_same_target_is_preferred_and_another_one_is_told) {
    struct hr_histogram histogram;
    struct perf_summary *baseline = fixture_summary(), *now = fixture_summary();
    struct perf_comparisons comparisons;
    hr_histogram_init(&histogram, HR_HISTOGRAM_SECONDS);
    hr_histogram_record(&histogram, 5);
    struct fixture_run run = {"y", BEGIN_MS, 1, 1, 4, 0, &histogram, NULL};
    fixture_add(baseline, "y", &run);
    run.target = "x";
    fixture_add(baseline, "x", &run);
    fixture_add(now, "x", &run);
    run.target = "z";
    fixture_add(now, "z", &run);
    cr_assert_eq(perf_compare(now, baseline, 0.05, &comparisons), 0);
    cr_expect_str_eq(comparisons.list[0].baseline->target, "x");
    cr_expect_str_eq(comparisons.list[comparisons.count - 1].baseline->target, "y");
    cr_assert_eq(now->warning_count, 1);
    cr_expect_str_eq(now->warnings[0], "bench s3: the baseline's target is y, not z");
    perf_comparisons_free(&comparisons);
    fixture_summary_free(now);
    fixture_summary_free(baseline);
}
