/* Files and folders of results, and the plotting library. */
#include "command_fixture.h"

#include <errno.h>

#include "report_inputs.h"

#define SUITE(name)                                                                                \
    "{\"kind\":\"suite\",\"protocol\":1,\"name\":\"" name                                          \
    "\",\"checks\":[{\"name\":\"a\",\"passed\":true}]}"

static struct perf_summary *summary;
static struct hr_error problem;

static void begin(void) {
    fixture_open();
    summary = calloc(1, sizeof *summary);
}

static void end(void) {
    perf_summary_free(summary);
    free(summary);
    fixture_close();
}

Test(report_inputs, a_folder_gives_its_json_files_by_name, .init = begin, .fini = end) {
    fixture_text("b.json", SUITE("b"));
    fixture_text("a.json", SUITE("a"));
    fixture_text(".c.json", "hidden");
    fixture_text("notes.txt", "none");
    cr_assert_eq(report_inputs_read(summary, fixture_folder, &problem), 0, "%s", problem.message);
    cr_assert_eq(summary->suite_count, 2);
    cr_expect_str_eq(summary->suites[0]->name, "a");
}

Test(report_inputs, a_folder_without_results_is_an_error, .init = begin, .fini = end) {
    cr_expect_eq(report_inputs_read(summary, fixture_folder, &problem), -ENOENT);
    cr_expect_not_null(strstr(problem.message, "no file in it ends in .json"));
}

static void chart(const char *text, const char *why) {
    struct byte_buffer buffer = {0};
    char told[PERF_SHOWN_MAX];
    report_inputs_chart(fixture_text("chart.js", text), &buffer, told);
    cr_expect_eq(buffer.size, why ? 0 : strlen(text));
    if (why) cr_expect_not_null(strstr(told, why), "%s", told);
    byte_buffer_free(&buffer);
}

Test(report_inputs, a_library_that_would_end_its_script_is_refused, .init = begin, .fini = end) {
    chart("var Chart = 1 < 2;", NULL);
    chart("x = '</ScRipt>'", "cannot stand inside a page");
    chart("x = '<!--'", "cannot stand inside a page");
    chart("x = '\xFF'", "cannot stand inside a page");
}

Test(report_inputs, a_library_that_is_not_there_is_named_with_the_remedy, .init = begin,
     .fini = end) {
    struct byte_buffer buffer = {0};
    char told[PERF_SHOWN_MAX];
    report_inputs_chart("/nonexistent/chart.js", &buffer, told);
    cr_expect_not_null(strstr(told, "install libjs-chart.js, or name it by --chart"), "%s", told);
    report_inputs_chart("/dev/zero", &buffer, told);
    cr_expect_neq(told[0], '\0');
    byte_buffer_free(&buffer);
}
