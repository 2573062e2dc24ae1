/* What a report says of what was asked for and of what it ran on. */
#include <criterion/criterion.h>
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
