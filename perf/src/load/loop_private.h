/* Shared by the files of the loop. */
#ifndef PERF_LOOP_PRIVATE_H
#define PERF_LOOP_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "loop.h"

struct perf_slot;

/* The parts of an operation. */
struct perf_protocol {
    /* Starts the slot's step. 0 or a negative code. */
    int (*start)(struct perf_slot *slot);
    /* Looks at what the step brought: may turn success into failure; counts bytes. */
    void (*judge)(struct perf_slot *slot, struct perf_outcome *outcome);
};
extern const struct perf_protocol perf_protocol_s3, perf_protocol_http;

/* One operation in progress at a time. */
struct perf_slot {
    union {
        struct hr_request request;
        struct hr_http_request http;
        struct hr_s3_put put;
        struct hr_s3_get get;
        struct hr_s3_head head;
        struct hr_s3_list list;
        struct hr_s3_delete remove;
    } any;
    perf_loop *loop;
    atomic_flag lock;      /* around starting, cancelling and resuming what is in `any` */
    bool busy;             /* under the lock */
    bool gated, arrived;   /* gate.c */
    unsigned pass;         /* of a gated body: the first one may be for the signature */
    uint64_t position;     /* in the body: gated producer, verifying consumer */
    bool differs;          /* the body is not what was written */
    struct perf_step step; /* what is in progress */
    uint64_t begun_ns;     /* the start, or the intended one */
    struct iovec *iov;     /* bodies larger than the block */
    struct perf_slot *next_free;
    char key[PERF_KEY_SIZE];
};

/* One thread's results. */
struct perf_shard {
    atomic_uint_fast64_t succeeded, failed, cancelled; /* for perf_loop_live */
    uint64_t ended_ns;
    struct hr_tls_info tls; /* of its first HTTP answer over TLS */
    struct perf_result result;
};

struct perf_loop_s {
    struct perf_loop_options options;
    const struct perf_protocol *protocol;
    uint64_t id; /* tells a loop from an earlier one at the same address */
    int event_fd;
    struct perf_slot *slots;
    struct iovec *iov;
    struct perf_shard *shards;
    unsigned shards_max;
    atomic_uint shards_used;
    atomic_bool stopping;
    /* The holders that keep the loop going: closed, each slot; open, the schedule and each
     * operation. */
    atomic_uint holders;
    atomic_uint_fast64_t claimed;   /* numbers given out */
    atomic_uint_fast64_t submitted; /* started */
    uint64_t started_ns, until_ns;
    /* gate.c */
    atomic_bool gate_open;
    atomic_uint gate_arrived;
    unsigned gate_expected;
    uint64_t gate_until_ns;
    bool gate_complete;
    /* loop_open.c */
    pthread_t schedule;
    bool schedule_runs;
    pthread_mutex_t free_lock;
    struct perf_slot *free_slots;
};

void perf_slot_lock(struct perf_slot *slot);
void perf_slot_unlock(struct perf_slot *slot);

/* Starts operation `number` in a slot that is not busy; its lock is held. 0, or a negative code
 * after which it has been counted as failed. */
int perf_slot_start(struct perf_slot *slot, uint64_t number, uint64_t begun_ns);

/* The part of a request that all have in common. */
void perf_slot_prepare(struct perf_slot *slot, struct hr_request *request);

/* The next operation in a slot whose operation has ended. Its lock is held. False: nothing. */
bool perf_closed_next(struct perf_slot *slot, uint64_t now_ns);
bool perf_open_next(struct perf_slot *slot, uint64_t now_ns);

int perf_closed_start(perf_loop *loop);
int perf_open_start(perf_loop *loop);

/* The calling thread's own. */
struct perf_shard *perf_loop_shard(perf_loop *loop);
/* One holder less; the last one ends the loop. */
void perf_loop_release(perf_loop *loop);
void perf_loop_wake(perf_loop *loop);

/* The gate of `together`. */
struct hr_source perf_gate_source(struct perf_slot *slot);
void perf_gate_arrive(struct perf_slot *slot);
void perf_gate_service(perf_loop *loop);

#endif
