/* Levels of records, their names and how these are read. */
#ifndef HEADRACE_LOG_LEVEL_H
#define HEADRACE_LOG_LEVEL_H

#include <headrace/error.h>
#include <headrace/export.h>
#include <headrace/slice.h>

#ifdef __cplusplus
extern "C" {
#endif

enum hr_log_level {
    HR_LOG_DEBUG = 10,
    HR_LOG_INFO = 20,
    HR_LOG_WARNING = 30,
    HR_LOG_ERROR = 40,
    HR_LOG_CRITICAL = 50,
    HR_LOG_OFF = 255, /* above all of them */
};

/* Writes the name of a level to `out`: "INFO", or "LEVEL_25" where it has none; at most 15 bytes
 * and NUL. Any thread. */
#define HR_LOG_LEVEL_BYTES 16
HR_API void hr_log_level_name(int level, char out[HR_LOG_LEVEL_BYTES]);
/* Reads a level: DEBUG, INFO, WARNING (or WARN), ERROR, CRITICAL, OFF, LEVEL_n, or a number from 1
 * to 255, in capitals or not. 0, or -EINVAL with an `error` (NULL allowed) that lists the names.
 * Any thread. */
HR_API int hr_log_level_parse(struct hr_slice text, struct hr_error *error, int *level);

#ifdef __cplusplus
}
#endif

#endif
