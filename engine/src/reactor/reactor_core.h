/* Shared by the files of the reactor, and seen by the engine above: the reactor, its parts, and the
 * group of an engine's reactors. */
#ifndef HR_ENGINE_REACTOR_CORE_H
#define HR_ENGINE_REACTOR_CORE_H

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <engine/budget.h>
#include <engine/operation.h>
#include <engine/reactor.h>
#include <engine/timer.h>
#include <headrace/engine.h>

#include "backend.h"
#include "sockets.h"

#define HR_CACHE_LINE          64
#define HR_TURN_EVENTS         256 /* completions that one turn collects */
#define HR_OPERATION_SLOTS_MAX (1u << 24)
#define HR_FAILED_TURNS_MAX    100 /* in a row, with a rest after each: the ring is lost */
#define HR_FAILED_TURN_REST_NS (5 * 1000000)

/* Written by other threads. A line of its own, so that posting disturbs nothing else. */
struct hr_mailbox {
    struct hr_task *posted; /* last in, first out; NULL: empty */
    uint32_t sleeping;      /* who exchanges 1 for 0 has to wake */
    uint32_t posters;       /* threads inside a post; the reactor outlives them */
    uint32_t load;          /* requests given to this reactor and not yet done */
    uint32_t stop;          /* leave the loop */
    uint32_t stop_run;      /* hr_engine_stop */
};

struct hr_task_list {
    struct hr_task *first, *last;
};

struct hr_operation_list {
    struct hr_operation *first, *last;
};

struct hr_slot {
    struct hr_operation *operation; /* NULL: free */
    uint32_t generation;            /* never 0 */
    uint32_t next_free;
};

struct hr_slab {
    struct hr_slot *slots; /* slot 0 is never given: it marks what is the backend's own */
    uint32_t capacity, free, live;
};

struct hr_buffers {
    char *memory;
    unsigned count, size;
    uint16_t *returning; /* used, to be given back in one batch */
    unsigned returning_count;
    struct hr_operation_list parked; /* receives that found the ring empty */
};

/* The byte budget of an engine. Any thread, but for limit and chunk, which are constant. */
struct hr_budget {
    uint64_t limit;
    uint64_t leased; /* by the reactors, and by what outlives requests */
    uint64_t peak;
    uint64_t given_back;
    uint64_t chunk;
    uint64_t tickets; /* drawn so far */
    uint32_t waiting; /* reactors with waiters */
    uint64_t bulk;    /* bytes of bulk, of all reactors */
    uint32_t bulk_waiting;
};

struct hr_budget_share {
    uint64_t leased, used; /* used ≤ leased; `used` is read by other threads */
    struct hr_budget_waiter *first, *last;
    struct hr_task grant, trim;
    uint32_t grant_queued, trim_queued; /* written by any thread */
    uint64_t ticket; /* of the first that waits here, 0: nobody; written by the own thread, read by
                        any */
};

/* The engine's: the thread that a reactor runs on. */
struct hr_reactor_thread {
    pthread_t id;
    int core;                      /* to be bound to; -1: not */
    struct hr_reactor *next_owned; /* caller mode: of the owner's thread */
};

struct hr_reactor {
    struct hr_mailbox mail __attribute__((aligned(HR_CACHE_LINE)));
    /* The rest is the own thread's. */
    struct hr_backend *backend __attribute__((aligned(HR_CACHE_LINE)));
    const struct hr_backend_vtable *vtable;
    uint64_t now_ns;
    uint64_t ran_ns;           /* when the last turn in which something ran began to call back */
    uint64_t wall_ns;          /* 0: not asked for yet in this turn */
    uint64_t (*counter)(void); /* NULL: nobody wants the turn's stamp */
    uint64_t stamp;            /* its last reading */
    struct hr_wheel *wheel;
    struct hr_task_list tasks;
    struct hr_slab slab;
    struct hr_operation_list ending;  /* end without the kernel */
    struct hr_operation_list unasked; /* the submission queue was full: to be asked or cancelled */
    struct hr_buffers buffers;
    uint64_t random[2];
    uint64_t overflows_seen;
    unsigned failed_turns; /* in a row */
    int broken;            /* why the ring is lost; every operation ends with it. 0: it is not */
    hr_engine *engine;     /* for those above: not known here */
    struct hr_reactor_group *group;
    unsigned index;
    bool in_turn;
    bool in_run;  /* of hr_engine_run */
    bool refused; /* it was the back end that could not be opened, or failed its probe */
    struct hr_reactor_thread thread;
    struct hr_budget_share budget __attribute__((aligned(HR_CACHE_LINE)));
    struct hr_counters counters __attribute__((aligned(HR_CACHE_LINE)));
    struct hr_event events[HR_TURN_EVENTS];
};

