/* The report of a fault proxy, for people and as JSON. */
#ifndef PERF_FAULT_REPORT_H
#define PERF_FAULT_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <headrace/json_write.h>

#include "fault_outcome.h"

struct fault_report {
    struct fault_outcome outcome;
    const struct fault_script *script;
    uint64_t seed;
    bool tcp;
};

void fault_report_text(FILE *out, const struct fault_report *report);
/* One JSON object; the fields are listed in docs/fault-proxy.md. */
void fault_report_json(struct hr_json_writer *json, const struct fault_report *report);

#endif
