/* The SHA-256 and the checksum of a source, before it is sent: in slices of one turn each, so that
 * a large body does not hold up its reactor. Reactor thread only. */
#ifndef HR_S3_PAYLOAD_H
#define HR_S3_PAYLOAD_H

#include <stdbool.h>

#include <engine/budget.h>
#include <engine/reactor.h>
#include <headrace/body.h>
#include <headrace/s3_checksum.h>
#include <headrace/sigv4.h>
#include <net/iov_cursor.h>

#include "digest.h"

#define HR__HASH_SLICE  262144  /* at 1.5 GB/s 170 µs */
#define HR__SUM_SLICE   2097152 /* of CRCs and XXHASH alone: at 10 GB/s 210 µs */
#define HR__HASH_BUFFER 65536   /* for files and producers */

struct hr__payload {
    struct hr_reactor *reactor;
    const struct hr_source *source;
    bool is_signed;                          /* the SHA-256 is wanted */
    enum hr_s3_checksum_algorithm algorithm; /* of the checksum; NONE: it is not wanted */
    struct hr_s3_hasher *hasher;             /* the caller's, for it */
    /* Called once where begin returned 0, possibly from inside of resume or stop: 0 with `hex` and
     * `checksum` set and the source back at its first byte, or the error. */
    void (*on_done)(struct hr__payload *payload, int result);
    struct hr_s3_checksum checksum;
    char hex[HR_SIGV4_HEX_SIZE + 1];

    /* Private. */
    struct hr__sha256 hash;
    uint64_t done;
    struct iovec bytes; /* a source of bytes, as a vector */
    struct hr_iov_cursor vector;
    char *buffer;
    bool beginning, finished, reserved, task_queued, paused, resumed, stopping;
    int stop_reason;
    int result; /* of one that has finished while it began */
    struct hr_task task;
    struct hr_budget_waiter waiter;
    struct hr_operation read;
};

/* Whether a source can be hashed and then sent: 0 or HR_ERR_SOURCE_NOT_REWINDABLE. */
int hr__payload_check(const struct hr_source *source);
/* Begins. The struct is zeroed but for its members up to `on_done`, which stay until its end. 1: it
 * is done, `hex` and `checksum` are set; 0: on_done comes later; else the error. */
int hr__payload_begin(struct hr__payload *payload);
/* Asks a producer again that has pushed back. */
void hr__payload_resume(struct hr__payload *payload);
/* Ends with `reason`, once the kernel has returned the memory. Not after on_done. */
void hr__payload_stop(struct hr__payload *payload, int reason);

#endif
