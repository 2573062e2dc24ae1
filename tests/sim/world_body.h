/* Bodies that describe themselves: byte i of version v is a function of both, so that a byte
 * dropped, doubled or swapped is seen at its offset. And the sources and sinks that make and judge
 * them, of every kind. */
#ifndef HR_SIM_WORLD_BODY_H
#define HR_SIM_WORLD_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/body.h>

struct world;

/* Where the bytes come from or go to. */
struct world_body {
    struct world *world;
    const char *what; /* for findings */
    unsigned number;  /* of the job, for findings */
    uint64_t version, size;
    uint64_t at;        /* bytes produced or consumed so far */
    uint16_t push_back; /* chance of it, of 65536 */
    bool paused;        /* pushed back and not resumed since */
    bool resumed;       /* while it was not paused: kept for the next push-back */
    bool asked;         /* by the library, since it was resumed last */
    bool kept;          /* resumed while the library ran: its next push-back finds that */
    unsigned kept_of;   /* in this attempt */
    bool rewindable;
    void (*on_pause)(struct world_body *body); /* has to see to it that it is resumed */
    void *user;
    void *memory; /* BYTES, IOVEC */
    struct iovec iov[6];
    struct hr_buffer buffer; /* of a growing sink */
    size_t capacity;         /* of `memory` as a sink */
    unsigned kind;           /* of the sink */
    int fd;                  /* of a file of its own; 0: none */
    uint64_t fd_offset;      /* of the body in it */
};

void world_body_fill(uint64_t version, uint64_t offset, void *bytes, size_t size);
/* A finding where `bytes` are not those of `version` from `offset` on. */
void world_body_check(const struct world_body *body, uint64_t offset, const void *bytes,
                      size_t size);

/* A source of a kind that the world's luck picks. `sized`: of a known size. */
struct hr_source world_body_source(struct world_body *body, bool sized);
/* A sink likewise. `capacity`: of the fixed kind. */
struct hr_sink world_body_sink(struct world_body *body, size_t capacity);
/* The kind that no small budget stops. */
struct hr_sink world_body_sink_consumer(struct world_body *body);
/* The body has come as a whole: all of it is there and right. */
void world_body_sink_done(struct world_body *body, uint64_t offset, uint64_t size);
void world_body_deinit(struct world_body *body);

/* Its request, or exchange, is resumed. */
void world_body_resume(struct world_body *body);
/* ... and another resume may have gone before it: the next push-back may find this one. */
void world_body_resume_kept(struct world_body *body);

/* hr_consume_fn of a body, for servers. */
ssize_t world_body_consume(void *user, const void *data, size_t size);

#endif
