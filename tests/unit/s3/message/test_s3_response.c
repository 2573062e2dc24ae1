#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cases.h"
#include "operations.h"
#include "s3_classify.h"
#include "s3_response.h"
#include "xml.h"

static struct hr_http_field field(const char *name, const char *value) {
    return (struct hr_http_field){hr_slice_of(name), hr_slice_of(value)};
}

static struct hr_error error_of(int status, const char *body) {
    struct hr__s3_response_ids ids = {.request_id = "REQ1"};
    struct hr_error error;
    hr__s3_response_error("GetObject", status, &ids, hr_slice_of(body), &error);
    cr_assert_eq(error.code, HR_ERR_S3_SERVICE);
    cr_assert_eq(error.http_status, status);
    cr_assert(error.message[0] != 0);
    return error;
}

Test(answer, error_documents) {
    struct hr_error error = error_of(
        404, "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code><Message>The specified key does "
             "not exist.</Message><Key>k</Key><RequestId>BODY</RequestId></Error>");
    cr_assert_str_eq(error.service_code, "NoSuchKey");
    cr_assert_str_eq(error.message, "The specified key does not exist.");
    cr_assert_str_eq(error.request_id, "REQ1");

    error = error_of(403, "<ErrorResponse><Error><Code>A</Code></Error></ErrorResponse>");
    cr_assert_str_eq(error.service_code, "A");
    error = error_of(404, "");
    cr_assert_str_eq(error.service_code, "");
    cr_assert_str_eq(error.message,
                     "the response to GetObject is HTTP status 404: no such bucket or object");
    error = error_of(502, "<html><body>Bad Gateway</body></html>");
    cr_assert_str_eq(error.service_code, "");
    cr_assert(strstr(error.message, "HTTP status 502 and a web page"), "%s", error.message);
    error = error_of(404, "<!doctype html><title>x");
    cr_assert(strstr(error.message, "a web page"), "%s", error.message);
    error = error_of(404, "nothing here");
    cr_assert(strstr(error.message, "no error of S3"), "%s", error.message);
    error = error_of(500, "<Error><Code>Half</Code><Mess"); /* broken: nothing of it is believed */
    cr_assert_str_eq(error.service_code, "");
    error = error_of(400, "<Error><Code>A\x1b[31m</Code></Error>"); /* no XML */
    cr_assert_str_eq(error.service_code, "");
    error = error_of(400, "<Error><Code>A</Code><Message>a&#10;b</Message></Error>");
    cr_assert_str_eq(error.message, "a?b");
    error =
        error_of(301, "<Error><Code>PermanentRedirect</Code><Message>m</Message><Region>eu-west-"
                      "1</Region></Error>");
    cr_assert(strstr(error.message, "eu-west-1"));

    struct hr__s3_response_ids ids = {.region = "eu-west-2"};
    hr__s3_response_error("HeadBucket", 301, &ids, hr_slice_bytes(NULL, 0), &error);
    cr_assert(strstr(error.message, "region eu-west-2"));
    hr__s3_response_error("x", 400, &ids,
                          hr_slice_of("<Error><Code>C</Code><RequestId>R</RequestId></Error>"),
                          &error);
    cr_assert_str_eq(error.request_id, "R");
}

Test(answer, objects) {
    struct hr_http_field fields[] = {
        field("ETag", "\"e\""),
        field("Last-Modified", "Tue, 10 Jan 2023 23:39:32 GMT"),
        field("Content-Type", "text/plain"),
        field("x-amz-version-id", "v1"),
        field("x-amz-storage-class", "STANDARD"),
        field("Content-Range", "bytes 0-9/100"),
    };
    struct hr_http_head head = {.status = 200,
                                .fields = fields,
                                .field_count = 5,
                                .has_content_length = true,
                                .content_length = 5368709121};
    struct hr_s3_object_info info;
    struct hr_error error;
    cr_assert_eq(hr__s3_response_object(&head, &error, &info), 0);
    cr_assert_eq(info.size_bytes, 5368709121);
    cr_assert_eq(info.last_modified_s, 1673393972);
    cr_assert_str_eq(info.etag, "e");
    cr_assert_str_eq(info.content_type, "text/plain");
    cr_assert_str_eq(info.version_id, "v1");
    cr_assert_str_eq(info.storage_class, "STANDARD");
    head.status = 206;
    head.field_count = 6;
    head.content_length = 10;
    cr_assert_eq(hr__s3_response_object(&head, &error, &info), 0);
    cr_assert_eq(info.size_bytes, 100);
    head = (struct hr_http_head){.status = 200};
    cr_assert_eq(hr__s3_response_object(&head, &error, &info), 0);
    cr_assert_eq(info.last_modified_s, 0);
    cr_assert_str_eq(info.etag, "");
}

