/* A summary as it is shown: its writers, one a form. */
#ifndef PERF_SUMMARY_VIEW_H
#define PERF_SUMMARY_VIEW_H

#include <stdio.h>

#include <headrace/clock.h>
#include <headrace/json_write.h>

#include "summary_compare.h"

#define PERF_ISSUES_MAX 128

/* Everything that makes the status ISSUES FOUND, a sentence each. */
struct perf_issues {
    char list[PERF_ISSUES_MAX][2 * PERF_SHOWN_MAX];
    unsigned count;   /* may be larger than the list */
    unsigned failing; /* those that make the exit code 1: all but checks that were not run */
    char cause[2 * PERF_SHOWN_MAX]; /* the first of these; "" */
};

/* All borrowed. */
struct perf_view {
    const struct perf_summary *summary;
    const struct perf_comparisons *comparisons; /* NULL: there is no baseline */
    const struct perf_issues *issues;
    struct hr_slice
        chart; /* the plotting library; empty: there is none, and `chart_why` says why */
    const char *chart_why;
    char generated[HR_DATE_ISO_SIZE];
};

void perf_issues_find(const struct perf_summary *summary,
                      const struct perf_comparisons *comparisons, struct perf_issues *issues);

/* Writers; ferror(out) tells what failed. */
void perf_view_markdown(FILE *out, const struct perf_view *view);
void perf_view_html(FILE *out, const struct perf_view *view);
void perf_view_csv(FILE *out, const struct perf_view *view);
void perf_view_junit(FILE *out, const struct perf_view *view);
void perf_view_openmetrics(FILE *out, const struct perf_view *view);
/* Of the first result with latencies. */
void perf_view_hgrm(FILE *out, const struct perf_view *view);
/* The same; 0 or -ENOMEM. */
int perf_view_hlog(FILE *out, const struct perf_view *view);
/* The one object. */
void perf_view_json(struct hr_json_writer *json, const struct perf_view *view);

/* Why operations failed that nothing allows for, "" where nobody knows; NULL: none did. */
const char *perf_failures_of(const struct perf_subject *subject);
/* The error of a result that neither its requirements nor its operations tell; "": none. */
const char *perf_error_alone(const struct perf_subject *subject);

/* How many results have latencies. */
unsigned perf_view_latencies(const struct perf_summary *summary);

/* Which criteria there are, and how they stand. `objectives` come first. */
struct perf_criterion {
    const char *name, *text;
    bool is_objective;
};
#define PERF_CRITERIA 8
extern const struct perf_criterion perf_criteria[PERF_CRITERIA];
enum perf_outcome_of_check perf_criterion_outcome(const struct perf_summary *summary,
                                                  const struct perf_criterion *criterion);

/* How far a value stays from its target, in percent of the target; negative: missed. False: there
 * is no margin. */
bool perf_check_margin(const struct perf_check *check, double *percent);

/* "passed", "failed", "not run" */
extern const char *const perf_outcome_words[];

#endif
