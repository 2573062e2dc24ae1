#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include <headrace/s3_client.h>

#include "cases.h"
#include "s3_classify.h"

static const struct {
    int status;
    const char *code;
    enum hr_http_verdict verdict;
} cases[] = {
    {500, NULL, HR_HTTP_TRANSIENT},
    {502, "BadError", HR_HTTP_TRANSIENT},
    {503, "ServiceUnavailable", HR_HTTP_TRANSIENT},
    {504, NULL, HR_HTTP_TRANSIENT},
    {400, "RequestTimeout", HR_HTTP_TRANSIENT},
    {400, "PriorRequestNotComplete", HR_HTTP_TRANSIENT},
    {400, "BadDigest", HR_HTTP_TRANSIENT},
    {200, "InternalError", HR_HTTP_TRANSIENT},
    {200, "SomethingNew", HR_HTTP_TRANSIENT},
    {200, "SlowDown", HR_HTTP_THROTTLED},
    {503, "SlowDown", HR_HTTP_THROTTLED},
    {503, "SlowDownWrite", HR_HTTP_THROTTLED},
    {400, "RequestLimitExceeded", HR_HTTP_THROTTLED},
    {509, "BandwidthLimitExceeded", HR_HTTP_THROTTLED},
    {408, NULL, HR_HTTP_THROTTLED},
    {429, NULL, HR_HTTP_THROTTLED},
    {499, NULL, HR_HTTP_THROTTLED},
    {520, NULL, HR_HTTP_THROTTLED},
    {404, "NoSuchBucket", HR_HTTP_FINAL},
    {500, "NoSuchBucket", HR_HTTP_FINAL}, /* a store's wrong status does not make it pass */
    {200, "AccessDenied", HR_HTTP_FINAL},
    {403, "InvalidAccessKeyId", HR_HTTP_FINAL},
    {403, "SignatureDoesNotMatch", HR_HTTP_FINAL},
    {501, "NotImplemented", HR_HTTP_FINAL},
    {509, NULL, HR_HTTP_FINAL},
    {301, "PermanentRedirect", HR_HTTP_FINAL},
    {412, "PreconditionFailed", HR_HTTP_FINAL},
    {400, "slowdown", HR_HTTP_FINAL}, /* codes have case */
};

Test(errors, answers) {
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_assert_eq(hr__s3_classify_response(cases[i].status, hr_slice_of(cases[i].code)),
                     cases[i].verdict, "%d %s", cases[i].status, cases[i].code);
}

Test(errors, failures) {
    const int transient[] = {-ECONNREFUSED,
                             -ECONNRESET,
                             -EPIPE,
                             -EHOSTUNREACH,
                             HR_ERR_CONNECT_TIMEOUT,
                             HR_ERR_FIRST_BYTE_TIMEOUT,
                             HR_ERR_STALL_TIMEOUT,
                             HR_ERR_HTTP_TRUNCATED};
    const int final[] = {-EINVAL,
                         -ENOMEM,
                         -ENOBUFS,
                         -ECANCELED,
                         HR_ERR_POOL_TIMEOUT,
                         HR_ERR_SINK_FULL,
                         HR_ERR_SOURCE_SHORT,
                         HR_ERR_SOURCE_NOT_REWINDABLE,
                         HR_ERR_HTTP_BODY_TOO_LARGE,
                         HR_ERR_HTTP_MALFORMED,
                         -12345};
    for (size_t i = 0; i < sizeof transient / sizeof transient[0]; i++)
        cr_assert_eq(hr__s3_classify_failure(transient[i]), HR_HTTP_TRANSIENT, "%d", transient[i]);
    for (size_t i = 0; i < sizeof final / sizeof final[0]; i++)
        cr_assert_eq(hr__s3_classify_failure(final[i]), HR_HTTP_FINAL, "%d", final[i]);
}

/* The public function says it of an error that a program holds. */
Test(errors, a_failure_that_passes_is_retryable) {
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hr_error error = {.code = HR_ERR_S3_SERVICE, .http_status = cases[i].status};
        snprintf(error.service_code, sizeof error.service_code, "%s",
                 cases[i].code ? cases[i].code : "");
        cr_assert_eq(hr_s3_error_retryable(&error), cases[i].verdict != HR_HTTP_FINAL, "%d %s",
                     cases[i].status, cases[i].code);
    }
    const struct {
        int code, status;
        bool retryable;
    } others[] = {{-ECONNRESET, 0, true},
                  {HR_ERR_S3_CHECKSUM, 200, true},
                  {-ETIMEDOUT, 503, true},
                  {HR_ERR_S3_CONFLICT, 409, false},
                  {HR_ERR_S3_RESPONSE, 200, false},
                  {HR_ERR_S3_PRECONDITION, 412, false},
                  {HR_ERR_POOL_TIMEOUT, 0, false},
                  {-ECANCELED, 0, false},
                  {0, 200, false}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct hr_error error = {.code = others[i].code, .http_status = others[i].status};
        cr_assert_eq(hr_s3_error_retryable(&error), others[i].retryable, "%d", others[i].code);
    }
    cr_assert_not(hr_s3_error_retryable(NULL));
}

Test(errors, retry_after) {
    static const struct {
        const char *name, *value;
        uint64_t ms;
    } fields[] = {
        {"Retry-After", "2", 2000},
        {"x-amz-retry-after", "1500", 1500},
        {"Retry-After", "0", 0},
        {"Retry-After", "-1", 0},
        {"Retry-After", "soon", 0},
        {"Retry-After", "99999999999999999999", 0},
        {"Retry-After", "Fri, 24 May 2013 00:00:00 GMT", 0},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct hr_http_field field = {hr_slice_of(fields[i].name), hr_slice_of(fields[i].value)};
        struct hr_http_head head = {.status = 503, .fields = &field, .field_count = 1};
        cr_assert_eq(hr__s3_classify_retry_after_ms(&head), fields[i].ms, "%s", fields[i].value);
    }
}

Test(errors, cases_given) {
    json_t *all = cases_load("aws-retry/cases.given.jsonl");
    if (!all) cr_skip_test("no conformance cases: aws-retry");
    size_t index, counted = 0;
    json_t *one;
    json_array_foreach(all, index, one) {
        if (strcmp(cases_text(one, "kind"), "classify") != 0) continue;
        const json_t *retryable = json_object_get(one, "retryable");
        if (json_is_null(retryable)) continue; /* either is right */
        int status = (int)json_integer_value(json_object_get(one, "status"));
        enum hr_http_verdict verdict = hr__s3_classify_response(status, cases_slice(one, "code"));
        cr_assert_eq(verdict != HR_HTTP_FINAL, json_is_true(retryable), "%s",
                     cases_text(one, "name"));
        counted++;
    }
    cr_assert_geq(counted, 20);
    json_decref(all);
}
