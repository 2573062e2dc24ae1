/* The forms of a report: nothing that a result says acts in them. */
#include "report_fixture.h"

#include <jansson.h>

#include "summary_parts.h"
#include "summary_view.h"

#define EVIL "</script><script>alert(1)</script><!--"

static struct perf_summary *summary;
static struct perf_issues *issues;
static struct perf_view view;

/* A result whose target is markup, and a suite whose check is, too. */
static void begin(void) {
    static struct hr_histogram histogram;
    struct hr_error error = {0};
    const char *suite = "{\"kind\":\"suite\",\"protocol\":1,\"name\":\"s\",\"title\":\"" EVIL
                        "\",\"checks\":[{\"name\":\"" EVIL "\",\"passed\":false,\"why\":\"" EVIL
                        "\"},{\"name\":\"day\",\"passed\":\"not run\",\"criterion\":"
                        "\"memory-leaks\"}]}";
    summary = fixture_summary();
    issues = calloc(1, sizeof *issues);
    hr_histogram_init(&histogram, HR_HISTOGRAM_SECONDS);
    for (unsigned i = 1; i <= 100; i++) hr_histogram_record(&histogram, i * 1000000);
    fixture_add(summary, EVIL,
                &(struct fixture_run){EVIL, 1700000000000u, 1, 1, 4, 1, &histogram, NULL});
    cr_assert_eq(perf_summary_read_text(summary, "s.json", hr_slice_of(suite), &error), 0, "%s",
                 error.message);
    perf_issues_find(summary, NULL, issues);
    view = (struct perf_view){.summary = summary,
                              .issues = issues,
                              .chart = hr_slice_of("window.Chart=0"),
                              .generated = "2026-11-30T00:00:00.000Z"};
}

static void end(void) {
    fixture_summary_free(summary);
    free(issues);
}

static char *written_by(void (*write)(FILE *out, const struct perf_view *view)) {
    FILE *out = tmpfile();
    cr_assert_not_null(out);
    write(out, &view);
    long size = ftell(out);
    char *text = calloc(1, (size_t)size + 1);
    rewind(out);
    cr_assert_eq(fread(text, 1, (size_t)size, out), (size_t)size);
    fclose(out);
    return text;
}

static unsigned times(const char *text, const char *what) {
    unsigned count = 0;
    for (const char *at = text; (at = strstr(at, what)); at++) count++;
    return count;
}

Test(summary_view, no_text_of_a_result_ends_a_script_of_the_page, .init = begin, .fini = end) {
    char *page = written_by(perf_view_html);
    cr_expect_eq(times(page, "<script"), 3);
    cr_expect_eq(times(page, "</script>"), 3);
    cr_expect_eq(times(page, "<!--"), 0);
    cr_expect_null(strstr(page, "http://www"));
    cr_expect_not_null(strstr(page, "&lt;/script&gt;"));
    free(page);
}

Test(summary_view, the_page_holds_its_figures_as_json, .init = begin, .fini = end) {
    char *page = written_by(perf_view_html);
    char *data = strstr(page, "id=\"data\">");
    cr_assert_not_null(data);
    data += strlen("id=\"data\">");
    *strstr(data, "</script>") = '\0';
    json_t *root = json_loads(data, 0, NULL);
    cr_assert_not_null(root);
    const json_t *result = json_array_get(json_object_get(root, "results"), 0);
    cr_expect_str_eq(json_string_value(json_object_get(result, "target")), EVIL);
    cr_expect_str_eq(json_string_value(json_object_get(root, "status")), "ISSUES FOUND");
    json_decref(root);
    free(page);
}

Test(summary_view, without_the_library_the_page_has_its_tables_and_says_so, .init = begin,
     .fini = end) {
    view.chart = hr_slice_of("");
    view.chart_why = "it is not installed";
    char *page = written_by(perf_view_html);
    cr_expect_not_null(strstr(page, "No plots: it is not installed"));
    cr_expect_eq(times(page, "<script"), 0);
    cr_expect_not_null(strstr(page, "latency_ms.p99"));
    free(page);
}

