/* headrace report: results put together, compared with a baseline, and shown. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/clock.h>

#include "commands.h"
#include "output.h"
#include "report_form.h"
#include "report_inputs.h"
#include "target_document.h"

#define THRESHOLD_MAX 1000.0 /* percent */

struct values {
    struct option_list outputs;
    const char *baseline, *threshold, *chart;
    int together;
    bool json;
};

static int read_threshold(const char *text, double *percent) {
    char *end;
    errno = 0;
    *percent = strtod(text, &end);
    bool number = *text >= '0' && *text <= '9' && !*end && !errno;
    return number && *percent >= 0 && *percent <= THRESHOLD_MAX ? 0 : -1;
}

static int check_threshold(const char *text, char *why, size_t why_size) {
    double percent;
    if (read_threshold(text, &percent) == 0) return 0;
    snprintf(why, why_size, "'%.40s' is not a number of percent, 0 to 1000", text);
    return -1;
}

static int check_output(const char *text, char *why, size_t why_size) {
    if (report_form_of(text)) return 0;
    snprintf(why, why_size, "'%.100s' does not end in %s", text, report_form_endings);
    return -1;
}

#define VALUE(field) offsetof(struct values, field)
static const struct option table[] = {
    {"output", "FILE", OPTION_LIST, VALUE(outputs), .short_name = 'o', .check = check_output,
     .of_call = true,
     .help =
         "Write the report to FILE, in the form that its ending names: .md, .html (with plots), "
         ".json, .xml (JUnit), .csv, .hgrm and .hlog (HdrHistogram), .prom or .txt "
         "(OpenMetrics); may be repeated. Without it Markdown goes to standard output"},
    {"baseline", "PATH", OPTION_STRING, VALUE(baseline), .of_call = true,
     .help = "Compare with the results in this file, or in all files of this folder that end in "
             ".json"},
    {"threshold", "PERCENT", OPTION_STRING, VALUE(threshold), .standard = "5",
     .check = check_threshold,
     .help = "With --baseline: how much worse a figure may be before the exit code is 1"},
    {"together", "HOW", OPTION_CHOICE, VALUE(together), .choices = "auto|shards|rounds|none",
     .standard = "auto",
     .help = "How results of one workload are put together: as parts of one run, as rounds one "
             "after the other, not at all, or by their times"},
    {"chart", "FILE", OPTION_STRING, VALUE(chart),
     .help = "Chart.js for the plots of .html (default: " REPORT_CHART ", of the package "
             "libjs-chart.js); without it the page has its tables alone"},
    {"json", NULL, OPTION_FLAG, VALUE(json), .help = "Print one JSON object in place of Markdown"},
    {.name = NULL}};

/* All that a report is made of. */
struct report {
    const struct values *values;
    struct perf_summary summary, baseline;
    struct perf_comparisons comparisons;
    struct perf_issues issues;
    struct byte_buffer chart;
    char chart_why[PERF_SHOWN_MAX];
    struct perf_view view;
};

static int fail(const struct report *report, int err, const struct hr_error *error) {
    if (err == -ENOMEM) return output_failed(report->values->json, err, "report: out of memory");
    return output_failed(report->values->json, err, "%s", error->message);
}

static enum perf_together together_of(const struct report *report) {
    return (enum perf_together)report->values->together;
}

static int read_results(struct report *report, const struct command_call *call) {
    struct hr_error error = {0};
    int err = 0;
    for (size_t i = 0; i < call->argument_count && !err; i++)
        err = report_inputs_read(&report->summary, call->arguments[i], &error);
    if (!err) err = perf_summary_merge(&report->summary, together_of(report));
    return err ? fail(report, err, &error) : EXIT_DONE;
}

static int compare(struct report *report) {
    struct hr_error error = {0};
    double percent = 0;
    if (!report->values->baseline) return EXIT_DONE;
    read_threshold(report->values->threshold, &percent);
    int err = report_inputs_read(&report->baseline, report->values->baseline, &error);
    if (!err) err = perf_summary_merge(&report->baseline, together_of(report));
    if (!err)
        err =
            perf_compare(&report->summary, &report->baseline, percent / 100, &report->comparisons);
    return err ? fail(report, err, &error) : EXIT_DONE;
}

