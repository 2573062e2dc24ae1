/* A logger as a peer of `bench log --beside`: records from several threads, each call timed, until
 * all of them are in the file. docs/peers.md has the workload of kind "log". */
#ifndef PERF_LOG_TASK_H
#define PERF_LOG_TASK_H

#include <limits.h>
#include <stdio.h>

#include <headrace/error.h>
#include <headrace/histogram.h>

#include "beside_task.h"
#include "log_driver.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PERF_LOG_TASK_THREADS_MAX 64
#define PERF_LOG_TASK_RECORDS_MAX 10000000

struct perf_log_task {
    char path[PATH_MAX];
    enum perf_log_form form;
    unsigned threads;
    uint32_t records; /* over all threads, as many in each */
};

/* 0, or a negative code with the reason in `error`. */
int perf_log_task_read(FILE *in, struct perf_log_task *task, struct hr_error *error);

struct perf_log_done {
    struct hr_histogram latency_ns; /* of the calls */
    uint64_t dropped, bytes;        /* bytes: of the file */
    double duration_s, cpu_s;       /* from the first call until all is in the file */
    uint64_t rss_peak_bytes;
};

/* One run. The subject is opened with records 0, its own defaults. 0 or a negative code. */
int perf_log_task_run(const struct perf_log_subject *subject, const struct perf_log_task *task,
                      struct perf_log_done *done);

/* Reads the workload from standard input, does it and writes the result to standard output; the
 * exit code of the peer. A form that the subject has not is told as missing. */
struct perf_log_task_texts {
    const char *name; /* "spdlog" */
    const struct perf_task_fact *versions, *settings;
};
int perf_log_task_serve(const struct perf_log_subject *subject,
                        const struct perf_log_task_texts *texts);

#ifdef __cplusplus
}
#endif

#endif
