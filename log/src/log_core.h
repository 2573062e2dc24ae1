/* Shared by the logger's own files: the core behind a log and its children, and its
 * drain. */
#ifndef HR_LOG_CORE_H
#define HR_LOG_CORE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <engine/reactor.h>
#include <headrace/log.h>
#include <headrace/text.h>

#include "log_guard.h"
#include "log_producer.h"
#include "log_shared.h"
#include "log_sink.h"

/* Levels by name: what HEADRACE_LOG and hr_log_levels_set say. */
#define HR_LOG_PATTERN_BYTES_MAX 255
struct hr__log_level_rule {
    char pattern[HR_LOG_PATTERN_BYTES_MAX + 1];
    uint32_t letters; /* that are no `*`: the more, the sooner it counts */
    int level;
};
struct hr__log_levels {
    int level; /* of the first log; 0: none is given */
    unsigned count;
    struct hr__log_level_rule rules[HR_LOG_LEVEL_RULES_MAX];
};
enum hr__log_level_from { HR_LOG_LEVEL_OF_PARENT, HR_LOG_LEVEL_OF_RULE, HR_LOG_LEVEL_SET };

struct hr_log_s {
    struct hr_log_view view; /* first: what the macros see */
    hr_log *parent;          /* NULL: made by hr_log_new */
    hr_log *children, *next; /* under the core's lock */
    enum hr__log_level_from level_from;
    int level; /* what is below it is not written; read by any thread */
    struct hr__log_block *bound;
};

struct hr__log_control;

/* Somebody who waits until what is in the rings now has been written. */
struct hr__log_flush {
    /* On the drain's reactor, in place of somebody who waits; NULL: none. */
    void (*on_done)(struct hr__log_flush *flush, int result);
    void *user;
    struct hr_task task;
    struct hr__log_drain *drain;
    struct hr__log_flush *next;
    uint64_t *targets; /* by ring */
    uint32_t target_count;
    bool barrier;  /* waits for no record */
    bool patient;  /* waits for those sinks too that drop lines where nobody takes them */
    int result;    /* -EAGAIN: the drain was stopped */
    bool done;     /* under the drain's lock */
    bool given_up; /* the waiter has gone; the drain frees it */
};

/* Merges the rings and keeps the sinks busy. Its reactor's, but for what is marked. */
struct hr__log_drain {
    struct hr__log_host host;
    uint64_t corrected_ns;
    uint64_t last_ticks; /* of the last record that the sinks got */
    bool slow_ticks;
    struct hr__log_sink sinks[HR_LOG_SINKS_MAX];
    unsigned sink_count;
    struct hr_task pass_task, deferred_task;
    uint32_t pass_posted; /* any thread */
    bool pass_deferred, blocked, held_back, running, ring_error_told;
    int64_t thread;   /* the kernel's id of its reactor's */
    uint32_t waiters; /* threads that wait for room in a ring; any thread */
    uint32_t started; /* else what is in the rings stays there; any thread */
    struct hr_timer timer;
    uint64_t interval_ns, interval_max_ns;
    struct hr__log_flush *flushes;
    uint64_t processed, by_level[HR_LOG_LEVELS]; /* records; read by any thread */
    uint64_t busy_ns;                            /* of passes; read by any thread */
    char *memory;                                /* of all buffers */
    size_t memory_bytes;
    struct hr_task open_task, close_task, reopen_task;
    uint32_t reopen_posted; /* any thread */
    pthread_mutex_t walk;   /* held by who reads rings that the drain may free */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool opened, closed; /* under lock */
    bool complete;       /* it ended with every record in the files */
};

struct hr_log_core {
    struct hr__log_rings rings; /* first: view.core is taken for it */
    struct hr__log_drain drain;
    struct hr__log_shared shared;
    struct hr__log_guard *guard; /* NULL: none */
    struct hr_log_core *next_open;
    hr_engine *engine;
    bool own_engine;
    uint32_t string_limit, close_timeout_ms;
    struct hr__log_control *control; /* NULL: none */
    pthread_mutex_t lock;            /* of the tree of logs */
    struct hr__log_levels *levels;   /* under lock; NULL: none by name */
};

