/* The results of bench config, as text and as JSON. */
#ifndef PERF_CONFIG_BENCH_REPORT_H
#define PERF_CONFIG_BENCH_REPORT_H

#include <stdint.h>
#include <stdio.h>

#include <headrace/json_write.h>

#include "config_bench_rounds.h"

struct perf_config_report {
    struct perf_config_plan plan;
    uint64_t started_at_ms;
    struct perf_config_rounds rounds;
};

void perf_config_report_json(struct hr_json_writer *json, const struct perf_config_report *report);
void perf_config_report_text(FILE *out, const struct perf_config_report *report);

#endif
