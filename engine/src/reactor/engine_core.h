/* What the engine's own files share: the engine and its reactors. */
#ifndef HR_ENGINE_CORE_H
#define HR_ENGINE_CORE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <engine/budget.h>
#include <engine/operation.h>
#include <engine/reactor.h>
#include <engine/timer.h>
#include <headrace/engine.h>
#include <headrace/histogram.h>

#include "backend.h"
#include "sockets.h"

#define HR_CACHE_LINE          64
#define HR_REACTORS_MAX        1024
#define HR_RING_ENTRIES        1024
#define HR_RING_ENTRIES_MAX    32768
#define HR_BUFFERS             128
#define HR_BUFFERS_MAX         32768 /* what a buffer ring can hold */
#define HR_BUFFER_BYTES        8192
#define HR_BUFFER_BYTES_MIN    64
#define HR_BUFFER_BYTES_MAX    (1u << 20)
#define HR_REQUESTS            65536
#define HR_TURN_EVENTS         256 /* completions that one turn collects */
#define HR_OPERATION_SLOTS_MAX (1u << 24)
#define HR_FAILED_TURNS_MAX    100 /* in a row, with a rest after each: the ring is lost */
#define HR_FAILED_TURN_REST_NS (5 * 1000000)
#define HR_SPIN_US_MAX         1000

/* What other threads write. A line of its own, so that posting disturbs nothing else. */
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

struct hr_budget_share {
    uint64_t leased, used; /* used ≤ leased; `used` is read by other threads */
    struct hr_budget_waiter *first, *last;
    struct hr_task grant, trim;
    uint32_t grant_queued, trim_queued; /* written by any thread */
    uint64_t ticket; /* of the first that waits here, 0: nobody; written by the own thread, read by
                        any */
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
    hr_engine *engine;
    unsigned index;
    int core; /* to be bound to; -1: not */
    bool in_turn;
    bool in_run;  /* of hr_engine_run */
    bool refused; /* it was the back end that could not be opened, or failed its probe */
    pthread_t thread;
    struct hr_reactor *next_owned; /* caller mode: of the owner's thread */
    struct hr_budget_share budget __attribute__((aligned(HR_CACHE_LINE)));
    struct hr_counters counters __attribute__((aligned(HR_CACHE_LINE)));
    struct hr_event events[HR_TURN_EVENTS];
    struct hr_histogram latency;
};

/* What tests and the simulated kernel replace. Zeroed is the default of each. */
struct hr_engine_tuning {
    const struct hr_backend_vtable *backend; /* NULL: as the options choose */
    const struct hr_sockets *sockets;        /* NULL: the kernel's */
    uint64_t seed;                           /* of all that is random; 0: from the kernel */
    unsigned completions;
    bool stepped; /* caller mode: any number of reactors, run by hr__engine_step */
};
/* Where a tuning leaves out the back end, or there is none; NULL: nothing is replaced. */
extern const struct hr_engine_tuning *hr__engine_default_tuning;
int hr__engine_new(const struct hr_engine_options *options, const struct hr_engine_tuning *tuning,
                   struct hr_error *error, hr_engine **engine);

/* Zero in a forked child (MADV_WIPEONFORK), which has neither the threads nor the ring: starts are
 * then refused like those on a closing engine. */
struct hr_engine_gate {
    uint32_t open;  /* accepts requests and handles */
    uint32_t alive; /* not in a forked child */
};

#define HR_NOTICES_MAX 4
struct hr_notice {
    char text[384];
};

struct hr_engine_s {
    struct hr_engine_gate *gate; /* a page of its own */
    uint64_t process;            /* that made it: hr__engine_process */
    struct hr_engine_options options;
    struct hr_engine_tuning tuning;
    const struct hr_backend_vtable *backend;
    const struct hr_sockets *sockets;
    unsigned reactor_count;
    struct hr_reactor **reactors;

    /* Close: see engine_close.c. */
    pthread_mutex_t lock;
    unsigned handles_open, handles_closing; /* under lock; closing ones count in both */
    uint32_t closing;                       /* read without the lock */
    bool stopped;                           /* under lock: reactors were told to leave */
    void (*on_closed)(void *user);
    void *on_closed_user;
    uint32_t reactors_running;

    /* Start-up. */
    pthread_cond_t started;
    unsigned starting; /* under lock: reactors that have not reported */
    int start_result;  /* under lock: the first failure, and why */
    struct hr_error start_error;
    struct hr_notice notices[HR_NOTICES_MAX]; /* under lock */
    unsigned notice_count;

