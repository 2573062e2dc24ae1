/* A reactor as the modules above see it. Unless said otherwise: on its own thread. */
#ifndef HR_ENGINE_REACTOR_H
#define HR_ENGINE_REACTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <engine/operation.h>
#include <engine/timer.h>
#include <headrace/engine.h>

/* A call to be made by a reactor from its FIFO. Intrusive; idle again when `run` is called. */
struct hr_task {
    struct hr_task *next;
    void (*run)(struct hr_task *task);
};

/* Queues a task; any thread, lock-free; wakes the reactor only if it sleeps. Every post is run,
 * once; during closing too. Posts to one reactor run in the order in which they were made, whoever
 * made them: where one call has returned before another begins, on any threads, its task goes
 * first. */
void hr__reactor_post(struct hr_reactor *reactor, struct hr_task *task);
/* From the own thread, without atomics: runs later in this turn, maybe before posts that were made
 * earlier. For what concerns nobody but the object that the task stands in. */
void hr__reactor_defer(struct hr_reactor *reactor, struct hr_task *task);

uint64_t hr__reactor_now(const struct hr_reactor *reactor); /* monotonic ns, read once a turn */
uint64_t
hr__reactor_wall_ns(const struct hr_reactor *reactor);   /* Unix time in ns, as of this turn */
uint64_t hr__reactor_random(struct hr_reactor *reactor); /* 64 random bits, not for secrets */

/* Hands to the kernel what was asked so far, in the middle of a turn: for what it can work on
 * beside the rest of the turn. */
void hr__reactor_submit(struct hr_reactor *reactor);

struct iovec;
/* Memory that READ and WRITE may name by its index + 1 (`fixed`), once in a reactor's life. 0;
 * -ENOTSUP where the back end or memlock does not have it: then without. */
int hr__reactor_memory_register(struct hr_reactor *reactor, const struct iovec *iov,
                                unsigned count);

void hr__timer_start(struct hr_reactor *reactor, struct hr_timer *timer, uint64_t deadline_ns);
void hr__timer_stop(struct hr_reactor *reactor, struct hr_timer *timer);

struct hr_reactor *
hr__reactor_current(void); /* of this thread, NULL where there is none; any thread */
/* From now on `counter` is read as each turn of this thread's reactor begins, and again where tasks
 * have been posted; the last reading stands where this points to, for as long as the thread runs.
 * One counter a reactor. NULL: this thread is not a reactor's own. */
const uint64_t *hr__reactor_stamp(uint64_t (*counter)(void));
hr_engine *hr__reactor_engine(const struct hr_reactor *reactor);          /* any thread */
unsigned hr__reactor_index(const struct hr_reactor *reactor);             /* any thread */
struct hr_reactor *hr__engine_reactor(hr_engine *engine, unsigned index); /* any thread */
/* The current reactor when it is of this engine, else the less loaded of two; any thread. */
struct hr_reactor *hr__engine_pick(hr_engine *engine);

/* A client, server or log on the engine. open: 0 or -ESHUTDOWN. hr_engine_close is -EBUSY while a
 * handle is open and not closing; it waits for those that are. unopened: what was to have the
 * handle could not be made. closing: 0, or -ESHUTDOWN in a forked child, where there is nothing to
 * close. closed: the last touch of the engine. Any thread. */
int hr__engine_handle_open(hr_engine *engine);
void hr__engine_handle_unopened(hr_engine *engine);
int hr__engine_handle_closing(hr_engine *engine);
void hr__engine_handle_closed(hr_engine *engine);

/* Counters of one reactor: written by its thread alone with hr__count, read by any. */
struct hr_counters {
    uint64_t submitted, succeeded, failed, cancelled;
    uint64_t attempts, retries;
    uint64_t connections_opened, connections_closed;
    uint64_t bytes_sent, bytes_received;
    uint64_t turns, operations, events, wakes, buffers_exhausted, overflows;
};
struct hr_counters *hr__reactor_counters(struct hr_reactor *reactor);
static inline void hr__count(uint64_t *counter, uint64_t more) {
    __atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + more, __ATOMIC_RELAXED);
}
/* connections_peak of the engine. */
void hr__engine_connection_opened(struct hr_reactor *reactor);
void hr__engine_connection_closed(struct hr_reactor *reactor);

#endif
