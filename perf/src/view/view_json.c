/* A summary as one JSON object. */
#include <string.h>

#include "json_histogram.h"
#include "json_put.h"
#include "summary_view.h"

static const char *or_null(const char *text) {
    return *text ? text : NULL;
}

static void put_operations(struct hr_json_writer *json, const struct perf_operations *operations) {
    json_put_object(json, "operations");
    json_put_u64(json, "submitted", operations->submitted);
    json_put_u64(json, "succeeded", operations->succeeded);
    json_put_u64(json, "failed", operations->failed);
    json_put_u64(json, "cancelled", operations->cancelled);
    hr_json_end(json);
}

static void put_facts(struct hr_json_writer *json, const struct perf_facts *facts) {
    json_put_object(json, "environment");
    for (unsigned i = 0; i < facts->count; i++)
        json_put_text(json, facts->list[i].name, facts->list[i].value);
    hr_json_end(json);
}

/* Where the true median lies. */
static void put_interval(struct hr_json_writer *json, const struct perf_number *number) {
    double sorted[PERF_ROUNDS_MAX];
    if (number->count < 2) return;
    memcpy(sorted, number->rounds, number->count * sizeof *sorted);
    struct perf_interval interval = perf_interval_of(sorted, number->count);
    if (interval.median < 0) return;
    json_put_double(json, "low", interval.low, 9);
    json_put_double(json, "high", interval.high, 9);
    json_put_double(json, "confidence", interval.confidence, 4);
}

static void put_number(struct hr_json_writer *json, const struct perf_number *number) {
    static const char *const words[] = {NULL, "more", "less"};
    hr_json_object(json);
    json_put_text(json, "name", number->name);
    json_put_double(json, "value", number->value, 9);
    if (number->least >= 0) json_put_double(json, "least", number->least, 9);
    if (number->most >= 0) json_put_double(json, "most", number->most, 9);
    put_interval(json, number);
    json_put_text(json, "better", words[number->better]);
    json_put_array(json, "rounds");
    for (unsigned i = 0; i < number->count; i++) {
        if (number->rounds[i] < 0)
            hr_json_null(json);
        else
            hr_json_double(json, number->rounds[i], 9);
    }
    hr_json_end(json);
    hr_json_end(json);
}

static void put_load(struct hr_json_writer *json, const struct perf_load *load) {
    json_put_double(json, "duration_s", load->duration_s, 6);
    json_put_double(json, "cpu_s", load->cpu_s, 6);
    json_put_u64(json, "bytes_sent", load->bytes_sent);
    json_put_u64(json, "bytes_received", load->bytes_received);
    json_put_u64(json, "retries", load->retries);
    json_put_u64(json, "not_started", load->not_started);
}

static void put_failures(struct hr_json_writer *json, const struct perf_subject *subject) {
    json_put_array(json, "failures");
    for (unsigned i = 0; i < subject->failure_count; i++) {
        hr_json_object(json);
        json_put_text(json, "name", subject->failures[i].name);
        json_put_u64(json, "count", subject->failures[i].count);
        json_put_text(json, "example", or_null(subject->failures[i].example));
        hr_json_end(json);
    }
    hr_json_end(json);
}

/* Negative: there is none. */
static void put_or_null(struct hr_json_writer *json, const char *key, double value) {
    if (value < 0)
        json_put_null(json, key);
    else
        json_put_double(json, key, value, 6);
}

static void put_series(struct hr_json_writer *json, const struct perf_points *series) {
    json_put_array(json, "series");
    for (size_t i = 0; i < series->count; i++) {
        const struct perf_point *point = &series->list[i];
        hr_json_object(json);
        json_put_double(json, "second", point->second, 3);
        json_put_double(json, "operations", point->operations, 0);
        json_put_double(json, "errors", point->errors, 0);
        json_put_double(json, "rate", point->rate, 3);
        put_or_null(json, "p50", point->p50_ms);
        put_or_null(json, "p99", point->p99_ms);
        hr_json_end(json);
    }
    hr_json_end(json);
}

