/* Points in time, as lines of logs and options say them. */
#ifndef COMMAND_CAT_TIME_H
#define COMMAND_CAT_TIME_H

#include <stdint.h>

#include <headrace/slice.h>

/* 2026-11-22T10:00:00.123Z, with a blank for the T, without what is behind the day or the minute,
 * zone Z, +hh:mm or none (UTC). 0 or -EINVAL. */
int cat_time_parse(struct hr_slice text, uint64_t *unix_ns);
/* A point in time, or how long ago it was: 10m, 2h, 1d, 30s. */
int cat_time_parse_option(const char *text, uint64_t now_ns, uint64_t *unix_ns);

#endif
