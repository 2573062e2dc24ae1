/* The results of bench log, as text and as JSON. */
#ifndef PERF_LOG_REPORT_H
#define PERF_LOG_REPORT_H

#include <stdint.h>
#include <stdio.h>

#include <headrace/json_write.h>

#include "log_rounds.h"

struct perf_log_report {
    struct perf_log_plan plan;
    uint64_t started_at_ms;
    struct perf_log_rounds rounds;
};

void perf_log_report_json(struct hr_json_writer *json, const struct perf_log_report *report);
void perf_log_report_text(FILE *out, const struct perf_log_report *report);

#endif
