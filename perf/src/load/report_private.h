/* Shared by the files of the report. */
#ifndef PERF_REPORT_PRIVATE_H
#define PERF_REPORT_PRIVATE_H

#include "report.h"

static inline void perf_put_u64(struct hr_json_writer *json, const char *key, uint64_t value) {
    hr_json_key(json, key);
    hr_json_u64(json, value);
}

static inline void perf_put_double(struct hr_json_writer *json, const char *key, double value) {
    hr_json_key(json, key);
    hr_json_double(json, value, 6);
}

static inline void perf_put_text(struct hr_json_writer *json, const char *key, const char *value) {
    hr_json_key(json, key);
    hr_json_text(json, value);
}

static inline void perf_put_bool(struct hr_json_writer *json, const char *key, bool value) {
    hr_json_key(json, key);
    hr_json_bool(json, value);
}

/* The parameters of the run: the head of both forms. */
void perf_report_asked_json(struct hr_json_writer *json, const struct perf_report *report);
void perf_report_asked_text(FILE *out, const struct perf_report *report);

#endif