static void put_curve(struct hr_json_writer *json, const struct perf_curve *curve) {
    json_put_array(json, "curve");
    for (size_t i = 0; i < curve->count; i++) {
        const struct perf_curve_point *point = &curve->list[i];
        hr_json_object(json);
        json_put_double(json, "rate_per_s", point->asked, 3);
        json_put_double(json, "operations_per_s", point->rate, 3);
        put_or_null(json, "p50_ms", point->p50_ms);
        put_or_null(json, "p99_ms", point->p99_ms);
        hr_json_end(json);
    }
    hr_json_end(json);
}

static void put_parts(struct hr_json_writer *json, const struct perf_subject *subject) {
    json_put_object(json, "kinds");
    for (unsigned i = 0; i < subject->part_count; i++) {
        json_put_object(json, subject->parts[i]->name);
        put_operations(json, &subject->parts[i]->operations);
        json_put_histogram(json, "latency_histogram", &subject->parts[i]->latency_ns);
        hr_json_end(json);
    }
    hr_json_end(json);
}

static void put_head(struct hr_json_writer *json, const struct perf_subject *subject) {
    json_put_text(json, "name", subject->name);
    json_put_text(json, "file", subject->file);
    json_put_text(json, "target", or_null(subject->target));
    json_put_text(json, "workload", or_null(subject->workload));
    json_put_u64(json, "results", subject->results);
    json_put_u64(json, "shards", subject->shards);
    json_put_u64(json, "rounds", subject->rounds);
    json_put_text(json, "missing", or_null(subject->missing));
}

static void put_check(struct hr_json_writer *json, const struct perf_check *check) {
    double margin;
    hr_json_object(json);
    json_put_text(json, "name", check->name);
    json_put_text(json, "outcome", perf_outcome_words[check->outcome]);
    if (check->has_value) json_put_double(json, "value", check->value, 9);
    json_put_text(json, "unit", or_null(check->unit));
    json_put_text(json, "comparison", or_null(check->comparison));
    if (check->has_target) json_put_double(json, "target", check->target, 9);
    if (perf_check_margin(check, &margin)) json_put_double(json, "margin_percent", margin, 3);
    json_put_text(json, "criterion", or_null(check->criterion));
    json_put_text(json, "command", or_null(check->command));
    json_put_text(json, "why", or_null(check->why));
    hr_json_end(json);
}

static void put_subject(struct hr_json_writer *json, const struct perf_subject *subject) {
    hr_json_object(json);
    put_head(json, subject);
    if (subject->all) put_operations(json, &subject->all->operations);
    if (subject->is_load) put_load(json, &subject->load);
    if (subject->all && subject->all->latency_ns.count)
        json_put_histogram(json, "latency_histogram", &subject->all->latency_ns);
    json_put_array(json, "figures");
    for (unsigned i = 0; i < subject->number_count; i++) put_number(json, &subject->numbers[i]);
    hr_json_end(json);
    put_failures(json, subject);
    json_put_array(json, "requirements");
    for (unsigned i = 0; i < subject->requirement_count; i++)
        put_check(json, &subject->requirements[i]);
    hr_json_end(json);
    put_parts(json, subject);
    put_series(json, &subject->series);
    put_curve(json, &subject->curve);
    put_facts(json, &subject->facts);
    hr_json_end(json);
}

static void put_suite(struct hr_json_writer *json, const struct perf_suite *suite) {
    hr_json_object(json);
    json_put_text(json, "name", suite->name);
    json_put_text(json, "title", suite->title);
    json_put_text(json, "file", suite->file);
    json_put_array(json, "checks");
    for (unsigned i = 0; i < suite->check_count; i++) put_check(json, &suite->checks[i]);
    hr_json_end(json);
    put_facts(json, &suite->facts);
    hr_json_end(json);
}

