/* `bench s3 --beside`: the workload as peers are told of it. */
#ifndef COMMAND_BENCH_S3_BESIDE_H
#define COMMAND_BENCH_S3_BESIDE_H

#include "bench_beside.h"

struct bench_s3_beside {
    const struct beside_values *values;
    struct bench *bench;
    const struct perf_report_s3 *parameters;
    const struct hr_s3_client_options *client; /* where the store is, and keys that were given */
    const char *ca_file;
    uint64_t timeout_ms;
    const char *json;
};

/* Runs the bench and its peers in turn and publishes that; the exit code. */
int bench_s3_beside(const struct bench_s3_beside *task);

#endif
