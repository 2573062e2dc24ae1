/* `bench http --beside`: the requests as peers are told of them. */
#ifndef COMMAND_BENCH_HTTP_BESIDE_H
#define COMMAND_BENCH_HTTP_BESIDE_H

#include "bench_beside.h"

struct bench_http_beside {
    const struct beside_values *values;
    struct bench *bench;
    const struct perf_http_target *target;
    size_t url_count;
    const char *method;
    const char *ca_file; /* NULL: those of the system */
    uint64_t timeout_ms, attempts;
    const char *json;
};

/* Runs the bench and its peers in turn and publishes that; the exit code. */
int bench_http_beside(const struct bench_http_beside *task);

#endif
