/* Shared by the parts of a service's bench: its log, and waits for its store. */
#ifndef PERF_SERVICE_TOOLS_H
#define PERF_SERVICE_TOOLS_H

#include <stdint.h>

#include <headrace/log.h>

#include "service_bench.h"

/* A log into the file "log" of the place's folder, started. */
int perf_service_log_open(const struct perf_service_place *place, const char *level, hr_log **log,
                          struct hr_error *error);
/* Writes all of it and closes it; adds the records that had no room to *dropped. */
int perf_service_log_close(hr_log *log, uint64_t *dropped, struct hr_error *error);

/* On the monotonic clock. */
double perf_service_seconds_since(uint64_t start_ns);

/* Adds the lines of a file. 0 or a negative code. */
int perf_service_count_lines(const char *path, uint64_t *lines);

/* An engine and a client of the place's store; perf_service_store_close closes what is there. */
struct perf_service_store {
    hr_engine *engine;
    hr_s3_client *client;
};
int perf_service_store_open(const struct perf_service_place *place,
                            struct perf_service_store *store, struct hr_error *error);
void perf_service_store_close(struct perf_service_store *store);

/* Object "NAME-INDEX" of a few bytes, and waits. */
struct perf_service_object {
    const char *bucket, *name;
    unsigned index;
};
int perf_service_upload(hr_s3_client *client, const struct perf_service_object *object,
                        struct hr_error *error);

#endif
