/* `bench http --trace`: recorded requests, of which each line has a method and a path. */
#ifndef COMMAND_BENCH_HTTP_TRACE_H
#define COMMAND_BENCH_HTTP_TRACE_H

#include "bench_trace.h"
#include "protocols.h"

struct bench_http_trace {
    struct bench_trace held;
    char *text;        /* of all URLs */
    const char **urls; /* one a path */
};

/* Reads the file into the bench's workload and schedule, and makes the target's URLs: the origin of
 * `url`, which has no path of its own, and each path. EXIT_DONE, or after a complaint EXIT_USAGE,
 * or EXIT_FAILED where the file cannot be read. */
int bench_http_trace_open(struct bench_http_trace *trace, const char *path, const char *url,
                          struct bench *bench, struct perf_http_target *target);
void bench_http_trace_close(struct bench_http_trace *trace);

#endif
