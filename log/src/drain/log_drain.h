/* The drain: it merges the rings and keeps the sinks busy. */
#ifndef HR_LOG_DRAIN_H
#define HR_LOG_DRAIN_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <engine/reactor.h>
#include <headrace/log.h>

#include "log_monitor.h"
#include "log_producer.h"
#include "log_sink.h"

struct hr__log_drain;

/* A wait until all that is in the rings now has been written. */
struct hr__log_flush {
    /* Called on the drain's reactor, in place of a thread that waits; NULL: a thread waits. */
    void (*on_done)(struct hr__log_flush *flush, int result);
    void *user;
    struct hr_task task;
    struct hr__log_drain *drain;
    struct hr__log_flush *next;
    uint64_t *targets; /* by ring */
    uint32_t target_count;
    bool barrier;  /* it waits for a pass, not for records */
    bool patient;  /* it waits for those sinks too that drop lines where nobody takes them */
    int result;    /* 0; -EAGAIN: the drain was stopped; -ENOMEM */
    bool done;     /* under the monitor's lock */
    bool given_up; /* the waiter has gone; the drain frees it */
};

/* Threads and flushes that wait. */
struct hr__log_waiting {
    struct hr__log_monitor monitor;
    uint32_t threads; /* that wait for room in a ring; any thread */
    struct hr__log_flush *flushes;
};

/* When the next pass is made. */
struct hr__log_passes {
    struct hr_task posted_task, deferred_task;
    uint32_t posted; /* any thread */
    bool deferred, running, ring_error_told;
    struct hr_timer timer;
    uint64_t interval_ns, interval_max_ns; /* from a pass that finds nothing to the next */
    uint64_t corrected_ns;                 /* when the clocks were last read */
};

/* The state of merging, between passes and in one. */
struct hr__log_merging {
    uint64_t last_ticks; /* of the last record that the sinks got */
    bool blocked;        /* no sink had room */
    bool held_back;      /* something was left for a pass that comes soon */
};

/* Counters, which any thread reads. */
struct hr__log_drain_counts {
    uint64_t processed, by_level[HR_LOG_LEVELS]; /* records */
    uint64_t busy_ns;                            /* of passes */
};

/* A reopening that was asked for. */
struct hr__log_reopening {
    struct hr_task task;
    uint32_t posted; /* any thread */
};

/* The beginning and the end of a drain. */
struct hr__log_life {
    struct hr_task open_task, close_task;
    bool opened, closed; /* under the monitor's lock */
    bool complete;       /* it ended with every record in the files */
};

/* Its members are the reactor's, but for those that are marked. */
struct hr__log_drain {
    struct hr__log_host host;
    struct hr__log_sink sinks[HR_LOG_SINKS_MAX];
    unsigned sink_count;
    uint32_t started; /* else records stay in the rings; any thread */
    int64_t thread;   /* the kernel's id of its reactor's thread; any thread */
    struct hr__log_passes passes;
    struct hr__log_merging merging;
    struct hr__log_drain_counts counts;
    struct hr__log_waiting waiting;
    struct hr__log_reopening reopening;
    struct hr__log_life life;
    pthread_mutex_t walk; /* held by a thread that reads rings which the drain may free */
    char *memory;         /* of all buffers */
    size_t memory_bytes;
};

static inline bool hr__log_drain_is_started(const struct hr__log_drain *drain) {
    return __atomic_load_n(&drain->started, __ATOMIC_ACQUIRE) != 0;
}

/* ---- log_merge.c */

/* About so many bytes of the rings a pass reads for the sinks together, and for each that is
 * behind: it holds up a reactor. */
#define HR_LOG_PASS_BYTES (512 * 1024)
/* Reads the rings and has the sinks format what is in them. Returns the bytes read. */
uint64_t hr__log_merge(struct hr__log_drain *drain);
/* Whether something is in the rings that not all sinks have. */
bool hr__log_merge_has_unread(const struct hr__log_drain *drain);

/* ---- log_waiting.c: who waits until records have been written, and how far they have been. */

