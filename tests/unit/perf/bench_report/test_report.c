/* What a report says of what was asked for and of what it ran on. */
#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

static const char *const urls[] = {"http://127.0.0.1:1/a", "http://127.0.0.1:1/b"};
static const struct perf_report_http http = {.urls = urls, .url_count = 2};
static const struct perf_report_s3 s3 = {.endpoint = "http://127.0.0.1:9", .pool = 7};

static struct perf_workload workload_of(enum perf_kind kind) {
    struct perf_workload workload = {
        .objects = 2, .size_bytes = 100, .bucket = "b", .prefix = "p", .mix = {.total = 1}};
    workload.mix.weight[kind] = 1;
    return workload;
}

/* One success of 2 ms in a second. */
static struct perf_loop_report *run_of(enum perf_kind kind) {
    struct perf_loop_report *run = calloc(1, sizeof *run);
    perf_result_init(&run->result);
    run->submitted = 1;
    run->ended_ns = 1000000000u;
    perf_result_record(&run->result,
                       &(struct perf_outcome){
                           .kind = kind, .attempts = 1, .latency_ns = 2000000, .bytes_sent = 100});
    return run;
}

static json_t *json_of(const struct perf_report *report) {
    static char text[16384];
    struct hr_json_writer json;
    hr_json_init(&json, text, sizeof text, NULL, NULL);
    perf_report_json(&json, report);
    cr_assert_eq(hr_json_finish(&json), 0);
    json_t *found = json_loadb(text, json.size, 0, NULL);
    cr_assert_not_null(found);
    return found;
}

