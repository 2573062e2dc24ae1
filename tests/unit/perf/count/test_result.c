/* Counting and merging outcomes. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "result.h"

static void record(struct perf_result *result, int code, const char *service_code,
                   uint32_t attempts) {
    struct hr_error error;
    hr_error_set(&error, code, "why %d", code);
    snprintf(error.service_code, sizeof error.service_code, "%s", service_code);
    perf_result_record(result, &(struct perf_outcome){.kind = PERF_GET,
                                                      .result = code,
                                                      .attempts = attempts,
                                                      .latency_ns = 1000,
                                                      .bytes_received = 7,
                                                      .error = &error});
}

Test(result, every_outcome_counts_once) {
    struct perf_result *result = calloc(1, sizeof *result);
    record(result, 0, "", 1);
    record(result, 0, "", 3);
    record(result, -ECANCELED, "", 1);
    record(result, HR_ERR_S3_SERVICE, "NoSuchKey", 1);
    record(result, HR_ERR_S3_SERVICE, "NoSuchKey", 4);
    record(result, -ECONNRESET, "", 1);
    struct perf_totals totals = perf_result_totals(result);
    cr_expect_eq(totals.succeeded, 2);
    cr_expect_eq(totals.failed, 3);
    cr_expect_eq(totals.cancelled, 1);
    cr_expect_eq(result->first_attempt_succeeded, 1);
    cr_expect_eq(result->retries, 5);
    cr_expect_eq(result->bytes_received, 14, "of what succeeded only");
    cr_expect_eq(result->kind[PERF_GET].latency_ns.count, 2);
    cr_assert_eq(result->error_count, 2);
    cr_expect_str_eq(result->errors[0].name, "NoSuchKey");
    cr_expect_eq(result->errors[0].count, 2);
    cr_expect(strstr(result->errors[0].example, "get: why"));
    cr_expect_str_eq(result->errors[1].name, "ECONNRESET");
    free(result);
}

/* An answer that was not wanted is named by its status, not by our code for all of them. */
Test(result, a_status_is_a_name) {
    struct perf_result *result = calloc(1, sizeof *result);
    struct hr_error error;
    hr_error_set(&error, HR_ERR_HTTP_UNEXPECTED, "why");
    const int statuses[] = {404, 503, 404};
    for (size_t i = 0; i < 3; i++)
        perf_result_record(result, &(struct perf_outcome){.kind = PERF_GET,
                                                          .result = error.code,
                                                          .http_status = statuses[i],
                                                          .error = &error});
    cr_assert_eq(result->error_count, 2);
    cr_expect_str_eq(result->errors[0].name, "HTTP 404");
    cr_expect_eq(result->errors[0].count, 2);
    cr_expect_str_eq(result->errors[1].name, "HTTP 503");
    free(result);
}

Test(result, merging_adds_up) {
    struct perf_result *parts = calloc(3, sizeof *parts);
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k <= i; k++) record(&parts[i], 0, "", 1);
        record(&parts[i], HR_ERR_S3_SERVICE, i ? "SlowDown" : "NoSuchKey", 2);
    }
    perf_result_merge(&parts[0], &parts[1]);
    perf_result_merge(&parts[0], &parts[2]);
    struct perf_totals totals = perf_result_totals(&parts[0]);
    cr_expect_eq(totals.succeeded, 6);
    cr_expect_eq(totals.failed, 3);
    cr_expect_eq(parts[0].retries, 3);
    cr_expect_eq(parts[0].kind[PERF_GET].latency_ns.count, 6);
    cr_assert_eq(parts[0].error_count, 2);
    cr_expect_eq(parts[0].errors[1].count, 2);
    cr_expect(parts[0].errors[1].example[0]);
    free(parts);
}

/* More kinds of errors than there is room for are counted together, none is lost. */
Test(result, too_many_kinds_of_errors) {
    struct perf_result *result = calloc(1, sizeof *result);
    char name[64];
    uint64_t counted = 0;
    for (int i = 0; i < 3 * PERF_ERRORS_MAX; i++) {
        snprintf(name, sizeof name, "Code%d", i);
        record(result, HR_ERR_S3_SERVICE, name, 1);
    }
    cr_assert_eq(result->error_count, PERF_ERRORS_MAX);
    cr_expect_str_eq(result->errors[PERF_ERRORS_MAX - 1].name, "other");
    for (size_t i = 0; i < result->error_count; i++) counted += result->errors[i].count;
    cr_expect_eq(counted, 3 * PERF_ERRORS_MAX);
    free(result);
}
