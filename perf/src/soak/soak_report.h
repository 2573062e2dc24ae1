/* The report of a soak, for people and as JSON. */
#ifndef PERF_SOAK_REPORT_H
#define PERF_SOAK_REPORT_H

#include <stdio.h>

#include <headrace/json_write.h>

#include "soak.h"

/* The member `soak`; NULL: null. */
void perf_soak_json(struct hr_json_writer *json, const struct perf_soak *soak,
                    const struct perf_series_figures *series);
void perf_soak_text(FILE *out, const struct perf_soak *soak,
                    const struct perf_series_figures *series);

#endif
