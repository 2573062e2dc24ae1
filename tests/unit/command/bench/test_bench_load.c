/* Options of the load: their forms, and which exclude each other. */
#include "command_fixture.h"

#include "bench_load.h"
#include "output.h"

Test(bench_load, rates_and_ranges) {
    static const struct {
        const char *text;
        int result;
    } rows[] = {{"100", 0},    {"0.5..2", 0},   {"100..5000", 0}, {"1..10000000", 0}, {"100..", -1},
                {"..100", -1}, {"100..50", -1}, {"100..100", -1}, {"1..2..3", -1},    {"1.. 2", -1},
                {"", -1},      {"0..5", -1},    {"1...5", -1},    {"1..10000001", -1}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char why[300] = "";
        cr_expect_eq(bench_check_rates(rows[i].text, why, sizeof why), rows[i].result, "%s",
                     rows[i].text);
        cr_expect_eq(*why != '\0', rows[i].result != 0, "%s", rows[i].text);
    }
}

Test(bench_load, steps) {
    static const struct {
        const char *text;
        int result;
    } rows[] = {{"100", 0}, {"0.1", 0},   {"x1.5", 0}, {"x100", 0}, {"x1.01", 0}, {"x1", -1},
                {"x", -1},  {"x101", -1}, {"0", -1},   {"-1", -1},  {"", -1},     {"1.5x", -1}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char why[300] = "";
        cr_expect_eq(bench_check_step(rows[i].text, why, sizeof why), rows[i].result, "%s",
                     rows[i].text);
    }
}

static struct bench *filled(const struct load_values *given, bool limited, int expected) {
    struct bench *bench = calloc(1, sizeof *bench);
    struct load_values values = *given;
    int code = -1;
    bench->name = "bench x";
    if (!values.step) values.step = "x1.5";
    if (!values.step_duration_ms) values.step_duration_ms = 5000;
    CAPTURE(code = bench_load_fill(&values, limited, bench));
    cr_expect_eq(code, expected, "%s", captured_err);
    cr_expect_eq(*captured_err != '\0', expected != EXIT_DONE);
    return bench;
}

Test(bench_load, a_range_is_a_ramp) {
    struct bench *bench = filled(
        &(struct load_values){.rate = "100..5000", .step = "50", .p99_ms = 10}, false, EXIT_DONE);
    cr_expect_eq(bench->options.rate, 100);
    cr_expect_eq(bench->options.operations, 0);
    cr_expect_eq(bench->options.duration_ns, 5000000000u);
    cr_expect_eq(bench->curve.ramp.to, 5000);
    cr_expect_eq(bench->curve.ramp.step, 50);
    cr_expect_not(bench->curve.ramp.factor);
    cr_expect_eq(bench->curve.ramp.p99_ns, 10000000u);
    free(bench);
}

Test(bench_load, a_single_rate_is_none) {
    struct bench *bench = filled(&(struct load_values){.rate = "100"}, true, EXIT_DONE);
    cr_expect_eq(bench->options.rate, 100);
    cr_expect_eq(bench->options.operations, 0, "as the other options have it");
    cr_expect_eq(bench->curve.ramp.from, 0);
    free(bench);
    bench = filled(&(struct load_values){.think_ms = 3, .warm_up_ms = 2}, false, EXIT_DONE);
    cr_expect_eq(bench->options.think_ns, 3000000);
    cr_expect_eq(bench->warm_up_ns, 2000000);
    cr_expect_eq(bench->options.operations, 10000);
    free(bench);
}

Test(bench_load, contradictions_are_named) {
    static const struct {
        struct load_values values;
        bool limited;
        const char *name;
    } rows[] = {
        {{.rate = "1..5"}, false, "--p99"},
        {{.rate = "1..5", .p99_ms = 1}, true, "--step-duration"},
        {{.rate = "1..500", .p99_ms = 1, .step = "1"}, false, "--step"},
        {{.rate = "5", .think_ms = 1}, false, "--think-time"},
        {{.rate = "1..5", .p99_ms = 1, .think_ms = 1}, false, "--think-time"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        free(filled(&rows[i].values, rows[i].limited, EXIT_USAGE));
        cr_expect_not_null(strstr(captured_err, rows[i].name), "%s", captured_err);
        cr_expect_not_null(strstr(captured_err, "bench x: "), "%s", captured_err);
    }
}

Test(bench_load, peers_are_told_of_none) {
    cr_expect_null(bench_load_lone(&(struct load_values){.step = "x1.5"}));
    cr_expect_str_eq(bench_load_lone(&(struct load_values){.rate = "1"}), "rate");
    cr_expect_str_eq(bench_load_lone(&(struct load_values){.think_ms = 1}), "think-time");
    cr_expect_str_eq(bench_load_lone(&(struct load_values){.warm_up_ms = 1}), "warm-up");
}
