/* Suites: checks are taken, and none of them says other than its value. */
#include "report_fixture.h"

#include "summary_view.h"

static struct perf_summary *summary;
static struct hr_error problem;

static void begin(void) {
    summary = fixture_summary();
}

static void end(void) {
    fixture_summary_free(summary);
}

static int read_checks(const char *checks) {
    static char text[4096];
    snprintf(text, sizeof text,
             "{\"kind\":\"suite\",\"protocol\":1,\"name\":\"logging\",\"checks\":%s}", checks);
    return perf_summary_read_text(summary, "s.json", hr_slice_of(text), &problem);
}

Test(summary_suite, checks_are_taken_with_their_margins, .init = begin, .fini = end) {
    double margin = 0;
    cr_assert_eq(read_checks("[{\"name\":\"mean\",\"value\":0.025,\"unit\":\"ms\",\"target\":0.1,"
                             "\"comparison\":\"<\",\"passed\":true,\"criterion\":\"logging-"
                             "overhead\"},{\"name\":\"rate\",\"value\":0.9,\"target\":1,"
                             "\"comparison\":\">=\",\"passed\":false},{\"name\":\"day\",\"value\":"
                             "null,\"passed\":\"not run\",\"why\":\"too long\"}]"),
                 0, "%s", problem.message);
    const struct perf_check *checks = summary->suites[0]->checks;
    cr_assert(perf_check_margin(&checks[0], &margin));
    cr_expect_float_eq(margin, 75, 1e-9);
    cr_assert(perf_check_margin(&checks[1], &margin));
    cr_expect_float_eq(margin, -10, 1e-9);
    cr_expect_not(perf_check_margin(&checks[2], &margin));
    cr_expect_eq(perf_criterion_outcome(summary, &perf_criteria[0]), PERF_CHECK_PASSED);
    cr_expect_eq(perf_criterion_outcome(summary, &perf_criteria[1]), PERF_CHECK_NOT_RUN);
    struct perf_check_counts counts = perf_suite_counts(summary->suites[0]);
    cr_expect(counts.passed == 1 && counts.failed == 1 && counts.not_run == 1);
}

static void refuse(const char *checks, const char *names) {
    cr_assert_eq(read_checks(checks), -EPROTO, "%s", checks);
    cr_expect_not_null(strstr(problem.message, names), "%s: %s", names, problem.message);
    cr_expect_eq(summary->suite_count, 0);
}

Test(summary_suite, a_check_that_contradicts_itself_is_refused, .init = begin, .fini = end) {
    refuse("[{\"name\":\"a\",\"value\":2,\"target\":1,\"comparison\":\"<\",\"passed\":true}]",
           "checks[0].passed contradicts");
    refuse("[{\"name\":\"a\",\"value\":1,\"target\":1,\"comparison\":\"<=\",\"passed\":false}]",
           "checks[0].passed contradicts");
    refuse("[{\"name\":\"a\",\"value\":1,\"target\":1,\"passed\":true}]", "go together");
    refuse("[{\"name\":\"a\",\"value\":1,\"target\":1,\"comparison\":\"~\",\"passed\":true}]",
           "checks[0].comparison");
    refuse("[{\"name\":\"a\",\"passed\":\"skipped\"}]", "checks[0].passed is not true");
    refuse("[{\"passed\":true}]", "checks[0].name");
    refuse("[{\"name\":\"a\",\"value\":\"1\",\"passed\":true}]", "checks[0].value is no number");
    refuse("7", "checks is no list of at most 256");
}

Test(summary_suite, a_name_comes_once_and_is_a_word, .init = begin, .fini = end) {
    cr_assert_eq(read_checks("[]"), 0);
    cr_expect_eq(read_checks("[]"), -EPROTO);
    cr_expect_not_null(strstr(problem.message, "a second suite 'logging'"), "%s", problem.message);
    const char *text = "{\"kind\":\"suite\",\"protocol\":1,\"name\":\"a b\",\"checks\":[]}";
    cr_expect_eq(perf_summary_read_text(summary, "t", hr_slice_of(text), &problem), -EPROTO);
    cr_expect_not_null(strstr(problem.message, "name is no word"), "%s", problem.message);
}

Test(summary_suite, one_that_ran_nothing_is_an_issue_that_fails, .init = begin, .fini = end) {
    struct perf_issues *issues = calloc(1, sizeof *issues);
    cr_assert_eq(read_checks("[]"), 0);
    perf_issues_find(summary, NULL, issues);
    cr_expect(issues->count == 1 && issues->failing == 1);
    cr_expect_str_eq(issues->list[0], "Suite logging ran nothing");
    free(issues);
}

Test(summary_suite, a_check_that_was_not_run_is_an_issue_and_no_failure, .init = begin,
     .fini = end) {
    struct perf_issues *issues = calloc(1, sizeof *issues);
    cr_assert_eq(read_checks("[{\"name\":\"a\",\"passed\":true},{\"name\":\"b\",\"passed\":\"not "
                             "run\",\"why\":\"too long\"}]"),
                 0);
    perf_issues_find(summary, NULL, issues);
    cr_expect(issues->count == 1 && issues->failing == 0);
    cr_expect_str_eq(issues->list[0], "Suite logging: b was not run: too long");
    free(issues);
}

#define EMPTY(name) "{\"kind\":\"suite\",\"protocol\":1,\"name\":\"" name "\",\"checks\":[]}"

Test(summary_suite, all_suites_of_a_run_are_taken, .init = begin, .fini = end) {
    const char *both =
        "{\"kind\":\"suites\",\"passed\":true,\"suites\":[" EMPTY("a") "," EMPTY("b") "]}";
    const char *bad = "{\"kind\":\"suites\",\"suites\":[" EMPTY("c") "," EMPTY("a") "]}";
    cr_assert_eq(perf_summary_read_text(summary, "s.json", hr_slice_of(both), &problem), 0, "%s",
                 problem.message);
    cr_assert_eq(summary->suite_count, 2);
    cr_expect_str_eq(summary->suites[1]->name, "b");
    cr_expect_eq(perf_summary_read_text(summary, "t.json", hr_slice_of(bad), &problem), -EPROTO);
    cr_expect_not_null(strstr(problem.message, "t.json: suites[1]: a second suite 'a'"), "%s",
                       problem.message);
    cr_expect_eq(summary->suite_count, 2);
    const char *none = "{\"kind\":\"suites\",\"suites\":{}}";
    cr_expect_eq(perf_summary_read_text(summary, "u.json", hr_slice_of(none), &problem), -EPROTO);
    cr_expect_not_null(strstr(problem.message, "suites is no list"));
}
