/* `--beside` of what has no server: work on a file, which this program does by --as-peer. */
#ifndef COMMAND_BENCH_WORK_BESIDE_H
#define COMMAND_BENCH_WORK_BESIDE_H

#include "bench_beside.h"

struct bench_work_beside {
    const struct beside_values *values;
    const char *kind; /* "log" */
    const char *path; /* of the file */
    /* The members of the work, but for the path. */
    void (*put_work)(struct hr_json_writer *json, const void *user);
    /* As of struct beside_task. */
    void (*prepare)(void *user);
    int (*check)(void *user, const struct perf_beside_result *result, struct hr_error *error);
    const struct perf_beside_figure_text *texts;
    void *user;
    int signal_fd; /* of signals_open */
    const char *json;
};

/* Runs this program and its peers in turn and publishes that; the exit code. */
int bench_work_beside(const struct bench_work_beside *task);

#endif
