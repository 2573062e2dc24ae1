/* One direction of a proxied connection: bytes between a stream that they come from and one that
 * they go to. Memory is one buffer; when it is full, nothing more is taken. Reactor thread only. */
#ifndef PERF_FAULT_FLOW_H
#define PERF_FAULT_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include <engine/timer.h>

#include "stream.h"

#define FAULT_FLOW_SIZE (128u << 10)

/* [start, ready) may be written; [ready, seen) was looked at and is held; [seen, end) is new. */
struct fault_flow {
    char *data; /* FAULT_FLOW_SIZE bytes */
    size_t start, ready, seen, end;
    size_t writing; /* bytes of the write in progress, from `start` on */
    struct hr_reactor *reactor;
    struct hr_stream *to; /* NULL: nothing can be written yet */
    uint64_t rate;        /* bytes a second; 0: any */
    uint64_t next_ns;     /* no write before */
    uint64_t *written;    /* the counter of its bytes */
    struct hr_timer pace;
    struct iovec piece;
    bool starved; /* the source has more than was taken */
    bool ended;   /* the source has ended in an orderly way */
    bool fin_sent;
};

/* 0 or -ENOMEM. */
int fault_flow_init(struct fault_flow *flow, struct hr_reactor *reactor, uint64_t *written);
void fault_flow_deinit(struct fault_flow *flow);

/* Copies what there is room for; returns how much that was. */
size_t fault_flow_take(struct fault_flow *flow, const char *data, size_t size);
/* Begins a write of what may be written, if none is in progress and its rate allows it. */
void fault_flow_push(struct fault_flow *flow);
/* The write in progress has ended well. */
void fault_flow_written(struct fault_flow *flow);
/* Drops what has been looked at and not been written; no write is in progress. */
void fault_flow_drop(struct fault_flow *flow);
/* Drops what is new; a write may be in progress. */
static inline void fault_flow_forget(struct fault_flow *flow) {
    flow->end = flow->seen;
}

static inline bool fault_flow_is_drained(const struct fault_flow *flow) {
    return flow->start == flow->ready && flow->writing == 0;
}
static inline bool fault_flow_is_empty(const struct fault_flow *flow) {
    return flow->start == flow->end && flow->writing == 0;
}
static inline size_t fault_flow_unseen(const struct fault_flow *flow) {
    return flow->end - flow->seen;
}
/* All new bytes may be written. */
static inline void fault_flow_release(struct fault_flow *flow) {
    flow->ready = flow->seen = flow->end;
}

#endif
