/* Rounds: each program runs once in each, and its figures are kept. */
#include "beside_rounds.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

const struct perf_beside_figure_text perf_beside_figures[PERF_BESIDE_FIGURES] = {
    [PERF_BESIDE_RATE] = {"operations_per_s", "operations/s", 0, 0},
    [PERF_BESIDE_P50_MS] = {"p50_ms", "p50 ms", 3, 0},
    [PERF_BESIDE_P99_MS] = {"p99_ms", "p99 ms", 3, 0},
    [PERF_BESIDE_CPU_US] = {"cpu_us_per_operation", "CPU us/op", 1, 0},
    [PERF_BESIDE_RSS_MIB] = {"rss_peak_mib", "peak MiB", 1, 0},
    [PERF_BESIDE_SUCCESS] = {"success_rate", "success", 6, 0},
};

const struct perf_beside_figure_text perf_beside_of_records[PERF_BESIDE_FIGURES] = {
    [PERF_BESIDE_RATE] = {"operations_per_s", "records/s", 0, 0},
    [PERF_BESIDE_P50_MS] = {"p50_ms", "p50 us", 3, 1000},
    [PERF_BESIDE_P99_MS] = {"p99_ms", "p99 us", 3, 1000},
    [PERF_BESIDE_CPU_US] = {"cpu_us_per_operation", "CPU us/record", 3, 0},
    [PERF_BESIDE_RSS_MIB] = {"rss_peak_mib", "peak MiB", 1, 0},
    [PERF_BESIDE_SUCCESS] = {"success_rate", "success", 6, 0},
};

const struct perf_beside_figure_text perf_beside_of_loads[PERF_BESIDE_FIGURES] = {
    [PERF_BESIDE_RATE] = {"operations_per_s", "loads/s", 1, 0},
    [PERF_BESIDE_P50_MS] = {"p50_ms", "p50 ms", 3, 0},
    [PERF_BESIDE_P99_MS] = {"p99_ms", "p99 ms", 3, 0},
    [PERF_BESIDE_CPU_US] = {"cpu_us_per_operation", "CPU us/load", 1, 0},
    [PERF_BESIDE_RSS_MIB] = {"rss_peak_mib", "peak MiB", 1, 0},
    [PERF_BESIDE_SUCCESS] = {"success_rate", "success", 6, 0},
};

static void not_measured(struct perf_beside_entry *entry, unsigned round) {
    for (unsigned i = 0; i < PERF_BESIDE_FIGURES; i++) entry->figures[i][round] = -1;
}

static void keep_first(char *text, const char *other) {
    if (!*text) snprintf(text, PERF_BESIDE_TEXT_MAX, "%s", other);
}

static void take_figures(struct perf_beside_entry *entry, unsigned round,
                         const struct perf_beside_result *result, uint64_t rss_peak_bytes) {
    double ended = (double)(result->succeeded + result->failed);
    double done = (double)result->succeeded;
    double(*figures)[PERF_ROUNDS_MAX] = entry->figures;
    uint64_t rss = result->rss_peak_bytes ? result->rss_peak_bytes : rss_peak_bytes;
    not_measured(entry, round);
    figures[PERF_BESIDE_RSS_MIB][round] = (double)rss / (1u << 20);
    if (ended > 0) figures[PERF_BESIDE_SUCCESS][round] = done / ended;
    if (done <= 0) return;
    figures[PERF_BESIDE_RATE][round] = done / result->duration_s;
    figures[PERF_BESIDE_CPU_US][round] = result->cpu_s * 1e6 / done;
    if (result->latency_ns.count == 0) return;
    figures[PERF_BESIDE_P50_MS][round] =
        (double)hr_histogram_quantile(&result->latency_ns, 0.5) / 1e6;
    figures[PERF_BESIDE_P99_MS][round] =
        (double)hr_histogram_quantile(&result->latency_ns, 0.99) / 1e6;
}