void hr__log_waiting_open(struct hr__log_waiting *waiting);
/* Nobody waits any more: forgets the flushes. */
void hr__log_waiting_close(struct hr__log_waiting *waiting);
/* The position up to which a ring has been written, by the sinks that hold it up or by all. */
uint64_t hr__log_waiting_durable(const struct hr__log_drain *drain,
                                 const struct hr__log_producer *producer, bool all);
/* Adds a flush of the records that the rings hold now. Its end comes by hr__log_waiting_tell. */
void hr__log_waiting_add(struct hr__log_drain *drain, struct hr__log_flush *flush);
/* Tells those for whom enough has been written, or who wait for a drain that was stopped. */
void hr__log_waiting_tell(struct hr__log_drain *drain);
/* Waits until a ring's tail is there; false after `timeout_ms`. Any thread but a reactor's. */
bool hr__log_waiting_tail(struct hr__log_drain *drain, const struct hr__log_ring *ring,
                          uint64_t tail, int timeout_ms);

/* ---- log_drain.c: its passes. */

/* Merges, writes, frees. */
void hr__log_drain_pass(struct hr__log_drain *drain);
/* Sets up the passes; they begin on the reactor. */
void hr__log_drain_passes_init(struct hr__log_drain *drain, uint32_t flush_interval_ms);
void hr__log_drain_passes_begin(struct hr__log_drain *drain);
/* Has a pass made soon. Any thread. */
void hr__log_drain_wake(struct hr__log_drain *drain);
/* Has the sinks open their files again. Any thread. */
void hr__log_drain_reopen(struct hr__log_drain *drain);
/* How the last reopening went: 0, -EINPROGRESS, or what a sink met. The drain's reactor. */
int hr__log_drain_reopened(const struct hr__log_drain *drain);

/* ---- log_drain_open.c: its beginning and its end. */

/* The drain begins once its reactor runs; nothing blocks. `host` names rings and reactor. */
int hr__log_drain_init(struct hr__log_drain *drain, const struct hr_log_options *options,
                       struct hr_error *error);
void hr__log_drain_wait_opened(struct hr__log_drain *drain);
/* Work on its way is asked to end, and `closed` is set when it has; then deinit may free the drain,
 * which returns how many records are left. */
void hr__log_drain_stop(struct hr__log_drain *drain);
uint64_t hr__log_drain_deinit(struct hr__log_drain *drain);

/* ---- log_flush.c: what is done with a drain from outside of it. */

/* Waits until what is in the rings now has been written. 0, -ETIMEDOUT, -EAGAIN (stopped
 * meanwhile), -ENOMEM. Not on the drain's reactor. `patient`: by those sinks too that drop lines
 * where nobody takes them. */
int hr__log_drain_flush(struct hr__log_drain *drain, int timeout_ms, bool patient);
/* The same on the drain's reactor, for a flush with `on_done`, which may be called from inside; the
 * drain frees it. abandon: on_done is not called any more. */
void hr__log_flush_begin(struct hr__log_drain *drain, struct hr__log_flush *flush);
void hr__log_flush_abandon(struct hr__log_flush *flush);
/* Wakes the drain and waits as hr__log_waiting_tail. */
bool hr__log_drain_wait_tail(struct hr__log_drain *drain, const struct hr__log_ring *ring,
                             uint64_t tail, int timeout_ms);
/* resume: records are read from now on. pause: they stay in the rings; 0 when no sink is given any
 * more, and a flush that waits ends with -EAGAIN. Any thread but the drain's reactor. */
void hr__log_drain_resume(struct hr__log_drain *drain);
int hr__log_drain_pause(struct hr__log_drain *drain);
/* Records in the rings that have not been written. Any thread. */
uint64_t hr__log_drain_queued(struct hr__log_drain *drain);
/* Ends when all is written, or after `timeout_ms`. 0, and how many records are left; -ETIMEDOUT: a
 * write that was asked to end does not, and the drain goes on to need its memory. */
int hr__log_drain_close(struct hr__log_drain *drain, uint32_t timeout_ms, uint64_t *left);

#endif
