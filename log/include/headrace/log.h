/* The logger: structured, asynchronous, quick to call. A call puts a record into a ring of its
 * thread. A drain on a reactor merges the rings by time, formats the records, and writes the lines
 * to the sinks. docs/log.md says what "accepted" means. */
#ifndef HEADRACE_LOG_H
#define HEADRACE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/engine.h>
#include <headrace/error.h>
#include <headrace/export.h>
#include <headrace/log_context.h>
#include <headrace/log_gate.h>
#include <headrace/log_level.h>
#include <headrace/log_macros.h>
#include <headrace/slice.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A log: a name, a level, and fields that all of its records bear. Logs that hr_log_child and
 * hr_log_with make are its children: they share rings, drain and sinks with the log that hr_log_new
 * made. Any number of threads may log to one log at a time. */
struct hr_log_s;
typedef struct hr_log_s hr_log;

enum hr_log_format {
    HR_LOG_FORMAT_TEXT = 0, /* time - name - LEVEL - message [key=value …] */
    HR_LOG_FORMAT_JSON = 1,
    HR_LOG_FORMAT_LOGFMT = 2,
};

/* The names of the parts that every line has. */
enum hr_log_names {
    HR_LOG_NAMES_ESPER = 0, /* timestamp level logger message; in logfmt ts level logger msg */
    HR_LOG_NAMES_ECS = 1,   /* @timestamp log.level message ecs.version log.logger */
    HR_LOG_NAMES_OTEL = 2,  /* timestamp severity_text severity_number scope body */
};

enum hr_log_time {
    HR_LOG_TIME_ISO = 0,   /* 2026-11-22T10:00:00.123Z */
    HR_LOG_TIME_ESPER = 1, /* 2026-11-22 10:00:00.123 */
};

enum hr_log_sink_kind {
    HR_LOG_SINK_NONE = 0,
    HR_LOG_SINK_FILE = 1,
    HR_LOG_SINK_STDERR = 2,
    HR_LOG_SINK_STDOUT = 3,
    HR_LOG_SINK_CALLBACK = 4,
    HR_LOG_SINK_JOURNALD = 5, /* its native protocol: a journal field for each field */
    HR_LOG_SINK_SYSLOG = 6,   /* RFC 5424, fields as structured data */
};

/* The names that rotated files get (docs/log-sinks.md). */
enum hr_log_rotated {
    HR_LOG_ROTATED_NUMBERED = 0, /* path.1 is the newest, path.2 the one before */
    HR_LOG_ROTATED_DATED = 1,    /* path.20261122-100000: when it was rotated */
};

/* The format into which rotated files are compressed. */
enum hr_log_compression {
    HR_LOG_COMPRESSION_NONE = 0,
    HR_LOG_COMPRESSION_GZIP = 1, /* .gz behind their names */
    HR_LOG_COMPRESSION_ZSTD = 2, /* .zst */
};

/* A sink: where lines go, and which lines. It works with all zero but for `kind`, and `path` where
 * it is a file. Copied by hr_log_new. */
struct hr_log_sink {
    enum hr_log_sink_kind kind;
    enum hr_log_format format;
    enum hr_log_names names;
    enum hr_log_time time;
    unsigned time_digits; /* of a second, behind the point: 3, 6 or 9; 0 is 3 */
    bool local_time;      /* times of this machine's time zone, else of UTC */
    bool source;          /* lines show file and line of the call */
    bool colours;         /* levels are coloured, in text on a terminal; elsewhere never */
    int level;            /* records below it are not for this sink; 0: all */
    const char *logger;   /* pattern of names of logs, `*` is any text; NULL: all logs */
    const char *path;     /* FILE; JOURNALD: NULL is /run/systemd/journal/socket; SYSLOG: a unix
                             socket, "udp://127.0.0.1:514" or "tcp://[::1]:514"; NULL is /dev/log */
    unsigned mode;        /* FILE: mode of a new file, less the umask; 0 is 0640 */
    void (*write)(void *user, const char *lines, size_t size); /* CALLBACK: whole lines, on the
                                                                  drain's thread; may not block */
    void *user;
    /* FILE: when it is rotated. No line is split over two files. */
    uint64_t rotate_bytes; /* before a line that would make the file longer than this; 0: never */
    uint32_t rotate_s;     /* at each multiple of so many seconds (3600: at each full hour, 86400:
                              at midnight); 0: never */
    bool local_rotation;   /* the hours are those of this machine's time zone, else of UTC; rotate_s
                              then divides a day */
    enum hr_log_compression compression; /* of rotated files */
    enum hr_log_rotated rotated_names;
    uint32_t keep_files; /* so many rotated files, those of earlier runs included; 0: all */
    uint32_t keep_days;  /* rotated files, since they were written last; 0: for ever */
    uint32_t durable_ms; /* FILE: O_DIRECT, space allocated ahead, and an fdatasync at most so long
                            after a write, for which flushes wait; 0: the kernel writes when it
                            likes */
    const char *identifier; /* JOURNALD, SYSLOG: name of the program; NULL: its own */
    unsigned facility;      /* SYSLOG: from 1 to 23; 0 is 1, user */
    uint64_t reserved[4];
};

