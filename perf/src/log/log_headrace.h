/* This library's logger, and the limits beside it, as subjects of bench log. */
#ifndef PERF_LOG_HEADRACE_H
#define PERF_LOG_HEADRACE_H

#include "log_driver.h"

/* Measures all figures of this library. 0 or a negative code. */
int perf_log_measure_headrace(const struct perf_log_plan *plan, struct perf_log_figures *figures);

/* This logger as a program of `bench log --beside`: its defaults, and a call waits for room in its
 * ring as those of spdlog's do. The exit code. */
int perf_log_serve_headrace(void);

struct perf_log_limits {
    struct perf_log_figures memcpy_ring; /* callers alone: 160 bytes copied into a ring */
    double write_records_per_s;          /* write(2) of lines that are ready */
};
int perf_log_measure_limits(const struct perf_log_plan *plan, struct perf_log_limits *limits);

#endif
