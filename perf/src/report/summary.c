/* The summary: its memory, its lists, its sentences. */
#include "summary.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/text.h>

#include "summary_parts.h"

struct perf_subject *perf_subject_new(const struct perf_source *source, const char *name) {
    struct perf_subject *subject = calloc(1, sizeof *subject);
    if (!subject) return NULL;
    hr_text_shorten(subject->name, sizeof subject->name, hr_slice_of(name));
    hr_text_shorten(subject->file, sizeof subject->file, hr_slice_of(source->name));
    subject->results = subject->shards = subject->rounds = 1;
    return subject;
}

void perf_subject_free(struct perf_subject *subject) {
    if (!subject) return;
    for (unsigned i = 0; i < subject->part_count; i++) free(subject->parts[i]);
    free(subject->all);
    free(subject->series.list);
    free(subject->curve.list);
    free(subject->requirements);
    free(subject);
}

void perf_suite_free(struct perf_suite *suite) {
    if (suite) free(suite->checks);
    free(suite);
}

void perf_summary_free(struct perf_summary *summary) {
    for (unsigned i = 0; i < summary->subject_count; i++) perf_subject_free(summary->subjects[i]);
    for (unsigned i = 0; i < summary->suite_count; i++) perf_suite_free(summary->suites[i]);
    *summary = (struct perf_summary){.subject_count = 0};
}

int perf_summary_add(struct perf_summary *summary, struct perf_subject *subject, int err,
                     struct hr_error *error) {
    if (!err && summary->subject_count == PERF_SUBJECTS_MAX)
        err = hr_error_set(error, -EFBIG, "more than %d results", PERF_SUBJECTS_MAX);
    if (err)
        perf_subject_free(subject);
    else
        summary->subjects[summary->subject_count++] = subject;
    return err;
}

struct perf_number *perf_subject_number(struct perf_subject *subject, const char *name,
                                        enum perf_better better) {
    for (unsigned i = 0; i < subject->number_count; i++)
        if (strcmp(subject->numbers[i].name, name) == 0) return &subject->numbers[i];
    if (subject->number_count == PERF_NUMBERS_MAX) return NULL;
    struct perf_number *number = &subject->numbers[subject->number_count++];
    *number = (struct perf_number){.better = better, .least = -1, .most = -1};
    hr_text_shorten(number->name, sizeof number->name, hr_slice_of(name));
    return number;
}

struct perf_part *perf_subject_part(struct perf_subject *subject, const char *name) {
    for (unsigned i = 0; i < subject->part_count; i++)
        if (strcmp(subject->parts[i]->name, name) == 0) return subject->parts[i];
    struct perf_part *part = subject->part_count < PERF_PARTS_MAX ? calloc(1, sizeof *part) : NULL;
    if (!part) return NULL;
    hr_histogram_init(&part->latency_ns, HR_HISTOGRAM_SECONDS);
    hr_text_shorten(part->name, sizeof part->name, hr_slice_of(name));
    return subject->parts[subject->part_count++] = part;
}

/* The last place of the list is that of all others. */
struct perf_failure *perf_subject_failure(struct perf_subject *subject, const char *name) {
    for (unsigned i = 0; i < subject->failure_count; i++)
        if (strcmp(subject->failures[i].name, name) == 0) return &subject->failures[i];
    if (subject->failure_count == PERF_FAILURES_MAX)
        return &subject->failures[PERF_FAILURES_MAX - 1];
    struct perf_failure *failure = &subject->failures[subject->failure_count++];
    bool last = subject->failure_count == PERF_FAILURES_MAX;
    hr_text_shorten(failure->name, sizeof failure->name, hr_slice_of(last ? "other" : name));
    return failure;
}

int perf_check_protocol(const struct perf_source *source) {
    const json_t *protocol = json_object_get(source->root, "protocol");
    if (!protocol || json_integer_value(protocol) == PERF_SUMMARY_PROTOCOL) return 0;
    return perf_member_refuse(source->error, "protocol is not %d", PERF_SUMMARY_PROTOCOL);
}

void perf_summary_warn(struct perf_summary *summary, const char *format, ...) {
    if (summary->warning_count == PERF_WARNINGS_MAX) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(summary->warnings[summary->warning_count++], PERF_SHOWN_MAX, format, arguments);
    va_end(arguments);
}

double perf_part_quantile_ms(const struct perf_part *part, double quantile) {
    if (!part || part->latency_ns.count == 0) return -1;
    return (double)hr_histogram_quantile(&part->latency_ns, quantile) / 1e6;
}

/* A cancelled operation says nothing about success. */
double perf_success_rate(const struct perf_operations *operations) {
    uint64_t counted = operations->succeeded + operations->failed;
    return counted ? (double)operations->succeeded / (double)counted : 0;
}

struct perf_check_counts perf_suite_counts(const struct perf_suite *suite) {
    struct perf_check_counts counts = {0};
    for (unsigned i = 0; i < suite->check_count; i++) {
        counts.passed += suite->checks[i].outcome == PERF_CHECK_PASSED;
        counts.failed += suite->checks[i].outcome == PERF_CHECK_FAILED;
        counts.not_run += suite->checks[i].outcome == PERF_CHECK_NOT_RUN;
    }
    return counts;
}
