/* Writing to a sink: the bytes of a response's body as they arrive. Reactor thread only. */
#ifndef HR_NET_SINK_H
#define HR_NET_SINK_H

#include <net/source_check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <engine/reactor.h>
#include <headrace/body.h>

#include "blocks.h"

/* One direct receive is at most this long. */
#define HR_SINK_DIRECT_MAX 262144

/* Written to a file by the attempts of a request so far. */
struct hr_sink_file {
    bool written;
    int fd;
    uint64_t first, end; /* from where to where, at most */
    uint64_t before;     /* its size when the first attempt began to write */
};

struct hr_sink_writer {
    /* Set by hr__sink_open. */
    struct hr_reactor *reactor;
    struct hr_blocks *blocks;
    char *scratch; /* HR_SINK_DIRECT_MAX bytes that anybody may write to and nobody reads */
    struct hr_sink sink;
    void (*on_ready)(struct hr_sink_writer *writer); /* a file write has ended: go on */

    uint64_t size;    /* bytes taken */
    bool pushed_back; /* the consumer did not take all */
    bool touched;     /* bytes have gone to a consumer, or into what is no plain file or only
                         appended to: they cannot be taken back */

    /* Private. */
    bool begun; /* a write of this attempt has been started */
    char *block;
    size_t block_size, used, written;
    uint64_t offset;           /* in the file, of the block's first byte */
    int error;                 /* of a file write */
    struct hr_sink_file file;  /* of the whole request: hr__sink_forget begins it */
    struct hr_operation write; /* its id is zero before the first use of the memory */
};

/* Writing to it takes so much of the budget: its block. */
size_t hr__sink_cost(const struct hr_sink *sink);

/* For the body of one response, from its first byte. A growing sink keeps `offset` bytes. */
void hr__sink_open(struct hr_sink_writer *writer, struct hr_reactor *reactor,
                   struct hr_blocks *blocks, char *scratch, const struct hr_sink *sink,
                   void (*on_ready)(struct hr_sink_writer *writer));

/* The body's size is known: 0, HR_ERR_SINK_FULL, HR_ERR_HTTP_BODY_TOO_LARGE, -ENOBUFS, -ENOMEM. */
int hr__sink_expect(struct hr_sink_writer *writer, uint64_t size);

/* Returns how many bytes were taken, or an error. Fewer than `size`: the consumer pushes back
 * (pushed_back is set), or a file is being written and on_ready comes. Bytes that lie where
 * hr__sink_direct said are not copied. */
ssize_t hr__sink_take(struct hr_sink_writer *writer, const char *data, size_t size);

/* Memory for the next bytes of a body of which `left` are still to come, and its size; NULL: a file
 * is being written, ask again after on_ready; or an unsupported kind (see hr__sink_is_direct). */
char *hr__sink_direct(struct hr_sink_writer *writer, uint64_t left, size_t *size);
/* Whether it has such memory at all. A growing sink has once its size is known. */
bool hr__sink_is_direct(const struct hr_sink_writer *writer, uint64_t left);

/* The body is complete: 0 when all of it is where it belongs, -EINPROGRESS: on_ready comes, ask
 * again; else the error of the file. */
int hr__sink_flush(struct hr_sink_writer *writer);

/* The body ends early: bytes of a plain file that have been taken are still written, and on_ready
 * comes where that makes it busy. */
void hr__sink_finish(struct hr_sink_writer *writer);

/* A request begins: no file has been written for it. */
void hr__sink_forget(struct hr_sink_writer *writer);
/* The request has ended: cuts off what an earlier attempt wrote behind the end of the last one's
 * body. `current`: the last attempt has opened this sink. 0, or the error of the file. */
int hr__sink_cut(struct hr_sink_writer *writer, bool current);

/* Bytes of the body so far that are where they belong, whatever happens to those behind them. Not
 * while busy. */
uint64_t hr__sink_delivered(const struct hr_sink_writer *writer);
/* Another attempt goes on behind them: no later cut takes them away. */
void hr__sink_keep(struct hr_sink_writer *writer);

bool hr__sink_busy(const struct hr_sink_writer *writer);
void hr__sink_stop(struct hr_sink_writer *writer);
/* Gives the block back. Not while busy. */
void hr__sink_close(struct hr_sink_writer *writer);

#endif
