/* A loop and its slots, for the files behind loop.h: schedules choose when a slot starts its next
 * operation, protocols start it. */
#ifndef PERF_LOOP_CORE_H
#define PERF_LOOP_CORE_H

#include <pthread.h>
#include <stdatomic.h>

#include "gate.h"
#include "holders.h"
#include "loop.h"
#include "shards.h"

/* One operation in progress at a time. A protocol's own slot begins with it. */
struct perf_slot {
    perf_loop *loop;
    struct hr_request *request; /* of the operation: a member of the protocol's slot */
    atomic_flag lock;           /* around starting, cancelling and resuming `request` */
    bool busy;                  /* under the lock: `request` is in progress */
    struct perf_step step;      /* of the operation */
    uint64_t begun_ns;          /* its start, or the intended one */
    struct iovec *iov;          /* for bodies larger than the workload's block */
    struct perf_gate_place gate;
    struct perf_slot *next_free; /* of an open loop; of one that thinks the slot behind it */
    uint64_t thought_ns;         /* when it has thought */
};

/* A kind of server. */
struct perf_protocol {
    size_t slot_size; /* of its struct, whose first member is a struct perf_slot */
    /* Starts the slot's step; calls perf_slot_prepare first. 0 or a negative code. */
    int (*start)(struct perf_slot *slot);
    /* Looks at the operation that has ended: may turn success into failure; counts bytes. */
    void (*classify)(struct perf_slot *slot, struct perf_outcome *outcome);
};

/* When operations start. */
struct perf_schedule {
    /* Starts the first ones. 0 or a negative code. */
    int (*start)(perf_loop *loop);
    /* The next operation in a slot whose operation has ended; its lock is held. False: none. */
    bool (*next)(struct perf_slot *slot, uint64_t now_ns);
    /* The operations that were due by `now_ns`, any time behind the start. NULL: those that were
     * started. */
    uint64_t (*due)(const perf_loop *loop, uint64_t now_ns);
    /* Ends the schedule when all is over, or before the start. NULL: nothing to end. */
    void (*close)(perf_loop *loop);
};
extern const struct perf_schedule perf_schedule_closed, perf_schedule_open, perf_schedule_thinking;

struct perf_loop_s {
    struct perf_loop_options options;
    const struct perf_schedule *schedule;
    struct perf_holders holders;
    struct perf_shards shards;
    char *slots; /* of the protocol's size each */
    struct iovec *iov;
    atomic_bool stopping;
    atomic_uint_fast64_t claimed;   /* numbers given out */
    atomic_uint_fast64_t submitted; /* started */
    uint64_t started_ns, until_ns;
    struct perf_gate gate; /* of a closed loop */
    struct {
        pthread_t thread;
        bool runs; /* the thread is to be joined */
        pthread_mutex_t lock;
        struct perf_slot *first, *last; /* slots that wait: free ones of an open loop (`first`
                                           alone), those that think in the order in which they
                                           start again */
    } starter;                          /* of a schedule with a thread */
};

/* Whether nothing more is to be started. */
bool perf_loop_is_over(const perf_loop *loop, uint64_t now_ns);

/* A thread that starts operations at their times: `body` is given the loop, which it holds until it
 * releases it. 0 or a negative code. */
int perf_starter_begin(perf_loop *loop, void *(*body)(void *loop));
/* Waits for its end, where there is one. */
void perf_starter_join(perf_loop *loop);
void perf_starter_sleep(uint64_t wake_ns);

struct perf_slot *perf_slot_at(const perf_loop *loop, unsigned index);
void perf_slot_lock(struct perf_slot *slot);
void perf_slot_unlock(struct perf_slot *slot);

/* Starts operation `number` in a slot that is not busy; its lock is held. 0, or a negative code
 * after which it has been counted as failed. */
int perf_slot_start(struct perf_slot *slot, uint64_t number, uint64_t begun_ns);

/* The class of its body's size, one more than its index; 0: there are none. */
unsigned perf_slot_size_class(const struct perf_slot *slot);

/* Makes `request` the slot's, with what all requests have in common. */
void perf_slot_prepare(struct perf_slot *slot, struct hr_request *request);

#endif
