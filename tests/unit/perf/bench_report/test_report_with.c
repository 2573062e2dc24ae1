/* Loads beside the measured one in a report. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "report_with.h"

static struct perf_report_with with;
static struct perf_loop_report run;

/* Two successes of 2 ms and a failure in half a second. */
static void fill(struct perf_loop_report *filled) {
    struct hr_error error = {.code = -5};
    struct perf_outcome outcome = {.kind = PERF_GET, .attempts = 1, .latency_ns = 2000000};
    perf_result_init(&filled->result);
    filled->submitted = 3;
    filled->ended_ns = 500000000u;
    for (int i = 0; i < 2; i++) perf_result_record(&filled->result, &outcome);
    outcome.result = -5;
    outcome.error = &error;
    perf_result_record(&filled->result, &outcome);
}

static json_t *json_of_with(void) {
    static char text[8192];
    struct hr_json_writer json;
    hr_json_init(&json, text, sizeof text, NULL, NULL);
    hr_json_object(&json);
    perf_report_with_json(&json, &with);
    hr_json_end(&json);
    cr_assert_eq(hr_json_finish(&json), 0);
    json_t *found = json_loadb(text, json.size, 0, NULL);
    cr_assert_not_null(found);
    return found;
}

static double number(const json_t *root, const char *part, const char *name) {
    const json_t *object = json_object_get(json_object_get(root, "with"), part);
    cr_assert_not_null(json_object_get(object, name), "%s.%s", part, name);
    return json_number_value(json_object_get(object, name));
}

Test(report_with, each_load_has_its_figures) {
    fill(&run);
    fill(&with.http);
    perf_report_alone(&run, 3000000, &with);
    with.log_rate = 100;
    with.log.called = 51;
    with.log.written = 50;
    with.log.dropped = 1;
    with.log.duration_s = 0.5;
    hr_histogram_record(&with.log.call_ns, 4000);
    with.http_url = "http://h/";
    with.http_rate = 7;
    json_t *found = json_of_with();
    cr_expect_float_eq(number(found, "alone", "operations_per_s"), 4, 1e-9);
    cr_expect_float_eq(number(found, "alone", "cpu_us_per_operation"), 1000, 1e-9);
    cr_expect_eq(number(found, "alone", "failed"), 1);
    cr_expect_eq(number(found, "log", "records_per_s"), 100);
    cr_expect_eq(number(found, "log", "dropped"), 1);
    cr_expect_eq(number(found, "log", "call_max_us"), 4);
    cr_expect_eq(number(found, "http", "succeeded"), 2);
    cr_expect_eq(number(found, "http", "failed"), 1);
    cr_expect_eq(number(found, "http", "requests_per_s"), 4);
    json_decref(found);
}

Test(report_with, a_load_that_was_not_asked_for_has_none) {
    fill(&run);
    perf_report_alone(&run, 0, &with);
    json_t *found = json_of_with();
    cr_expect_eq(json_object_size(json_object_get(found, "with")), 1);
    json_decref(found);
    char text[1024] = "";
    FILE *out = fmemopen(text, sizeof text, "w");
    perf_report_with_text(out, &with);
    fclose(out);
    cr_expect_not_null(strstr(text, "alone       4.0 operations/s"), "%s", text);
    cr_expect_not_null(strstr(text, "; 1 failed"), "%s", text);
    cr_expect_null(strstr(text, "with log"), "%s", text);
}