#define HR_LOG_SINKS_MAX 8

/* The answer of a call to a full ring of its thread. On a reactor's thread it always drops. */
enum hr_log_full {
    HR_LOG_FULL_DROP = 0, /* the record is dropped and counted, and the next one says so */
    HR_LOG_FULL_WAIT = 1, /* the call waits for room, and drops the record when none comes */
};

/* Options of hr_log_new, which copies them. All zero works, as does NULL in their place: text to
 * stderr. */
struct hr_log_options {
    const char *name; /* of the log; NULL or empty: "headrace" */
    int level;        /* 0 is HR_LOG_INFO */
    const struct hr_log_sink *sinks;
    size_t sink_count;        /* 0: one to stderr */
    hr_engine *engine;        /* its first reactor runs the drain, and it outlives the log; NULL: an
                                 engine of the log's own */
    uint64_t ring_bytes;      /* of each thread's ring, a power of two; 0 is 1 MiB */
    uint64_t rings_bytes_max; /* of all rings; a thread beyond it gets none; 0 is 256 MiB */
    uint32_t string_bytes_max;  /* longer strings are cut, and say so; 0 is 1024 */
    uint32_t flush_interval_ms; /* a record waits no longer than this for the drain; 0 is 100 */
    /* Rings are files in this directory, "/dev/shm/NAME" say, and accepted records outlive a
     * process that is killed: hr_log_recover, or hr_log_new on the same directory, completes the
     * files of the sinks. The directory is made with mode 0700 where it is not there, and belongs
     * to one live process. NULL: rings are memory of the process, and end with it. */
    const char *rings_directory;
    const char *const *redacted; /* patterns of keys whose values are not written, beside the
                                    built-in ones; they hold for all logs of the process */
    size_t redacted_count;
    enum hr_log_full full;
    uint32_t full_timeout_ms; /* the longest that a call waits, for whichever reason; 0 is 200 */
    bool errors_drop;         /* ERROR and above drop as the others do; else they wait for room */
    int sync_level;           /* calls of this level and above wait until their record is written;
                                 0: none waits */
    unsigned backtrace;       /* so many of a thread's last records below its log's level are kept,
                                 and written when an ERROR comes; 0: none */
    int backtrace_level;      /* the lowest level of kept records; 0 is HR_LOG_DEBUG */
    bool unstarted; /* nothing is written before hr_log_start; until then records stay in the rings
                     */
    /* The path of a unix socket, mode 0600, by which `headrace log ctl` reads the log's state and
     * changes its levels; hr_log_close removes it. The socket of a process that is gone is
     * replaced; one that a living process has is -EADDRINUSE, another file -EEXIST. NULL: no
     * socket. */
    const char *control_path;
    uint32_t close_timeout_ms; /* the longest that hr_log_close waits for records; 0 is 10000 */
    uint64_t reserved[2];
};

/* Makes a log and starts its drain. The caller owns `*log` and closes it with hr_log_close.
 * HEADRACE_LOG in the environment, read as by hr_log_levels_set, goes before `level`. Blocks for
 * about two milliseconds, in which the clock is measured, and until files are open. 0; -EINVAL (an
 * option, or HEADRACE_LOG), -ENOMEM, -EDEADLK on a reactor's thread, or what opening a file met;
 * `error` (NULL allowed) says which option or file. Any thread but a reactor's. */
HR_API int hr_log_new(const struct hr_log_options *options, struct hr_error *error, hr_log **log);

/* Waits until all records that were logged before the call have been given to the kernel, and in
 * durable mode to the disk; at most `timeout_ms` (negative: no limit). 0, -ETIMEDOUT, -EAGAIN (the
 * log is not started, or was stopped meanwhile), -ENOMEM, -EDEADLK on a reactor's thread,
 * -ESHUTDOWN in a forked child. Any thread but a reactor's. */
HR_API int hr_log_flush(hr_log *log, int timeout_ms);

/* Writes all records and frees the log. Its children have been freed, no thread is inside a call on
 * it, and none makes one later. Blocks until the records are written, at most for close_timeout_ms
 * and a few seconds more. Returns how many records could not be written (0: none); -EDEADLK on a
 * reactor's thread, and nothing has happened; -ETIMEDOUT where a disk or a callback hangs: the
 * drain's thread and memory stay until the process ends, and an engine that was given must stay as
 * well. NULL is ignored; in a forked child it returns 0 and does nothing. Any thread but a
 * reactor's. */
