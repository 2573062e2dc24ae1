/* The lines in a log's file. */
#ifndef PERF_LOG_COUNT_H
#define PERF_LOG_COUNT_H

#include <stdint.h>

/* How many lines of the file at `path` have `text` in them. 0 or a negative code. */
int perf_log_count(const char *path, const char *text, uint64_t *lines);

#endif
