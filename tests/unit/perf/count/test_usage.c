/* Memory and CPU in steps. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "usage.h"

#define SECOND_NS 1000000000ull
#define START     5000000000ull

/* CPU of half a core, memory that grows by a byte a look, ten looks a second. */
Test(usage, looks_are_kept_by_step) {
    struct perf_usage *usage = calloc(1, sizeof *usage);
    perf_usage_begin(usage, START);
    usage->cpu_ns = 0;
    for (unsigned i = 1; i <= 20; i++)
        perf_usage_record(usage, START + i * SECOND_NS / 10, i, i * SECOND_NS / 20);
    struct perf_usage_step first = perf_usage_of(usage, 0, 1), both = perf_usage_of(usage, 0, 2);
    cr_expect_eq(first.rss_bytes, 10);
    cr_expect_eq(first.cpu_ns, SECOND_NS / 2);
    cr_expect_eq(both.rss_bytes, 20);
    cr_expect_eq(both.cpu_ns, SECOND_NS / 2, "a second");
    cr_expect_eq(perf_usage_of(usage, 2, 1).rss_bytes, 0, "nobody looked");
    free(usage);
}

Test(usage, steps_become_wider) {
    struct perf_usage *usage = calloc(1, sizeof *usage);
    perf_usage_begin(usage, START);
    usage->cpu_ns = 0;
    for (unsigned i = 1; i <= 2 * PERF_SERIES_STEPS + 2; i++)
        perf_usage_record(usage, START + i * SECOND_NS, i, i * SECOND_NS);
    cr_expect_eq(usage->step_s, 4);
    struct perf_usage_step step = perf_usage_of(usage, 4, 4);
    cr_expect_eq(step.cpu_ns, SECOND_NS);
    cr_expect_eq(step.rss_bytes, 8);
    cr_expect_eq(perf_usage_of(usage, 5, 1).cpu_ns, SECOND_NS, "inside a step");
    free(usage);
}

Test(usage, this_process_uses_some) {
    struct perf_usage *usage = calloc(1, sizeof *usage);
    perf_usage_begin(usage, START);
    perf_usage_look(usage, START + 1000);
    cr_expect_gt(perf_usage_of(usage, 0, 1).rss_bytes, 100000);
    free(usage);
}
