/* Shared by the files of the report. */
#ifndef PERF_REPORT_PRIVATE_H
#define PERF_REPORT_PRIVATE_H

#include "report.h"

/* The parameters of the run: the head of both forms. */
void perf_report_parameters_json(struct hr_json_writer *json, const struct perf_report *report);
void perf_report_parameters_text(FILE *out, const struct perf_report *report);

/* `latency_ms` of both forms' quantiles. */
void perf_report_latency_json(struct hr_json_writer *json, const struct hr_histogram *latency);
/* The head of the table, and a line of it. */
void perf_report_latency_head(FILE *out);
void perf_report_latency_text(FILE *out, const char *name, const struct hr_histogram *latency);

/* `series_step_s` and `series`: an array of the steps. */
void perf_report_series_json(struct hr_json_writer *json, const struct perf_report *report);
void perf_report_series_text(FILE *out, const struct perf_report *report);

/* `shard`. */
void perf_report_shard_json(struct hr_json_writer *json, const struct perf_report *report);
void perf_report_shard_text(FILE *out, const struct perf_report *report);

/* `omission`: null but of a closed loop. `latency` is that of all operations. */
void perf_report_omission_json(struct hr_json_writer *json, const struct perf_report *report,
                               const struct hr_histogram *latency);
void perf_report_omission_text(FILE *out, const struct perf_report *report,
                               const struct hr_histogram *latency);

/* `sizes`: an array of the classes. */
void perf_report_sizes_json(struct hr_json_writer *json, const struct perf_report *report);
/* Of the head: "4096:80,1048576:20 bytes". */
void perf_report_size_text(FILE *out, const struct perf_workload *workload);
/* A table of the classes, where there are some. */
void perf_report_sizes_text(FILE *out, const struct perf_report *report);

#endif
