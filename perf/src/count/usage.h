/* Memory and CPU of this process over a run, in the steps that series.h has. */
#ifndef PERF_USAGE_H
#define PERF_USAGE_H

#include <stdint.h>

#include "series.h"

struct perf_usage {
    uint64_t started_ns, looked_ns, cpu_ns; /* the beginning; the last look */
    uint64_t before_ns;                     /* that the run had lasted when it was begun anew */
    uint32_t step_s;
    uint32_t used;
    struct perf_usage_step {
        uint64_t rss_bytes; /* the most that a look saw; 0: none fell into it */
        uint64_t cpu_ns;
    } steps[PERF_SERIES_STEPS];
};

void perf_usage_begin(struct perf_usage *usage, uint64_t now_ns);
/* The same for a run that goes on: its steps so far are kept. */
void perf_usage_resume(struct perf_usage *usage, uint64_t now_ns, uint64_t before_ns);
/* Looks; several times a second. */
void perf_usage_look(struct perf_usage *usage, uint64_t now_ns);
/* Puts a look down: what the process has used by now. */
void perf_usage_record(struct perf_usage *usage, uint64_t now_ns, uint64_t rss_bytes,
                       uint64_t cpu_ns);
/* Of `seconds` from `second` on: the most memory, and the CPU used a second. */
struct perf_usage_step perf_usage_of(const struct perf_usage *usage, uint64_t second,
                                     uint32_t seconds);

#endif