static void take_result(struct perf_beside_entry *entry, unsigned round,
                        const struct perf_beside_result *result, uint64_t rss_peak_bytes) {
    entry->succeeded += result->succeeded;
    entry->failed += result->failed;
    entry->cancelled += result->cancelled;
    keep_first(entry->versions, result->versions);
    keep_first(entry->settings, result->settings);
    keep_first(entry->failure, result->failure);
    if (entry->named.count == 0) entry->named = result->named;
    hr_histogram_merge(&entry->latency_ns, &result->latency_ns);
    take_figures(entry, round, result, rss_peak_bytes);
}

/* The end of a program that has written no result. */
static int say_end(const struct perf_beside_entry *entry, int status, struct hr_error *error) {
    const char *name = entry->program.arguments[0];
    if (WIFSIGNALED(status))
        return hr_error_set(error, -EPROTO, "%s was ended by signal %d", name, WTERMSIG(status));
    if (WEXITSTATUS(status) == 127)
        return hr_error_set(error, -ENOENT, "%s is not installed, or not on PATH", name);
    return hr_error_set(error, -EPROTO, "%s wrote no result and ended with exit code %d", name,
                        WEXITSTATUS(status));
}

/* One run. -ENOENT with its reason in the entry; another code in `error`. */
static int run_entry(const struct perf_beside *beside, struct perf_beside_entry *entry,
                     struct hr_error *error) {
    struct perf_beside_output output;
    int err = perf_beside_run(&entry->program, &output, error);
    if (err) return err;
    struct perf_beside_result *result = malloc(sizeof *result);
    if (!result) err = hr_error_set(error, -ENOMEM, "no memory for a result");
    if (!err && output.size == 0) err = say_end(entry, output.status, error);
    if (!err)
        err = perf_beside_result_read(hr_slice_bytes(output.text, output.size), result,
                                      &entry->missing, error);
    if (!err && beside->check) err = beside->check(beside->user, result, error);
    if (!err) take_result(entry, beside->done, result, output.rss_peak_bytes);
    free(result);
    free(output.text);
    return err;
}

static int run_one(struct perf_beside *beside, unsigned which, struct hr_error *error) {
    struct perf_beside_entry *entry = &beside->entries[which];
    struct hr_error problem = {0};
    not_measured(entry, beside->done);
    if (entry->missing.reason[0]) return 0;
    if (beside->on_run) beside->on_run(beside->user, beside->done, entry->name);
    int err = run_entry(beside, entry, &problem);
    if (err && !entry->missing.reason[0])
        snprintf(entry->missing.reason, sizeof entry->missing.reason, "%s", problem.message);
    if (err != -ECANCELED && which > 0) return 0;
    return err ? hr_error_set(error, err, "%s", entry->missing.reason) : 0;
}

bool perf_beside_settled(const struct perf_beside *beside) {
    for (unsigned i = 0; i < beside->count; i++) {
        const struct perf_beside_entry *entry = &beside->entries[i];
        if (entry->missing.reason[0]) continue;
        if (!perf_settled(entry->figures[PERF_BESIDE_RATE], beside->done)) return false;
    }
    return true;
}

static bool goes_on(const struct perf_beside *beside) {
    if (beside->done < beside->rounds) return true;
    return beside->done < beside->rounds_max && !perf_beside_settled(beside);
}

int perf_beside_measure(struct perf_beside *beside, struct hr_error *error) {
    int err = 0;
    assert(beside->rounds > 0 && beside->rounds <= PERF_ROUNDS_MAX && beside->count > 0);
    assert(beside->rounds_max <= PERF_ROUNDS_MAX);
    for (unsigned i = 0; i < beside->count; i++)
        hr_histogram_init(&beside->entries[i].latency_ns, HR_HISTOGRAM_SECONDS);
    for (beside->done = 0; goes_on(beside) && !err;) {
        for (unsigned i = 0; i < beside->count && !err; i++)
            err = run_one(beside, beside->done % 2 ? beside->count - 1 - i : i, error);
        if (!err) beside->done++;
    }
    return err;
}
