/* Runs of a load on storage by MLPerf Storage's rules: a data set that no memory holds, and five
 * runs that agree. Source: mlcommons/storage, Submission_guidelines.md. */
#ifndef PERF_REPORT_STRICT_H
#define PERF_REPORT_STRICT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <headrace/json_write.h>

#define PERF_STRICT_RUNS  5
#define PERF_STRICT_SHARE 0.05 /* of the mean, that each rate may be away from it */
#define PERF_STRICT_TIMES 5    /* the memory, that the data set has at least */

struct perf_report_strict {
    uint64_t data_bytes, memory_bytes;
    double rates[PERF_STRICT_RUNS]; /* operations/s of each run */
    unsigned runs;                  /* that were made */
    uint64_t failed;                /* operations, of all of them */
};

/* Whether the data set is large enough. */
bool perf_strict_is_large(const struct perf_report_strict *strict);
/* How far the rate that is furthest from the mean is away from it, as a share of the mean. */
double perf_strict_spread(const struct perf_report_strict *strict);
/* Whether all runs were made and agree. */
bool perf_strict_agrees(const struct perf_report_strict *strict);
/* The run whose rate is the median. */
unsigned perf_strict_median(const struct perf_report_strict *strict);

/* `strict`: an object. */
void perf_report_strict_json(struct hr_json_writer *json, const struct perf_report_strict *strict);
void perf_report_strict_text(FILE *out, const struct perf_report_strict *strict);

#endif
