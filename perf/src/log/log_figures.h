/* The measurements of bench log, of this library and of its peers. */
#ifndef PERF_LOG_FIGURES_H
#define PERF_LOG_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "log_samples.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The runs whose rate is measured: a form of lines, and how many threads write them. */
#define PERF_LOG_CASE_LIST(X)                                                                      \
    X(TEXT, text, 1) X(TEXT, text, 4) X(JSON, json, 1) X(JSON, json, 4) X(LOGFMT, logfmt, 1)
#define PERF_LOG_CASE_TAG(form, name, threads) PERF_LOG_##form##_##threads,
enum perf_log_case { PERF_LOG_CASE_LIST(PERF_LOG_CASE_TAG) PERF_LOG_CASES };
#undef PERF_LOG_CASE_TAG
extern const char *const perf_log_case_names[PERF_LOG_CASES];

/* A negative figure was not measured. */
struct perf_log_figures {
    struct perf_quantiles paced, burst_1, burst_4; /* caller, ns */
    double records_per_s[PERF_LOG_CASES];
    double cpu_s_per_million[PERF_LOG_CASES];
    double idle_cpu_percent;
    double queued_10000_bytes;
    double dropped;
};

/* A figure's names from the outside in, `name` the last; and where it lies. */
struct perf_log_name {
    const char *group, *subgroup, *name; /* NULL: none */
    size_t offset;
    unsigned decimals;
};
#define PERF_LOG_NAMES (4 * 3 + 2 * PERF_LOG_CASES + 3)
extern const struct perf_log_name perf_log_names[PERF_LOG_NAMES];

void perf_log_figures_init(struct perf_log_figures *figures);
double perf_log_figure(const struct perf_log_figures *figures, const struct perf_log_name *name);

/* A line a figure, "caller_ns.paced.p50 16.1": how a peer tells them. */
void perf_log_figures_print(const struct perf_log_figures *figures, FILE *out);
/* One such line; false: it is none. */
bool perf_log_figures_read(struct perf_log_figures *figures, const char *line);

#ifdef __cplusplus
}
#endif

#endif
