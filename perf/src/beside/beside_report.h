/* Programs beside each other: the tables for people, and all figures as JSON. */
#ifndef PERF_BESIDE_REPORT_H
#define PERF_BESIDE_REPORT_H

#include <stdio.h>

#include <headrace/json_write.h>

#include "beside_rounds.h"

void perf_beside_text(FILE *out, const struct perf_beside *beside, const struct perf_rules *rules);
/* Members of the object that is open. */
void perf_beside_json(struct hr_json_writer *json, const struct perf_beside *beside,
                      const struct perf_rules *rules);

#endif