/* Common to the reactors of one engine, which fills it before it opens them; after that only the
 * budget changes. */
struct hr_reactor_group {
    const struct hr_backend_vtable *backend;
    const struct hr_sockets *sockets;
    const uint32_t *alive; /* 0 in a forked child, which has neither the threads nor the ring */
    void (*on_notice)(void *engine, const char *text);
    unsigned ring_entries;
    unsigned completions; /* 0: as many as the back end takes for so many entries */
    unsigned buffer_count, buffer_size_bytes;
    uint64_t spin_ns;
    uint64_t seed; /* of all that is random; 0: from the kernel */
    bool caller;   /* driven by its caller, who sleeps outside */
    unsigned count;
    struct hr_reactor **reactors;
    struct hr_budget budget __attribute__((aligned(HR_CACHE_LINE)));
};

/* reactor.c */
int hr__reactor_open(struct hr_reactor *reactor, struct hr_error *error); /* on its thread */
void hr__reactor_close(struct hr_reactor *reactor);                       /* on its thread */
/* One turn; waits until `limit_ns` (monotonic; 0: not; HR_NO_DEADLINE). How many things ran. */
unsigned hr__reactor_turn(struct hr_reactor *reactor, uint64_t limit_ns);
/* Within a turn: an event on its way to the owner of its operation. */
void hr__reactor_dispatch(struct hr_reactor *reactor, const struct hr_event *event);
/* Sets a flag of its mailbox and wakes it if it sleeps. Any thread. */
void hr__reactor_signal(struct hr_reactor *reactor, uint32_t *flag);
bool hr__reactor_busy(const struct hr_reactor *reactor); /* something to run without an event */
/* Caller mode: marks it asleep and arms the descriptor; and the reverse. */
void hr__reactor_doze(struct hr_reactor *reactor);
void hr__reactor_rouse(struct hr_reactor *reactor);
void hr__reactor_wait_for_posters(struct hr_reactor *reactor);
/* Told to leave its loop, and nothing is left to run. */
bool hr__reactor_may_leave(const struct hr_reactor *reactor);

/* operation.c */
int hr__slab_open(struct hr_slab *slab);
void hr__slab_close(struct hr_slab *slab);
/* The operation with that id; NULL: a late event, whose owner is long gone. */
static inline struct hr_operation *hr__slab_find(const struct hr_slab *slab, uint64_t id) {
    uint32_t index = (uint32_t)id;
    if (index >= slab->capacity) return NULL;
    const struct hr_slot *slot = &slab->slots[index];
    return slot->generation == (uint32_t)(id >> 32) ? slot->operation : NULL;
}
/* An event goes to its owner, with the bytes of its lent buffer. */
void hr__operation_deliver(struct hr_reactor *reactor, struct hr_operation *operation,
                           const struct hr_event *event, const char *data);
unsigned hr__operation_deliver_ending(struct hr_reactor *reactor);
void hr__operation_ask(struct hr_reactor *reactor, struct hr_operation *operation);
void hr__operation_ask_unasked(struct hr_reactor *reactor);
void hr__operation_end_all(struct hr_reactor *reactor, int32_t result); /* without the kernel */
void hr__operation_list_push(struct hr_operation_list *list, struct hr_operation *operation);
void hr__operation_list_remove(struct hr_operation_list *list, struct hr_operation *operation);
struct hr_operation *hr__operation_list_pop(struct hr_operation_list *list);

/* buffers.c */
static inline const char *hr__buffers_lend(struct hr_reactor *reactor, uint16_t buffer) {
    struct hr_buffers *buffers = &reactor->buffers;
    assert(buffer < buffers->count);
    return buffers->memory + (size_t)buffer * buffers->size;
}

static inline void hr__buffers_return(struct hr_reactor *reactor, uint16_t buffer) {
    struct hr_buffers *buffers = &reactor->buffers;
    assert(buffers->returning_count < buffers->count);
    buffers->returning[buffers->returning_count++] = buffer;
}
int hr__buffers_open(struct hr_reactor *reactor, struct hr_error *error);
void hr__buffers_close(struct hr_reactor *reactor);
void hr__buffers_flush(struct hr_reactor *reactor); /* the batch, then the parked */
void hr__buffers_park(struct hr_reactor *reactor, struct hr_operation *operation);

/* budget.c */
void hr__budget_open(struct hr_reactor_group *group, uint64_t limit);
void hr__budget_share_open(struct hr_reactor *reactor);
/* Bytes that no request holds any more go back to the total. Any thread. */
void hr__budget_returned(struct hr_reactor_group *group, size_t bytes);

#endif
