/* Records beside a load: at their rate, all of them in the file. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log_load.h"

Test(log_load, what_is_called_is_written) {
    static struct perf_log_load_report report;
    char folder[] = "/tmp/headrace-test-log-load-XXXXXX", path[sizeof folder + 8];
    const struct hr_engine_options engine_options = {.reactors = 1};
    struct hr_error error = {0};
    hr_engine *engine = NULL;
    perf_log_load *load = NULL;
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/log", folder);
    cr_assert_eq(hr_engine_new(&engine_options, &error, &engine), 0, "%s", error.message);
    const struct perf_log_load_options options = {.engine = engine, .path = path, .rate = 100000};
    cr_assert_eq(perf_log_load_start(&options, &error, &load), 0, "%s", error.message);
    perf_log_load_stop(load, &report);
    cr_expect_gt(report.called, 0);
    cr_expect_eq(report.written + report.dropped, report.called);
    cr_expect_eq(report.call_ns.count, report.called);
    cr_expect_leq((double)(report.called - 1) / report.duration_s, 100000);
    uint64_t lines = 0;
    FILE *file = fopen(path, "r");
    for (int byte; (byte = getc(file)) != EOF;) lines += byte == '\n';
    fclose(file);
    cr_expect_eq(lines, report.written);
    hr_engine_close(engine, NULL, NULL);
    unlink(path);
    rmdir(folder);
}

Test(log_load, a_file_that_cannot_be_made_is_told) {
    const struct hr_engine_options engine_options = {.reactors = 1};
    struct hr_error error = {0};
    hr_engine *engine = NULL;
    perf_log_load *load = NULL;
    cr_assert_eq(hr_engine_new(&engine_options, &error, &engine), 0, "%s", error.message);
    const struct perf_log_load_options options = {
        .engine = engine, .path = "/nowhere/at/all", .rate = 1};
    cr_expect_lt(perf_log_load_start(&options, &error, &load), 0);
    cr_expect_not_null(strstr(error.message, "/nowhere/at/all"), "%s", error.message);
    perf_log_load_stop(NULL, NULL);
    hr_engine_close(engine, NULL, NULL);
}
