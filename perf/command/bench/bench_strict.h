/* `bench s3 --strict-storage`: a data set beyond all memory, and five runs that agree. */
#ifndef COMMAND_BENCH_STRICT_H
#define COMMAND_BENCH_STRICT_H

#include "bench.h"
#include "report_strict.h"

struct strict_values {
    bool asked;
    uint64_t memory_bytes; /* of the store; 0: this machine's */
};

/* The table over struct strict_values. */
extern const struct option strict_table[];

/* Refuses a data set that is too small, and what does not go with it: `other` is such an option, or
 * NULL. EXIT_DONE, or EXIT_USAGE after a complaint. The workload is open. */
int bench_strict_check(const struct strict_values *values, const char *other,
                       const struct bench *bench, struct perf_report_strict *strict);

/* Measures the load five times, each beginning where the one before has ended; the report is that
 * of the run with the median rate. The exit code. */
int bench_strict_measure(struct perf_report_strict *strict, struct bench *bench);

/* `code`, or EXIT_FAILED after a complaint where the runs do not agree. */
int bench_strict_verdict(const struct perf_report_strict *strict, int code);

#endif
