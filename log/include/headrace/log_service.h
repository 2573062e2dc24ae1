/* A log for a service: made in one call, started and stopped, its levels changed while it runs. */
#ifndef HEADRACE_LOG_SERVICE_H
#define HEADRACE_LOG_SERVICE_H

#include <headrace/log.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Zeroed but for `name` works: structured text of INFO and above to standard error, asynchronous.
 * Copied. */
struct hr_log_service_options {
    const char *name;         /* of the service, and of the log */
    const char *level;        /* as hr_log_level_parse takes it; NULL is "INFO" */
    const char *format;       /* "structured" (or "text"), "json" or "logfmt", in any case; NULL is
                                 "structured". Of console and file */
    const char *file;         /* a file beside the console; NULL: none */
    bool synchronous;         /* a call returns when its line is written; started from the first */
    bool to_stdout;           /* the console is standard output, not standard error */
    bool no_console;          /* with `file` only */
    bool iso_time;            /* 2026-11-22T10:00:00.123Z; else 2026-11-22 10:00:00.123 */
    bool local_time;          /* else UTC */
    bool source;              /* file and line of each call */
    const char *control_path; /* as in hr_log_options */
    /* Sizes and all else; NULL: the defaults. Its name, level, sinks and control_path have to be
     * unset. */
    const struct hr_log_options *log;
    uint64_t reserved[8];
};

/* Makes a log as the options say. What is logged before hr_log_start is kept, as far as the rings
 * have room, and written after it. As hr_log_new; -EINVAL names the option. */
HR_API int hr_log_service(const struct hr_log_service_options *options, struct hr_error *error,
                          hr_log **log);

/* Begins to write, what was logged before first. 0, also where it runs already; -ESHUTDOWN in a
 * forked child. Does not wait. Any thread. */
HR_API int hr_log_start(hr_log *log);

/* Writes all that was logged before the call, for at most `timeout_ms` (negative: no limit), then
 * stops writing. What is logged afterwards stays in the rings until hr_log_start or hr_log_close.
 * Returns how many records are left unwritten of what was logged before, and keeps them too; 0
 * where it was stopped already. When it returns no more records are taken from the rings. -EDEADLK
 * on a reactor's thread, -ENOMEM, -ESHUTDOWN in a forked child. Any other thread. */
HR_API int hr_log_stop(hr_log *log, int timeout_ms);

/* Sets levels by the names of logs: "info,s3=debug,net.*=warning". A level alone is that of the log
 * that hr_log_new made. NAME=LEVEL is for the logs called NAME, with the first log's name and a dot
 * in front or without, and those below them (NAME.part); `*` in it is any text, case does not
 * matter. Of several that fit, the longest counts (`*` is no letter); of equal ones the last.
 * Children that are made later obey too. The text replaces that of the last call: a log that had
 * its level from there, and is in it no more, has its parent's again. A level of hr_log_level_set
 * stays where no NAME fits. 0, or -EINVAL and nothing has changed, -ENOSPC: more than
 * HR_LOG_LEVEL_RULES_MAX. Any thread. */
#define HR_LOG_LEVEL_RULES_MAX 64
HR_API int hr_log_levels_set(hr_log *log, const char *text, struct hr_error *error);

#ifdef __cplusplus
}
#endif

#endif
