/* The lines of the live view. */
#include <criterion/criterion.h>
#include <string.h>

#include "live_lines.h"

static char lines[LIVE_LINES][LIVE_COLUMNS + 1];
static const struct live_figures figures = {.what = "running",
                                            .elapsed_s = 12.2,
                                            .duration_s = 30,
                                            .ended = 37440,
                                            .failed = 3,
                                            .rate = 3120.4,
                                            .p50_ms = 2.7921,
                                            .p99_ms = 16.8564,
                                            .rss_bytes = 14u << 20,
                                            .cpu_percent = 83.4};

Test(live_lines, figures_of_the_last_second) {
    live_lines_make(&figures, 100, lines);
    cr_expect_str_eq(lines[0], "running: 12 s of 30 s  3120/s  37440 operations, 3 failed");
    cr_expect_str_eq(lines[1], "  p50 2.792 ms  p99 16.856 ms");
    cr_expect_str_eq(lines[2], "  CPU 83 %  14.0 MiB");
}

Test(live_lines, a_run_that_ends_by_operations_has_a_share) {
    struct live_figures other = figures;
    other.duration_s = 0;
    other.operations = 74880;
    other.p50_ms = -1;
    live_lines_make(&other, 100, lines);
    cr_expect_not_null(strstr(lines[0], "12 s, 50 %"), "%s", lines[0]);
    cr_expect_str_eq(lines[1], "  last second: no operation has succeeded");
    other.operations = 0;
    live_lines_make(&other, 100, lines);
    cr_expect_not_null(strstr(lines[0], "running: 12 s  "), "%s", lines[0]);
}

Test(live_lines, none_is_as_wide_as_the_terminal) {
    for (unsigned columns = 0; columns <= LIVE_COLUMNS; columns++) {
        live_lines_make(&figures, columns, lines);
        for (unsigned i = 0; i < LIVE_LINES; i++)
            cr_expect(strlen(lines[i]) < columns || !*lines[i], "%u: %s", columns, lines[i]);
    }
    live_lines_make(&figures, 12, lines);
    cr_expect_str_eq(lines[0], "running: 12");
}