    uint32_t requests_in_progress __attribute__((aligned(HR_CACHE_LINE)));
    uint64_t connections __attribute__((aligned(HR_CACHE_LINE)));
    uint64_t connections_peak;
    uint64_t budget_limit __attribute__((aligned(HR_CACHE_LINE)));
    uint64_t budget_leased; /* by the reactors, and by what outlives requests */
    uint64_t budget_peak;
    uint64_t budget_given_back;
    uint64_t budget_chunk;
    uint64_t budget_tickets; /* drawn so far */
    uint32_t budget_waiting; /* reactors with waiters */
};

/* reactor.c */
int hr__reactor_open(struct hr_reactor *reactor, struct hr_error *error); /* on its thread */
void hr__reactor_close(struct hr_reactor *reactor);                       /* on its thread */
/* One turn; waits until `limit_ns` (monotonic; 0: not; HR_NO_DEADLINE). How many things ran. */
unsigned hr__reactor_turn(struct hr_reactor *reactor, uint64_t limit_ns);
/* Sets a flag of its mailbox and wakes it if it sleeps. Any thread. */
void hr__reactor_signal(struct hr_reactor *reactor, uint32_t *flag);
bool hr__reactor_busy(const struct hr_reactor *reactor); /* something to run without an event */
/* Caller mode: marks it asleep and arms the descriptor; and the reverse. */
void hr__reactor_doze(struct hr_reactor *reactor);
void hr__reactor_rouse(struct hr_reactor *reactor);
void hr__reactor_wait_for_posters(struct hr_reactor *reactor);

/* operation.c */
int hr__slab_open(struct hr_slab *slab);
void hr__slab_close(struct hr_slab *slab);
void hr__operation_dispatch(struct hr_reactor *reactor, const struct hr_event *event);
unsigned hr__operation_dispatch_ending(struct hr_reactor *reactor);
void hr__operation_ask(struct hr_reactor *reactor, struct hr_operation *operation);
void hr__operation_ask_unasked(struct hr_reactor *reactor);
void hr__operation_end_all(struct hr_reactor *reactor, int32_t result); /* without the kernel */
void hr__operation_list_push(struct hr_operation_list *list, struct hr_operation *operation);
void hr__operation_list_remove(struct hr_operation_list *list, struct hr_operation *operation);
struct hr_operation *hr__operation_list_pop(struct hr_operation_list *list);

/* buffers.c */
int hr__buffers_open(struct hr_reactor *reactor, struct hr_error *error);
void hr__buffers_close(struct hr_reactor *reactor);
const char *hr__buffers_lend(struct hr_reactor *reactor, uint16_t buffer);
void hr__buffers_take_back(struct hr_reactor *reactor, uint16_t buffer);
void hr__buffers_flush(struct hr_reactor *reactor); /* the batch, then the parked */
void hr__buffers_park(struct hr_reactor *reactor, struct hr_operation *operation);

/* budget.c */
void hr__budget_open(hr_engine *engine);
void hr__budget_share_open(struct hr_reactor *reactor);

/* Not in a forked child, which has nothing of the engine but a copy of its memory. Any thread. */
static inline bool hr__engine_alive(const hr_engine *engine) {
    return __atomic_load_n(&engine->gate->alive, __ATOMIC_RELAXED);
}

/* engine.c */
void hr__engine_notice(void *engine, const char *text); /* each kind once */
void hr__engine_free(hr_engine *engine);

/* The caller-driven reactor of this thread at that address, else NULL. */
struct hr_reactor *hr__engine_owned(const struct hr_reactor *reactor);
/* Caller mode, outside a turn: ends a closing engine that has come to rest; true: it is gone. */
bool hr__engine_settle(hr_engine *engine);
/* A stepped engine: one turn of one reactor, without waiting. How many things ran; -ESHUTDOWN: the
 * engine was closing and is gone. */
int hr__engine_step(hr_engine *engine, unsigned index);

/* engine_fork.c */
int hr__engine_open_gate(hr_engine *engine); /* -ENOMEM */
void hr__engine_close_gate(hr_engine *engine);
/* Tells a process from the one that it was forked from. Once there has been an engine. Any thread.
 */
uint64_t hr__engine_process(void);

/* engine_close.c */
/* Tells the reactors to leave once nothing is in progress and the engine is closing. Any thread. */
void hr__engine_try_stop(hr_engine *engine);
/* A reactor's thread has closed its reactor: its last touch. The last one ends the engine when
 * hr_engine_close has not waited. */
void hr__engine_thread_left(struct hr_reactor *reactor);

#endif
