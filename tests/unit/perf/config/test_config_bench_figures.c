/* The figures of bench config, as a peer prints them. */
#include <criterion/criterion.h>
#include <string.h>

#include "config_bench_figures.h"

Test(config_bench_figures, each_is_read_by_its_name) {
    struct perf_config_figures figures;
    perf_config_figures_init(&figures);
    for (unsigned i = 0; i < PERF_CONFIG_FIGURES; i++) {
        char name[PERF_CONFIG_NAME], line[PERF_CONFIG_NAME + 16];
        cr_expect_lt(figures.of[i], 0);
        perf_config_figure_name((enum perf_config_figure)i, name);
        snprintf(line, sizeof line, "%s %u.5", name, i);
        cr_expect(perf_config_figures_read(&figures, line), "%s", line);
    }
    for (unsigned i = 0; i < PERF_CONFIG_FIGURES; i++)
        cr_expect_float_eq(figures.of[i], i + 0.5, 1e-9);
}

Test(config_bench_figures, the_names_that_others_rely_on) {
    char name[PERF_CONFIG_NAME];
    perf_config_figure_name(PERF_CONFIG_LOAD_SMALL, name);
    cr_expect_str_eq(name, "load_ms.small");
    perf_config_figure_name(PERF_CONFIG_LOOKUP, name);
    cr_expect_str_eq(name, "lookup_ns");
}

Test(config_bench_figures, other_lines_are_none) {
    static const char *const lines[] = {"",
                                        "lookup_ns",
                                        "lookup_ns ",
                                        "lookup_ns x",
                                        "lookup_ns -1",
                                        "lookup_ns nan",
                                        "lookup_n 1",
                                        "lookup_ns_ 1",
                                        "lookup_ns 1x",
                                        " lookup_ns 1",
                                        "load_ms 1",
                                        "load_ms.tiny 1",
                                        "small 1",
                                        "version 1"};
    struct perf_config_figures figures;
    perf_config_figures_init(&figures);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        cr_expect_not(perf_config_figures_read(&figures, lines[i]), "%s", lines[i]);
    for (unsigned i = 0; i < PERF_CONFIG_FIGURES; i++) cr_expect_lt(figures.of[i], 0);
}
