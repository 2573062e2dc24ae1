/* Producers: a thread that logs has one, with a ring, for each core that it logs to. */
#ifndef HR_LOG_PRODUCER_H
#define HR_LOG_PRODUCER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <headrace/log_call.h>

#include "log_kept.h"
#include "log_ring.h"

#define HR_LOG_CACHE_LINE 64

/* Records that a thread had no room for; written by that thread, read by any. */
struct hr__log_drops {
    uint64_t total, by_level[HR_LOG_LEVELS];
    uint64_t first_ticks, last_ticks;
};

/* The place of a ring in a pass of the drain. */
struct hr__log_merge {
    uint64_t *read; /* the position from which the pass reads */
    uint64_t head;  /* the position up to which it reads */
    uint64_t ticks; /* of the next record; UINT64_MAX: there is none */
    struct hr__log_producer *next;
};
struct hr__log_rings;

struct hr__log_producer {
    struct hr_log_producer shown; /* first: what the macros see */
    struct hr__log_rings *rings;  /* of the core; not valid once that is closed */
    uint32_t index;               /* in the core's list, from 0 */
    uint64_t woken_tail; /* the ring's tail when the drain was last woken for a filling ring */
    struct hr__log_drops drops, told; /* all that were dropped; those that a record has told of */
    uint64_t accepted;
    struct hr__log_kept kept;
    uint64_t waited_tail;   /* the ring's tail when a call last waited for room in vain */
    uint64_t wait_again_ns; /* before this time no call waits until its record is written */
    bool has_waited;        /* the call at hand has waited for room */
    uint64_t fallbacks;     /* calls of ERROR and above that had to wait for room */
    uint32_t left; /* bits: the thread has ended, the core is closed. The second to go frees it. The
                      ring of a thread that has ended may go to another thread before */
    struct hr__log_producer *next; /* in the core's list */
    struct hr__log_producer *next_of_thread;
    /* The members that the drain writes share no cache line with those of the thread: otherwise
     * calls take 60 ns instead of 10 while the drain is at work. */
    struct hr__log_ring ring __attribute__((aligned(HR_LOG_CACHE_LINE)));
    struct hr__log_merge merge; /* the drain's, while it merges */
};

/* When calls wait, and how. The functions return 1; 0 after `timeout_ms`; a negative number at once
 * where this thread may not wait. */
struct hr__log_waits {
    bool full, errors; /* for room in the ring: all calls; calls of ERROR and above */
    int sync_level;    /* until their record is written: calls of this level and above; 0: none */
    uint32_t timeout_ms;
    /* Waits until the drain has freed the ring up to `tail`. */
    int (*tail)(struct hr__log_rings *rings, const struct hr__log_ring *ring, uint64_t tail);
    /* Waits until all that was logged is written. */
    int (*written)(struct hr__log_rings *rings);
};

/* The part of a core that producers know. */
struct hr__log_rings {
    uint64_t serial;
    uint32_t forks;                 /* before the process that opened them */
    pthread_mutex_t lock;           /* of who adds to the list */
    struct hr__log_producer *first; /* the list only grows at its front; read with acquire */
    uint32_t count;                 /* of producers; under lock */
    uint64_t ring_bytes;            /* of a new ring */
    uint64_t bytes, bytes_max;      /* of all rings */
    uint64_t refused;               /* records of threads that got no ring */
    uint16_t name;                  /* of the first log, for records of drops at the end */
    int ring_error;                 /* of the last ring that could not be made; 0: none */
    uint32_t asked_in_vain;         /* for a ring, since then; under lock */
    bool slow_ticks;
    int directory; /* rings are files there; -1: they are memory */
    void (*wake)(struct hr__log_rings *rings, bool now); /* any thread; never blocks */
    /* Returns where the time of the calling reactor's turn stands, or NULL where the thread is no
     * reactor's own. NULL: records never bear the time of a turn. */
    const uint64_t *(*turn_ticks)(void);
    struct hr__log_waits waits;
    uint32_t backtrace; /* records that each thread keeps; 0: none */
    int backtrace_level;
};

/* Set once, by a handler of signals: the process dies, and its threads that log are being stopped.
 * A thread that gets a ring now stands still instead. */
extern uint32_t hr__log_dying;

/* Gives the rings their serial and their lock. 0, or a negative code of the C library. */
int hr__log_rings_open(struct hr__log_rings *rings);
/* Makes a ring before the first thread needs one, so that a full disk is an error of opening the
 * log. */
int hr__log_rings_reserve(struct hr__log_rings *rings);
/* Puts records of drops that no record has told of into the rings that have room. No thread may log
 * to the core any more. */
void hr__log_rings_tell(struct hr__log_rings *rings);
void hr__log_rings_close(struct hr__log_rings *rings);

/* The fields bound to this thread have `size` bytes from now on. */
void hr__log_thread_set_context(uint32_t size);
/* Has the end of this thread free what the thread holds. 0, or a negative code of the C library. */
int hr__log_thread_keep(void);

/* Whether this is a forked child of the process that opened the rings: nothing of them works here,
 * and their lock may be held for ever. */
bool hr__log_rings_are_parents(const struct hr__log_rings *rings);

/* The producer of this thread, made where it has none yet. NULL: it gets no ring, or this is a
 * forked child. */
struct hr__log_producer *hr__log_producer_of(struct hr__log_rings *rings);

/* ---- log_write.c */

/* A record whose level, message and keys are known only at run time. */
struct hr__log_free {
    int level;
    struct hr_slice message;
    const struct hr_log_field *fields;
    uint32_t count;
};
void hr__log_write_free(const struct hr_log_view *view, const struct hr__log_free *record);

/* Whether its thread has ended or the core is closed. Any thread, and handlers of signals. */
static inline bool hr__log_producer_has_left(const struct hr__log_producer *producer) {
    return __atomic_load_n(&producer->left, __ATOMIC_ACQUIRE) != 0;
}

/* The most rings that there can be. */
static inline uint32_t hr__log_rings_max(const struct hr__log_rings *rings) {
    uint64_t most = rings->bytes_max / rings->ring_bytes;
    return most < UINT32_MAX ? (uint32_t)most + 1 : UINT32_MAX;
}

/* Adds to a counter that one thread writes and any reads. */
static inline void hr__log_add(uint64_t *counter, uint64_t more) {
    __atomic_store_n(counter, *counter + more, __ATOMIC_RELAXED);
}

/* The first producer of the list. Any thread. */
static inline struct hr__log_producer *hr__log_rings_first(const struct hr__log_rings *rings) {
    return __atomic_load_n(&rings->first, __ATOMIC_ACQUIRE);
}

static inline unsigned hr__log_level_index(int level) {
    return level < 10 ? 0 : level >= 50 ? HR_LOG_LEVELS - 1 : (unsigned)level / 10;
}

#endif
