/* The rules of a comparison, as they are written. */
#include <criterion/criterion.h>

#include "beside_options.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

Test(beside_options, levels_are_probabilities) {
    static const struct {
        const char *text;
        double alpha; /* 0: refused */
    } rows[] = {{"0.05", 0.05}, {"0.001", 0.001}, {"0.5", 0.5}, {"1e-3", 0.001}, {"0", 0},
                {"0.51", 0},    {"", 0},          {"-0.1", 0},  {"5%", 0},       {"nan", 0},
                {"0x1p-4", 0},  {"0.05 ", 0},     {" 0.05", 0}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        double alpha = -1;
        int result = beside_read_alpha(rows[i].text, &alpha);
        cr_expect_eq(result, rows[i].alpha > 0 ? 0 : -1, "%s", rows[i].text);
        if (result == 0) cr_expect_float_eq(alpha, rows[i].alpha, 1e-12);
    }
}

Test(beside_options, differences_are_percent) {
    static const struct {
        const char *text;
        double share; /* negative: refused */
    } rows[] = {{"2%", 0.02}, {"2", 0.02}, {"0", 0},    {"0.5%", 0.005}, {"100", 1}, {"101", -1},
                {"", -1},     {"%", -1},   {"2%%", -1}, {"-1%", -1},     {"2 %", -1}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        double share = -1;
        int result = beside_read_difference(rows[i].text, &share);
        cr_expect_eq(result, rows[i].share >= 0 ? 0 : -1, "%s", rows[i].text);
        if (result == 0) cr_expect_float_eq(share, rows[i].share, 1e-12);
    }
}

Test(beside_options, rounds_go_on_where_it_is_asked_for) {
    struct beside_values values = {.rounds = 6, .rounds_max = 25};
    cr_expect_eq(beside_rounds_max(&values), 0);
    values.until_stable = true;
    cr_expect_eq(beside_rounds_max(&values), 25);
    values.rounds = 30;
    cr_expect_eq(beside_rounds_max(&values), 30);
}
