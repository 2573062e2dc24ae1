/* The logger: structured, asynchronous, quick to call. A call puts a record into a ring of its
 * thread; a drain on a reactor of its own merges the rings by time, formats, and writes to the
 * sinks. docs/log.md says what "accepted" means. */
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

/* A log: a name, a level, and fields that all of its records bear. Those that hr_log_child and
 * hr_log_with make share rings, drain and sinks with the one that hr_log_new made. */
struct hr_log_s;
typedef struct hr_log_s hr_log;

enum hr_log_format {
    HR_LOG_FORMAT_TEXT = 0, /* time - name - LEVEL - message [key=value …] */
    HR_LOG_FORMAT_JSON = 1,
    HR_LOG_FORMAT_LOGFMT = 2,
};

/* The names of what every line has. */
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
    HR_LOG_SINK_JOURNALD = 5, /* its native protocol: a field for each */
    HR_LOG_SINK_SYSLOG = 6,   /* RFC 5424, fields as structured data */
};

/* The names that rotated files get; docs/log-sinks.md. */
enum hr_log_rotated {
    HR_LOG_ROTATED_NUMBERED = 0, /* path.1 is the newest, path.2 the one before */
    HR_LOG_ROTATED_DATED = 1,    /* path.20261122-100000: when it was rotated */
};

/* Rotated files are compressed with it. */
enum hr_log_compression {
    HR_LOG_COMPRESSION_NONE = 0,
    HR_LOG_COMPRESSION_GZIP = 1, /* .gz behind their names */
    HR_LOG_COMPRESSION_ZSTD = 2, /* .zst */
};

/* Where lines go, and which. Zeroed but for `kind` (and `path`) always works. */
struct hr_log_sink {
    enum hr_log_sink_kind kind;
    enum hr_log_format format;
    enum hr_log_names names;
    enum hr_log_time time;
    unsigned time_digits; /* behind the point: 3, 6 or 9; 0 is 3 */
    bool local_time;      /* else UTC */
    bool source;          /* file and line of the call */
    bool colours;         /* of the levels, in text; what is no terminal never gets any */
    int level;            /* records below it are not for this sink; 0: all */
    const char *logger;   /* pattern of names, `*` is any text; NULL: all */
    const char *path;     /* FILE; JOURNALD: NULL is /run/systemd/journal/socket; SYSLOG: a unix
                             socket, "udp://127.0.0.1:514" or "tcp://[::1]:514"; NULL is /dev/log */
    unsigned mode;        /* FILE: of a new one; 0 is 0640 */
    void (*write)(void *user, const char *lines, size_t size); /* CALLBACK: whole lines, on the
                                                                  drain's thread; may not block */
    void *user;
    /* FILE: another file, so that no line is split over two. */
    uint64_t rotate_bytes; /* before a line that would make the file longer than this; 0: never */
    uint32_t rotate_s;     /* at each multiple of so many seconds (3600: at each full hour, 86400:
                              at midnight); 0: never */
    bool local_rotation;   /* of this machine's time, else of UTC; rotate_s then divides a day */
    enum hr_log_compression compression; /* of rotated files, afterwards */
    enum hr_log_rotated rotated_names;
    uint32_t keep_files; /* rotated ones, those of earlier runs too; 0: all */
    uint32_t keep_days;  /* since they were written last; 0: for ever */
    uint32_t durable_ms; /* FILE: O_DIRECT, space allocated ahead, and fdatasync so often; a flush
                            waits for it; 0: the kernel writes when it likes */
    const char *identifier; /* JOURNALD, SYSLOG: of the program; NULL: its name */
    unsigned facility;      /* SYSLOG: from 1 to 23; 0 is 1, user */
    uint64_t reserved[4];
};

#define HR_LOG_SINKS_MAX 8

/* A call that finds its thread's ring full does this. On a reactor's thread it always drops. */
enum hr_log_full {
    HR_LOG_FULL_DROP = 0, /* the record is dropped and counted, and the next one says so */
    HR_LOG_FULL_WAIT = 1, /* it waits for room, then drops */
};

/* Zeroed always works, as does NULL in its place: text to stderr. Copied by hr_log_new. */
struct hr_log_options {
    const char *name; /* of the log; NULL or empty: "headrace" */
    int level;        /* 0 is HR_LOG_INFO */
    const struct hr_log_sink *sinks;
    unsigned sink_count;        /* 0: one to stderr */
    hr_engine *engine;          /* whose first reactor runs the drain; NULL: one of its own */
    uint64_t ring_bytes;        /* of each thread's ring, a power of two; 0 is 1 MiB */
    uint64_t rings_bytes_max;   /* of all rings; 0 is 256 MiB; a thread beyond it is refused */
    uint32_t string_bytes_max;  /* longer strings are cut, and say so; 0 is 1024 */
    uint32_t flush_interval_ms; /* what is logged waits no longer than this; 0 is 100 */
    /* Rings are files in this directory, "/dev/shm/NAME" say, and what was accepted is kept when
     * the process is killed: hr_log_recover, or hr_log_new on the same directory, completes the
     * files of the sinks. Made with mode 0700 where it is not there; one live process's. NULL:
     * rings are memory of the process, and end with it. */
    const char *rings_directory;
    const char *const *redacted; /* patterns of keys beside the built-in ones; for the process */
    unsigned redacted_count;
    unsigned reserved_count;
    enum hr_log_full full;
    uint32_t full_timeout_ms; /* the longest that a call waits, for whichever reason; 0 is 200 */
    bool errors_drop;         /* ERROR and above do not wait for room either, as they do else */
    int sync_level;           /* calls of this level and above wait until written; 0: none */
    unsigned backtrace;       /* so many of a thread's last records below its log's level are kept,
                                 and written when an ERROR comes; 0: none */
    int backtrace_level;      /* none below this is kept; 0 is HR_LOG_DEBUG */
    bool unstarted; /* nothing is written before hr_log_start; what is logged is kept until then */
    /* A unix socket where `headrace log ctl` asks and changes levels, mode 0600; taken away by
     * hr_log_close. One of a process that is gone is replaced, a living one's is -EADDRINUSE, what
     * is no socket -EEXIST. NULL: none. */
    const char *control_path;
    uint32_t close_timeout_ms; /* what hr_log_close waits for; 0 is 10000 */
    uint64_t reserved[2];
};

