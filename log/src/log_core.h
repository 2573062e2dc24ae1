/* What the logger's own files share: the core behind a log and its children, its drain, its sinks.
 */
#ifndef HR_LOG_CORE_H
#define HR_LOG_CORE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <engine/operation.h>
#include <engine/reactor.h>
#include <headrace/log.h>

#include "log_format.h"
#include "log_producer.h"
#include "log_ticks.h"

#define HR_LOG_BUFFER_BYTES (256 * 1024)
#define HR_LOG_BUFFERS      2 /* of each sink: one is filled while the other is written */

struct hr__log_drain;
struct hr__log_sink;

/* Lines on their way to the kernel. */
struct hr__log_buffer {
    struct hr_operation operation;
    struct hr__log_sink *sink;
    char *data;
    size_t capacity, size, written;
    int fixed;       /* index + 1 of registered memory; 0: it is not registered */
    uint64_t offset; /* in the file */
    bool in_flight, placed, ended;
    int result;        /* of one that ended before the one in front of it */
    uint64_t sequence; /* the order in which they were handed over */
    uint64_t records;  /* lines in it */
    uint64_t *covers;  /* by ring: when this is written, all before it is */
    uint32_t covers_count;
};

/* One kind of sink. All on the drain's reactor but for open and close. */
struct hr__log_sink_class {
    const char *name;
    bool
        drops; /* where it is slow it loses lines, and counts them, rather than hold up the rings */
    int (*open)(struct hr__log_sink *sink, const struct hr_log_sink *options,
                struct hr_error *error);
    void (*write)(struct hr__log_sink *sink, struct hr__log_buffer *buffer);
    void (*close)(struct hr__log_sink *sink);
};
extern const struct hr__log_sink_class hr__log_sink_file, hr__log_sink_stream,
    hr__log_sink_callback;

struct hr__log_sink {
    const struct hr__log_sink_class *class_;
    struct hr__log_drain *drain;
    struct hr__log_formatter formatter;
    int level;
    char *pattern;   /* of names; NULL: all */
    uint8_t *wanted; /* by name: 0 not looked at, 1 no, 2 yes */
    uint32_t wanted_count;
    struct hr__log_buffer buffers[HR_LOG_BUFFERS];
    unsigned filling;  /* which of them */
    uint64_t *durable; /* by ring: written up to here */
    uint32_t durable_count;
    bool failing; /* the last write failed; it is tried again */
    struct hr_timer retry;
    struct hr__log_buffer *failed;
    uint64_t sequence;
    size_t bound;                           /* of the line at hand; 0: not wanted */
    uint64_t lines, dropped, bytes, errors; /* read by any thread */
    /* The class's own. */
    int fd;
    bool is_terminal;
    uint64_t offset;
    char *path;
    unsigned mode;
    void (*callback)(void *user, const char *lines, size_t size);
    void *user;
};

/* Somebody who waits until what is in the rings now has been written. */
struct hr__log_flush {
    struct hr_task task;
    struct hr__log_drain *drain;
    struct hr__log_flush *next;
    uint64_t *targets; /* by ring */
    uint32_t target_count;
    bool done;     /* under the drain's lock */
    bool given_up; /* the waiter has gone; the drain frees it */
};

struct hr__log_cursor_ring {
    struct hr__log_producer *producer;
    uint64_t head, position;
    uint64_t ticks; /* of the record at `position` */
};

/* Merges the rings and keeps the sinks busy. Its reactor's, but for what is marked. */
struct hr__log_drain {
    struct hr__log_rings *rings;
    struct hr_reactor *reactor;
    struct hr__log_ticks ticks;
    uint64_t corrected_ns;
    bool slow_ticks;
    struct hr__log_sink sinks[HR_LOG_SINKS_MAX];
    unsigned sink_count;
    struct hr__log_cursor_ring *merge;
    uint32_t merge_capacity;
    struct hr_task pass_task, deferred_task;
    uint32_t pass_posted; /* any thread */
    bool pass_deferred, blocked, held_back, stopping, running;
    struct hr_timer timer;
    uint64_t interval_ns, interval_max_ns;
    struct hr__log_flush *flushes;
    uint64_t processed; /* records; read by any thread */
    char *memory;       /* of all buffers */
    size_t memory_bytes;
    struct hr_task open_task, close_task;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool opened, closed; /* under lock */
};

struct hr_log_core {
    struct hr__log_rings rings; /* first: view.core is taken for it */
    struct hr__log_drain drain;
    hr_engine *engine;
    bool own_engine;
    uint32_t string_limit;
    pthread_mutex_t lock; /* of the tree of logs */
};

/* ---- log_drain.c */
int hr__log_drain_open(struct hr__log_drain *drain, const struct hr_log_options *options,
                       struct hr_error *error);
/* Ends when all is written, or after `timeout_ms`; how many records are left. */
uint64_t hr__log_drain_close(struct hr__log_drain *drain, uint32_t timeout_ms);
int hr__log_drain_flush(struct hr__log_drain *drain, int timeout_ms);
void hr__log_drain_wake(struct hr__log_drain *drain); /* any thread */
/* Something may go on: a buffer was written. */
void hr__log_drain_go_on(struct hr__log_drain *drain);

/* ---- log_sink.c */
int hr__log_sink_open(struct hr__log_sink *sink, struct hr__log_drain *drain,
                      const struct hr_log_sink *options, struct hr_error *error);
void hr__log_sink_close(struct hr__log_sink *sink);
/* Whether it can take the line of a record; false: not before a buffer has been written. A sink
 * that drops always can. */
bool hr__log_sink_ready(struct hr__log_sink *sink, const struct hr__log_record *record);
/* Puts the line into the buffer where the sink wants it, behind hr__log_sink_ready. */
void hr__log_sink_put(struct hr__log_sink *sink, const struct hr__log_record *record);
/* Hands over what is in its buffer, where nothing is on its way already or `now`. */
void hr__log_sink_push(struct hr__log_sink *sink, bool now);
/* A class says that `buffer` has been written, or why not. */
void hr__log_sink_written(struct hr__log_sink *sink, struct hr__log_buffer *buffer, int result);
/* Written up to here, for a ring. */
uint64_t hr__log_sink_durable(struct hr__log_sink *sink, uint32_t ring, uint64_t read);
bool hr__log_sink_idle(const struct hr__log_sink *sink);

#endif