static void put_criteria(struct hr_json_writer *json, const struct perf_summary *summary) {
    json_put_array(json, "criteria");
    for (unsigned i = 0; i < PERF_CRITERIA; i++) {
        hr_json_object(json);
        json_put_text(json, "name", perf_criteria[i].name);
        json_put_text(json, "text", perf_criteria[i].text);
        json_put_bool(json, "objective", perf_criteria[i].is_objective);
        json_put_text(json, "outcome",
                      perf_outcome_words[perf_criterion_outcome(summary, &perf_criteria[i])]);
        hr_json_end(json);
    }
    hr_json_end(json);
}

static void put_comparison(struct hr_json_writer *json, const struct perf_comparison *made) {
    hr_json_object(json);
    json_put_text(json, "name", made->subject->name);
    json_put_text(json, "target", or_null(made->subject->target));
    json_put_text(json, "figure", made->now->name);
    json_put_double(json, "value", made->now->value, 9);
    json_put_double(json, "baseline", made->then->value, 9);
    json_put_double(json, "ratio", made->ratio.median, 6);
    json_put_double(json, "low", made->ratio.low, 6);
    json_put_double(json, "high", made->ratio.high, 6);
    if (made->judged) json_put_double(json, "confidence", made->ratio.confidence, 4);
    if (made->judged) json_put_double(json, "p", made->p, 6);
    json_put_bool(json, "one_run", !made->judged);
    json_put_text(json, "verdict", perf_change_words[made->change]);
    json_put_bool(json, "past_threshold", made->is_past);
    hr_json_end(json);
}

static void put_comparisons(struct hr_json_writer *json,
                            const struct perf_comparisons *comparisons) {
    if (!comparisons) return;
    json_put_double(json, "threshold_percent", 100 * comparisons->threshold, 6);
    json_put_array(json, "comparisons");
    for (unsigned i = 0; i < comparisons->count; i++) put_comparison(json, &comparisons->list[i]);
    hr_json_end(json);
}

static void put_sentences(struct hr_json_writer *json, const struct perf_view *view) {
    json_put_array(json, "issues");
    for (unsigned i = 0; i < view->issues->count && i < PERF_ISSUES_MAX; i++)
        hr_json_text(json, view->issues->list[i]);
    hr_json_end(json);
    json_put_array(json, "warnings");
    for (unsigned i = 0; i < view->summary->warning_count; i++)
        hr_json_text(json, view->summary->warnings[i]);
    hr_json_end(json);
}

/* Why the exit code is 1. */
static void put_error(struct hr_json_writer *json, const struct perf_issues *issues) {
    if (issues->failing == 0) {
        json_put_null(json, "error");
        return;
    }
    json_put_object(json, "error");
    json_put_text(json, "code", "ERANGE");
    json_put_text(json, "class", "failed");
    json_put_text(json, "message", issues->cause);
    hr_json_end(json);
}

void perf_view_json(struct hr_json_writer *json, const struct perf_view *view) {
    const struct perf_summary *summary = view->summary;
    hr_json_object(json);
    json_put_text(json, "kind", "report");
    json_put_u64(json, "protocol", PERF_SUMMARY_PROTOCOL);
    json_put_text(json, "generated_at", view->generated);
    json_put_text(json, "status", view->issues->count ? "ISSUES FOUND" : "COMPLETE");
    put_sentences(json, view);
    json_put_array(json, "results");
    for (unsigned i = 0; i < summary->subject_count; i++) put_subject(json, summary->subjects[i]);
    hr_json_end(json);
    json_put_array(json, "suites");
    for (unsigned i = 0; i < summary->suite_count; i++) put_suite(json, summary->suites[i]);
    hr_json_end(json);
    put_criteria(json, summary);
    put_comparisons(json, view->comparisons);
    put_error(json, view->issues);
    hr_json_end(json);
}
