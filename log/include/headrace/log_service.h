/* A log for a service: made in one call, started and stopped, its levels changed while it runs. */
#ifndef HEADRACE_LOG_SERVICE_H
#define HEADRACE_LOG_SERVICE_H

#include <headrace/log.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Options of hr_log_service, which copies them. They work with all zero but for `name`: structured
 * text of INFO and above to standard error, asynchronous. */
struct hr_log_service_options {
    const char *name;   /* of the service, and of the log */
    const char *level;  /* as hr_log_level_parse takes it, or levels by names as
                           hr_log_levels_set does; NULL is "INFO" */
    const char *format; /* of console and file: "structured" (or "text"), "json" or "logfmt", in
                           capitals or not; NULL is "structured" */
    const char *file;   /* a file beside the console; NULL: none */
    bool synchronous;   /* a call returns when its line is written; the log is started at once */
    bool to_stdout;     /* the console is standard output, not standard error */
    bool no_console;    /* lines go to `file` alone */
    bool iso_time;      /* 2026-11-22T10:00:00.123Z; else 2026-11-22 10:00:00.123 */
    bool local_time;    /* times of this machine's time zone, else of UTC */
    bool source;        /* lines show file and line of the call */
    const char *control_path; /* as in hr_log_options */
    /* All other options; NULL: the defaults. Its name, level, sinks and control_path are unset. */
    const struct hr_log_options *log;
    uint64_t reserved[8];
};

/* Makes a log as the options say; owner, errors and threads as with hr_log_new. Records that are
 * logged before hr_log_start stay in the rings, as far as these have room, and are written after
 * it. */
HR_API int hr_log_service(const struct hr_log_service_options *options, struct hr_error *error,
                          hr_log **log);

/* Begins to write, with the records that were logged before. Does not wait. 0, also where the log
 * runs already; -ESHUTDOWN in a forked child. NULL is ignored. Any thread. */
HR_API int hr_log_start(hr_log *log);

/* Writes the records that were logged before the call, for at most `timeout_ms` (negative: no
 * limit), then stops writing: when it returns, no more records are taken from the rings. Records
 * that had no time, and those that are logged later, stay in the rings until hr_log_start or
 * hr_log_close. Returns how many had no time; 0 where the log was stopped already; -EDEADLK on a
 * reactor's thread, -ENOMEM, -ESHUTDOWN in a forked child. NULL is ignored. Any thread but a
 * reactor's. */
HR_API int hr_log_stop(hr_log *log, int timeout_ms);

/* Sets levels by the names of logs: "info,s3=debug,net.*=warning". A level without a name is that
 * of the log that hr_log_new made. NAME=LEVEL is for logs called NAME, with or without the first
 * log's name and a dot in front, and for logs below them (NAME.part); `*` in a NAME is any text,
 * and capitals do not matter. Of several NAMEs that fit, the longest counts (`*` is no letter); of
 * equally long ones the last. It holds for children that are made later as well. The text replaces
 * that of the last call: a log that had its level from there, and is named no more, has its
 * parent's level again. A level of hr_log_level_set stays where no NAME fits. 0; -EINVAL, and
 * nothing has changed; -ENOSPC: more than HR_LOG_LEVEL_RULES_MAX NAMEs; -ENOMEM. Any thread. */
#define HR_LOG_LEVEL_RULES_MAX 64
HR_API int hr_log_levels_set(hr_log *log, const char *text, struct hr_error *error);

#ifdef __cplusplus
}
#endif

#endif
