/* Records that are logged beside a load, at a rate, by a thread of their own: as a service logs
 * while it works. The log's drain runs on the first reactor of the load's engine. */
#ifndef PERF_LOG_LOAD_H
#define PERF_LOG_LOAD_H

#include <stdint.h>

#include <headrace/engine.h>
#include <headrace/error.h>
#include <headrace/histogram.h>

struct perf_log_load_s;
typedef struct perf_log_load_s perf_log_load;

struct perf_log_load_options {
    hr_engine *engine; /* outlives the load */
    const char *path;  /* of the file, which stays */
    double rate;       /* calls a second; those that come late are made at once */
};

struct perf_log_load_report {
    uint64_t called, written, dropped; /* calls; records that are in the file, and that are not */
    double duration_s;
    struct hr_histogram call_ns; /* from the start of a call to its return */
};

/* 0, or a negative code with the reason in `error`. */
int perf_log_load_start(const struct perf_log_load_options *options, struct hr_error *error,
                        perf_log_load **load);
/* Ends the calls, waits until all records are in the file, and frees the load. NULL: nothing. */
void perf_log_load_stop(perf_log_load *load, struct perf_log_load_report *report);

#endif
