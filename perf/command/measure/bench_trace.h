/* `--trace`: a recorded load. */
#ifndef COMMAND_BENCH_TRACE_H
#define COMMAND_BENCH_TRACE_H

#include "bench.h"

struct bench_trace {
    char *text; /* of the file */
    struct perf_trace trace;
};

/* Reads the file into a trace of the bench: its workload, mix and schedule. A key that is read
 * before it is written is as large as the workload's bodies, where the trace does not say.
 * EXIT_DONE, or after a complaint EXIT_USAGE, or EXIT_FAILED where the file cannot be read. */
int bench_trace_open(struct bench_trace *held, const char *path, struct bench *bench);
void bench_trace_close(struct bench_trace *held);

#endif
