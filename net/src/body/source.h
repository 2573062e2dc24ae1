/* Reading a source: the bytes of a body, piece by piece, as vectors. Reactor thread only. */
#ifndef HR_NET_SOURCE_H
#define HR_NET_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <engine/reactor.h>
#include <headrace/body.h>
#include <net/iov_cursor.h>
#include <net/source_check.h>

#include "blocks.h"

struct hr_source_reader {
    /* Set by hr__source_open. */
    struct hr_reactor *reactor;
    struct hr_blocks *blocks;
    const struct hr_source *source;
    void (*on_ready)(struct hr_source_reader *reader); /* a file read has ended: ask again */

    uint64_t taken; /* bytes handed out since the first byte */
    bool ended;     /* all of them have been handed out */
    bool touched;   /* a producer was asked: without a rewind it cannot start again */
    bool whole;     /* by the caller: a file or producer hands out as many bytes as were asked for,
                       or what is left */

    /* Private. */
    struct hr_iov_cursor vector;
    char *block;
    size_t block_size;
    size_t held; /* bytes in the block that are not handed out yet, as more are wanted */
    int32_t read_result;
    bool read_done;
    struct hr_operation read; /* its id is zero before the first use of the memory */
};

/* Reading it takes so much of the budget: its block. */
size_t hr__source_cost(const struct hr_source *source);

/* From the first byte. */
void hr__source_open(struct hr_source_reader *reader, struct hr_reactor *reactor,
                     struct hr_blocks *blocks, const struct hr_source *source,
                     void (*on_ready)(struct hr_source_reader *reader));

/* The next bytes, at most `max` of them in at most `iov_max` pieces, valid until the next call.
 * Returns how many; 0 at the end; -EINPROGRESS: a file is being read, on_ready comes; -EAGAIN: the
 * producer pushes back; else an error (HR_ERR_SOURCE_SHORT, what the producer or the file said). */
ssize_t hr__source_next(struct hr_source_reader *reader, size_t max, struct iovec *iov,
                        unsigned iov_max, unsigned *count);

/* Whether it could begin again. */
bool hr__source_replayable(const struct hr_source_reader *reader);
/* Back to the first byte. 0, HR_ERR_SOURCE_NOT_REWINDABLE, or what the producer's rewind said. */
int hr__source_rewind(struct hr_source_reader *reader);

/* Whether the kernel still has the reader's memory; hr__source_stop asks for it back and on_ready
 * comes. */
bool hr__source_busy(const struct hr_source_reader *reader);
void hr__source_stop(struct hr_source_reader *reader);
/* Gives the block back. Not while busy. */
void hr__source_close(struct hr_source_reader *reader);

#endif
