/* The ratios of bench config, and the limits that its figures and ratios are held against. */
#ifndef PERF_CONFIG_BENCH_COMPARED_H
#define PERF_CONFIG_BENCH_COMPARED_H

#include "config_bench_figures.h"
#include "spread.h"

enum perf_config_subject {
    PERF_CONFIG_HEADRACE,
    PERF_CONFIG_LIBYAML,
    PERF_CONFIG_PYDANTIC,
    PERF_CONFIG_SUBJECTS
};

/* The figures of one subject, round by round. */
struct perf_config_course {
    double of[PERF_CONFIG_FIGURES][PERF_ROUNDS_MAX];
};

/* A figure of one subject by one of another, both of one round. */
struct perf_config_comparison {
    enum perf_config_subject with; /* beside this library; itself: two of its own figures */
    const char *name;
    struct perf_config_operand {
        enum perf_config_subject subject;
        enum perf_config_figure figure;
    } above, below;
};
enum { PERF_CONFIG_COMPARISONS = 16 };
extern const struct perf_config_comparison perf_config_comparisons[PERF_CONFIG_COMPARISONS];

struct perf_spread perf_config_compare(const struct perf_config_comparison *comparison,
                                       const struct perf_config_course *courses, unsigned rounds);

/* A bound on a median. A goal is a bound that nobody has to keep yet. */
struct perf_config_limit {
    const char *name;
    double bound;
    bool at_least; /* else at most */
    bool goal;
    int figure, comparison; /* one of them; the other is -1 */
};
enum { PERF_CONFIG_LIMITS = 22 };
extern const struct perf_config_limit perf_config_limits[PERF_CONFIG_LIMITS];

enum perf_config_verdict { PERF_CONFIG_UNKNOWN, PERF_CONFIG_MET, PERF_CONFIG_MISSED };
/* Unknown where the value was not measured, which a negative one says. */
enum perf_config_verdict perf_config_verdict_of(const struct perf_config_limit *limit,
                                                double value);

#endif