Test(summary_view, markdown_has_the_parts_of_the_seeds, .init = begin, .fini = end) {
    char *text = written_by(perf_view_markdown);
    static const char *const parts[] = {"**Generated:** 2026-11-30",
                                        "**Status:** ❌ ISSUES FOUND",
                                        "## Executive Summary",
                                        "## Test Results Summary",
                                        "## Success Criteria Validation",
                                        "### Objectives",
                                        "### Integration Success",
                                        "## Next Steps",
                                        "INCOMPLETE",
                                        "- [ ] Zero memory leaks in 24-hour tests: not run"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        cr_expect_not_null(strstr(text, parts[i]), "%s", parts[i]);
    cr_expect_eq(times(text, "<script"), 0);
    cr_expect_eq(times(text, "- [ ]"), 8);
    free(text);
}

Test(summary_view, markdown_of_what_is_complete_says_what_to_do_then) {
    summary = fixture_summary();
    issues = calloc(1, sizeof *issues);
    view = (struct perf_view){.summary = summary, .issues = issues, .generated = "now"};
    char *text = written_by(perf_view_markdown);
    cr_expect_not_null(strstr(text, "**Status:** ✅ COMPLETE"));
    cr_expect_not_null(strstr(text, "**Immediate Actions:**"));
    cr_expect_eq(times(text, "- [x]"), 0);
    free(text);
    end();
}

Test(summary_view, hgrm_ends_at_the_exact_largest_with_all_counts, .init = begin, .fini = end) {
    char *text = written_by(perf_view_hgrm);
    cr_expect_not_null(strstr(text, "  100.000000 1.000000000000        100\n"), "%s", text);
    cr_expect_not_null(strstr(text, "#[Mean    =    50.500000"), "%s", text);
    free(text);
}

Test(summary_view, csv_has_a_line_for_each_figure, .init = begin, .fini = end) {
    char *text = written_by(perf_view_csv);
    cr_expect(strncmp(text, "result,target,figure,value,least,most,rounds\r\n", 46) == 0);
    cr_expect_eq(times(text, "\r\n"), 1 + 4 + summary->subjects[0]->number_count + 2);
    free(text);
}

Test(summary_view, openmetrics_ends_as_it_has_to, .init = begin, .fini = end) {
    char *text = written_by(perf_view_openmetrics);
    cr_expect_str_eq(text + strlen(text) - 6, "# EOF\n");
    cr_expect_not_null(strstr(text, "headrace_report_checks{suite=\"s\",outcome=\"not run\"} 1\n"));
    free(text);
}

Test(summary_view, csv_has_no_text_that_a_spreadsheet_takes_for_a_formula, .init = begin,
     .fini = end) {
    static const char *const evil[] = {"=1+1", "+1", "-1", "@x", "\tx", "\rx"};
    for (size_t i = 0; i < sizeof evil / sizeof *evil; i++) {
        char wanted[32];
        snprintf(summary->subjects[0]->target, PERF_SHOWN_MAX, "%s", evil[i]);
        snprintf(wanted, sizeof wanted, ",\"'%s\",", evil[i]);
        char *text = written_by(perf_view_csv);
        cr_expect_not_null(strstr(text, wanted), "%s", text);
        free(text);
    }
    summary->subjects[0]->numbers[0].value = -2;
    char *text = written_by(perf_view_csv);
    cr_expect_not_null(strstr(text, ",-2,"), "%s", text);
    free(text);
}

static void write_hlog(FILE *out, const struct perf_view *of) {
    cr_assert_eq(perf_view_hlog(out, of), 0);
}

Test(summary_view, hlog_takes_its_date_from_the_number_alone, .init = begin, .fini = end) {
    struct perf_facts *facts = &summary->subjects[0]->facts;
    for (unsigned i = 0; i < facts->count; i++)
        snprintf(facts->list[i].value, PERF_SHOWN_MAX, "x\n0,1,2,EVIL");
    char *text = written_by(write_hlog);
    cr_expect_null(strstr(text, "EVIL"), "%s", text);
    cr_expect_not_null(strstr(text, "#[StartTime: 1700000000.000 (seconds since epoch), "
                                    "2023-11-14T22:13:20.000Z]\n"));
    free(text);
}

/* The result and a requirement of it that was missed, and its error. */
static void miss(const char *requirement, const char *message, uint64_t failed) {
    struct perf_subject *subject = summary->subjects[0];
    subject->requirements = calloc(1, sizeof *subject->requirements);
    subject->requirement_count = requirement ? 1 : 0;
    subject->requirements[0].outcome = PERF_CHECK_FAILED;
    if (requirement) snprintf(subject->requirements[0].name, PERF_SHOWN_MAX, "%s", requirement);
    snprintf(subject->error, PERF_SHOWN_MAX, "%s", message);
    subject->all->operations.failed = failed;
    summary->suite_count = 0;
    perf_issues_find(summary, NULL, issues);
}

/* JUnit's failures, and whether operations count as failed. */
static void expect_failures(unsigned failures, bool of_operations) {
    char *text = written_by(perf_view_junit), count[32];
    snprintf(count, sizeof count, " failures=\"%u\"", failures);
    cr_expect_not_null(strstr(text, count), "%s", text);
    cr_expect_eq(times(text, "<failure"), failures, "%s", text);
    cr_expect_eq(times(text, "name=\"operations succeed\"><failure"), of_operations, "%s", text);
    cr_expect_eq(issues->failing, failures, "%s", issues->cause);
    free(text);
}

static void begin_alone(void) {
    begin();
    perf_suite_free(summary->suites[0]);
    summary->suite_count = 0;
}

Test(summary_view, a_requirement_that_is_missed_counts_once, .init = begin_alone, .fini = end) {
    miss("latency_ms.p99<1", "requirement missed: latency_ms.p99<1: it is 2", 0);
    expect_failures(1, false);
    cr_expect_null(strstr(issues->list[0], "operations failed"), "%s", issues->list[0]);
}

Test(summary_view, failures_count_beside_a_miss_that_is_not_theirs, .init = begin_alone,
     .fini = end) {
    miss("latency_ms.p99<1", "requirement missed: latency_ms.p99<1: it is 2", 3);
    expect_failures(2, true);
}

Test(summary_view, failures_that_a_bound_is_about_are_its_own, .init = begin_alone, .fini = end) {
    miss("success_rate>=0.999", "requirement missed: success_rate>=0.999: it is 0.9", 3);
    expect_failures(1, false);
}

Test(summary_view, an_error_of_nothing_else_is_shown_as_it_is, .init = begin_alone, .fini = end) {
    miss(NULL, "no rate of the ramp was held", 0);
    expect_failures(1, false);
    cr_expect_str_eq(issues->list[0], "bench s3: no rate of the ramp was held");
}

Test(summary_view, failed_operations_are_told_with_their_error, .init = begin_alone, .fini = end) {
    miss(NULL, "reduce your rate", 3);
    expect_failures(1, true);
    cr_expect_str_eq(issues->list[0], "bench s3: 3 operations failed: reduce your rate");
}
