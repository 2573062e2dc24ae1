/* Members of results, read and checked: counts, seconds, histograms. Each function returns 0 or
 * -EPROTO with "MEMBER is no …" in `error`; nothing is guessed. */
#ifndef PERF_RESULT_MEMBERS_H
#define PERF_RESULT_MEMBERS_H

#include <stdint.h>

#include <jansson.h>

#include <headrace/error.h>
#include <headrace/histogram.h>

/* `submitted` is the sum of the others. */
struct perf_operations {
    uint64_t submitted, succeeded, failed, cancelled;
};

/* Fills `error` with the sentence; returns -EPROTO. */
int perf_member_refuse(struct hr_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

int perf_member_count(const json_t *object, const char *name, uint64_t *value,
                      struct hr_error *error);
/* A number that is not below 0. */
int perf_member_seconds(const json_t *object, const char *name, double *value,
                        struct hr_error *error);
/* `object` is the member "operations". */
int perf_member_operations(const json_t *object, struct perf_operations *operations,
                           struct hr_error *error);
/* `object` is the member "latency_histogram". */
int perf_member_histogram(const json_t *object, struct hr_histogram *histogram,
                          struct hr_error *error);

#endif