HR_API int hr_log_close(hr_log *log);

/* Has each file sink open its path again, for a file that was moved (logrotate's `create`). Records
 * from before the call go to the old file. Does not wait. Where opening fails, that is told on
 * stderr once and the old file is written further. 0, -ESHUTDOWN in a forked child. NULL is
 * ignored. Any thread, but no signal handler. */
HR_API int hr_log_reopen(hr_log *log);

/* Makes a child named `name`; where that begins with a dot, the parent's name stands in front of it
 * ("service.part"). It has its parent's level until it gets one of its own. The caller owns
 * `*child` and frees it with hr_log_free before its parent. 0, -EINVAL (no name, or more than 255
 * bytes), -ENOMEM, -ENOSPC (65,535 names are in use). Any thread. */
HR_API int hr_log_child(hr_log *parent, const char *name, hr_log **child);
/* Makes a child with the parent's name whose records bear these fields as well, instead of those
 * with the same keys that the parent has bound. Fields are copied. Ownership, level and threads as
 * with hr_log_child. 0, -EINVAL, -ENOMEM, -E2BIG (the fields take more than 128 KiB). */
HR_API int hr_log_with(hr_log *parent, const struct hr_log_field *fields, unsigned count,
                       hr_log **child);
/* Frees a child whose own children have been freed, while no thread logs to it. NULL and a log of
 * hr_log_new are ignored. Any thread. */
HR_API void hr_log_free(hr_log *child);

/* Sets the level of this log and of its children that have none of their own, while threads log.
 * NULL is ignored. Any thread. */
HR_API void hr_log_level_set(hr_log *log, int level);
/* The level of a log; HR_LOG_OFF of NULL. Any thread. */
HR_API int hr_log_level_get(const hr_log *log);

/* Logs a record whose level, message or keys are known only at run time. All is copied before it
 * returns. A NULL log takes none. Any thread, but no signal handler; waits only where the log's
 * options say so. */
HR_API void hr_log_write(hr_log *log, int level, struct hr_slice message,
                         const struct hr_log_field *fields, unsigned count);

/* Installs handlers of SEGV, BUS, ABRT, FPE and ILL that complete the log's files before the
 * process dies. A handler stops the other threads that log, puts all accepted records into the
 * files of the file sinks, adds a record of the signal as the last line (its name, address, thread,
 * and a backtrace of addresses), and lets the signal take its course with the action that it had
 * before. Holds for each log that was given here, until it is closed. Threads without an alternate
 * stack get one: the caller at once, others when they first log. 0, -ENOMEM, -ESHUTDOWN in a forked
 * child, or what installing met. NULL is ignored. Any thread. */
HR_API int hr_log_crash_guard(hr_log *log);

/* A file sink's file as hr_log_recover left it. */
struct hr_log_recovered {
    const char *path;      /* where the file is now; valid in the callback */
    uint64_t offset;       /* its whole bytes before; half a line behind them was cut off */
    uint64_t lines, bytes; /* that were written behind them */
    uint64_t reserved[4];
};

struct hr_log_recover_options {
    /* Called for each log file, from inside of hr_log_recover. NULL allowed. */
    void (*on_file)(void *user, const struct hr_log_recovered *file);
    /* Called for each file that was left alone: one of the directory that is damaged or foreign, or
     * a log file that cannot be completed. `text` is a sentence without a newline. NULL allowed. */
    void (*on_problem)(void *user, const char *text);
    void *user;
    uint64_t reserved[4];
};

/* The sums over all files. */
struct hr_log_recovery {
    uint64_t files, rings, lines, bytes, problems;
    uint64_t reserved[3];
};

/* Completes the files of the file sinks of a process that was killed. Each file is cut to its last
 * whole line; the records that were accepted behind that are formatted out of the rings, byte for
 * byte as the process would have written them, each once and in order. When all is done the rings
 * are removed. A process that is killed in it does no harm, and it may be called again. `options`,
 * `error` and `recovery` may be NULL. Blocks. 0, also where there is nothing to do; -EBUSY: the
 * process lives; -ENOENT, -EPERM, -ELOOP or -ENOTDIR: the directory cannot be used; -EBADMSG:
 * something was left alone, all else is complete; or what writing met: the next call goes on there.
 * Any thread. */
HR_API int hr_log_recover(const char *directory, const struct hr_log_recover_options *options,
                          struct hr_error *error, struct hr_log_recovery *recovery);

#ifdef __cplusplus
}
#endif

#include <headrace/log_service.h>
#include <headrace/log_statistics.h>
#include <headrace/log_timer.h>

#endif
