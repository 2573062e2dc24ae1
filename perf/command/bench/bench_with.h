/* `--with-log`, `--with-http`: other work on the engine of a bench, while it measures. */
#ifndef COMMAND_BENCH_WITH_H
#define COMMAND_BENCH_WITH_H

#include <limits.h>

#include <headrace/http_client.h>

#include "bench.h"
#include "protocols.h"
#include "report_with.h"

struct with_values {
    const char *log;  /* records a second; NULL: none */
    const char *http; /* URL,RATE; NULL: none */
    const char *directory;
};

/* The table over struct with_values. */
extern const struct option with_table[];

/* The name of an option here that was given; NULL: none. */
const char *bench_with_given(const struct with_values *values);

/* `other` is an option, in words, that was given and that one of two runs cannot have; NULL: none.
 * EXIT_DONE, or EXIT_USAGE after a complaint. */
int bench_with_check(const struct with_values *values, const char *other);

struct bench_with {
    struct perf_report_with report;
    char url[1024], shown[201], folder[PATH_MAX], path[PATH_MAX + 16];
    const char *urls[1];
    perf_log_load *log;
    struct perf_http_target target;
    struct perf_workload workload;
    perf_loop *http;
};

/* Where an option was given: the bench's report has room for the figures. */
void bench_with_open(struct bench_with *with, const struct with_values *values,
                     struct bench *bench);
/* Measures the load alone, and then with the others, which is what the bench's report tells; the
 * exit code. Where no option was given: the load alone, as bench_load_measure. */
int bench_with_measure(struct bench_with *with, const struct with_values *values,
                       struct bench *bench);

#endif
