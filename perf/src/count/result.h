/* The results of a run: counts, latencies, errors. One shard a thread, merged at the end without
 * loss. */
#ifndef PERF_RESULT_H
#define PERF_RESULT_H

#include <stdint.h>

#include <headrace/error.h>
#include <headrace/histogram.h>

#include "workload.h"

#define PERF_ERRORS_MAX     32 /* kinds of errors that are told apart; more count as "other" */
#define PERF_ERROR_NAME_MAX 64

struct perf_error_count {
    char name[PERF_ERROR_NAME_MAX]; /* "HTTP 404", the S3 code, else the error's name */
    char example[256];              /* the first one's message */
    int code;                       /* the first one's */
    uint64_t count;
};

struct perf_kind_result {
    uint64_t succeeded, failed, cancelled;
    struct hr_histogram latency_ns; /* of the succeeded ones */
};

/* PUT and GET of bodies of one class that succeeded. */
struct perf_size_result {
    uint64_t bytes;
    struct hr_histogram latency_ns;
};

struct perf_result {
    struct perf_kind_result kind[PERF_KINDS];
    uint64_t first_attempt_succeeded;
    uint64_t retries;
    uint64_t bytes_sent, bytes_received; /* of bodies, of what succeeded */
    struct perf_size_result sizes[PERF_SIZES_MAX];
    struct perf_error_count errors[PERF_ERRORS_MAX];
    size_t error_count;
};

/* One operation that has ended. */
struct perf_outcome {
    enum perf_kind kind;
    int result;
    uint32_t attempts;
    uint64_t latency_ns;
    uint64_t bytes_sent, bytes_received; /* of bodies */
    unsigned size_class;                 /* of the body, one more than its index; 0: none */
    int http_status;                     /* where that is what failed; else 0 */
    const struct hr_error *error;        /* with a negative result */
};

/* Makes a zeroed one empty: its latencies count durations. */
void perf_result_init(struct perf_result *result);
/* Owner thread only. */
void perf_result_record(struct perf_result *result, const struct perf_outcome *outcome);
void perf_result_merge(struct perf_result *into, const struct perf_result *from);

struct perf_totals {
    uint64_t succeeded, failed, cancelled;
};
struct perf_totals perf_result_totals(const struct perf_result *result);

#endif
