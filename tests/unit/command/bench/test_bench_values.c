/* Sizes and choices of keys, as they are written. */
#include <criterion/criterion.h>
#include <string.h>

#include "bench_values.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

Test(bench_values, sizes) {
    static const struct {
        const char *text;
        uint64_t largest; /* 0: refused */
        size_t count;
        unsigned total;
        const char *why;
    } rows[] = {
        {"1", 1, 0, 0, NULL},
        {"64KiB", 65536, 0, 0, NULL},
        {"5GiB", 5ull << 30, 0, 0, NULL},
        {"64KiB:7", 65536, 0, 0, NULL},
        {"4KiB:80,1MiB:15,64MiB:5", 64 << 20, 3, 100, NULL},
        {"1MiB,4KiB", 1 << 20, 2, 2, NULL},
        {"1,2,3,4,5,6,7,8", 8, 8, 8, NULL},
        {"1:1000000,2:1000000", 2, 2, 2000000, NULL},
        {"", 0, 0, 0, "missing"},
        {"4KiB,", 0, 0, 0, "missing"},
        {",4KiB", 0, 0, 0, "'' is not a size"},
        {"3x", 0, 0, 0, "'3x'"},
        {"6GiB", 0, 0, 0, "'6GiB'"},
        {"99999999999999TiB", 0, 0, 0, "is not a size"},
        {"000000000000000000000000000000000000001", 0, 0, 0, "is not a size"},
        {"4KiB:0,1", 0, 0, 0, "weight"},
        {"4KiB:,1", 0, 0, 0, "weight"},
        {"4KiB:1000001", 0, 0, 0, "weight"},
        {"4KiB:-1", 0, 0, 0, "weight"},
        {"4KiB:1:1", 0, 0, 0, "weight"},
        {"1,2,3,4,5,6,7,8,9", 0, 0, 0, "more than 8"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct perf_workload workload = {.size_bytes = 77};
        char why[200] = "";
        int result = bench_read_sizes(rows[i].text, &workload, why, sizeof why);
        cr_expect_eq(result, rows[i].why ? -1 : 0, "%s", rows[i].text);
        cr_expect_eq(bench_check_sizes(rows[i].text, why, sizeof why), result);
        if (rows[i].why) {
            cr_expect_not_null(strstr(why, rows[i].why), "%s: %s", rows[i].text, why);
            cr_expect_eq(workload.size_bytes, 77, "untouched");
            continue;
        }
        cr_expect_eq(workload.size_bytes, rows[i].largest, "%s", rows[i].text);
        cr_expect_eq(workload.sizes.count, rows[i].count, "%s", rows[i].text);
        cr_expect_eq(workload.sizes.total, rows[i].total, "%s", rows[i].text);
    }
}

Test(bench_values, key_choices) {
    static const struct {
        const char *text;
        int result;
        double exponent;
    } rows[] = {{"uniform", 0, 0},   {"zipf", 0, 0.99},      {"zipf:1.2", 0, 1.2},
                {"zipf:10", 0, 10},  {"zipf:0.01", 0, 0.01}, {"zipf:", -1, 0},
                {"zipf:0", -1, 0},   {"zipf:11", -1, 0},     {"zipf:-1", -1, 0},
                {"zipf:nan", -1, 0}, {"zipf:1x", -1, 0},     {"", -1, 0},
                {"Zipf", -1, 0},     {"uniform:1", -1, 0}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char why[200] = "";
        cr_expect_eq(bench_check_key_choice(rows[i].text, why, sizeof why), rows[i].result, "%s",
                     rows[i].text);
        cr_expect_eq(*why != 0, rows[i].result != 0);
        if (rows[i].result) continue;
        struct perf_workload workload = {.objects = 5};
        bench_read_key_choice(rows[i].text, &workload);
        cr_expect_float_eq(workload.zipf.exponent, rows[i].exponent, 1e-12, "%s", rows[i].text);
    }
}
