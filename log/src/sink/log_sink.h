/* Sinks: where lines go. On the drain's reactor but for open and close. */
#ifndef HR_LOG_SINK_H
#define HR_LOG_SINK_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include <engine/operation.h>
#include <engine/reactor.h>
#include <headrace/log.h>

#include "log_commit.h"
#include "log_format.h"
#include "log_open.h"
#include "log_producer.h"
#include "log_progress.h"
#include "log_ticks.h"

#define HR_LOG_BLOCK_BYTES  4096         /* writes of durable mode end with a block */
#define HR_LOG_BUFFER_BYTES (256 * 1024) /* of sinks that write no file */
#define HR_LOG_BUFFERS      2 /* of each sink: one is filled while the other is written */

struct hr__log_sink;

/* The drain that feeds a sink, as the sink sees it. */
struct hr__log_host {
    struct hr__log_rings *rings;
    struct hr_reactor *reactor;
    struct hr__log_ticks ticks;
    bool stopping;                            /* the log is being closed: failed work is given up */
    bool alone;                               /* sinks start no helper threads; for tests */
    size_t file_buffer_bytes;                 /* of file sinks; 0: the class's; for tests */
    void (*go_on)(struct hr__log_host *host); /* a buffer was written: there is room again */
};

/* Lines on their way to the kernel. */
struct hr__log_buffer {
    struct hr_operation operation;
    struct hr__log_sink *sink;
    char *data;
    size_t capacity, size;
    int fixed; /* index + 1 of registered memory; 0: it is not registered */
    /* The piece of it that is being written: all of it, or the lines that go into one file. */
    size_t begin, written, end;
    struct hr__log_target target; /* where the piece goes */
    bool in_flight;               /* handed over, and not written yet */
    bool polled;                  /* it waits, or has waited, until the descriptor takes more */
    uint64_t sequence;            /* its number in the order in which buffers are handed over */
    uint64_t records;             /* lines in it */
    uint64_t *covers; /* by ring: records before this are in it or were written before */
    uint32_t covers_count;
    uint64_t last_ticks;             /* that its last line shows */
    struct hr__log_journal *journal; /* of its lines; NULL: rings are not shared */
    size_t elsewhere;          /* so many of its bytes are in files before the committed one, */
    uint64_t elsewhere_number; /* from this commit on */
};

/* A kind of sink. Its functions run on the drain's reactor, but for open, errors and close. */
struct hr__log_sink_class {
    const char *name;
    size_t buffer_bytes; /* 0: HR_LOG_BUFFER_BYTES */
    bool commits;        /* it writes a file, and has a commit page */
    bool drops; /* a slow one loses lines, and counts them, rather than hold up the rings */
    int (*open)(struct hr__log_sink *sink, const struct hr_log_sink *options,
                struct hr_error *error);
    void (*begin)(struct hr__log_sink *sink); /* called first on the reactor; NULL allowed */
    /* Gets one buffer at a time, in the order in which they were filled; ends in
     * hr__log_sink_written. A buffer that failed is handed over again, and goes on where it
     * stopped.
     */
    void (*write)(struct hr__log_sink *sink, struct hr__log_buffer *buffer);
    /* Sinks with a protocol of their own: writes the message of a record whose JSON line is `line`
     * to `out`, and returns its end. It takes at most twice the line, 160 bytes a member and 8 KiB.
     * NULL: lines are written. */
    char *(*rewrite)(struct hr__log_sink *sink, const struct hr__log_record *record,
                     struct hr_slice line, char *out);
    /* The piece that hr__log_buffer_write was given is written, or `result` says why not. */
    void (*wrote)(struct hr__log_sink *sink, struct hr__log_buffer *buffer, int result);
    /* Opens its file anew behind all that it was given so far. NULL: it has none. */
    void (*reopen)(struct hr__log_sink *sink);
    /* How the last reopening went: 0, -EINPROGRESS, or why the old file is written further. */
    int (*reopened)(const struct hr__log_sink *sink);
    /* The log is being closed: nothing is waited for any more. NULL: nothing ever is. */
    void (*stop)(struct hr__log_sink *sink);
    /* Whether something of its own will still run on the reactor. NULL: never. */
    bool (*busy)(const struct hr__log_sink *sink);
    /* Failures of its helper thread; any thread. NULL: it has none. */
    uint64_t (*errors)(const struct hr__log_sink *sink);
    void (*close)(struct hr__log_sink *sink);
};

/* The records that a sink takes, and which names of logs were looked at. */
struct hr__log_sink_wish {
    struct hr__log_filter filter;
    char *pattern;  /* the filter's; NULL: all names */
    uint8_t *names; /* by name: 0 not looked at, 1 no, 2 yes */
    uint32_t names_count;
};

