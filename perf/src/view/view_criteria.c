/* Checks, criteria and issues: how a summary stands. */
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "summary_view.h"

const char *const perf_outcome_words[] = {[PERF_CHECK_PASSED] = "passed",
                                          [PERF_CHECK_FAILED] = "failed",
                                          [PERF_CHECK_NOT_RUN] = "not run"};

/* The objectives and integration criteria of the system that headrace replaces. */
const struct perf_criterion perf_criteria[PERF_CRITERIA] = {
    {"logging-overhead", "Logging overhead < 0.1 ms per call", true},
    {"s3-success", "S3 operations 99.9 % success rate", true},
    {"config-loading", "Configuration loading < 100 ms", true},
    {"memory-leaks", "Zero memory leaks in 24-hour tests", true},
    {"platforms", "Cross-platform compatibility", true},
    {"existing-tests", "All existing tests pass", false},
    {"compatibility", "Phase 1.1 compatibility maintained", false},
    {"deployment", "Production deployment ready", false},
};

/* Passed where a check bears on it, and all of these passed. */
enum perf_outcome_of_check perf_criterion_outcome(const struct perf_summary *summary,
                                                  const struct perf_criterion *criterion) {
    bool any = false, all_run = true;
    for (unsigned s = 0; s < summary->suite_count; s++) {
        const struct perf_suite *suite = summary->suites[s];
        for (unsigned i = 0; i < suite->check_count; i++) {
            if (strcmp(suite->checks[i].criterion, criterion->name) != 0) continue;
            if (suite->checks[i].outcome == PERF_CHECK_FAILED) return PERF_CHECK_FAILED;
            if (suite->checks[i].outcome == PERF_CHECK_NOT_RUN) all_run = false;
            any = true;
        }
    }
    return any && all_run ? PERF_CHECK_PASSED : PERF_CHECK_NOT_RUN;
}

bool perf_check_margin(const struct perf_check *check, double *percent) {
    if (!check->has_value || !check->has_target || check->comparison[0] == '=') return false;
    double left =
        check->comparison[0] == '<' ? check->target - check->value : check->value - check->target;
    if (!(fabs(check->target) > 0)) return false;
    *percent = 100 * left / fabs(check->target);
    return true;
}

/* `fails`: the exit code is 1 because of it. */
static void add(struct perf_issues *issues, bool fails, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void add(struct perf_issues *issues, bool fails, const char *format, ...) {
    char text[sizeof issues->cause];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (fails && issues->failing++ == 0) memcpy(issues->cause, text, sizeof text);
    if (issues->count++ < PERF_ISSUES_MAX)
        memcpy(issues->list[issues->count - 1], text, sizeof text);
}

static void find_in_check(const char *of, const struct perf_check *check,
                          struct perf_issues *issues) {
    if (check->outcome == PERF_CHECK_PASSED) return;
    bool failed = check->outcome == PERF_CHECK_FAILED;
    add(issues, failed, "%s: %.100s %s%s%.200s", of, check->name, failed ? "failed" : "was not run",
        *check->why ? ": " : "", check->why);
}

static void find_in_suite(const struct perf_suite *suite, struct perf_issues *issues) {
    struct perf_check_counts counts = perf_suite_counts(suite);
    char of[PERF_NAME_MAX + 8];
    snprintf(of, sizeof of, "Suite %s", suite->name);
    for (unsigned i = 0; i < suite->check_count; i++) find_in_check(of, &suite->checks[i], issues);
    if (counts.passed + counts.failed > 0) return;
    add(issues, true, "Suite %s ran nothing", suite->name);
}

static void find_in_subject(const struct perf_subject *subject, struct perf_issues *issues) {
    const char *alone = perf_error_alone(subject), *why = perf_failures_of(subject);
    for (unsigned i = 0; i < subject->requirement_count; i++)
        find_in_check(subject->name, &subject->requirements[i], issues);
    if (*alone) add(issues, true, "%s: %.250s", subject->name, alone);
    if (!why) return;
    add(issues, true, "%s: %llu operations failed%s%.200s", subject->name,
        (unsigned long long)subject->all->operations.failed, *why ? ": " : "", why);
}

static void find_in_comparison(const struct perf_comparison *made, double threshold,
                               struct perf_issues *issues) {
    if (!made->is_past) return;
    add(issues, true,
        "%s: %s is worse than the baseline: %.4g, was %.4g, ratio %.3g (%.3g-%.3g)%s; "
        "threshold %g %%",
        made->subject->name, made->now->name, made->now->value, made->then->value,
        made->ratio.median, made->ratio.low, made->ratio.high, made->judged ? "" : ", one run",
        100 * threshold);
}

void perf_issues_find(const struct perf_summary *summary,
                      const struct perf_comparisons *comparisons, struct perf_issues *issues) {
    issues->count = issues->failing = 0;
    issues->cause[0] = '\0';
    for (unsigned i = 0; i < summary->suite_count; i++) find_in_suite(summary->suites[i], issues);
    for (unsigned i = 0; i < summary->subject_count; i++)
        find_in_subject(summary->subjects[i], issues);
    for (unsigned i = 0; comparisons && i < comparisons->count; i++)
        find_in_comparison(&comparisons->list[i], comparisons->threshold, issues);
    if (!comparisons || comparisons->count > 0) return;
    add(issues, true, "Nothing was compared: the baseline has no counterpart of any result");
}

unsigned perf_view_latencies(const struct perf_summary *summary) {
    unsigned count = 0;
    for (unsigned i = 0; i < summary->subject_count; i++)
        count += summary->subjects[i]->all && summary->subjects[i]->all->latency_ns.count > 0;
    return count;
}
