/* The part of a report about loads that ran beside the measured one, and that one without them. */
#ifndef PERF_REPORT_WITH_H
#define PERF_REPORT_WITH_H

#include <stdio.h>

#include <headrace/json_write.h>

#include "log_load.h"
#include "loop.h"

struct perf_report_with {
    /* The same load before, without the others. */
    struct perf_report_alone {
        uint64_t succeeded, failed;
        double duration_s, cpu_us_per_operation;
        struct hr_histogram latency_ns;
    } alone;
    double log_rate; /* 0: nothing was logged */
    struct perf_log_load_report log;
    const char *http_url; /* NULL: no HTTP request beside */
    double http_rate;
    struct perf_loop_report http;
};

/* Fills `alone` of a run that has ended; `cpu_ns` is that of the process. */
void perf_report_alone(const struct perf_loop_report *run, uint64_t cpu_ns,
                       struct perf_report_with *with);

/* `with`: an object. */
void perf_report_with_json(struct hr_json_writer *json, const struct perf_report_with *with);
void perf_report_with_text(FILE *out, const struct perf_report_with *with);

#endif
