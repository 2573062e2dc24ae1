/* Shared by the files of the engine: the engine, and the reactors that it owns. */
#ifndef HR_ENGINE_CORE_H
#define HR_ENGINE_CORE_H

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#include <headrace/engine.h>

#include "reactor_core.h"

/* Limits and defaults of the options. */
#define HR_REACTORS_MAX     1024
#define HR_RING_ENTRIES     1024
#define HR_RING_ENTRIES_MAX 32768
#define HR_BUFFERS          128
#define HR_BUFFERS_MAX      32768 /* what a buffer ring can hold */
#define HR_BUFFER_BYTES     8192
#define HR_BUFFER_BYTES_MIN 64
#define HR_BUFFER_BYTES_MAX (1u << 20)
#define HR_REQUESTS         65536
#define HR_SPIN_US_MAX      1000

/* Replaced by tests and by the simulated kernel. Zeroed is the default of each. */
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

/* Under the engine's lock. */
struct hr_notices {
    struct hr_notice entries[HR_NOTICES_MAX];
    unsigned count;
};

/* Reactors on threads of their own. */
struct hr_engine_threads {
    uint32_t running;
    pthread_cond_t started;
    unsigned starting; /* under the engine's lock: those that have not reported */
    int result;        /* under the engine's lock: the first failure, and why */
    struct hr_error error;
};

/* The way to the end: see engine_close.c. */
struct hr_engine_closing {
    unsigned handles_open;    /* under the engine's lock */
    unsigned handles_closing; /* of them, under the engine's lock */
    uint32_t begun;           /* read without the lock */
    bool stopped;             /* under the engine's lock: the reactors were told to leave */
    void (*on_closed)(void *user);
    void *user;
};

struct hr_engine_s {
    struct hr_reactor_group group; /* its reactors */
    struct hr_engine_gate *gate;   /* a page of its own */
    uint64_t process;              /* that made it: hr__engine_process */
    struct hr_engine_options options;
    struct hr_engine_tuning tuning;
    pthread_mutex_t lock;
    struct hr_engine_threads threads;
    struct hr_engine_closing closing;
    struct hr_notices notices;
    uint32_t requests_in_progress __attribute__((aligned(HR_CACHE_LINE)));
    uint64_t connections __attribute__((aligned(HR_CACHE_LINE)));
    uint64_t connections_peak;
};

/* Not in a forked child, which has nothing of the engine but a copy of its memory. Any thread. */
static inline bool hr__engine_alive(const hr_engine *engine) {
    return __atomic_load_n(&engine->gate->alive, __ATOMIC_RELAXED);
}

/* engine_options.c: puts the defaults in and checks the rest. `cores`: this thread may run on so
 * many, 0: not known. */
int hr__engine_options_complete(struct hr_engine_options *options, unsigned cores, bool stepped,
                                struct hr_error *error);

/* engine_notices.c */
void hr__engine_notice(void *engine, const char *text); /* each kind once */
void hr__engine_notices_tell(const hr_engine *engine);
void hr__engine_notices_forget(hr_engine *engine);

/* engine_fork.c */
int hr__engine_open_gate(hr_engine *engine); /* -ENOMEM */
void hr__engine_close_gate(hr_engine *engine);
/* Tells a process from the one that it was forked from. Once there has been an engine. Any thread.
 */
uint64_t hr__engine_process(void);

/* engine_core.c */
/* An engine without reactors; NULL: no memory. `tuning` NULL: nothing is replaced. */
hr_engine *hr__engine_make(const struct hr_engine_options *options,
                           const struct hr_engine_tuning *tuning);
/* Its reactors, not open yet, in place of those that it had. 0 or -ENOMEM. */
int hr__engine_make_reactors(hr_engine *engine, const struct hr_backend_vtable *backend);
void hr__engine_free(hr_engine *engine);

/* engine_threads.c */
/* A thread for each reactor, bound to one of `cores` each unless the options say otherwise. Returns
 * when all have reported: 0, or the first failure with all of them gone. */
int hr__engine_threads_start(hr_engine *engine, const cpu_set_t *cores, struct hr_error *error);
void hr__engine_threads_join(hr_engine *engine);

/* engine_caller.c */
int hr__engine_caller_start(hr_engine *engine, struct hr_error *error);
/* The caller-driven reactor of this thread at that address, else NULL. */
struct hr_reactor *hr__engine_owned(const struct hr_reactor *reactor);
/* Caller mode, outside a turn: ends a closing engine that has come to rest; true: it is gone. */
bool hr__engine_end_at_rest(hr_engine *engine);
/* A stepped engine: one turn of one reactor, without waiting. How many things ran; -ESHUTDOWN: the
 * engine was closing and is gone. */
int hr__engine_step(hr_engine *engine, unsigned index);

/* engine_close.c */
/* Tells the reactors to leave once nothing is in progress and the engine is closing. Any thread. */
void hr__engine_try_stop(hr_engine *engine);

#endif