/* The lag of a sink that the others have left behind: the rings are read for it alone. */
struct hr__log_lag {
    bool behind;
    uint64_t *read;      /* by ring, while it is behind: formatted up to here */
    uint64_t last_ticks; /* while it is behind: that its last line shows */
};

/* A write that failed, and is tried again. */
struct hr__log_retry {
    struct hr_timer timer;
    struct hr__log_buffer *buffer; /* NULL: none */
    bool failing;                  /* the last write failed, which was told of */
    bool given_up;                 /* the log is being closed, and lines were given up */
};

/* The commit page as it stands. */
struct hr__log_committed {
    uint64_t offset, base_ticks;
    uint64_t *positions; /* room for a commit */
    uint32_t positions_count;
    bool frozen; /* lines were given up: they stay in the rings */
};

/* Counters, which any thread reads. */
struct hr__log_sink_counts {
    uint64_t lines, dropped, bytes, errors, rotations;
};

/* Memory for rewriting a line. */
struct hr__log_scratch {
    char *memory; /* the line, then room for the text of a value, then the message */
    char *text;   /* that room, which has the line's size */
    size_t size;  /* of all of it */
};

/* A function of the caller. */
struct hr__log_callback {
    void (*write)(void *user, const char *lines, size_t size);
    void *user;
};

#define HR_LOG_NO_ROOM SIZE_MAX /* for a bound */
struct hr__log_sink {
    const struct hr__log_sink_class *class_;
    struct hr__log_host *host;
    struct hr__log_formatter formatter;
    struct hr__log_sink_wish wish;
    struct hr__log_buffer buffers[HR_LOG_BUFFERS];
    struct hr__log_buffer *filling; /* gets the next lines, or is on its way as the other is */
    struct hr__log_buffer *writing; /* the buffer that the class has; NULL: none */
    uint64_t sequence;              /* of the buffer that was handed over last */
    uint64_t full_ns;               /* since when both are on their way; 0: they are not */
    size_t bound; /* of the line at hand; 0: it is not wanted; HR_LOG_NO_ROOM: it is dropped */
    struct hr__log_lag lag;
    struct hr__log_retry retry;
    struct hr__log_progress progress;
    struct hr__log_commit commit; /* of a sink that writes a file */
    struct hr__log_committed committed;
    struct hr__log_sink_counts counts;
    struct hr__log_scratch scratch;
    /* The class's own. */
    struct hr__log_target target;
    bool is_terminal;
    char *path;
    unsigned mode;
    struct hr__log_file *file;
    struct hr__log_socket *socket;
    struct hr__log_callback callback;
};

/* ---- log_sink_open.c */

/* Opens a sink, the log's `index`-th. 0, or a negative code and `error`; it is closed then as well.
 */
int hr__log_sink_open(struct hr__log_sink *sink, struct hr__log_host *host, unsigned index,
                      const struct hr_log_sink *options, struct hr_error *error);
/* Frees all that it has; nothing of it is on its way. */
void hr__log_sink_close(struct hr__log_sink *sink);
/* The size of one of its buffers. */
static inline size_t hr__log_sink_buffer_bytes(const struct hr__log_sink *sink) {
    if (sink->class_->commits && sink->host->file_buffer_bytes)
        return sink->host->file_buffer_bytes;
    return sink->class_->buffer_bytes ? sink->class_->buffer_bytes : HR_LOG_BUFFER_BYTES;
}

/* ---- log_sink_commit.c: the commit page of a sink that writes a file (log_commit.h). */

/* Makes sink-`index` in the rings' directory, or keeps it in memory. For a class that has set its
 * target, path (absolute) and mode. */
int hr__log_sink_commit_open(struct hr__log_sink *sink, unsigned index, struct hr_error *error);
/* Commits the bytes written since the last time; before ring space is freed by it. */
void hr__log_sink_commit(struct hr__log_sink *sink);
/* Nothing is committed any more: lines were given up, and stay in the rings. */
void hr__log_sink_commit_freeze(struct hr__log_sink *sink);
/* The sink writes to another file from now on: path and target are set. Nothing may be on its way
 * to the old one, and nothing may have gone to the new one. `part` is the buffer at hand, of which
 * the first `done` bytes are whole in files before it; NULL: there is none. */
void hr__log_sink_commit_file(struct hr__log_sink *sink, struct hr__log_buffer *part, size_t done);
/* A buffer is about to be given to the kernel. */
void hr__log_sink_commit_place(struct hr__log_sink *sink, const struct hr__log_buffer *buffer);
/* Whether all that the rings hold has been committed. */
bool hr__log_sink_committed_all(const struct hr__log_sink *sink);
/* The position up to which a ring has been written. */
uint64_t hr__log_sink_durable(const struct hr__log_sink *sink,
                              const struct hr__log_producer *producer);
