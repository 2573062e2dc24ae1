/* A summary as comma-separated values (RFC 4180): a line a figure. */
#include <string.h>

#include "escaped.h"
#include "summary_view.h"

/* A spreadsheet would take it for a formula. */
static bool acts(const char *text) {
    return *text && strchr("=+-@\t\r", *text);
}

static void put_text(FILE *out, const char *text) {
    fputs(acts(text) ? "\"'" : "\"", out);
    perf_escaped_put(out, PERF_FORM_CSV, text);
    fputs("\",", out);
}

/* Negative: there is none. */
static void put_or_nothing(FILE *out, double value) {
    if (value >= 0) fprintf(out, "%.9g", value);
    fputc(',', out);
}

static void put_number(FILE *out, const struct perf_subject *subject,
                       const struct perf_number *number) {
    put_text(out, subject->name);
    put_text(out, subject->target);
    put_text(out, number->name);
    fprintf(out, "%.9g,", number->value);
    put_or_nothing(out, number->least);
    put_or_nothing(out, number->most);
    fprintf(out, "%u\r\n", number->count);
}

static void put_count(FILE *out, const struct perf_subject *subject, const char *name,
                      uint64_t count) {
    put_text(out, subject->name);
    put_text(out, subject->target);
    fprintf(out, "operations.%s,%llu,,,%u\r\n", name, (unsigned long long)count, subject->rounds);
}

static void put_counts(FILE *out, const struct perf_subject *subject) {
    const struct perf_operations *operations = &subject->all->operations;
    put_count(out, subject, "submitted", operations->submitted);
    put_count(out, subject, "succeeded", operations->succeeded);
    put_count(out, subject, "failed", operations->failed);
    put_count(out, subject, "cancelled", operations->cancelled);
}

static void put_check(FILE *out, const struct perf_suite *suite, const struct perf_check *check) {
    fputs("\"suite ", out);
    perf_escaped_put(out, PERF_FORM_CSV, suite->name);
    fputs("\",", out);
    put_text(out, perf_outcome_words[check->outcome]);
    put_text(out, check->name);
    if (check->has_value) fprintf(out, "%.9g", check->value);
    fputs(",,,1\r\n", out);
}

void perf_view_csv(FILE *out, const struct perf_view *view) {
    const struct perf_summary *summary = view->summary;
    fputs("result,target,figure,value,least,most,rounds\r\n", out);
    for (unsigned i = 0; i < summary->subject_count; i++) {
        const struct perf_subject *subject = summary->subjects[i];
        if (subject->all) put_counts(out, subject);
        for (unsigned n = 0; n < subject->number_count; n++)
            put_number(out, subject, &subject->numbers[n]);
    }
    for (unsigned i = 0; i < summary->suite_count; i++)
        for (unsigned c = 0; c < summary->suites[i]->check_count; c++)
            put_check(out, summary->suites[i], &summary->suites[i]->checks[c]);
}
