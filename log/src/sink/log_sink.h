/* Sinks: where lines go. All on the drain's reactor but for open and close. */
#ifndef HR_LOG_SINK_H
#define HR_LOG_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include <engine/operation.h>
#include <engine/reactor.h>
#include <headrace/log.h>

#include "log_commit.h"
#include "log_format.h"
#include "log_producer.h"
#include "log_ticks.h"

#define HR_LOG_BUFFER_BYTES (256 * 1024)
#define HR_LOG_BUFFERS      2 /* of each sink: one is filled while the other is written */

struct hr__log_sink;

/* What a sink knows of the drain that feeds it. */
struct hr__log_host {
    struct hr__log_rings *rings;
    struct hr_reactor *reactor;
    struct hr__log_ticks ticks;
    bool stopping;                            /* what fails now is given up */
    void (*go_on)(struct hr__log_host *host); /* a buffer was written: there is room */
};

/* Where each line of a buffer ends, and the record that it is of: for a commit in its middle. */
struct hr__log_marks {
    struct hr__log_mark {
        uint64_t position;   /* of the ring, behind the record */
        uint32_t ring, size; /* bytes of the buffer, this line included */
    } * of;
    uint32_t count, room;
    bool on, lost; /* there was no memory for one of them */
};

/* Lines on their way to the kernel. */
struct hr__log_buffer {
    struct hr_operation operation;
    struct hr__log_sink *sink;
    char *data;
    size_t capacity, size, written;
    int fixed;       /* index + 1 of registered memory; 0: it is not registered */
    uint64_t offset; /* in the file */
    bool in_flight, placed, ended;
    bool failed;       /* it waits for another try */
    int result;        /* of one that ended before the one in front of it */
    uint64_t sequence; /* the order in which they were handed over */
    uint64_t records;  /* lines in it */
    uint64_t *covers;  /* by ring: when this is written, all before it is */
    uint32_t covers_count;
    struct hr__log_marks marks; /* on where rings are shared */
};

/* One kind of sink. All on the drain's reactor but for open and close. */
struct hr__log_sink_class {
    const char *name;
    bool commits; /* it writes a file, and has a commit page */
    bool
        drops; /* where it is slow it loses lines, and counts them, rather than hold up the rings */
    int (*open)(struct hr__log_sink *sink, const struct hr_log_sink *options,
                struct hr_error *error);
    void (*write)(struct hr__log_sink *sink, struct hr__log_buffer *buffer);
    /* Opens its file anew behind all that it was given so far. NULL: it has none. */
    void (*reopen)(struct hr__log_sink *sink);
    void (*close)(struct hr__log_sink *sink);
};
extern const struct hr__log_sink_class hr__log_sink_file;
extern const struct hr__log_sink_class hr__log_sink_stream;
extern const struct hr__log_sink_class hr__log_sink_callback;

struct hr__log_sink {
    const struct hr__log_sink_class *class_;
    struct hr__log_host *host;
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
    uint64_t sequence;
    struct hr__log_commit commit;        /* of one that writes a file */
    uint64_t done_offset, done_sequence; /* of the last buffer that was written in its turn */
    uint64_t committed_offset, committed_base_ticks; /* as the commit page has them */
    uint64_t *positions;                             /* room for a commit */
    uint32_t positions_count;
    bool commit_frozen;                     /* lines were given up: they stay in the rings */
    size_t bound;                           /* of the line at hand; 0: not wanted */
    uint64_t lines, dropped, bytes, errors; /* read by any thread */
    /* The class's own. */
    int fd;
    uint64_t device, inode; /* of the file that `offset` counts in */
    bool is_terminal;
    uint64_t offset;
    char *path;
    unsigned mode;
    void (*callback)(void *user, const char *lines, size_t size);
    void *user;
};

/* `index`: among the log's sinks. */
int hr__log_sink_open(struct hr__log_sink *sink, struct hr__log_host *host, unsigned index,
                      const struct hr_log_sink *options, struct hr_error *error);
void hr__log_sink_close(struct hr__log_sink *sink);
/* Whether it can take the line of a record; false: not before a buffer has been written. A sink
 * that drops always can. */
bool hr__log_sink_ready(struct hr__log_sink *sink, const struct hr__log_record *record);
/* Puts the line into the buffer where the sink wants it, behind hr__log_sink_ready. */
void hr__log_sink_put(struct hr__log_sink *sink, const struct hr__log_record *record);
/* Hands over what is in its buffer, where nothing is on its way already or `now`. */
void hr__log_sink_push(struct hr__log_sink *sink, bool now);
/* Nothing is tried again any more: what failed is given up. */
void hr__log_sink_stop(struct hr__log_sink *sink);
/* A class says that `buffer` has been written, or why not. */
void hr__log_sink_written(struct hr__log_sink *sink, struct hr__log_buffer *buffer, int result);
/* Written up to here, for a ring. */
uint64_t hr__log_sink_durable(struct hr__log_sink *sink, uint32_t ring, uint64_t read);
bool hr__log_sink_idle(const struct hr__log_sink *sink);

/* ---- log_sink_commit.c: the commit page of a sink that writes a file (log_commit.h). */

/* Makes sink-`index` in the rings' directory, or keeps it in memory. For a class that has set fd,
 * path (absolute), offset, device and inode. */
int hr__log_sink_commit_open(struct hr__log_sink *sink, unsigned index,
                             const struct hr_log_sink *options, struct hr_error *error);
/* What has been written since the last time; before ring space is freed by it. */
void hr__log_sink_commit(struct hr__log_sink *sink);
/* The sink writes to another file from now on: path, fd, offset, device and inode are set. Nothing
 * may be on its way to the old one, and nothing may have gone to the new one. `part` is the buffer
 * at hand, of which the first `done` bytes are whole in files before it; NULL: there is none. */
void hr__log_sink_commit_file(struct hr__log_sink *sink, const struct hr__log_buffer *part,
                              size_t done);
void hr__log_sink_mark(struct hr__log_buffer *buffer, const struct hr__log_record *record);
/* A buffer is about to be given to the kernel. */
void hr__log_sink_commit_place(struct hr__log_sink *sink, const struct hr__log_buffer *buffer);
/* All that the rings hold has been committed. */
bool hr__log_sink_committed_all(const struct hr__log_sink *sink);

#endif
