/* A service's parts as they are used together: a log, a store's client, a configuration. Every
 * measurement is the seeds' own (Esper's test suites), so its numbers of calls are theirs. */
#ifndef PERF_SERVICE_BENCH_H
#define PERF_SERVICE_BENCH_H

#include <headrace/error.h>
#include <headrace/s3.h>

#include "service_figures.h"

struct perf_service_place {
    const char *folder; /* where files are made; its owner removes them */
    const char *bucket; /* is there */
    const struct hr_s3_client_options *store;
    const struct hr_engine_options *engine;
};

/* Makes the bucket where it is missing. 0, or a negative code with `error`. Blocks. */
int perf_service_bucket(const struct perf_service_place *place, struct hr_error *error);

/* One part: puts its figures. 0, or a negative code with `error`. Blocks. No other thread of the
 * process does anything meanwhile. */
typedef int perf_service_part(const struct perf_service_place *place,
                              struct perf_service_figures *figures, struct hr_error *error);

/* The cost of a call of the logger, 10,000 of them, four threads at once. */
perf_service_part perf_service_log;
/* A process that is killed while it logs, and how many of its records are in the file after a
 * recovery. Forks. */
perf_service_part perf_service_kill;
/* Whether memory, descriptors, threads and mappings grow: over calls of the logger, over requests,
 * over threads that do both. */
perf_service_part perf_service_leak;
/* Secrets that were planted in a client and in a record, looked for in the log and in errors. */
perf_service_part perf_service_secrets;
/* A log, a configuration and a client from one file: set up, and used at once. */
perf_service_part perf_service_together;
/* 5,000 uploads, resident memory looked at every 1,000. */
perf_service_part perf_service_sustained;
/* A load that would hold far more than its engine's byte budget. */
perf_service_part perf_service_budget;
/* A store of its own with TLS: a load, and clients that must be refused. Starts a child. */
perf_service_part perf_service_tls;

#endif
