/* Suites: commands of this program, and what their reports must say. The numbers of calls and the
 * limits are those of the seeds' test suites (Esper), with our own beyond them. */
#ifndef PERF_SUITE_PLAN_H
#define PERF_SUITE_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#define PERF_STEP_WORDS_MAX  32
#define PERF_STEP_CHECKS_MAX 10

struct perf_suite_check {
    const char *name;
    const char *requirement; /* of the report, as `bench s3 --require` takes it */
    const char *unit;
    const char *criterion;        /* of a report that it bears on; NULL: none */
    const char *needs;            /* of the report, else it is not run; NULL: nothing */
    const char *full_requirement; /* in a full run in place of `requirement`; NULL: the same */
};

/* A run of a command, which writes its report as JSON to standard output. */
struct perf_suite_step {
    const char *words[PERF_STEP_WORDS_MAX];      /* behind the program's name; ended by NULL */
    const char *full_words[PERF_STEP_WORDS_MAX]; /* in a full run in place of these; none: same */
    bool lasts; /* the words of a duration and a checkpoint go with it, and it is none of `all` */
    bool uses_store; /* the options of the store go with it */
    bool json_flag;  /* `--json` stands alone, for standard output */
    struct perf_suite_check checks[PERF_STEP_CHECKS_MAX]; /* ended by one without a name */
};

#define PERF_SUITE_STEPS_MAX 8

struct perf_suite_plan {
    const char *name, *title;
    struct perf_suite_step steps[PERF_SUITE_STEPS_MAX]; /* ended by one without words */
};

/* Ended by one without a name. */
extern const struct perf_suite_plan perf_suite_plans[];

/* NULL: there is none of that name. */
const struct perf_suite_plan *perf_suite_find(const char *name);

#endif
