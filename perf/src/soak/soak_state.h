/* The state of a soak as JSON, and read again. */
#ifndef PERF_SOAK_STATE_H
#define PERF_SOAK_STATE_H

#include <headrace/error.h>
#include <headrace/json_write.h>
#include <headrace/slice.h>

#include "soak.h"

#define PERF_SOAK_FORMAT 2 /* of a checkpoint */

/* Writes an object: what was asked for. */
struct perf_soak_workload {
    void (*put)(struct hr_json_writer *json, const void *user);
    const void *user;
};

/* A state that is written, `now_ms` since 1970. */
struct perf_soak_state {
    const struct perf_soak *soak;
    const struct perf_soak_workload *workload;
    uint64_t now_ms;
};
/* Writes the value; `state` is a struct perf_soak_state. */
void perf_soak_put(struct hr_json_writer *json, const void *state);

/* Reads one into `soak`, which is new. 0; -EPROTO: it is none; -EINVAL: it is of another workload,
 * and `error` names the first member that differs, or of a longer run than `soak`; -ENOMEM. */
int perf_soak_read(struct perf_soak *soak, const struct perf_soak_workload *workload,
                   struct hr_slice text, uint64_t *saved_at_ms, struct hr_error *error);

#endif
