/* Ratios and verdicts of bench config. */
#include <criterion/criterion.h>
#include <string.h>

#include "config_bench_compared.h"

static struct perf_config_course courses[PERF_CONFIG_SUBJECTS];

static const struct perf_config_comparison *find(enum perf_config_subject with, const char *name) {
    for (unsigned i = 0; i < PERF_CONFIG_COMPARISONS; i++)
        if (perf_config_comparisons[i].with == with &&
            strcmp(perf_config_comparisons[i].name, name) == 0)
            return &perf_config_comparisons[i];
    return NULL;
}

Test(config_bench_compared, ratios_say_how_many_times_slower_and_faster) {
    courses[PERF_CONFIG_HEADRACE].of[PERF_CONFIG_LOAD_LARGE][0] = 6;
    courses[PERF_CONFIG_LIBYAML].of[PERF_CONFIG_LOAD_LARGE][0] = 4;
    courses[PERF_CONFIG_PYDANTIC].of[PERF_CONFIG_LOAD_LARGE][0] = 60;
    courses[PERF_CONFIG_HEADRACE].of[PERF_CONFIG_FLAT_1000_MS][0] = 0.5;
    courses[PERF_CONFIG_HEADRACE].of[PERF_CONFIG_FLAT_10000_MS][0] = 6;
    const struct perf_config_comparison *slower = find(PERF_CONFIG_LIBYAML, "load_large"),
                                        *faster = find(PERF_CONFIG_PYDANTIC, "load_large"),
                                        *own = find(PERF_CONFIG_HEADRACE, "flat_10000_by_1000");
    cr_expect_float_eq(perf_config_compare(slower, courses, 1).median, 1.5, 1e-9);
    cr_expect_float_eq(perf_config_compare(faster, courses, 1).median, 10, 1e-9);
    cr_expect_float_eq(perf_config_compare(own, courses, 1).median, 12, 1e-9);
    cr_expect_lt(perf_config_compare(slower, courses, 0).median, 0);
}

Test(config_bench_compared, every_row_names_one_thing_and_no_name_is_there_twice) {
    for (unsigned i = 0; i < PERF_CONFIG_COMPARISONS; i++)
        cr_expect_eq(find(perf_config_comparisons[i].with, perf_config_comparisons[i].name),
                     &perf_config_comparisons[i]);
    for (unsigned i = 0; i < PERF_CONFIG_LIMITS; i++) {
        const struct perf_config_limit *limit = &perf_config_limits[i];
        cr_assert_not_null(limit->name);
        cr_expect((limit->figure < 0) != (limit->comparison < 0), "%s", limit->name);
        cr_expect(limit->figure < PERF_CONFIG_FIGURES &&
                  limit->comparison < PERF_CONFIG_COMPARISONS);
        for (unsigned j = 0; j < i; j++)
            cr_expect(strcmp(limit->name, perf_config_limits[j].name) != 0 ||
                          limit->goal != perf_config_limits[j].goal,
                      "%s", limit->name);
    }
}

Test(config_bench_compared, verdicts) {
    const struct perf_config_limit most = {"a", 2.2, .figure = 0, .comparison = -1},
                                   least = {"b", 8, .at_least = true, .figure = -1};
    cr_expect_eq(perf_config_verdict_of(&most, 2.2), PERF_CONFIG_MET);
    cr_expect_eq(perf_config_verdict_of(&most, 2.21), PERF_CONFIG_MISSED);
    cr_expect_eq(perf_config_verdict_of(&least, 8), PERF_CONFIG_MET);
    cr_expect_eq(perf_config_verdict_of(&least, 7.99), PERF_CONFIG_MISSED);
    cr_expect_eq(perf_config_verdict_of(&most, -1), PERF_CONFIG_UNKNOWN);
    cr_expect_eq(perf_config_verdict_of(&least, -1), PERF_CONFIG_UNKNOWN);
}