static void make_view(struct report *report) {
    const struct perf_comparisons *comparisons =
        report->values->baseline ? &report->comparisons : NULL;
    perf_issues_find(&report->summary, comparisons, &report->issues);
    report->view = (struct perf_view){.summary = &report->summary,
                                      .comparisons = comparisons,
                                      .issues = &report->issues,
                                      .chart_why = report->chart_why};
    hr_date_iso(hr_clock_wall_ns() / 1000000u, report->view.generated);
}

/* The library is read where a page is asked for. */
static void find_chart(struct report *report) {
    const struct option_list *outputs = &report->values->outputs;
    bool page = false;
    for (size_t i = 0; i < outputs->count; i++) {
        const char *ending = strrchr(outputs->items[i], '.');
        page = page || (ending && strcmp(ending, ".html") == 0);
    }
    if (!page) return;
    report_inputs_chart(report->values->chart, &report->chart, report->chart_why);
    if (*report->chart_why) output_complain("%s; the page has its tables alone", report->chart_why);
    report->view.chart = hr_slice_bytes(report->chart.data, report->chart.size);
}

static int write_output(struct report *report, const char *path) {
    const struct report_form *form = report_form_of(path);
    struct session session = {.signal_fd = -1};
    unsigned latencies = perf_view_latencies(&report->summary);
    if (form->is_single && latencies != 1)
        return output_failed(report->values->json, -EINVAL,
                             "%s holds the latencies of one result, and there are %u with some: "
                             "name the files of one",
                             path, latencies);
    const struct target_document document = {path, form->write, &report->view};
    return target_document(&document, &session);
}

static int print(struct report *report) {
    if (!report->values->json) {
        if (report->values->outputs.count == 0) perf_view_markdown(stdout, &report->view);
        return EXIT_DONE;
    }
    report_form_of(".json")->write(stdout, &report->view);
    output_json_reported();
    return EXIT_DONE;
}

static int publish(struct report *report) {
    const struct option_list *outputs = &report->values->outputs;
    find_chart(report);
    for (size_t i = 0; i < outputs->count; i++) {
        int code = write_output(report, outputs->items[i]);
        if (code) return code;
    }
    print(report);
    for (unsigned i = 0; i < report->issues.count && i < PERF_ISSUES_MAX && outputs->count; i++)
        output_complain("%s", report->issues.list[i]);
    for (unsigned i = 0; i < report->summary.warning_count && outputs->count; i++)
        output_complain("warning: %s", report->summary.warnings[i]);
    return report->issues.failing ? EXIT_FAILED : EXIT_DONE;
}

static int run(const struct command_call *call) {
    struct report *report = calloc(1, sizeof *report);
    const struct values *values = call->values;
    if (!report) return output_failed(values->json, -ENOMEM, "report: out of memory");
    report->values = values;
    int code = read_results(report, call);
    if (!code) code = compare(report);
    if (!code) {
        make_view(report);
        code = publish(report);
    }
    perf_comparisons_free(&report->comparisons);
    perf_summary_free(&report->summary);
    perf_summary_free(&report->baseline);
    byte_buffer_free(&report->chart);
    free(report);
    return code;
}

const struct command command_report = {
    .path = "report",
    .arguments = "RESULT...",
    .arguments_min = 1,
    .arguments_max = OPTION_ARGUMENT_MAX,
    .summary = "Put results of benches and suites together, compare and show them",
    .details =
        "RESULT is a file that 'headrace bench ... --json FILE' or a suite has written, or a "
        "folder of them. Exit code 1 where a check failed, a suite ran nothing, operations "
        "failed, or a figure is worse than the baseline by more than the threshold.",
    .examples =
        "headrace report shard-*.json -o report.html -o latency.hgrm  # four shards, one run\n"
        "headrace report today.json --baseline yesterday.json --threshold 10\n"
        "headrace report suites/ -o report.md -o junit.xml\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", table, 0}},
    .run = run,
};
