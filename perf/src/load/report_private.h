/* Shared by the files of the report. */
#ifndef PERF_REPORT_PRIVATE_H
#define PERF_REPORT_PRIVATE_H

#include "report.h"

/* The parameters of the run: the head of both forms. */
void perf_report_parameters_json(struct hr_json_writer *json, const struct perf_report *report);
void perf_report_parameters_text(FILE *out, const struct perf_report *report);

#endif
