/* `bench log --beside`: the same records by other loggers, each in a file of its own. */
#ifndef COMMAND_BENCH_LOG_BESIDE_H
#define COMMAND_BENCH_LOG_BESIDE_H

#include "bench_beside.h"

struct bench_log_beside {
    const struct beside_values *values;
    const char *path;          /* of the file, which goes again behind each run */
    const char *form;          /* "text", "json" */
    uint64_t records, threads; /* records over all threads, as many in each */
    int signal_fd;             /* of signals_open */
    const char *json;
};

/* Runs this program and its peers in turn and publishes that; the exit code. */
int bench_log_beside(const struct bench_log_beside *task);

#endif
