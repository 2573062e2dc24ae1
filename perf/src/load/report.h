/* The results of a bench, for people and as JSON. */
#ifndef PERF_REPORT_H
#define PERF_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <headrace/json_write.h>

#include "loop.h"

/* Parameters of the run beyond those that all benches have. */
struct perf_report_s3 {
    const char *endpoint;
    bool embedded; /* the server is a child of this process */
    unsigned pool;
    bool payload_signed, verify;
    const char *checksum; /* of bodies: an algorithm, "auto" or "none" */
    uint64_t populated;   /* objects written before, not counted */
};
struct perf_report_http {
    const char *const *urls;
    size_t url_count;
    bool connect_each;
    unsigned attempts_max;
};

struct perf_report {
    /* The parameters. */
    const struct perf_report_s3 *s3; /* one of the two, the other is NULL */
    const struct perf_report_http *http;
    const struct perf_workload *workload;
    unsigned concurrency, reactors;
    double rate; /* 0: closed loop */
    unsigned spin_us;
    const char *backend;       /* as hr_engine_backend_name tells it */
    const char *backend_cause; /* why it is epoll although nobody asked for it; or "" */
    /* The results. */
    const struct perf_loop_report *loop;
    uint64_t connections_peak;
    uint64_t connections_opened, handshakes_full, handshakes_resumed; /* during the run */
    uint64_t cpu_ns; /* of this process alone, over the measured time */
    uint64_t rss_peak_bytes;
    bool rss_peak_of_run; /* else: of the whole process */
    uint64_t started_at_s;
    const char *stopped_by; /* a signal's name, or NULL */
};

void perf_report_json(struct hr_json_writer *json, const struct perf_report *report);
void perf_report_text(FILE *out, const struct perf_report *report);

#endif