Test(answer, values_that_do_not_fit_are_left_out) {
    char out[8];
    hr__copy_whole(out, sizeof out, hr_slice_of("1234567"));
    cr_assert_str_eq(out, "1234567");
    hr__copy_whole(out, sizeof out, hr_slice_of("12345678"));
    cr_assert_str_eq(out, "");
    cr_assert(hr_slice_equal(hr__unquote(hr_slice_of("\"")), hr_slice_of("\"")));
    cr_assert(hr_slice_equal(hr__unquote(hr_slice_of("\"\"")), hr_slice_of("")));
    cr_assert(hr_slice_equal(hr__unquote(hr_slice_of("bare")), hr_slice_of("bare")));
}

Test(answer, ranges) {
    static const struct {
        int status;
        const char *content_range; /* NULL: none */
        bool ranged;
        uint64_t first, last;
        int result;
    } cases[] = {
        {200, NULL, false, 0, 0, 0},
        {206, "bytes 0-9/100", true, 0, 9, 0},
        {206, "bytes 90-99/100", true, 90, 200, 0},
        {206, "bytes 5-99/*", true, 5, UINT64_MAX, 0},
        {206, "bytes 0-9/100", false, 0, 0, HR_ERR_HTTP_UNEXPECTED},
        {200, NULL, true, 0, 9, HR_ERR_HTTP_UNEXPECTED},
        {206, NULL, true, 0, 9, HR_ERR_S3_RESPONSE},
        {206, "bytes 1-9/100", true, 0, 9, HR_ERR_S3_RESPONSE},
        {206, "bytes 0-10/100", true, 0, 9, HR_ERR_S3_RESPONSE},
        {206, "bytes 9-0/100", true, 9, 9, HR_ERR_S3_RESPONSE},
        {206, "bytes 0-100/100", true, 0, 100, HR_ERR_S3_RESPONSE},
        {206, "bytes */100", true, 0, 9, HR_ERR_S3_RESPONSE},
        {206, "pages 0-9/100", true, 0, 9, HR_ERR_S3_RESPONSE},
        {206, "bytes 0-9", true, 0, 9, HR_ERR_S3_RESPONSE},
        {206, "bytes 0/9-100", true, 0, 9, HR_ERR_S3_RESPONSE},
        {206, "bytes -1-9/100", true, 0, 9, HR_ERR_S3_RESPONSE},
        {206, "bytes 0-99999999999999999999/*", true, 0, UINT64_MAX, HR_ERR_S3_RESPONSE},
    };
    static const struct {
        const char *content_range;
        uint64_t content_length;
        int result;
    } lengths[] = {
        {"bytes 0-9/100", 10, 0},
        {"bytes 0-9/100", 9, HR_ERR_S3_RESPONSE},
        {"bytes 0-9/100", 11, HR_ERR_S3_RESPONSE},
        {"bytes 0-18446744073709551615/*", 0, HR_ERR_S3_RESPONSE},
    };
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct hr_http_field one = field("content-range", lengths[i].content_range);
        struct hr_http_head head = {.status = 206,
                                    .fields = &one,
                                    .field_count = 1,
                                    .has_content_length = true,
                                    .content_length = lengths[i].content_length};
        struct hr_s3_get get = {.ranged = true, .range_last = UINT64_MAX};
        struct hr_error error;
        cr_assert_eq(hr__s3_response_range(&head, &get, &error), lengths[i].result, "%zu", i);
    }
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hr_http_field one = field("content-range", cases[i].content_range);
        struct hr_http_head head = {.status = cases[i].status,
                                    .fields = &one,
                                    .field_count = cases[i].content_range ? 1 : 0};
        struct hr_s3_get get = {
            .ranged = cases[i].ranged, .range_first = cases[i].first, .range_last = cases[i].last};
        struct hr_error error;
        cr_assert_eq(hr__s3_response_range(&head, &get, &error), cases[i].result, "%zu", i);
    }
}

