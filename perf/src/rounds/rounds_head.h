/* The beginning of a report on rounds: of what, when, and where. */
#ifndef PERF_ROUNDS_HEAD_H
#define PERF_ROUNDS_HEAD_H

#include <headrace/json_write.h>

/* Members of the object that is open. `started_at_ms` since 1970. */
void perf_rounds_head(struct hr_json_writer *json, const char *harness, uint64_t started_at_ms);

#endif
