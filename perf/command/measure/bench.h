/* Shared by the benches: a loop run to its end, its measurement, the report. */
#ifndef COMMAND_BENCH_H
#define COMMAND_BENCH_H

#include "bench_live.h"
#include "report.h"
#include "session.h"

struct bench_soak;  /* bench_soak.h */
struct bench_shard; /* bench_shard.h */

struct bench;
/* Somebody beside a run whose results are collected while it goes on. */
struct bench_watch {
    void (*begin)(struct bench *bench, perf_loop *loop); /* before the loop is started */
    void (*tick)(struct bench *bench, perf_loop *loop);  /* several times a second */
    void (*end)(struct bench *bench, perf_loop *loop);   /* all is over, before the report */
};

struct bench {
    const char *name; /* "bench s3" */
    struct session session;
    struct perf_workload workload;
    struct perf_loop_options options;
    struct perf_loop_report run;
    struct perf_report report;
    struct perf_usage usage;         /* of the last run */
    struct perf_ramp_curve curve;    /* of a ramp */
    struct bench_shard *shard;       /* of a load that several share; NULL: it is alone */
    struct bench_soak *soak;         /* of a run with checkpoints; NULL: it has none */
    const struct bench_watch *watch; /* of it */
    uint64_t warm_up_ns;
    /* Called between the warm-up and the run; its exit code ends the bench. NULL: nothing. */
    int (*before)(struct bench *bench);
    /* Runs and measures in place of bench_measure; the exit code. NULL: it does. */
    int (*measure)(struct bench *bench);
    enum bench_progress progress;
    struct bench_live live;
    /* The counters of the client, around each run that is measured. */
    void (*count)(struct bench *bench, struct hr_http_client_metrics *metrics);
    struct perf_requirement requirements[OPTION_LIST_MAX];
    size_t requirement_count;
};

/* Reads a number of operations a second: 0 or -1. */
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

/* Examples of errors in the words of the command. */
void bench_word_errors(struct perf_result *result);

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