/* A line was put into a buffer that has a journal. */
void hr__log_sink_mark(struct hr__log_buffer *buffer, const struct hr__log_record *record);
/* A buffer that has a journal is handed over. */
void hr__log_sink_publish(struct hr__log_buffer *buffer);
/* The position up to which a ring has been read for this sink. */
static inline uint64_t hr__log_sink_read(const struct hr__log_sink *sink,
                                         const struct hr__log_producer *producer) {
    return sink->lag.behind ? sink->lag.read[producer->index] : producer->ring.read;
}
/* Whether all that was read for it has been written. */
static inline bool hr__log_sink_idle(const struct hr__log_sink *sink) {
    for (unsigned i = 0; i < HR_LOG_BUFFERS; i++)
        if (sink->buffers[i].size || sink->buffers[i].in_flight) return false;
    return !sink->progress.unsynced;
}

/* ---- log_buffer.c */

/* Writes data[written, end) to the buffer's target, however many operations that takes; ends in the
 * class's `wrote`. */
void hr__log_buffer_write(struct hr__log_buffer *buffer);

/* ---- log_sink.c: two buffers, one of which is filled while the other is written. */

/* Hands over what is in its buffer, where nothing is on its way already or `now`. */
void hr__log_sink_push(struct hr__log_sink *sink, bool now);
/* Finds a buffer with room for `bound` bytes; one that is longer than a buffer gets an empty one.
 * False: both are on their way. */
bool hr__log_sink_find_room(struct hr__log_sink *sink, size_t bound);
/* The same for the line at hand; a sink that drops drops the line where there is none. */
bool hr__log_sink_make_room(struct hr__log_sink *sink);
/* Whether logs of this name are wanted by a sink with a pattern. */
bool hr__log_sink_wants_name(struct hr__log_sink *sink, uint16_t name);
/* The class has written `buffer`, or `result` says why not. */
void hr__log_sink_written(struct hr__log_sink *sink, struct hr__log_buffer *buffer, int result);
/* The write that failed is not tried again by the timer. */
void hr__log_sink_forget_retry(struct hr__log_sink *sink);
/* Nothing is tried again any more: what failed is given up. */
void hr__log_sink_stop(struct hr__log_sink *sink);
/* Counts an error, and tells of the first until a write has gone well. */
void hr__log_sink_complain(struct hr__log_sink *sink, const char *what, int result);

/* ---- log_sink_line.c */

/* Puts the line of a sink that rewrites lines, or whose buffers are too small for this one. */
void hr__log_sink_put_other(struct hr__log_sink *sink, const struct hr__log_record *record);

/* ---- A record's way into a buffer. */

/* Whether there is room for a line of `bound` bytes, and for its place in the journal. */
static inline bool hr__log_buffer_has_room(const struct hr__log_buffer *buffer, size_t bound) {
    return buffer->capacity - buffer->size >= bound && buffer->records < HR_LOG_JOURNAL_MARKS;
}
/* Whether it can take the line of a record; false: not before a buffer has been written. A sink
 * that drops always can. */
static inline bool hr__log_sink_ready(struct hr__log_sink *sink,
                                      const struct hr__log_record *record) {
    const struct hr__log_buffer *buffer = sink->filling;
    int level = sink->wish.filter.level;
    sink->bound = 0;
    if ((record->level < level && hr__log_record_urgency(record) < level) ||
        (sink->wish.pattern && !hr__log_sink_wants_name(sink, hr__log_record_name(record))))
        return true;
    sink->bound = hr__log_format_bound(&sink->formatter, record);
    if (!buffer->in_flight && hr__log_buffer_has_room(buffer, sink->bound)) return true;
    return hr__log_sink_make_room(sink);
}
/* A line of `size` bytes was put; 0: there was no room or no memory for it. */
static inline void hr__log_buffer_add(struct hr__log_buffer *buffer,
                                      const struct hr__log_record *record, size_t size) {
    if (size == 0) {
        hr__count(&buffer->sink->counts.dropped, 1);
        return;
    }
    assert(!buffer->in_flight && size <= buffer->capacity - buffer->size);
    buffer->size += size;
    buffer->records++;
    buffer->last_ticks = record->ticks;
    if (buffer->journal) hr__log_sink_mark(buffer, record);
}
/* Puts the line into the buffer where the sink wants it, behind hr__log_sink_ready. */
static inline void hr__log_sink_put(struct hr__log_sink *sink,
                                    const struct hr__log_record *record) {
    struct hr__log_buffer *buffer = sink->filling;
    if (sink->bound == 0) return;
    if (sink->class_->rewrite || sink->bound > buffer->capacity) {
        hr__log_sink_put_other(sink, record);
        return;
    }
    char *from = buffer->data + buffer->size;
    size_t size = (size_t)(hr__log_format(&sink->formatter, record, from) - from);
    assert(size <= sink->bound);
    hr__log_buffer_add(buffer, record, size);
}

#endif