/* ---- The cases given: errors of every operation, hostile ones among them. */

static void check_error(const json_t *one, const json_t *expected) {
    const json_t *response = json_object_get(one, "response");
    const char *name = cases_text(one, "name");
    struct hr_slice body = cases_slice(response, "body");
    int status = (int)json_integer_value(json_object_get(response, "status"));
    struct hr__s3_response_ids ids = {.request_id = ""};
    const char *id = cases_text(json_object_get(response, "headers"), "x-amz-request-id");
    if (id) snprintf(ids.request_id, sizeof ids.request_id, "%s", id);
    id = cases_text(json_object_get(response, "headers"), "x-amz-id-2");
    if (id) snprintf(ids.host_id, sizeof ids.host_id, "%s", id);
    struct hr_error error;
    if (status == 200) cr_assert(hr__xml_is_error(body), "%s", name);
    hr__s3_response_error(cases_text(one, "operation"), status, &ids, body, &error);
    const char *code = cases_text(expected, "code"), *message = cases_text(expected, "message"),
               *request_id = cases_text(expected, "request_id");
    if (code)
        cr_assert_str_eq(error.service_code, code, "%s", name);
    else
        cr_assert(strlen(error.service_code) < sizeof error.service_code, "%s", name);
    if (message) cr_assert(strncmp(error.message, message, strlen(message)) == 0, "%s", name);
    cr_assert(!strstr(error.message, "root:"), "%s: a file was read", name);
    if (request_id) cr_assert_str_eq(error.request_id, request_id, "%s", name);
    const char *host_id = cases_text(expected, "host_id");
    if (host_id) cr_assert_str_eq(ids.host_id, host_id, "%s", name);
    json_t *retryable = json_object_get(one, "retryable");
    if (!retryable) retryable = json_object_get(json_object_get(one, "expect"), "retryable");
    if (json_is_boolean(retryable))
        cr_assert_eq(hr__s3_classify_response(status, hr_slice_of(error.service_code)) !=
                         HR_HTTP_FINAL,
                     json_is_true(retryable), "%s", name);
}

Test(answer, cases_given) {
    json_t *all = cases_load("s3/response.given.jsonl");
    if (!all) cr_skip_test("no conformance cases: s3/response");
    size_t index, counted = 0;
    json_t *one;
    json_array_foreach(all, index, one) {
        const json_t *expected = json_object_get(json_object_get(one, "expect"), "error");
        if (!expected) continue;
        check_error(one, expected);
        counted++;
    }
    cr_assert_geq(counted, 10);
    json_decref(all);
}

