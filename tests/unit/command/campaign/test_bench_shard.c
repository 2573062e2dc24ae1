/* Shards: their keys, their seeds, their start. */
#include "command_fixture.h"

#include <headrace/clock.h>

#include "bench_shard.h"
#include "output.h"

static struct bench *opened(const struct shard_values *values, const char *prefix, int expected) {
    struct bench *bench = calloc(1, sizeof *bench);
    int code = -1;
    bench->name = "bench x";
    bench->workload.prefix = prefix;
    bench->workload.seed = 10;
    CAPTURE(code = bench_shard_open(values, bench));
    cr_expect_eq(code, expected, "%s", captured_err);
    return bench;
}

static void closed(struct bench *bench) {
    bench_shard_close(bench);
    free(bench);
}

Test(bench_shard, keys_and_seed_are_its_own) {
    struct bench *bench = opened(&(struct shard_values){.shard = "3/16"}, "bench/", EXIT_DONE);
    cr_expect_str_eq(bench->workload.prefix, "bench/shard-3/");
    cr_expect_eq(bench->workload.seed, 13);
    cr_expect(bench->report.shard->rank.rank == 3 && bench->report.shard->rank.size == 16);
    cr_expect_eq(bench->report.shard->start_at_ms, 0);
    cr_expect(bench_shard_has_others(bench));
    closed(bench);
}

Test(bench_shard, alone_there_is_none) {
    struct bench *bench = opened(&(struct shard_values){.shard = NULL}, "bench/", EXIT_DONE);
    cr_expect_null(bench->shard);
    cr_expect_null(bench->before);
    cr_expect_not(bench_shard_has_others(bench));
    cr_expect_str_eq(bench->workload.prefix, "bench/");
    closed(bench);
}

Test(bench_shard, a_start_is_kept_and_needs_no_shard) {
    struct bench *bench =
        opened(&(struct shard_values){.start_at = "2026-11-30T18:30:00+02:00"}, "b/", EXIT_DONE);
    cr_expect_eq(bench->report.shard->start_at_ms, 1796056200000u);
    cr_expect_not(bench_shard_has_others(bench), "the bucket that it made is its own");
    cr_expect_str_eq(bench->workload.prefix, "b/");
    closed(bench);
    uint64_t now_ms = hr_clock_wall_ns() / 1000000u;
    bench = opened(&(struct shard_values){.start_in_ms = 60000}, "b/", EXIT_DONE);
    cr_expect_geq(bench->report.shard->start_at_ms, now_ms + 60000);
    cr_expect_lt(bench->report.shard->start_at_ms, now_ms + 120000);
    closed(bench);
}

Test(bench_shard, a_start_that_has_passed_is_late_and_waits_for_nothing) {
    struct bench *bench =
        opened(&(struct shard_values){.start_at = "2020-01-01T00:00:00Z"}, "b/", EXIT_DONE);
    cr_assert_not_null(bench->before);
    cr_expect_eq(bench->before(bench), EXIT_DONE);
    cr_expect_gt(bench->report.shard->late_ms, 1000000000u);
    closed(bench);
}

Test(bench_shard, what_does_not_go_is_told) {
    char prefix[PERF_PREFIX_MAX + 1];
    memset(prefix, 'a', PERF_PREFIX_MAX);
    prefix[PERF_PREFIX_MAX] = '\0';
    struct bench *bench = opened(&(struct shard_values){.shard = "0/1"}, prefix, EXIT_USAGE);
    cr_expect_not_null(strstr(captured_err, "--prefix is too long"), "%s", captured_err);
    closed(bench);
    bench = opened(&(struct shard_values){.start_at = "2020-01-01T00:00:00Z", .start_in_ms = 5},
                   "b/", EXIT_USAGE);
    cr_expect_not_null(strstr(captured_err, "exclude each other"), "%s", captured_err);
    closed(bench);
}