/* Makes a log and starts its drain. The caller owns `*log` and closes it. Blocks for about two
 * milliseconds (the clock is measured) and until files are open. HEADRACE_LOG in the environment
 * goes before `level`, as hr_log_levels_set; one that cannot be read is -EINVAL. -EINVAL, -ENOMEM,
 * or what opening a file met; `error` (NULL allowed) names the sink. Any thread but a reactor's
 * (-EDEADLK).
 */
HR_API int hr_log_new(const struct hr_log_options *options, struct hr_error *error, hr_log **log);

/* Waits until everything that this thread has logged before has been given to the kernel, at most
 * `timeout_ms` (negative: no limit). 0, -ETIMEDOUT, -EAGAIN where the log is not started,
 * -EDEADLK on a reactor's thread, -ESHUTDOWN in a forked child. */
HR_API int hr_log_flush(hr_log *log, int timeout_ms);

/* Drains all of it and frees the log. No thread may be inside a call, nor make one afterwards;
 * children must have been freed. Blocks. NULL is ignored. -EDEADLK on a reactor's thread, and
 * nothing has happened. In a forked child it returns 0 and does nothing. Returns how many records
 * could not be written (0: none), or -ETIMEDOUT where a disk or a callback has hung for
 * close_timeout_ms and five seconds more: the drain's thread and memory then stay until the process
 * ends, as does an engine that was given. */
HR_API int hr_log_close(hr_log *log);

/* Has each sink that writes to a file open it again, once what was logged before has gone to the
 * old one: after the file was moved (logrotate's `create`). Does not wait; what fails is told on
 * stderr once, and the old file is kept. 0, -ESHUTDOWN in a forked child. Any thread. */
HR_API int hr_log_reopen(hr_log *log);

/* A log named `name`, "service.part" with its parent's in front where it begins with a dot. Same
 * level as its parent until it has one of its own. Freed with hr_log_free before its parent. */
HR_API int hr_log_child(hr_log *parent, const char *name, hr_log **child);
/* One with the parent's name and level, whose records also bear these fields. A key that the parent
 * has bound already has the new value in them. */
HR_API int hr_log_with(hr_log *parent, const struct hr_log_field *fields, unsigned count,
                       hr_log **child);
HR_API void hr_log_free(hr_log *child);

/* From now on, of this log and of those children that have no level of their own. Any thread. */
HR_API void hr_log_level_set(hr_log *log, int level);
HR_API int hr_log_level_get(const hr_log *log);

/* The function form, for levels, messages and keys known only at run time. Any thread. */
HR_API void hr_log_write(hr_log *log, int level, struct hr_slice message,
                         const struct hr_log_field *fields, unsigned count);

/* From now on SEGV, BUS, ABRT, FPE and ILL end the process in order: the other threads that log are
 * stopped, all that was accepted goes into the files of the file sinks, then a record of the signal
 * (its name, address, thread, and a backtrace of addresses) as the last line, and the signal takes
 * its course, with the action that it had before. For this log and whatever else has called this;
 * until it is closed. Threads that log later get an alternate stack, where they have none; this one
 * at once. 0, -ENOMEM, -ESHUTDOWN in a forked child. Any thread. */
HR_API int hr_log_crash_guard(hr_log *log);

/* A file sink's file as hr_log_recover left it. */
struct hr_log_recovered {
    const char *path; /* where the file is now */
    uint64_t offset;  /* bytes that it had: what stood behind them was half written, or nothing */
    uint64_t lines, bytes; /* written behind them */
    uint64_t reserved[4];
};

struct hr_log_recover_options {
    void (*on_file)(void *user, const struct hr_log_recovered *file);
    /* A file of the directory that is damaged or somebody else's, or a log file that cannot be
     * completed; it was left alone. One line without an end. */
    void (*on_problem)(void *user, const char *text);
    void *user;
    uint64_t reserved[4];
};

struct hr_log_recovery {
    uint64_t files, rings, lines, bytes, problems;
    uint64_t reserved[3];
};

/* Completes the files of the file sinks of a process that was killed: each is cut to where it was
 * whole, and what was accepted behind that is formatted out of the rings, byte for byte as the
 * process would have gone on; each record once, in order. Being killed in it does no harm, nor does
 * calling it again; when all is done the rings are removed. `options` and `recovery` may be NULL.
 * Blocks. 0 (there was nothing to do, too); -EBUSY: the process lives; -ENOENT, -EPERM, -ELOOP or
 * -ENOTDIR: the directory; -EBADMSG: something was left alone, all else is complete; or what
 * writing met, and calling it again goes on there. */
HR_API int hr_log_recover(const char *directory, const struct hr_log_recover_options *options,
                          struct hr_error *error, struct hr_log_recovery *recovery);

#ifdef __cplusplus
}
#endif

#include <headrace/log_service.h>
#include <headrace/log_statistics.h>
#include <headrace/log_timer.h>

#endif
