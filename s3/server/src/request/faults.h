/* Failures on demand, for tests of clients: a table of kinds and rates, drawn from a seed. */
#ifndef S3_SERVER_FAULTS_H
#define S3_SERVER_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include <headrace/body.h>
#include <headrace/slice.h>

#include "arena.h"
#include "store_errors.h"

enum s3_fault_kind {
    S3_FAULT_NONE,
    /* In place of the operation: S3's error of that name. */
    S3_FAULT_SLOW_DOWN,
    S3_FAULT_INTERNAL_ERROR,
    S3_FAULT_UNAVAILABLE,
    S3_FAULT_REQUEST_TIMEOUT,
    S3_FAULT_EXPIRED_TOKEN,
    S3_FAULT_SKEWED,
    /* Of the response, once the operation is done. */
    S3_FAULT_LOST,     /* the connection breaks before any of its body */
    S3_FAULT_TRUNCATE, /* it breaks in the middle of its body */
    S3_FAULT_STALL,    /* its body never comes, and the connection stays */
    S3_FAULT_KINDS,
};

#define S3_FAULT_UNIT 1000000 /* rates are in millionths */

struct s3_faults {
    uint32_t rates[S3_FAULT_KINDS]; /* of all requests; all together at most S3_FAULT_UNIT */
    uint64_t state;                 /* atomic */
};

/* "SlowDown=0.05,lost=0.01": false: a kind or a rate that there is not, then *wrong. `text` data
 * NULL: none. */
bool s3_server__faults_parse(struct hr_slice text, uint64_t seed, struct s3_faults *faults,
                             struct hr_slice *wrong);
/* The fault of the next request, by the seed and the order in which requests come. Any thread. */
enum s3_fault_kind s3_server__faults_draw(struct s3_faults *faults);
/* The error that stands in place of the operation; S3_OK: the operation is done. */
enum s3_error s3_server__fault_error(enum s3_fault_kind kind);
/* The body of a response that fails in that way; `body` itself where it has none that could. */
struct hr_source s3_server__fault_body(enum s3_fault_kind kind, struct hr_source body,
                                       struct s3_arena *arena);

#endif
