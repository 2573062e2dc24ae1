/* The protocol of docs/peers.md from a peer's side: a workload is read, a result is written. */
#ifndef PERF_BESIDE_TASK_H
#define PERF_BESIDE_TASK_H

#include <limits.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include <headrace/error.h>
#include <headrace/histogram.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PERF_TASK_INPUT_MAX  65536 /* bytes of a workload */
#define PERF_TASK_EXIT_LACKS 3     /* of a peer that cannot do the work here */

/* Reads all of `in`: an object of this protocol and of `kind`. 0 and the object, which json_decref
 * frees; or -EPROTO, -EMSGSIZE or -EIO with the reason in `error`. */
int perf_task_read(FILE *in, const char *kind, json_t **workload, struct hr_error *error);
/* Members of it. 0, or -EPROTO with a sentence about the member in `error`. */
int perf_task_text(const json_t *workload, const char *name, const char **text,
                   struct hr_error *error);
int perf_task_path(const json_t *workload, char path[PATH_MAX], struct hr_error *error);
struct perf_task_bounds {
    uint64_t least, most;
};
int perf_task_number(const json_t *workload, const char *name, struct perf_task_bounds bounds,
                     uint64_t *number, struct hr_error *error);

/* "queue" with "8192 slots", as the table shows them. */
struct perf_task_fact {
    const char *name, *value; /* NULL: the end of a list */
};

struct perf_task_result {
    const struct perf_task_fact *versions, *settings;
    uint64_t succeeded, failed;
    const char *failure; /* an example; NULL: none failed */
    double duration_s, cpu_s;
    uint64_t bytes_sent, bytes_received;
    uint64_t rss_peak_bytes;
    const struct hr_histogram *latency_ns; /* its count is `succeeded` */
};

/* Writes one line of JSON. 0 or -EIO. */
int perf_task_put_result(FILE *out, const struct perf_task_result *result);
/* Why this peer does nothing, and the command that helps. 0 or -EIO. */
int perf_task_put_missing(FILE *out, const char *reason, const char *install);

#ifdef __cplusplus
}
#endif

#endif
