/* A summary as OpenMetrics 1.0.0 text: a family after the other, with a sample for each result. */
#include <string.h>

#include "bucket_walk.h"
#include "escaped.h"
#include "summary_view.h"

#define PREFIX "headrace_report_"

static void put_family(FILE *out, const char *name, const char *type, const char *unit,
                       const char *help) {
    fprintf(out, "# TYPE " PREFIX "%s %s\n", name, type);
    if (*unit) fprintf(out, "# UNIT " PREFIX "%s %s\n", name, unit);
    fprintf(out, "# HELP " PREFIX "%s %s\n", name, help);
}

static void put_label(FILE *out, const char *name, const char *value) {
    fprintf(out, "%s=", name);
    perf_escaped_quoted(out, PERF_FORM_LABEL, value);
}

/* "NAME{result="…",target="…",NUMBER", open for further labels. Results of one name have numbers.
 */
static void open_sample(FILE *out, const char *name, const struct perf_view *view, unsigned index) {
    const struct perf_subject *subject = view->summary->subjects[index];
    fprintf(out, PREFIX "%s{number=\"%u\",", name, index + 1);
    put_label(out, "result", subject->name);
    fputc(',', out);
    put_label(out, "target", subject->target);
}

static void put_operations(FILE *out, const struct perf_view *view) {
    static const char *const names[] = {"succeeded", "failed", "cancelled"};
    put_family(out, "operations", "counter", "", "Operations, by how they ended.");
    for (unsigned i = 0; i < view->summary->subject_count; i++) {
        const struct perf_part *all = view->summary->subjects[i]->all;
        if (!all) continue;
        const uint64_t counts[] = {all->operations.succeeded, all->operations.failed,
                                   all->operations.cancelled};
        for (unsigned n = 0; n < 3; n++) {
            open_sample(out, "operations_total", view, i);
            fprintf(out, ",outcome=\"%s\"} %llu\n", names[n], (unsigned long long)counts[n]);
        }
    }
}

/* A figure of loads. */
static void put_load(FILE *out, const struct perf_view *view, const char *name,
                     double (*value)(const struct perf_load *load)) {
    for (unsigned i = 0; i < view->summary->subject_count; i++) {
        if (!view->summary->subjects[i]->is_load) continue;
        open_sample(out, name, view, i);
        fprintf(out, "} %.9g\n", value(&view->summary->subjects[i]->load));
    }
}

static double duration_of(const struct perf_load *load) {
    return load->duration_s;
}
static double cpu_of(const struct perf_load *load) {
    return load->cpu_s;
}
static double sent_of(const struct perf_load *load) {
    return (double)load->bytes_sent;
}
static double received_of(const struct perf_load *load) {
    return (double)load->bytes_received;
}
static double retries_of(const struct perf_load *load) {
    return (double)load->retries;
}

static void put_loads(FILE *out, const struct perf_view *view) {
    put_family(out, "duration_seconds", "gauge", "seconds", "Time of the measurement.");
    put_load(out, view, "duration_seconds", duration_of);
    put_family(out, "cpu_seconds", "counter", "seconds", "User and system time of the client.");
    put_load(out, view, "cpu_seconds_total", cpu_of);
    put_family(out, "sent_bytes", "counter", "bytes", "Bodies of requests that succeeded.");
    put_load(out, view, "sent_bytes_total", sent_of);
    put_family(out, "received_bytes", "counter", "bytes", "Bodies of responses that succeeded.");
    put_load(out, view, "received_bytes_total", received_of);
    put_family(out, "retries", "counter", "", "Attempts beyond the first ones.");
    put_load(out, view, "retries_total", retries_of);
}

static void put_histogram(FILE *out, const struct perf_view *view, unsigned index) {
    const struct hr_histogram *latency = &view->summary->subjects[index]->all->latency_ns;
    struct perf_bucket_walk walk;
    struct perf_bucket bucket;
    perf_bucket_walk_open(&walk, latency);
    while (perf_bucket_walk_next(&walk, &bucket)) {
        open_sample(out, "latency_seconds_bucket", view, index);
        fprintf(out, ",le=\"%.9g\"} %llu\n", bucket.upper_s, (unsigned long long)walk.below);
    }
    open_sample(out, "latency_seconds_bucket", view, index);
    fprintf(out, ",le=\"+Inf\"} %llu\n", (unsigned long long)latency->count);
    open_sample(out, "latency_seconds_count", view, index);
    fprintf(out, "} %llu\n", (unsigned long long)latency->count);
    open_sample(out, "latency_seconds_sum", view, index);
    fprintf(out, "} %.9g\n", (double)latency->sum / 1e9);
}

static void put_histograms(FILE *out, const struct perf_view *view) {
    put_family(out, "latency_seconds", "histogram", "seconds", "Latency of what succeeded.");
    for (unsigned i = 0; i < view->summary->subject_count; i++) {
        const struct perf_part *all = view->summary->subjects[i]->all;
        if (all && all->latency_ns.count) put_histogram(out, view, i);
    }
}

static void put_figures(FILE *out, const struct perf_view *view) {
    put_family(out, "figure", "gauge", "", "A figure; its unit is in its name.");
    for (unsigned i = 0; i < view->summary->subject_count; i++) {
        const struct perf_subject *subject = view->summary->subjects[i];
        for (unsigned n = 0; n < subject->number_count; n++) {
            open_sample(out, "figure", view, i);
            fputc(',', out);
            put_label(out, "figure", subject->numbers[n].name);
            fprintf(out, "} %.9g\n", subject->numbers[n].value);
        }
    }
}

static void put_checks(FILE *out, const struct perf_view *view) {
    put_family(out, "checks", "gauge", "", "Checks of a suite, by their outcome.");
    for (unsigned i = 0; i < view->summary->suite_count; i++) {
        struct perf_check_counts counts = perf_suite_counts(view->summary->suites[i]);
        const unsigned numbers[] = {counts.passed, counts.failed, counts.not_run};
        for (unsigned o = 0; o < 3; o++)
            fprintf(out, PREFIX "checks{suite=\"%s\",outcome=\"%s\"} %u\n",
                    view->summary->suites[i]->name, perf_outcome_words[o], numbers[o]);
    }
}

void perf_view_openmetrics(FILE *out, const struct perf_view *view) {
    put_operations(out, view);
    put_loads(out, view);
    put_histograms(out, view);
    put_figures(out, view);
    put_checks(out, view);
    fputs("# EOF\n", out);
}
