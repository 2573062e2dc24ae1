/* Running a suite: each step is a process of this program, whose report is held against the
 * checks. */
#ifndef PERF_SUITE_RUN_H
#define PERF_SUITE_RUN_H

#include <stdint.h>
#include <stdio.h>

#include <headrace/error.h>
#include <headrace/json_write.h>

#include "requirement.h"
#include "suite_plan.h"

#define PERF_SUITE_CHECKS_MAX (PERF_SUITE_STEPS_MAX * PERF_STEP_CHECKS_MAX)
#define PERF_SUITE_TEXT_MAX   1024

enum perf_suite_state {
    PERF_SUITE_PASSED,
    PERF_SUITE_MISSED,
    PERF_SUITE_NOT_RUN,
    PERF_SUITE_NOT_ASKED /* not run, as it needs more than was asked for: no failure, no tick */
};

struct perf_suite_outcome {
    const struct perf_suite_check *check;
    struct perf_requirement requirement; /* with the value, where there is one */
    enum perf_suite_state state;
    char why[PERF_SUITE_TEXT_MAX]; /* not PERF_SUITE_PASSED; "" where the value says it */
    char command[PERF_SUITE_TEXT_MAX];
};

struct perf_suite_run {
    const struct perf_suite_plan *plan;
    struct perf_suite_outcome outcomes[PERF_SUITE_CHECKS_MAX];
    size_t count;
    uint64_t started_at_ms; /* since 1970 */
    double duration_s;
};

struct perf_suite_options {
    const char *program;        /* a path of this program */
    const char *const *store;   /* to the words of a step that uses the store; ended by NULL */
    const char *const *common;  /* to the words of every step, the same; NULL: none */
    const char *const *lasting; /* to the words of a step that lasts, the same; NULL: none */
    uint64_t lasts_ms;          /* how long it does */
    bool full;
    int signal_fd;                                    /* readable: end; -1: never */
    void (*on_step)(void *user, const char *command); /* it begins; NULL allowed */
    void *user;
};

/* Runs all steps of the plan. 0; -ECANCELED where the signal came: the checks that are left are
 * not run. What goes wrong in a step is told by its checks. Blocks. */
int perf_suite_execute(const struct perf_suite_plan *plan, const struct perf_suite_options *options,
                       struct perf_suite_run *run);

size_t perf_suite_count(const struct perf_suite_run *run, enum perf_suite_state state);
/* Whether anything ran, and all of it that was asked for passed. */
bool perf_suite_is_good(const struct perf_suite_run *run);

/* How far the value stays from its bound, in percent of the bound; below 0 it is past it. NAN where
 * there is no value, or the bound is 0. */
double perf_suite_margin(const struct perf_requirement *requirement);

/* The object of docs/report.md, as a value. */
void perf_suite_json(struct hr_json_writer *json, const struct perf_suite_run *run);
void perf_suite_text(FILE *out, const struct perf_suite_run *run);

#endif