/* What is longer than its field shows that it is not whole, and the remedy keeps its room. */
Test(answer, what_is_cut_shows_it) {
    char document[1200], id[100];
    memset(id, 'r', sizeof id - 1);
    id[sizeof id - 1] = 0;
    snprintf(document, sizeof document,
             "<Error><Code>%s</Code><Message>%0300d</Message><RequestId>%s</RequestId>"
             "<Region>eu-west-1</Region></Error>",
             id, 7, id);
    struct hr__s3_response_ids ids = {.request_id = ""};
    struct hr_error error;
    hr__s3_response_error("GetObject", 400, &ids, hr_slice_of(document), &error);
    cr_assert(strstr(error.message, "\xe2\x80\xa6 (the bucket is in region eu-west-1)"), "%s",
              error.message);
    cr_assert(strstr(error.request_id, "rrr\xe2\x80\xa6"), "%s", error.request_id);
    cr_assert(strstr(error.service_code, "rrr\xe2\x80\xa6"), "%s", error.service_code);
    struct hr_http_field one = field("x-amz-request-id", id);
    struct hr_http_head head = {.status = 200, .fields = &one, .field_count = 1};
    hr__s3_response_ids(&head, &ids);
    cr_assert(strstr(ids.request_id, "rrr\xe2\x80\xa6"), "%s", ids.request_id);
    char type[300];
    memset(type, 't', sizeof type - 1);
    type[sizeof type - 1] = 0;
    one = field("content-type", type);
    struct hr_s3_object_info info;
    cr_assert_eq(hr__s3_response_object(&head, &error, &info), 0);
    cr_assert(info.cut);
    cr_assert_str_eq(info.content_type, "");
    one.value.size = 255;
    cr_assert_eq(hr__s3_response_object(&head, &error, &info), 0);
    cr_assert(!info.cut);
    cr_assert_eq(strlen(info.content_type), 255);
}

/* 2026-01-01T00:00:00Z is 1767225600. */
Test(answer, clocks_that_are_apart) {
    static const char skewed[] =
        "<Error><Code>RequestTimeTooSkewed</Code><Message>The difference between the request time "
        "and the current time is too large.</Message><RequestTime>20260101T010203Z</RequestTime>"
        "<ServerTime>2026-01-01T00:00:00Z</ServerTime></Error>";
    static const char denied[] = "<Error><Code>AccessDenied</Code><Message>No</Message></Error>";
    static const struct {
        int status;
        const char *body;
        uint64_t date_s, now_s;
        const char *wanted; /* NULL: no hint */
    } cases[] = {
        {403, skewed, 0, 1767225600 + 3723,
         "here it is 2026-01-01T01:02:03Z, at the store 2026-01-01T00:00:00Z, 1 h 2 min earlier"},
        {403, skewed, 1767225600 + 5, 1767225600 - 1000, "16 min 40 s later"},
        {403, "", 1767225600 + 4 * 86400 + 7200, 1767225600, "4 d 2 h later"}, /* to a HEAD */
        {403, denied, 1767225600 + 901, 1767225600, "15 min 1 s later"},
        {403, denied, 1767225600 + 900, 1767225600, NULL},
        {403, denied, 0, 1767225600, NULL},
        {404, "", 1767225600 + 86400, 1767225600, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hr__s3_response_ids ids = {.date_s = cases[i].date_s, .now_s = cases[i].now_s};
        struct hr_error error;
        hr__s3_response_error("HeadObject", cases[i].status, &ids, hr_slice_of(cases[i].body),
                              &error);
        if (cases[i].wanted)
            cr_assert(strstr(error.message, cases[i].wanted), "%s", error.message);
        else
            cr_assert(!strstr(error.message, "the clock:"), "%s", error.message);
    }
    struct hr_http_field one = field("Date", "Thu, 01 Jan 2026 00:00:00 GMT");
    struct hr_http_head head = {.status = 403, .fields = &one, .field_count = 1};
    struct hr__s3_response_ids ids = {.date_s = 7};
    hr__s3_response_ids(&head, &ids);
    cr_assert_eq(ids.date_s, 1767225600);
}

/* It is told to the user, and may become part of a host. */
Test(answer, a_region_that_is_no_label_is_none) {
    const struct hr_http_field fields[] = {field("x-amz-bucket-region", "eu\twest")};
    const struct hr_http_head head = {.status = 301, .fields = fields, .field_count = 1};
    struct hr__s3_response_ids ids = {.region = "old"};
    struct hr_error error;
    hr__s3_response_ids(&head, &ids);
    cr_assert_str_eq(ids.region, "");
    hr__s3_response_error("GetObject", 400, &ids,
                          hr_slice_of("<Error><Code>AuthorizationHeaderMalformed</Code><Message>m"
                                      "</Message><Region>eu/west</Region></Error>"),
                          &error);
    cr_assert_str_eq(ids.region, "");
    cr_assert_str_eq(error.message, "m");
}
