/* Failures of a result: its operations', and what its error tells beside them. */
#include <string.h>

#include "summary_view.h"

#define MISSED "requirement missed"

static bool is_missed(const struct perf_subject *subject) {
    return strncmp(subject->error, MISSED, strlen(MISSED)) == 0;
}

static bool has_failed_requirement(const struct perf_subject *subject) {
    for (unsigned i = 0; i < subject->requirement_count; i++)
        if (subject->requirements[i].outcome == PERF_CHECK_FAILED) return true;
    return false;
}

/* A bound about failures allows for those within it. Source: perf_requirement_allows_failures. */
static bool allows_failures(const struct perf_subject *subject) {
    static const char *const about[] = {"errors.", "operations.", "success_rate"};
    for (unsigned i = 0; i < subject->requirement_count; i++)
        for (size_t a = 0; a < sizeof about / sizeof *about; a++)
            if (strncmp(subject->requirements[i].name, about[a], strlen(about[a])) == 0)
                return true;
    return false;
}

static bool has_failures(const struct perf_subject *subject) {
    if (!subject->all || subject->all->operations.failed == 0) return false;
    return !subject->is_load || (*subject->error && !allows_failures(subject));
}

/* An error is of operations where one of them has failed with it; a curve has errors of its own. */
static bool is_of_operations(const struct perf_subject *subject) {
    if (!has_failures(subject) || is_missed(subject)) return false;
    for (unsigned i = 0; i < subject->failure_count; i++)
        if (strcmp(subject->failures[i].example, subject->error) == 0) return true;
    return subject->curve.count == 0;
}

const char *perf_failures_of(const struct perf_subject *subject) {
    if (!has_failures(subject)) return NULL;
    if (*subject->error && is_of_operations(subject)) return subject->error;
    return subject->failures[0].example;
}

const char *perf_error_alone(const struct perf_subject *subject) {
    bool told =
        is_of_operations(subject) || (is_missed(subject) && has_failed_requirement(subject));
    return told ? "" : subject->error;
}
