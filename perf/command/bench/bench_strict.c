/* The strict rules of storage, checked before and behind five runs. */
#include "bench_strict.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench_load.h"

#define RUN_NUMBERS (1ull << 40) /* of operations, between the beginnings of two runs */

#define VALUE(field) offsetof(struct strict_values, field)
const struct option strict_table[] = {
    {"strict-storage", NULL, OPTION_FLAG, VALUE(asked),
     .help = "By MLPerf Storage's rules: objects of five times the memory, or it is refused; five "
             "runs, and exit code 1 where one is more than 5 % from their mean"},
    {"storage-memory", "SIZE", OPTION_SIZE, VALUE(memory_bytes), .min = 1,
     .help = "With --strict-storage: the store's memory (default: this machine's)"},
    {.name = NULL}};

static uint64_t own_memory(void) {
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : 0;
}

static uint64_t objects_needed(const struct bench *bench, const struct perf_report_strict *strict) {
    uint64_t objects = bench->workload.objects, bytes = strict->data_bytes;
    double each = bytes && objects ? (double)bytes / (double)objects : 1;
    return (uint64_t)((double)strict->memory_bytes * PERF_STRICT_TIMES / each) + 1;
}

int bench_strict_check(const struct strict_values *values, const char *other,
                       const struct bench *bench, struct perf_report_strict *strict) {
    if (!values->asked && !values->memory_bytes) return EXIT_DONE;
    if (!values->asked) {
        output_complain("bench s3: --storage-memory needs --strict-storage");
        return EXIT_USAGE;
    }
    if (other) {
        output_complain("bench s3: --strict-storage and --%s exclude each other", other);
        return EXIT_USAGE;
    }
    strict->data_bytes = perf_workload_bytes(&bench->workload);
    strict->memory_bytes = values->memory_bytes ? values->memory_bytes : own_memory();
    if (perf_strict_is_large(strict)) return EXIT_DONE;
    output_complain(
        "bench s3: --strict-storage: the objects have %llu MiB and the memory %llu MiB, "
        "five times of which are needed: --objects %llu, or a larger --size",
        (unsigned long long)(strict->data_bytes >> 20),
        (unsigned long long)(strict->memory_bytes >> 20),
        (unsigned long long)objects_needed(bench, strict));
    return EXIT_USAGE;
}

/* ---- The runs. */

struct kept {
    struct perf_loop_report run;
    struct perf_report report;
    struct perf_usage usage;
};

static double rate_of(const struct perf_loop_report *run) {
    double seconds = (double)(run->ended_ns - run->started_ns) / 1e9;
    return seconds > 0 ? (double)perf_result_totals(&run->result).succeeded / seconds : 0;
}

static int measure_runs(struct perf_report_strict *strict, struct bench *bench, struct kept *kept) {
    for (strict->runs = 0; strict->runs < PERF_STRICT_RUNS;) {
        unsigned at = strict->runs;
        bench->workload.first = at * RUN_NUMBERS;
        int code = bench_load_measure(bench);
        if (code) return code;
        kept[at] = (struct kept){bench->run, bench->report, bench->usage};
        strict->rates[at] = rate_of(&bench->run);
        strict->failed += perf_result_totals(&bench->run.result).failed;
        strict->runs++;
        if (bench->session.signal) return EXIT_DONE;
    }
    return EXIT_DONE;
}

static void restore(struct bench *bench, const struct kept *kept) {
    const char *stopped_by = bench->report.stopped_by;
    bench->run = kept->run;
    bench->report = kept->report;
    bench->usage = kept->usage;
    bench->report.stopped_by = stopped_by;
}

int bench_strict_measure(struct perf_report_strict *strict, struct bench *bench) {
    struct kept *kept = calloc(PERF_STRICT_RUNS, sizeof *kept);
    if (!kept) return output_failed(bench->session.json, -ENOMEM, "out of memory");
    int code = measure_runs(strict, bench, kept);
    if (!code) restore(bench, &kept[perf_strict_median(strict)]);
    free(kept);
    return code;
}

int bench_strict_verdict(const struct perf_report_strict *strict, int code) {
    if (strict->memory_bytes == 0 || perf_strict_agrees(strict)) return code;
    output_complain(
        "--strict-storage: %u of %d runs, which are up to %.1f %% from their mean: more "
        "than 5 %%",
        strict->runs, PERF_STRICT_RUNS, 100 * perf_strict_spread(strict));
    return EXIT_FAILED;
}
