/* Counters of the operations of a client on one reactor. Written by its thread, read by any. */
#ifndef HR_S3_COUNTERS_H
#define HR_S3_COUNTERS_H

#include <pthread.h>

#include <headrace/histogram.h>
#include <headrace/s3_statistics.h>

#include "operations.h"

/* The pass-through, whose own name is its owner's. */
#define HR__S3_PASS_NAME "PassThrough"

struct hr__s3_call;

struct hr__s3_statistics {
    uint64_t operations, errors, bytes, time_ns;
    struct hr_histogram *latency[HR__S3_KINDS]; /* each made at its first operation */
    pthread_mutex_t lock;                       /* of the rest */
    struct hr_s3_history_entry *history; /* HR_S3_HISTORY_MAX of them, from the first one on */
    uint64_t recorded;                   /* the last one is at (recorded - 1) % HR_S3_HISTORY_MAX */
    uint64_t unread;                     /* by the reader that holds the lock */
};

void hr__s3_statistics_open(struct hr__s3_statistics *statistics);
void hr__s3_statistics_close(struct hr__s3_statistics *statistics);
/* An operation ends. Where there is no memory for a histogram or the history, it is not in there.
 * Reactor thread. */
void hr__s3_statistics_end(const struct hr__s3_call *call, int result);

#endif
