/* Producers: the threads that log. Each has a ring for each log whose core it writes to. */
#ifndef HR_LOG_PRODUCER_H
#define HR_LOG_PRODUCER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <headrace/log_call.h>

#include "log_kept.h"
#include "log_ring.h"

#define HR_LOG_CACHE_LINE 64

/* Records that a thread could not keep, by level; written by it alone, read by any. */
struct hr__log_drops {
    uint64_t total, by_level[HR_LOG_LEVELS];
    uint64_t first_ticks, last_ticks;
};

/* A ring among those of a pass. */
struct hr__log_merge {
    uint64_t *read; /* where the position is that the pass reads from */
    uint64_t head;  /* the ring is read up to here in this pass */
    uint64_t ticks; /* of its next record */
    struct hr__log_producer *next;
};
struct hr__log_rings;

struct hr__log_producer {
    struct hr_log_producer shown; /* first: what the macros see */
    struct hr__log_rings *rings;  /* of the core; not to be touched once it is closed */
    uint32_t index;               /* in the core's list, from 0 */
    uint64_t woken_tail; /* where the drain was when it was last woken for a filling ring */
    struct hr__log_drops drops, told; /* all of them, and those that a record has told of */
    uint64_t accepted;
    struct hr__log_kept kept;
    uint64_t waited_tail;   /* where the drain was when a call waited for room in vain */
    uint64_t wait_again_ns; /* before then no call waits until its record is written */
    bool has_waited;        /* the call at hand, for room */
    uint64_t fallbacks;     /* calls of ERROR and above that had to wait for room */
    uint32_t left; /* bits: the thread has ended, the core is closed. The second to go frees it; an
                      ended thread's ring may go to another thread before */
    struct hr__log_producer *next; /* in the core's list */
    struct hr__log_producer *next_of_thread;
    /* The drain's words of each record share no cache line with the thread's:
     * calls took 60 ns instead of 10 while it was at work. */
    struct hr__log_ring ring __attribute__((aligned(HR_LOG_CACHE_LINE)));
    struct hr__log_merge merge; /* the drain's, while it merges */
};

/* When calls wait, and for what. The functions return 1, 0 after `timeout_ms`, and a negative
 * number at once where this thread may not wait. */
struct hr__log_waits {
    bool full, errors; /* for room: all, ERROR and above */
    int sync_level;    /* until written: this and above; 0: none */
    uint32_t timeout_ms;
    int (*tail)(struct hr__log_rings *rings, const struct hr__log_ring *ring, uint64_t tail);
    int (*written)(struct hr__log_rings *rings);
};

/* The part of a core that producers know. */
struct hr__log_rings {
    uint64_t serial;
    uint32_t forks;                 /* of the process that opened them */
    pthread_mutex_t lock;           /* of the list; the drain takes it too */
    struct hr__log_producer *first; /* the list only grows at its front; read with acquire */
    uint32_t count;                 /* of producers; under lock */
    uint64_t ring_bytes;            /* of a new ring */
    uint64_t bytes, bytes_max;      /* of all rings */
    uint64_t refused;               /* records of threads that got no ring */
    uint16_t name;                  /* of the log that was made first, for what is nobody's */
    int ring_error;                 /* why the last thread got none; 0: none was refused one */
    uint32_t asked_in_vain;         /* under lock */
    bool slow_ticks;
    int directory; /* rings are files there; -1: they are memory */
    void (*wake)(struct hr__log_rings *rings, bool now); /* any thread; never blocks */
    /* Gives where the turn's time of the calling thread stands, or NULL: it is no reactor's own.
     * NULL: records never bear a turn's time. */
    const uint64_t *(*turn_ticks)(void);
    struct hr__log_waits waits;
    uint32_t backtrace; /* records that each thread keeps; 0: none */
    int backtrace_level;
};

/* The process dies, and its threads that log are being stopped: one that gets a ring now stands
 * still instead. Set once, by a handler of signals. */
extern uint32_t hr__log_dying;

int hr__log_rings_open(struct hr__log_rings *rings);
/* Makes a ring before the first thread needs one: a full disk is told to whoever opens the log. */
int hr__log_rings_reserve(struct hr__log_rings *rings);
/* No thread may write to the core any more. What was dropped and no record has told of, as none
 * came behind it, is told of now, in the rings that have room. */
void hr__log_rings_tell(struct hr__log_rings *rings);
void hr__log_rings_close(struct hr__log_rings *rings);

/* The fields bound to this thread have `size` bytes from now on. */
void hr__log_thread_set_context(uint32_t size);
/* This thread has something that is freed when it ends. 0 or what the C library met. */
int hr__log_thread_keep(void);

/* In a forked child: nothing of them works, and their lock may be held for ever. */
bool hr__log_rings_are_parents(const struct hr__log_rings *rings);

/* This thread's, made where it has none yet; NULL: there is no memory for one, or this is a forked
 * child. */
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

/* Its thread has ended, or the core is closed. Any thread, and handlers of signals. */
static inline bool hr__log_producer_has_left(const struct hr__log_producer *producer) {
    return __atomic_load_n(&producer->left, __ATOMIC_ACQUIRE) != 0;
}

/* More rings than that there never are. */
static inline uint32_t hr__log_rings_max(const struct hr__log_rings *rings) {
    uint64_t most = rings->bytes_max / rings->ring_bytes;
    return most < UINT32_MAX ? (uint32_t)most + 1 : UINT32_MAX;
}

/* A counter that its thread alone writes, and any reads. */
static inline void hr__log_add(uint64_t *counter, uint64_t more) {
    __atomic_store_n(counter, *counter + more, __ATOMIC_RELAXED);
}

/* Of the list; the others behind it. Any thread. */
static inline struct hr__log_producer *hr__log_rings_first(const struct hr__log_rings *rings) {
    return __atomic_load_n(&rings->first, __ATOMIC_ACQUIRE);
}

static inline unsigned hr__log_level_index(int level) {
    return level < 10 ? 0 : level >= 50 ? HR_LOG_LEVELS - 1 : (unsigned)level / 10;
}

#endif
