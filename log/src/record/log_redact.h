/* Which keys have values that are never written. */
#ifndef HR_LOG_REDACT_H
#define HR_LOG_REDACT_H

#include <stdbool.h>

#include <headrace/slice.h>

/* Whether one of the patterns of this process fits: `*` is any text, letters in any case. Built in:
 * *password*, *secret*, *_token, authorization. Any thread. */
bool hr__log_is_redacted(struct hr_slice key);
/* Adds a pattern, for good. 0, -EINVAL (empty, or longer than 63 bytes), -ENOSPC (64 are there).
 * Sites that were used before it keep what they had, so this belongs before the first record. */
int hr__log_redact(struct hr_slice pattern);
bool hr__log_pattern_fits(struct hr_slice pattern, struct hr_slice text);

#endif
