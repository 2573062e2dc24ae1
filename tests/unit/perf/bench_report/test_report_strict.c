/* The rules of storage. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "report_strict.h"

Test(report_strict, the_data_set_has_five_times_the_memory) {
    struct perf_report_strict strict = {.memory_bytes = 100, .data_bytes = 499};
    cr_expect_not(perf_strict_is_large(&strict));
    strict.data_bytes = 500;
    cr_expect(perf_strict_is_large(&strict));
    strict.memory_bytes = UINT64_MAX / 2; /* whose fivefold is no number */
    cr_expect_not(perf_strict_is_large(&strict));
}

Test(report_strict, five_runs_within_five_percent_of_their_mean_agree) {
    struct perf_report_strict strict = {.rates = {100, 104, 96, 100, 100}, .runs = 5};
    cr_expect_float_eq(perf_strict_spread(&strict), 0.04, 1e-12);
    cr_expect(perf_strict_agrees(&strict));
    strict.rates[1] = 106;
    strict.rates[2] = 94;
    cr_expect_float_eq(perf_strict_spread(&strict), 0.06, 1e-12);
    cr_expect_not(perf_strict_agrees(&strict));
    strict = (struct perf_report_strict){.rates = {100, 100, 100, 100}, .runs = 4};
    cr_expect_not(perf_strict_agrees(&strict));
    strict.runs = 0;
    cr_expect_eq(perf_strict_spread(&strict), 0);
}

Test(report_strict, the_median_run_is_told) {
    struct perf_report_strict strict = {.rates = {5, 1, 4, 2, 3}, .runs = 5};
    cr_expect_eq(perf_strict_median(&strict), 4);
    strict = (struct perf_report_strict){.rates = {7, 7, 7, 7, 7}, .runs = 5};
    cr_expect_eq(perf_strict_median(&strict), 2);
    strict.runs = 1;
    cr_expect_eq(perf_strict_median(&strict), 0);
}

Test(report_strict, both_forms) {
    const struct perf_report_strict strict = {.data_bytes = 600u << 20,
                                              .memory_bytes = 100u << 20,
                                              .rates = {100, 104, 96, 100, 100},
                                              .runs = 5,
                                              .failed = 3};
    char text[1024] = "", shown[1024] = "";
    struct hr_json_writer json;
    hr_json_init(&json, text, sizeof text, NULL, NULL);
    hr_json_object(&json);
    perf_report_strict_json(&json, &strict);
    hr_json_end(&json);
    cr_assert_eq(hr_json_finish(&json), 0);
    json_t *root = json_loadb(text, json.size, 0, NULL);
    const json_t *found = json_object_get(root, "strict");
    cr_expect_eq(json_array_size(json_object_get(found, "operations_per_s")), 5);
    cr_expect_float_eq(json_number_value(json_object_get(found, "spread")), 0.04, 1e-9);
    cr_expect(json_is_true(json_object_get(found, "agrees")));
    cr_expect_eq(json_integer_value(json_object_get(found, "failed")), 3);
    json_decref(root);
    FILE *out = fmemopen(shown, sizeof shown, "w");
    perf_report_strict_text(out, &strict);
    fclose(out);
    cr_expect_not_null(strstr(shown, "6.0 times the memory"), "%s", shown);
    cr_expect_not_null(strstr(shown, "3 operations failed in all runs together"), "%s", shown);
    cr_expect_not_null(strstr(shown, "4.0 % from their mean (they agree)"), "%s", shown);
}
