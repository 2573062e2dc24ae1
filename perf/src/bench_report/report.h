/* The results of a bench, for people and as JSON. */
#ifndef PERF_REPORT_H
#define PERF_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <headrace/json_write.h>

#include "clock_offset.h"
#include "fault_report.h"
#include "loop.h"
#include "ramp.h"
#include "rank.h"
#include "report_strict.h"
#include "report_with.h"
#include "requirement.h"
#include "soak_report.h"
#include "usage.h"

/* Parameters of the run beyond those that all benches have. */
struct perf_report_s3 {
    const char *endpoint;
    bool embedded; /* the server is a child of this process */
    unsigned pool;
    bool payload_signed, verify;
    const char *checksum;                    /* of bodies: an algorithm, "auto" or "none" */
    uint64_t populated;                      /* objects written before, not counted */
    unsigned attempts_max;                   /* of an operation; 0: not told */
    uint64_t part_size;                      /* of uploads and downloads; 0: by the size */
    unsigned part_concurrency;               /* parts of one at once; 0: there are none */
    const struct perf_report_strict *strict; /* NULL: one run */
};
struct perf_report_http {
    const char *const *urls;
    size_t url_count;
    bool connect_each;
    unsigned attempts_max;
};

/* One process of several that share a load. */
struct perf_report_shard {
    struct perf_rank rank;
    uint64_t start_at_ms;           /* since 1970, that was asked for; 0: none was */
    uint64_t late_ms;               /* so much behind it was begun */
    struct perf_clock_offset clock; /* the store's */
};

struct perf_report {
    /* The parameters. */
    const struct perf_report_s3 *s3; /* one of the two, the other is NULL */
    const struct perf_report_http *http;
    const struct perf_workload *workload;
    unsigned concurrency, reactors;
    double rate;       /* 0: closed loop */
    const char *trace; /* the file of it; NULL: there is none */
    uint64_t think_ns; /* between operations of a closed loop */
    struct {
        uint64_t lasted_ns, operations, failed;
    } warm_up; /* before, not counted */
    unsigned spin_us;
    const char *backend;       /* as hr_engine_backend_name tells it */
    const char *backend_cause; /* why it is epoll although nobody asked for it; or "" */
    /* The results. */
    const struct perf_loop_report *loop;
    const struct fault_report *faults;     /* of a proxy in front of the store; NULL: none */
    const struct perf_ramp_curve *curve;   /* of a ramp; NULL: there is none */
    const struct perf_usage *usage;        /* NULL: nobody looked */
    const struct perf_report_shard *shard; /* NULL: it is alone */
    const struct perf_soak *soak;          /* of a run that has checkpoints; NULL: it has none */
    const struct perf_report_with *with;   /* loads beside this one; NULL: there were none */
    uint64_t connections_peak;
    uint64_t connections_opened, handshakes_full, handshakes_resumed; /* during the run */
    uint64_t cpu_ns; /* of this process alone, over the measured time */
    struct {
        uint64_t bytes;
        bool of_run; /* else: of the whole process */
    } rss_peak;
    uint64_t started_at_ms;
    const char *stopped_by;                      /* a signal's name, or NULL */
    const struct perf_requirement *requirements; /* compared already */
    size_t requirement_count;
};

/* An object: the parameters alone. */
void perf_report_workload_json(struct hr_json_writer *json, const struct perf_report *report);

/* Operations that failed in measured runs whose figures are not these: others of --strict-storage,
 * the one alone of --with-*. */
uint64_t perf_report_failed_elsewhere(const struct perf_report *report);
void perf_report_json(struct hr_json_writer *json, const struct perf_report *report);
void perf_report_text(FILE *out, const struct perf_report *report);

#endif
