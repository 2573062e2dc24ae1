/* Redaction: keys whose values are never written. */
#ifndef HR_LOG_REDACT_H
#define HR_LOG_REDACT_H

#include <stdbool.h>

#include <headrace/slice.h>

/* Whether a pattern of this process fits the key. Built-in patterns: *password*, *secret*, *_token,
 * authorization. Any thread. */
bool hr__log_is_redacted(struct hr_slice key);
/* Adds a pattern for the rest of the process. Call sites that have logged before are not looked at
 * again. 0, -EINVAL (empty, or longer than 63 bytes), -ENOSPC (there are 64). Any thread. */
int hr__log_redact(struct hr_slice pattern);
/* Whether a pattern fits a text: `*` is any text, capitals do not matter. Async-signal-safe. */
bool hr__log_pattern_fits(struct hr_slice pattern, struct hr_slice text);

#endif
