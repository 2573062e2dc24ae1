/* The figures of bench log, as a peer prints them and as they are read back. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log_figures.h"

Test(log_figures, each_is_read_as_it_was_printed) {
    struct perf_log_figures figures, again;
    char *text = NULL;
    size_t size = 0, lines = 0;
    perf_log_figures_init(&figures);
    perf_log_figures_init(&again);
    for (unsigned i = 0; i < PERF_LOG_NAMES; i++)
        *(double *)(void *)((char *)&figures + perf_log_names[i].offset) = i + 0.5;
    FILE *out = open_memstream(&text, &size);
    perf_log_figures_print(&figures, out);
    fclose(out);
    for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
        *end = '\0';
        cr_expect(perf_log_figures_read(&again, line), "%s", line);
        lines++;
    }
    cr_expect_eq(lines, PERF_LOG_NAMES);
    cr_expect_eq(memcmp(&figures, &again, sizeof figures), 0);
    free(text);
}

Test(log_figures, names_of_runs) {
    cr_expect_str_eq(perf_log_case_names[PERF_LOG_TEXT_4], "text_4");
    cr_expect_str_eq(perf_log_case_names[PERF_LOG_LOGFMT_1], "logfmt_1");
    for (unsigned i = 0; i < PERF_LOG_NAMES; i++) cr_expect_not_null(perf_log_names[i].name);
}

Test(log_figures, other_lines_are_none) {
    struct perf_log_figures figures;
    static const char *const lines[] = {
        "",           "dropped",    "dropped ", "dropped x", "dropped -1", "dropped nan",
        "droppe 1",   "dropped_ 1", "text_1 5", "version 1", " dropped 1", "records_per_s 1",
        "caller_ns 1"};
    perf_log_figures_init(&figures);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        cr_expect_not(perf_log_figures_read(&figures, lines[i]), "%s", lines[i]);
    for (unsigned i = 0; i < PERF_LOG_NAMES; i++)
        cr_expect_lt(perf_log_figure(&figures, &perf_log_names[i]), 0);
}
