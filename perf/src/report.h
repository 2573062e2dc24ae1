/* What a run of `bench s3` found, for people and as JSON. */
#ifndef PERF_REPORT_H
#define PERF_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <headrace/json_write.h>

#include "loop.h"

struct perf_s3_report {
    /* What was asked for. */
    const char *endpoint;
    bool embedded; /* the server is a child of this process */
    const struct perf_workload *workload;
    unsigned concurrency, pool, reactors;
    double rate; /* 0: closed loop */
    bool payload_signed, verify;
    /* What was found. */
    const struct perf_loop_report *loop;
    uint64_t connections_peak;
    uint64_t cpu_ns; /* of this process alone, over the measured time */
    uint64_t rss_peak_bytes;
    bool rss_peak_of_run; /* else: of the whole process */
    uint64_t populated;   /* objects written before, not counted */
    uint64_t started_at_s;
    const char *stopped_by; /* a signal's name, or NULL */
};

void perf_report_json(struct hr_json_writer *json, const struct perf_s3_report *report);
void perf_report_text(FILE *out, const struct perf_s3_report *report);

#endif
