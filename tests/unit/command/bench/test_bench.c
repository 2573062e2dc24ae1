/* What the benches share: rates, open files, reports on their way. */
#include "command_fixture.h"

#include <errno.h>
#include <jansson.h>
#include <sys/resource.h>

#include "bench_load.h"
#include "bench_require.h"
#include "output.h"

TestSuite(bench, .init = fixture_open, .fini = fixture_close);

Test(bench, rates) {
    static const struct {
        const char *text;
        double rate; /* 0: refused */
    } rows[] = {{"1", 1},        {"0.5", 0.5}, {"2500", 2500}, {"10000000", 1e7}, {"1e3", 1000},
                {"10000001", 0}, {"0", 0},     {"0.0", 0},     {"-1", 0},         {"+1", 0},
                {"", 0},         {"1x", 0},    {" 1", 0},      {"1 ", 0},         {"nan", 0},
                {"inf", 0},      {"1e400", 0}, {".5", 0},      {"1,5", 0}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        double rate = -1;
        char why[160] = "";
        cr_expect_eq(bench_read_rate(rows[i].text, &rate), rows[i].rate > 0 ? 0 : -1, "'%s'",
                     rows[i].text);
        if (rows[i].rate > 0) cr_expect_float_eq(rate, rows[i].rate, 1e-9);
        cr_expect_eq(bench_check_rates(rows[i].text, why, sizeof why), rows[i].rate > 0 ? 0 : -1);
        cr_expect_eq(*why == '\0', rows[i].rate > 0, "%s", why);
    }
}

Test(bench, more_connections_than_open_files_is_the_environment) {
    struct rlimit limit;
    int code = -1;
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max = 512;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    CAPTURE(code = bench_raise_files(448, false));
    cr_expect_eq(code, EXIT_DONE, "%s", captured_err);
    CAPTURE(code = bench_raise_files(449, true));
    cr_expect_eq(code, EXIT_ENVIRONMENT);
    cr_expect_not_null(strstr(captured_err, "449 connections need 513 open files; the hard limit "
                                            "is 512: raise it to at least 513"),
                       "%s", captured_err);
    cr_expect_not_null(strstr(captured_out, "\"class\":\"environment\""), "%s", captured_out);
}

static void print_text(FILE *out, const void *report) {
    fprintf(out, "text of %s\n", (const char *)report);
}

static void put_json(struct hr_json_writer *json, const void *report) {
    hr_json_object(json);
    hr_json_key(json, "report");
    hr_json_text(json, report);
    hr_json_end(json);
}

static int publish(const char *path) {
    const struct bench_document document = {"it", print_text, put_json};
    struct session session = {.signal_fd = -1, .done_fd = -1};
    int code = -1;
    CAPTURE(code = bench_publish_document(&document, &session, path));
    return code;
}

Test(bench, reports_go_where_they_are_asked_for) {
    char text[256] = "";
    cr_expect_eq(publish(NULL), EXIT_DONE);
    cr_expect_str_eq(captured_out, "text of it\n");
    cr_expect_eq(publish("-"), EXIT_DONE);
    cr_expect_str_eq(captured_out, "{\"report\":\"it\"}\n", "%s", captured_out);
    const char *path = fixture_text("report", "an old and much longer report that was there");
    cr_expect_eq(publish(path), EXIT_DONE);
    cr_expect_str_eq(captured_out, "text of it\n");
    fixture_read(path, text, sizeof text);
    cr_expect_str_eq(text, "{\"report\":\"it\"}\n", "%s", text);
    cr_expect_eq(fixture_names(fixture_folder), 1);
}

Test(bench, a_report_that_cannot_be_written_is_a_failure) {
    cr_expect_eq(publish(fixture_path("missing/report")), EXIT_FAILED);
    cr_expect_str_eq(captured_out, "text of it\n", "what was measured is told all the same");
    cr_expect_not_null(strstr(captured_err, strerror(ENOENT)), "%s", captured_err);
    cr_expect_eq(publish(fixture_folder), EXIT_USAGE, "a folder: the report has no name");
    cr_expect_eq(publish("/dev/full"), EXIT_FAILED);
    cr_expect_not_null(strstr(captured_err, "/dev/full"), "%s", captured_err);
}

Test(bench, connections_are_those_of_the_run) {
    static struct bench bench;
    const struct hr_http_client_metrics before = {.connections_opened = 3,
                                                  .handshakes_full = 2,
                                                  .handshakes_resumed = 1,
                                                  .connections_peak = 3};
    const struct hr_http_client_metrics after = {.connections_opened = 10,
                                                 .handshakes_full = 5,
                                                 .handshakes_resumed = 6,
                                                 .connections_peak = 8};
    bench_fill_connections(&bench, &before, &after);
    cr_expect_eq(bench.report.connections_opened, 7);
    cr_expect_eq(bench.report.handshakes_full, 3);
    cr_expect_eq(bench.report.handshakes_resumed, 5);
    cr_expect_eq(bench.report.connections_peak, 8, "a peak has no difference");
}

Test(bench, failures_of_runs_whose_figures_are_not_told_count) {
    static struct bench bench;
    cr_expect_eq(bench_verdict(&bench), EXIT_DONE);
    static const struct perf_report_with with = {.alone.failed = 1};
    bench.report.with = &with;
    cr_expect_eq(bench_verdict(&bench), EXIT_FAILED);
    bench.requirement_count = 1;
    bench.requirements[0] = (struct perf_requirement){.met = true, .path = "success_rate"};
    cr_expect_eq(bench_verdict(&bench), EXIT_DONE, "a requirement allows for them");
}

Test(bench, errors_are_told_in_the_words_of_the_command) {
    static struct perf_result result = {.error_count = 1};
    snprintf(result.errors[0].example, sizeof result.errors[0].example,
             "no connection (connect_timeout_ms)");
    bench_word_errors(&result);
    cr_expect_null(strstr(result.errors[0].example, "timeout_ms"), "%s", result.errors[0].example);
}
