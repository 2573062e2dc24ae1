/* Shared by the benches: a loop run to its end, its measurement, the report. */
#ifndef COMMAND_BENCH_H
#define COMMAND_BENCH_H

#include "report.h"
#include "session.h"

struct bench {
    struct session session;
    struct perf_workload workload;
    struct perf_loop_options options;
    struct perf_loop_report run;
    struct perf_report report;
};

/* The check of an option --rate, and its reader: 0 or -1. */
int bench_check_rate(const char *text, char *why, size_t why_size);
int bench_read_rate(const char *text, double *rate);

/* Makes sure of open files for so many connections; EXIT_DONE, or EXIT_ENVIRONMENT after a
 * complaint. */
int bench_raise_files(unsigned connections, bool json);

/* Runs a loop to its end, into bench->run; a signal ends it early. 0, or a negative code after a
 * complaint. */
int bench_run(struct bench *bench, const struct perf_loop_options *options, const char *what);

/* Fills in what was asked of every bench. The session is open. */
void bench_fill_report(struct bench *bench, const struct engine_options *engine);

/* The difference that the run made to the client's counters: `before` is from its beginning. */
void bench_fill_connections(struct bench *bench, const struct hr_http_client_metrics *before,
                            const struct hr_http_client_metrics *after);

/* Runs bench->options and measures it; the exit code. */
int bench_measure(struct bench *bench);

/* A report in both forms. */
struct bench_document {
    const void *report;
    void (*print_text)(FILE *out, const void *report);
    void (*put_json)(struct hr_json_writer *json, const void *report);
};
/* Prints it as bench_publish does. Of `session` only signals matter (fd -1: none). */
int bench_publish_document(const struct bench_document *document, struct session *session,
                           const char *json);

/* Prints the report: as text, and as JSON to the file `json`, or ("-") only so. The exit code. */
int bench_publish(struct bench *bench, const char *json);

#endif
