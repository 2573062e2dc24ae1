/* Results put together: shards equal one run of all, rounds stay apart. */
#include "report_fixture.h"

#define BEGIN_MS 1700000000000u
#define EACH     5000
#define SHARDS   4

static int by_size(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

/* Four shards of log-normal latencies about 2 ms; `all` has the same in one, `values` themselves.
 */
static void record(struct hr_histogram shards[SHARDS], struct hr_histogram *all,
                   uint64_t values[SHARDS * EACH]) {
    uint64_t seed = 7;
    hr_histogram_init(all, HR_HISTOGRAM_SECONDS);
    for (unsigned s = 0; s < SHARDS; s++) {
        hr_histogram_init(&shards[s], HR_HISTOGRAM_SECONDS);
        for (unsigned i = 0; i < EACH; i++) {
            uint64_t value = (uint64_t)(2e6 * exp(0.7 * fixture_noise(&seed)));
            hr_histogram_record(&shards[s], value);
            hr_histogram_record(all, value);
            values[s * EACH + i] = value;
        }
    }
}

Test(summary_merge, four_shards_equal_one_run_of_all) {
    static struct hr_histogram shards[SHARDS], all;
    static uint64_t values[SHARDS * EACH];
    struct perf_summary *summary = fixture_summary();
    record(shards, &all, values);
    for (unsigned s = 0; s < SHARDS; s++) {
        struct fixture_run run = {"http://x", BEGIN_MS + 100 * s, 2, 0.5, 4, s, &shards[s], NULL};
        fixture_add(summary, "shard", &run);
    }
    cr_assert_eq(perf_summary_merge(summary, PERF_TOGETHER_AUTO), 0);
    cr_assert_eq(summary->subject_count, 1);
    const struct perf_subject *subject = summary->subjects[0];
    cr_expect(subject->shards == SHARDS && subject->rounds == 1 && subject->results == SHARDS);
    cr_expect_eq(subject->all->operations.succeeded, SHARDS * EACH);
    cr_expect(subject->all->operations.failed == 6 && subject->failures[0].count == 6);
    cr_expect_eq(subject->load.bytes_sent, 100 * SHARDS * EACH);
    cr_expect_eq(memcmp(subject->all->latency_ns.buckets, all.buckets, sizeof all.buckets), 0);
    cr_expect(subject->all->latency_ns.sum == all.sum && subject->all->latency_ns.max == all.max);
    qsort(values, SHARDS * EACH, sizeof *values, by_size);
    for (double at = 0.01; at < 1; at += 0.01) {
        double exact = (double)values[(size_t)ceil(at * SHARDS * EACH) - 1] / 1e6;
        cr_expect_float_eq(perf_part_quantile_ms(subject->all, at), exact, 0.0115 * exact, "%g",
                           at);
    }
    cr_expect_eq(summary->warning_count, 0, "%s", summary->warnings[0]);
    fixture_summary_free(summary);
}

static void one_of(struct hr_histogram *histogram, uint64_t latency_ns, unsigned times) {
    hr_histogram_init(histogram, HR_HISTOGRAM_SECONDS);
    for (unsigned i = 0; i < times; i++) hr_histogram_record(histogram, latency_ns);
}

Test(summary_merge, shards_count_the_time_that_all_share_and_add_their_rates) {
    struct hr_histogram a, b;
    struct perf_summary *summary = fixture_summary();
    one_of(&a, 1000, 10);
    one_of(&b, 1000, 30);
    fixture_add(summary, "a", &(struct fixture_run){"x", BEGIN_MS, 10, 1, 4, 0, &a, NULL});
    fixture_add(summary, "b", &(struct fixture_run){"x", BEGIN_MS + 4000, 10, 2, 4, 0, &b, NULL});
    cr_assert_eq(perf_summary_merge(summary, PERF_TOGETHER_AUTO), 0);
    cr_assert_eq(summary->subject_count, 1);
    const struct perf_load *load = &summary->subjects[0]->load;
    cr_expect_float_eq(load->duration_s, 6, 1e-6);
    cr_expect_float_eq(load->rate, 4, 1e-9);
    cr_expect_float_eq(load->cpu_s, 3, 1e-9);
    cr_expect_eq(load->rss_peak_bytes, 2000);
    fixture_summary_free(summary);
}

Test(summary_merge, runs_one_after_the_other_are_rounds) {
    struct hr_histogram histogram;
    struct perf_summary *summary = fixture_summary();
    for (unsigned i = 3; i-- > 0;) { /* in any order */
        one_of(&histogram, 1000, 10 * (i + 1));
        fixture_add(
            summary, "r",
            &(struct fixture_run){"x", BEGIN_MS + 10000 * i, 10, 1, 4, 0, &histogram, NULL});
    }
    cr_assert_eq(perf_summary_merge(summary, PERF_TOGETHER_AUTO), 0);
    cr_assert_eq(summary->subject_count, 1);
    const struct perf_subject *subject = summary->subjects[0];
    const struct perf_number *rate = &subject->numbers[0];
    cr_expect(subject->rounds == 3 && subject->shards == 1);
    cr_expect_float_eq(subject->load.duration_s, 30, 1e-9);
    cr_expect_float_eq(rate->value, 2, 1e-9);
    cr_assert_eq(rate->count, 3);
    cr_expect(rate->rounds[0] == 1 && rate->rounds[2] == 3 && rate->least == 1 && rate->most == 3);
    cr_expect_eq(subject->load.rss_peak_bytes, 1000);
    fixture_summary_free(summary);
}

Test(summary_merge, rounds_of_shards_are_both) {
    struct hr_histogram histogram;
    struct perf_summary *summary = fixture_summary();
    one_of(&histogram, 1000, 10);
    for (unsigned i = 0; i < 6; i++)
        fixture_add(
            summary, "r",
            &(struct fixture_run){"x", BEGIN_MS + 20000 * (i / 2), 10, 1, 4, 0, &histogram, NULL});
    cr_assert_eq(perf_summary_merge(summary, PERF_TOGETHER_AUTO), 0);
    cr_assert_eq(summary->subject_count, 1);
    cr_expect(summary->subjects[0]->rounds == 3 && summary->subjects[0]->shards == 2);
    cr_expect_float_eq(summary->subjects[0]->load.rate, 2, 1e-9);
    fixture_summary_free(summary);
}

Test(summary_merge, another_workload_or_target_stays_apart) {
    struct hr_histogram histogram;
    struct perf_summary *summary = fixture_summary();
    one_of(&histogram, 1000, 10);
    struct fixture_run run = {"x", BEGIN_MS, 10, 1, 4, 0, &histogram, NULL};
    fixture_add(summary, "a", &run);
    run.concurrency = 5;
    fixture_add(summary, "b", &run);
    run.target = "y";
    fixture_add(summary, "c", &run);
    cr_assert_eq(perf_summary_merge(summary, PERF_TOGETHER_AUTO), 0);
    cr_expect_eq(summary->subject_count, 3);
    fixture_summary_free(summary);
}

Test(summary_merge, shards_that_share_no_moment_are_warned_of) {
    struct hr_histogram histogram;
    struct perf_summary *summary = fixture_summary();
    one_of(&histogram, 1000, 10);
    fixture_add(summary, "a", &(struct fixture_run){"x", BEGIN_MS, 1, 1, 4, 0, &histogram, NULL});
    fixture_add(summary, "b",
                &(struct fixture_run){"x", BEGIN_MS + 9000, 1, 1, 4, 0, &histogram, NULL});
    cr_assert_eq(perf_summary_merge(summary, PERF_TOGETHER_SHARDS), 0);
    cr_assert_eq(summary->subject_count, 1);
    cr_assert_eq(summary->warning_count, 1);
    cr_expect_not_null(strstr(summary->warnings[0], "share no moment"));
    cr_expect_float_eq(summary->subjects[0]->load.rate, 2, 1e-9); /* 20 in 10 s */
    fixture_summary_free(summary);
}

Test(summary_merge, two_hosts_without_a_common_clock_are_warned_of) {
    struct hr_histogram histogram;
    struct perf_summary *summary = fixture_summary();
    one_of(&histogram, 1000, 10);
    const char *hosts[] = {"one", "two"};
    for (unsigned i = 0; i < 2; i++) {
        fixture_add(summary, hosts[i],
                    &(struct fixture_run){"x", BEGIN_MS, 1, 1, 4, 0, &histogram, NULL});
        struct perf_facts *facts = &summary->subjects[i]->facts;
        struct perf_fact *fact = &facts->list[facts->count++];
        snprintf(fact->name, sizeof fact->name, "host");
        snprintf(fact->value, sizeof fact->value, "%s", hosts[i]);
    }
    cr_assert_eq(perf_summary_merge(summary, PERF_TOGETHER_AUTO), 0);
    cr_assert_eq(summary->warning_count, 1);
    cr_expect_not_null(strstr(summary->warnings[0], "clocks are not known to agree"));
    fixture_summary_free(summary);
}

Test(summary_merge, left_alone_every_result_stays) {
    struct hr_histogram histogram;
    struct perf_summary *summary = fixture_summary();
    one_of(&histogram, 1000, 10);
    for (unsigned i = 0; i < 2; i++)
        fixture_add(summary, "a",
                    &(struct fixture_run){"x", BEGIN_MS, 1, 1, 4, 0, &histogram, NULL});
    cr_assert_eq(perf_summary_merge(summary, PERF_ALONE), 0);
    cr_expect_eq(summary->subject_count, 2);
    fixture_summary_free(summary);
}

/* Without started_at: 10 in 10 s and 30 in 5 s. */
Test(summary_merge, shards_that_do_not_say_when_they_began_add_their_rates) {
    struct hr_histogram a, b;
    struct perf_summary *summary = fixture_summary();
    one_of(&a, 1000, 10);
    one_of(&b, 1000, 30);
    fixture_add(summary, "a", &(struct fixture_run){"x", BEGIN_MS, 10, 1, 4, 0, &a, NULL});
    fixture_add(summary, "b", &(struct fixture_run){"x", BEGIN_MS, 5, 1, 4, 0, &b, NULL});
    summary->subjects[1]->window = (struct perf_window){0, 0};
    for (unsigned i = 0; i < 2; i++) {
        struct perf_points *series = &summary->subjects[i]->series;
        series->list = calloc(1, sizeof *series->list);
        series->count = 1;
    }
    cr_assert_eq(perf_summary_merge(summary, PERF_TOGETHER_SHARDS), 0);
    cr_assert_eq(summary->subject_count, 1);
    const struct perf_subject *all = summary->subjects[0];
    cr_expect_float_eq(all->load.duration_s, 10, 1e-9);
    cr_expect_float_eq(all->load.rate, 7, 1e-9);
    cr_expect_float_eq(fixture_number(all, "operations_per_s"), 7, 1e-9);
    cr_expect(all->series.count == 1 && all->series.list[0].second < 1);
    cr_assert_eq(summary->warning_count, 1);
    cr_expect_not_null(strstr(summary->warnings[0], "not all say when they began"));
    fixture_summary_free(summary);
}

Test(summary_merge, a_fact_that_is_within_another_is_told_too) {
    struct hr_histogram histogram;
    struct perf_summary *summary = fixture_summary();
    const char *values[] = {"10", "1", "10", "0"};
    one_of(&histogram, 1000, 10);
    for (unsigned i = 0; i < 4; i++) {
        fixture_add(summary, "a",
                    &(struct fixture_run){"x", BEGIN_MS, 1, 1, 4, 0, &histogram, NULL});
        struct perf_facts *facts = &summary->subjects[i]->facts;
        struct perf_fact *fact = &facts->list[facts->count++];
        snprintf(fact->name, sizeof fact->name, "cores");
        snprintf(fact->value, sizeof fact->value, "%s", values[i]);
    }
    cr_assert_eq(perf_summary_merge(summary, PERF_TOGETHER_SHARDS), 0);
    const char *cores = perf_fact_of(&summary->subjects[0]->facts, "cores");
    cr_expect_eq(strlen(cores), strlen("10 | 1 | 0"), "%s", cores);
    cr_expect(strstr(cores, "10") && strstr(cores, " | 1") && strstr(cores, " | 0"), "%s", cores);
    fixture_summary_free(summary);
}

/* Two shards whose clocks show the offsets that they tell; what comes of them. */
static struct perf_summary *two_shards(const struct fixture_shard shards[2], double later_s) {
    struct hr_histogram histogram;
    struct perf_summary *summary = fixture_summary();
    one_of(&histogram, 1000, 10);
    for (unsigned i = 0; i < 2; i++) {
        fixture_shard = shards[i];
        fixture_add(summary, i ? "b" : "a",
                    &(struct fixture_run){"x", BEGIN_MS + (uint64_t)(1000 * later_s * i), 10, 1, 4,
                                          0, &histogram, NULL});
    }
    fixture_shard.size = 0;
    cr_assert_eq(perf_summary_merge(summary, PERF_TOGETHER_AUTO), 0);
    cr_assert_eq(summary->subject_count, 1);
    return summary;
}

/* The second host's clock is a minute ahead: by the store's both ran at once. */
Test(summary_merge, clocks_that_are_apart_are_put_on_the_stores) {
    struct perf_summary *summary =
        two_shards((const struct fixture_shard[]){{0, 2, 0.5}, {1, 2, -59.5}}, 60);
    const struct perf_subject *subject = summary->subjects[0];
    cr_expect(subject->shards == 2 && subject->rounds == 1);
    cr_expect_float_eq(subject->load.duration_s, 10, 0.011);
    cr_expect_float_eq(subject->window.begin_s, BEGIN_MS / 1000.0 + 0.5, 0.011);
    cr_assert_eq(summary->warning_count, 1);
    cr_expect_not_null(strstr(summary->warnings[0], "60.0 s apart"), "%s", summary->warnings[0]);
    fixture_summary_free(summary);
}

Test(summary_merge, clocks_that_agree_are_not_told) {
    struct perf_summary *summary =
        two_shards((const struct fixture_shard[]){{0, 2, 0.2}, {1, 2, -0.3}}, 0.5);
    cr_expect_eq(summary->warning_count, 0, "%s", summary->warnings[0]);
    fixture_summary_free(summary);
}

Test(summary_merge, shards_that_are_missing_or_there_twice_are_told) {
    static const struct {
        struct fixture_shard shards[2];
        const char *part;
        unsigned warnings;
    } rows[] = {
        {{{1, 4, 0}, {3, 4, 0}}, "2 of 4 shards are missing: 0, 2", 1},
        {{{1, 2, 0}, {1, 2, 0}}, "shard 1 of 2 is there 2 times", 2},
        {{{0, 20, 0}, {1, 20, 0}}, "18 of 20 shards are missing: 2, 3, 4, 5, 6, 7, 8, 9 and", 1},
        {{{0, 2, 0}, {1, 3, 0}}, "a shard of 2, and b of 3", 1},
        {{{0, 0, 0}, {1, 2, 0}}, "a shard of 0, and b of 2", 1},
        {{{0, 1, 0}, {1, 2, 0}}, "a shard of 0, and b of 2", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct perf_summary *summary = two_shards(rows[i].shards, 0);
        cr_expect_eq(summary->warning_count, rows[i].warnings, "row %zu", i);
        cr_expect_not_null(strstr(summary->warnings[0], rows[i].part), "%s", summary->warnings[0]);
        fixture_summary_free(summary);
    }
}

/* A start that was asked for makes none of several. */
Test(summary_merge, those_that_are_alone_are_no_shards) {
    static const struct fixture_shard pairs[][2] = {{{0, 1, 0}, {0, 1, 0}}, {{0, 1, 0}, {0, 0, 0}}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct perf_summary *summary = two_shards(pairs[i], 0);
        cr_expect_eq(summary->warning_count, 0, "%s", summary->warnings[0]);
        fixture_summary_free(summary);
    }
}

Test(summary_merge, a_shard_that_cannot_be_is_refused) {
    struct hr_histogram histogram;
    struct hr_error error = {0};
    struct perf_summary *summary = fixture_summary();
    one_of(&histogram, 1000, 10);
    const struct fixture_run run = {"x", BEGIN_MS, 10, 1, 4, 0, &histogram, NULL};
    fixture_shard = (struct fixture_shard){4, 4, 0};
    cr_expect_eq(perf_summary_read_text(summary, "c.json", fixture_json(&run), &error), -EPROTO);
    cr_expect_str_eq(error.message, "c.json: shard.rank is none of shard.size");
    fixture_shard.size = 0;
    fixture_summary_free(summary);
}
