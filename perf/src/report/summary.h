/* Results of benches and suites, read from their files and put together: docs/report.md. One thread
 * at a time. */
#ifndef PERF_SUMMARY_H
#define PERF_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/error.h>
#include <headrace/histogram.h>
#include <headrace/slice.h>

#include "result_members.h"
#include "spread.h"

#define PERF_SUMMARY_PROTOCOL 1
#define PERF_SUBJECTS_MAX     512
#define PERF_SUITES_MAX       64
#define PERF_CHECKS_MAX       256 /* of a suite */
#define PERF_NUMBERS_MAX      80  /* of a result */
#define PERF_PARTS_MAX        16
#define PERF_FAILURES_MAX     32 /* kinds of them; more are counted as "other" */
#define PERF_FACTS_MAX        64
#define PERF_WARNINGS_MAX     64
#define PERF_POINTS_MAX       100000
#define PERF_NAME_MAX         64
#define PERF_SHOWN_MAX        256
#define PERF_KEY_MAX          1024

enum perf_better { PERF_BETTER_UNKNOWN, PERF_BETTER_MORE, PERF_BETTER_LESS };

/* A figure. Those of which it is known what is better are compared with a baseline. */
struct perf_number {
    char name[PERF_NAME_MAX]; /* "operations_per_s", "latency_ms.p99": the unit is in it */
    enum perf_better better;
    double value;
    double least, most; /* of rounds that the result itself tells; negative: it does not */
    double rounds[PERF_ROUNDS_MAX]; /* negative: not measured */
    unsigned count;                 /* of rounds; the last ones where there were more */
};

/* The operations of one kind, or of all. */
struct perf_part {
    char name[PERF_NAME_MAX];
    struct perf_operations operations;
    struct hr_histogram latency_ns; /* of what succeeded; empty: not known */
};

struct perf_failure {
    char name[PERF_NAME_MAX];
    uint64_t count;
    char example[PERF_SHOWN_MAX];
};

struct perf_fact {
    char name[PERF_NAME_MAX]; /* "kernel", "limits.open_files" */
    char value[PERF_SHOWN_MAX];
};

struct perf_facts {
    struct perf_fact list[PERF_FACTS_MAX];
    unsigned count;
};

/* The shard that a result says that it is. */
struct perf_shard_told {
    unsigned rank, size; /* size 0: it says nothing */
    bool has_clock;
    double offset_low_s, offset_high_s; /* how far the store's clock is ahead of its own */
};

/* Seconds since 1970; begin 0: not known. */
struct perf_window {
    double begin_s, end_s;
};

enum perf_together { PERF_TOGETHER_AUTO, PERF_TOGETHER_SHARDS, PERF_TOGETHER_ROUNDS, PERF_ALONE };

/* How much a load did, in all. */
struct perf_load {
    double duration_s, cpu_s;
    double rate, bytes_rate;          /* per second */
    uint64_t first_attempt_succeeded; /* of those that succeeded */
    uint64_t bytes_sent, bytes_received, rss_peak_bytes, retries, not_started;
};

/* One row of a run, a step long. Percentiles are negative where nothing succeeded. */
struct perf_point {
    double second, operations, errors, rate, p50_ms, p99_ms;
};
struct perf_points {
    struct perf_point *list;
    size_t count;
    double step_s; /* the length of a row; the last one may be shorter */
};

/* A rate that was asked for, and what came of it. */
struct perf_curve_point {
    double asked, rate, p50_ms, p99_ms;
};
struct perf_curve {
    struct perf_curve_point *list;
    size_t count;
};

enum perf_outcome_of_check { PERF_CHECK_PASSED, PERF_CHECK_FAILED, PERF_CHECK_NOT_RUN };

struct perf_check {
    char name[PERF_SHOWN_MAX], unit[PERF_NAME_MAX], criterion[PERF_NAME_MAX];
    char command[PERF_SHOWN_MAX], why[PERF_SHOWN_MAX];
    char comparison[4];   /* "<", "<=", ">", ">=", "="; "": none */
    double value, target; /* valid where has_… */
    bool has_value, has_target;
    enum perf_outcome_of_check outcome;
};

/* A program on a workload. */
struct perf_subject {
    char name[PERF_NAME_MAX];      /* "bench s3", "boto3", "log" */
    char file[PERF_SHOWN_MAX];     /* of the first result in it */
    char target[PERF_SHOWN_MAX];   /* "" */
    char workload[PERF_SHOWN_MAX]; /* what was asked for, for people; "" */
    char key[PERF_KEY_MAX];        /* the same for the same workload, whatever the target */
    unsigned results;              /* that are put together in it */
    unsigned shards, rounds;       /* at once, at most; and one after the other */
    struct perf_window window; /* on the store's clock, as far as that is sure to be another one */
    struct perf_shard_told shard;
    bool is_load;          /* `all`, `load`: else figures alone */
    struct perf_part *all; /* NULL where it is none */
    struct perf_load load;
    struct perf_part *parts[PERF_PARTS_MAX];
    unsigned part_count;
    struct perf_failure failures[PERF_FAILURES_MAX];
    unsigned failure_count;
    struct perf_number numbers[PERF_NUMBERS_MAX];
    unsigned number_count;
    struct perf_facts facts;
    struct perf_points series;
    struct perf_curve curve;
    struct perf_check *requirements; /* of --require, of all results that are put together */
    unsigned requirement_count;
    char error[PERF_SHOWN_MAX];   /* why the bench ended with a failure; "" */
    char missing[PERF_SHOWN_MAX]; /* why it was not measured; "" */
};

struct perf_suite {
    char name[PERF_NAME_MAX], title[PERF_SHOWN_MAX], file[PERF_SHOWN_MAX];
    struct perf_check *checks;
    unsigned check_count;
    struct perf_facts facts;
};

struct perf_summary {
    struct perf_subject *subjects[PERF_SUBJECTS_MAX];
    unsigned subject_count;
    struct perf_suite *suites[PERF_SUITES_MAX];
    unsigned suite_count;
    char warnings[PERF_WARNINGS_MAX][PERF_SHOWN_MAX];
    unsigned warning_count;
};

/* Zeroed is empty. Frees what it holds; it is empty then. */
void perf_summary_free(struct perf_summary *summary);

/* Adds the results of a file. 0; -EPROTO: it is none that is known, or contradicts itself; -EFBIG;
 * -ENOMEM; or the code of the read. `error` names file and member; then nothing was added. */
int perf_summary_read(struct perf_summary *summary, const char *path, struct hr_error *error);
/* The same of a text, which `name` calls. */
int perf_summary_read_text(struct perf_summary *summary, const char *name, struct hr_slice text,
                           struct hr_error *error);

/* Puts the results of one workload together. 0 or -ENOMEM. */
int perf_summary_merge(struct perf_summary *summary, enum perf_together together);

/* A sentence that the report has to have. */
void perf_summary_warn(struct perf_summary *summary, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The latency at a share of all operations, in ms; negative: not known. */
double perf_part_quantile_ms(const struct perf_part *part, double quantile);
double perf_success_rate(const struct perf_operations *operations);

/* The fact called `name`; "" where there is none. */
const char *perf_fact_of(const struct perf_facts *facts, const char *name);

struct perf_check_counts {
    unsigned passed, failed, not_run;
};
struct perf_check_counts perf_suite_counts(const struct perf_suite *suite);

#endif