static const char *text_of(json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

Test(report, http_tells_urls_method_and_back_end) {
    struct perf_workload workload = workload_of(PERF_HEAD);
    struct perf_loop_report *run = run_of(PERF_HEAD);
    struct perf_report report = {.http = &http,
                                 .workload = &workload,
                                 .loop = run,
                                 .spin_us = 50,
                                 .backend = "epoll",
                                 .backend_cause = "io_uring is refused"};
    json_t *found = json_of(&report);
    cr_expect_str_eq(text_of(found, "harness"), "bench http");
    cr_expect_str_eq(text_of(found, "method"), "HEAD");
    cr_expect_str_eq(text_of(found, "backend"), "epoll");
    cr_expect_str_eq(text_of(found, "backend_cause"), "io_uring is refused");
    cr_expect_eq(json_integer_value(json_object_get(found, "spin_us")), 50);
    cr_expect_eq(json_array_size(json_object_get(found, "urls")), 2);
    cr_expect_null(json_object_get(found, "bucket"), "that is of bench s3");
    cr_expect_float_eq(json_number_value(json_object_get(found, "operations_per_s")), 1, 1e-6);
    json_t *latency = json_object_get(found, "latency_ms");
    cr_expect_float_eq(json_number_value(json_object_get(latency, "p99")), 2, 1e-9);
    double error = json_number_value(json_object_get(found, "percentile_error"));
    cr_expect_float_eq(error, 0.010889, 1e-6);
    json_decref(found);
    free(run);
}

Test(report, s3_tells_its_store_and_no_cause) {
    struct perf_workload workload = workload_of(PERF_PUT);
    struct perf_loop_report *run = run_of(PERF_PUT);
    struct perf_report report = {
        .s3 = &s3, .workload = &workload, .loop = run, .backend = "io_uring", .backend_cause = ""};
    json_t *found = json_of(&report);
    cr_expect_str_eq(text_of(found, "harness"), "bench s3");
    cr_expect_str_eq(text_of(found, "endpoint"), s3.endpoint);
    cr_expect_eq(json_integer_value(json_object_get(found, "pool")), 7);
    cr_expect_eq(json_integer_value(json_object_get(found, "bytes")), 100);
    cr_expect_eq(json_integer_value(json_object_get(found, "bytes_sent")), 100);
    cr_expect_eq(json_integer_value(json_object_get(found, "bytes_received")), 0);
    cr_expect(json_is_null(json_object_get(found, "backend_cause")));
    cr_expect_null(json_object_get(found, "urls"));
    json_decref(found);
    free(run);
}

Test(report, s3_tells_the_attempts_where_it_knows_them) {
    struct perf_workload workload = workload_of(PERF_PUT);
    struct perf_loop_report *run = run_of(PERF_PUT);
    struct perf_report_s3 known = s3;
    struct perf_report report = {
        .s3 = &known, .workload = &workload, .loop = run, .backend = "", .backend_cause = ""};
    json_t *found = json_of(&report);
    cr_expect_null(json_object_get(found, "attempts_max"));
    json_decref(found);
    known.attempts_max = 6;
    found = json_of(&report);
    cr_expect_eq(json_integer_value(json_object_get(found, "attempts_max")), 6);
    json_decref(found);
    free(run);
}

Test(report, text_names_the_cause) {
    struct perf_workload workload = workload_of(PERF_GET);
    struct perf_loop_report *run = run_of(PERF_GET);
    struct perf_report report = {.http = &http,
                                 .workload = &workload,
                                 .loop = run,
                                 .backend = "epoll",
                                 .backend_cause = "io_uring is refused"};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    perf_report_text(out, &report);
    fclose(out);
    cr_expect(strstr(text, urls[0]));
    cr_expect(strstr(text, "and 1 more"));
    cr_expect(strstr(text, "on epoll: io_uring is refused\n"));
    cr_expect(strstr(text, "percentiles are at most 1.1 % too high or too low, max is exact\n"));
    free(text);
    free(run);
}

Test(report, sizes_tell_their_classes) {
    struct perf_workload workload = workload_of(PERF_GET);
    struct perf_loop_report *run = run_of(PERF_GET);
    struct perf_report report = {
        .s3 = &s3, .workload = &workload, .loop = run, .backend = "", .backend_cause = ""};
    json_t *found = json_of(&report);
    cr_expect_eq(json_array_size(json_object_get(found, "sizes")), 0);
    cr_expect_str_eq(text_of(found, "key_choice"), "uniform");
    json_decref(found);
    workload.sizes = (struct perf_sizes){.list = {{100, 3}, {200, 1}}, .count = 2, .total = 4};
    perf_zipf_init(&workload.zipf, 2, 1.5);
    perf_result_record(&run->result, &(struct perf_outcome){.kind = PERF_GET,
                                                            .latency_ns = 3000000,
                                                            .bytes_received = 200,
                                                            .size_class = 2});
    found = json_of(&report);
    cr_expect(json_is_null(json_object_get(found, "size_bytes")));
    cr_expect_float_eq(json_number_value(json_object_get(found, "zipf_exponent")), 1.5, 1e-9);
    json_t *sizes = json_object_get(found, "sizes"), *second = json_array_get(sizes, 1);
    cr_expect_eq(json_integer_value(json_object_get(json_array_get(sizes, 0), "operations")), 0);
    cr_expect_eq(json_integer_value(json_object_get(second, "size_bytes")), 200);
    cr_expect_eq(json_integer_value(json_object_get(second, "weight")), 1);
    cr_expect_eq(json_integer_value(json_object_get(second, "operations")), 1);
    cr_expect_eq(json_integer_value(json_object_get(second, "bytes")), 200);
    json_decref(found);
    free(run);
}

/* A run of 2.5 seconds in which nothing ended in the second one. */
Test(report, a_series_has_a_row_a_step) {
    static struct perf_usage usage = {
        .looked_ns = 1000000000, .step_s = 1, .used = 1, .steps = {{4096, 500000000}}};
    struct perf_workload workload = workload_of(PERF_GET);
    struct perf_loop_report *run = run_of(PERF_GET);
    struct perf_report report = {.http = &http,
                                 .workload = &workload,
                                 .loop = run,
                                 .usage = &usage,
                                 .backend = "",
                                 .backend_cause = ""};
    run->ended_ns = 2500000000u;
    run->series = (struct perf_series_figures){
        .step_s = 1, .count = 3, .list = {{4, 0, 1000000, 2000000}, {0, 1, 0, 0}, {5, 0, 1, 1}}};
    json_t *found = json_of(&report), *list = json_object_get(found, "series");
    json_t *first = json_array_get(list, 0), *second = json_array_get(list, 1);
    cr_expect_eq(json_array_size(list), 3);
    cr_expect_eq(json_integer_value(json_object_get(first, "operations")), 4);
    cr_expect_eq(json_number_value(json_object_get(first, "rate")), 4);
    cr_expect_eq(json_number_value(json_object_get(first, "p99")), 2);
    cr_expect_eq(json_integer_value(json_object_get(first, "rss_bytes")), 4096);
    cr_expect_eq(json_number_value(json_object_get(first, "cpu_percent")), 50);
    cr_expect(json_is_null(json_object_get(second, "p50")));
    cr_expect_eq(json_integer_value(json_object_get(second, "errors")), 1);
    cr_expect_eq(json_number_value(json_object_get(json_array_get(list, 2), "rate")), 10);
    json_decref(found);
    free(run);
}

/* A requirement about failures stands in for the rule that none may fail. */
Test(report, the_error_is_what_was_missed_first) {
    struct perf_workload workload = workload_of(PERF_GET);
    struct perf_loop_report *run = run_of(PERF_GET);
    struct hr_error error = {.message = "no"};
    perf_result_record(&run->result,
                       &(struct perf_outcome){.kind = PERF_GET, .result = -EIO, .error = &error});
    struct perf_requirement list[2] = {
        {.text = "success_rate>0.4", .path = "success_rate", .measured = true, .met = true},
        {.text = "bytes<1", .path = "bytes", .measured = true, .value = 100}};
    struct perf_report report = {
        .http = &http, .workload = &workload, .loop = run, .backend = "", .backend_cause = ""};
    json_t *found = json_of(&report);
    cr_expect_str_eq(text_of(json_object_get(found, "error"), "code"), "EIO");
    cr_expect_eq(json_array_size(json_object_get(found, "requirements")), 0);
    json_decref(found);
    report.requirements = list;
    report.requirement_count = 1;
    found = json_of(&report);
    cr_expect(json_is_null(json_object_get(found, "error")));
    json_decref(found);
    report.requirement_count = 2;
    found = json_of(&report);
    cr_expect_str_eq(text_of(json_object_get(found, "error"), "message"),
                     "requirement missed: bytes<1: it is 100");
    cr_expect_eq(json_array_size(json_object_get(found, "requirements")), 2);
    json_decref(found);
    free(run);
}

Test(report, a_failure_of_a_run_whose_figures_are_not_told_is_its_error) {
    struct perf_workload workload = workload_of(PERF_GET);
    struct perf_loop_report *run = run_of(PERF_GET);
    static const struct perf_report_with with = {.alone.failed = 1};
    const struct perf_report report = {.http = &http,
                                       .workload = &workload,
                                       .loop = run,
                                       .with = &with,
                                       .backend = "",
                                       .backend_cause = ""};
    json_t *found = json_of(&report);
    cr_expect_str_eq(text_of(json_object_get(found, "error"), "class"), "failed");
    json_decref(found);
    const struct perf_report_strict strict = {.failed = 3};
    struct perf_report_s3 of_five = s3;
    of_five.strict = &strict;
    cr_expect_eq(perf_report_failed_elsewhere(&(struct perf_report){.s3 = &of_five, .loop = run}),
                 3);
    free(run);
}

/* A shard that was killed and went on ends when its last process does. */
Test(report, the_end_of_a_shard_has_the_time_in_it_that_was_lost) {
    struct perf_workload workload = workload_of(PERF_GET);
    struct perf_loop_report *run = run_of(PERF_GET);
    struct perf_soak *soak = perf_soak_new(1000000000u);
    const struct perf_report_shard shard = {.rank = {.rank = 1, .size = 2}};
    struct perf_report report = {.http = &http,
                                 .workload = &workload,
                                 .loop = run,
                                 .shard = &shard,
                                 .started_at_ms = 1000,
                                 .backend = "",
                                 .backend_cause = ""};
    json_t *found = json_of(&report);
    cr_expect_str_eq(text_of(json_object_get(found, "shard"), "ended_at"),
                     "1970-01-01T00:00:02.000Z");
    json_decref(found);
    perf_soak_join(soak, 1000, 0);
    perf_soak_advance(soak, 400000000);
    perf_soak_join(soak, 9000, 1500);
    perf_soak_advance(soak, 600000000);
    report.soak = soak;
    found = json_of(&report);
    cr_expect_str_eq(text_of(json_object_get(found, "shard"), "ended_at"),
                     "1970-01-01T00:00:09.600Z");
    json_decref(found);
    perf_soak_free(soak);
    free(run);
}

static size_t workload_text(const struct perf_workload *workload, char *text, size_t capacity) {
    struct perf_loop_report run = {.held_together = false};
    const struct perf_report report = {.s3 = &s3, .workload = workload, .loop = &run};
    struct hr_json_writer json;
    hr_json_init(&json, text, capacity, NULL, NULL);
    perf_report_workload_json(&json, &report);
    cr_assert_eq(hr_json_finish(&json), 0);
    return json.size;
}

Test(report, a_workload_has_its_classes_of_sizes) {
    static char text[4096], other[4096];
    struct perf_workload workload = workload_of(PERF_PUT);
    workload.sizes = (struct perf_sizes){.list = {{2, 1}, {9, 3}}, .count = 2, .total = 4};
    size_t size = workload_text(&workload, text, sizeof text);
    cr_expect_not_null(memmem(text, size, "\"size_classes\":[[2,1],[9,3]]", 28));
    workload.sizes.list[1].weight = 2;
    workload.sizes.total = 3;
    size_t other_size = workload_text(&workload, other, sizeof other);
    cr_expect(size != other_size || memcmp(text, other, size) != 0);
}