/* ---- log_levels.c */
/* Of one log; under the core's lock. */
void hr__log_level_put(hr_log *log, int level);
int hr__log_levels_read(const char *text, struct hr_error *error, struct hr__log_levels *levels);
/* HEADRACE_LOG, which counts as not set where it is empty. */
int hr__log_levels_from_environment(struct hr_error *error, struct hr__log_levels *levels);
/* `first` is the log that hr_log_new made. 0 or -ENOMEM. */
int hr__log_levels_use(hr_log *first, const struct hr__log_levels *levels);
/* A child that has its parent; under the core's lock. */
void hr__log_levels_join(hr_log *child);

/* ---- log_drain.c */
/* The drain begins once its reactor runs; nothing blocks. */
int hr__log_drain_init(struct hr__log_drain *drain, const struct hr_log_options *options,
                       struct hr_error *error);
void hr__log_drain_wait_opened(struct hr__log_drain *drain);
/* Ends when all is written, or after `timeout_ms`. 0, and how many records are left; -ETIMEDOUT: a
 * write that was asked to end does not, and the drain goes on to need its memory. */
int hr__log_drain_close(struct hr__log_drain *drain, uint32_t timeout_ms, uint64_t *left);
/* The two halves of it: what is still on its way is asked to end, and `closed` is set when it has;
 * then the drain may be freed. */
void hr__log_drain_stop(struct hr__log_drain *drain);
uint64_t hr__log_drain_deinit(struct hr__log_drain *drain);
void hr__log_drain_wake(struct hr__log_drain *drain);   /* any thread */
void hr__log_drain_reopen(struct hr__log_drain *drain); /* any thread */
/* How the last of them went: 0, -EINPROGRESS, or what a sink met. The drain's reactor. */
int hr__log_drain_reopened(const struct hr__log_drain *drain);
/* Merges, writes, frees. */
void hr__log_drain_pass(struct hr__log_drain *drain);
/* Up to where a ring has been written, by the sinks that hold it up or by all. */
uint64_t hr__log_drain_durable(struct hr__log_drain *drain, const struct hr__log_producer *producer,
                               bool all);

/* ---- log_merge.c */
/* So much of the rings, about, a pass reads for the sinks together, and for each that is behind: it
 * holds a reactor. */
#define HR_LOG_PASS_BYTES (512 * 1024)
/* Reads the rings and has the sinks format what is in them. Bytes read. */
uint64_t hr__log_merge(struct hr__log_drain *drain);
/* Something is in them that not all sinks have. */
bool hr__log_merge_has_unread(const struct hr__log_drain *drain);

/* ---- log_exit.c: logs that exit and quick_exit flush. */
void hr__log_exit_add(struct hr_log_core *core);
void hr__log_exit_remove(struct hr_log_core *core);

/* ---- log_flush.c */
/* 0, -ETIMEDOUT, -EAGAIN (stopped meanwhile), -ENOMEM. Not on the drain's reactor. `patient`: those
 * sinks too that drop lines where nobody takes them. */
int hr__log_drain_flush(struct hr__log_drain *drain, int timeout_ms, bool patient);
/* Until a ring's tail is there; false after `timeout_ms`. Any thread but a reactor's. */
bool hr__log_drain_wait_tail(struct hr__log_drain *drain, const struct hr__log_ring *ring,
                             uint64_t tail, int timeout_ms);
void hr__log_drain_tell_waiters(struct hr__log_drain *drain);
/* The same on the drain's reactor, for one with `on_done`, which may be called from inside; the
 * drain frees it. abandon: on_done is not called any more. */
void hr__log_flush_begin(struct hr__log_drain *drain, struct hr__log_flush *flush);
void hr__log_flush_abandon(struct hr__log_flush *flush);
void hr__log_drain_tell_flushes(struct hr__log_drain *drain);
void hr__log_drain_forget_flushes(struct hr__log_drain *drain);
/* Until `*done`: 0 or -ETIMEDOUT. Under the drain's lock. */
int hr__log_drain_wait(struct hr__log_drain *drain, const bool *done, int timeout_ms);
/* From now on records are read, or stay in the rings; any thread. pause: 0 when no sink is given
 * any more; a flush that waits ends with -EAGAIN. */
void hr__log_drain_resume(struct hr__log_drain *drain);
int hr__log_drain_pause(struct hr__log_drain *drain);
/* Records in the rings that have not been written. Any thread. */
uint64_t hr__log_drain_queued(struct hr__log_drain *drain);

#endif
