/* Uploads and downloads of one size, several at a time. */
#ifndef PERF_SERVICE_BATCH_H
#define PERF_SERVICE_BATCH_H

#include <stddef.h>

#include <headrace/s3.h>

#define PERF_BATCH_MAX   32
#define PERF_BATCH_BYTES (64u << 10) /* of one object, at most */

struct perf_service_batch {
    hr_s3_client *client;
    const char *bucket, *name; /* objects "service/NAME-INDEX.txt" */
    unsigned first, count;     /* up to PERF_BATCH_MAX at once */
    size_t size_bytes;         /* of each */
};

/* Uploads the objects, or downloads them and compares every byte: all at once, and waits. How many
 * failed; `error` (its code 0 before) has the first failure. Blocks. */
unsigned perf_service_batch_put(const struct perf_service_batch *batch, struct hr_error *error);
unsigned perf_service_batch_get(const struct perf_service_batch *batch, struct hr_error *error);

#endif
