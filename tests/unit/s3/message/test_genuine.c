#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "genuine.h"
#include "s3_row.h"
#include "s3_rows.h"

/* What servers answer. The first of stores: AWS, MinIO, versitygw, R2 (no x-amz field), GCS, OSS;
 * then of others: a captive portal, nginx, Python's http.server, a JSON service. */
static const struct answer {
    enum hr__s3_kind kind;
    int status;
    const char *fields[4]; /* "Name: value" */
    const char *body;
    bool genuine;
} answers[] = {
    {HR__S3_BUCKET_CREATE, 200, {"x-amz-request-id: 1", "Location: /b"}, "", true},
    {HR__S3_BUCKET_CREATE, 200, {"Location: /b"}, "", true},
    {HR__S3_BUCKET_CREATE, 200, {"X-GUploader-UploadID: 1"}, "", true},
    {HR__S3_BUCKET_CREATE, 200, {"x-oss-request-id: 1"}, "", true},
    {HR__S3_BUCKET_CREATE, 200, {"x-amzn-RequestId: 1"}, "<CreateBucketResponse/>", true},
    {HR__S3_BUCKET_CREATE, 200, {"Content-Type: text/html"}, "<html>", false},
    {HR__S3_BUCKET_CREATE, 200, {"Content-Type: text/html; charset=utf-8"}, "", false},
    {HR__S3_BUCKET_CREATE, 200, {"Content-Type: TEXT/HTML", "x-amz-id-2: 1"}, "<html>", false},
    /* moto calls everything HTML. */
    {HR__S3_BUCKET_CREATE, 200, {"Content-Type: text/html", "x-amzn-requestid: 1"}, "", true},
    {HR__S3_BUCKET_CREATE,
     200,
     {"Content-Type: text/html", "x-amzn-requestid: 1"},
     "<CreateBucketResponse/>",
     true},
    {HR__S3_PUT, 200, {"Content-Type: text/html", "ETag: \"e\""}, "", true},
    {HR__S3_DELETE, 204, {"Content-Type: text/html", "x-amzn-requestid: 1"}, "", true},
    {HR__S3_DELETE, 204, {"Content-Type: text/html"}, "", true},
    {HR__S3_BUCKET_DELETE, 204, {"Content-Type: text/html", "x-amzn-requestid: 1"}, "", true},
    {HR__S3_BUCKET_HEAD, 200, {"Content-Type: text/html", "x-amzn-requestid: 1"}, "", true},
    {HR__S3_BUCKET_CREATE, 200, {"Content-Type: application/xhtml+xml"}, "<html/>", false},
    {HR__S3_BUCKET_CREATE, 200, {"Location: /login"}, " \n<!DOCTYPE html><p>", false},
    {HR__S3_BUCKET_CREATE, 200, {"Location: /login"}, "<HTML></HTML>", false},
    {HR__S3_BUCKET_CREATE, 200, {"Location: /"}, "ok", false},
    {HR__S3_BUCKET_CREATE, 200, {"Content-Type: application/json"}, "{\"ok\":true}", false},
    {HR__S3_BUCKET_CREATE, 200, {"Content-Type: application/xml"}, "<ok/>", false},
    {HR__S3_BUCKET_CREATE, 200, {"X-Request-Id: 1"}, "", false},
    {HR__S3_BUCKET_CREATE, 200, {NULL}, "", false},
    {HR__S3_BUCKET_DELETE, 204, {NULL}, "", true},
    {HR__S3_BUCKET_DELETE, 200, {"x-amz-request-id: 1"}, "", true},
    {HR__S3_BUCKET_DELETE, 200, {"Content-Type: text/html"}, "<html>", false},
    {HR__S3_BUCKET_DELETE, 200, {NULL}, "", false},
    {HR__S3_BUCKET_DELETE, 200, {"Location: /b"}, "", false},
    {HR__S3_DELETE, 204, {"x-amz-request-id: 1"}, "", true},
    {HR__S3_DELETE, 204, {NULL}, "", true},
    {HR__S3_DELETE, 200, {"Content-Type: text/plain"}, "deleted", false},
    {HR__S3_DELETE, 200, {"Content-Type: text/html"}, "", false},
    {HR__S3_PUT, 200, {"ETag: \"e\""}, "", true},
    {HR__S3_PUT, 200, {"ETag: \"e\""}, "<html>", false},
    {HR__S3_PUT, 200, {"x-amz-request-id: 1"}, "", false},
    {HR__S3_PUT, 200, {"ETag: "}, "", false},
    {HR__S3_BUCKET_HEAD, 200, {"x-amz-bucket-region: r"}, "", true},
    {HR__S3_BUCKET_HEAD, 200, {"Content-Type: application/xml"}, "", true},
    {HR__S3_BUCKET_HEAD, 200, {"Content-Type: text/html"}, "", false},
    {HR__S3_HEAD, 200, {"ETag: \"e\"", "Content-Type: text/html"}, "", true},
    {HR__S3_HEAD, 200, {"Last-Modified: x"}, "", true},
    {HR__S3_HEAD, 200, {"x-amz-request-id: 1"}, "", true},
    {HR__S3_HEAD, 200, {"Content-Type: text/html", "Last-Modified: x"}, "", false},
    {HR__S3_HEAD, 200, {"Content-Type: text/plain"}, "", false},
    {HR__S3_HEAD, 200, {NULL}, "", false},
    {HR__S3_GET, 200, {"ETag: \"e\"", "Content-Type: text/html"}, "", true},
    {HR__S3_GET, 200, {"Content-Type: text/plain"}, "", true},
    {HR__S3_GET, 200, {NULL}, "", true},
    {HR__S3_GET, 200, {"Content-Type: text/html"}, "", false},
    {HR__S3_LIST, 200, {"Content-Type: application/xml"}, "", true},
    {HR__S3_LIST, 200, {"Content-Type: text/html", "x-amz-request-id: 1"}, "", true},
    {HR__S3_LIST, 200, {"Content-Type: text/html"}, "", false},
    {HR__S3_LIST, 200, {"x-amz-request-id: 1"}, "<html><p>", false},
    {HR__S3_LIST, 200, {"Content-Type: application/xml"}, "<ListBucketResult/>", true},
    {HR__S3_LIST, 200, {NULL}, "hello", false},
    {HR__S3_BUCKET_LIST, 200, {"Content-Type: text/html"}, "", false},
};

static struct hr_http_field field_of(const char *text) {
    const char *colon = strchr(text, ':');
    return (struct hr_http_field){hr_slice_bytes(text, (size_t)(colon - text)),
                                  hr_slice_of(colon + 2)};
}

Test(genuine, answers_of_stores_and_of_others) {
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        const struct answer *one = &answers[i];
        const struct hr__s3_operation *operation = &hr__s3_rows[one->kind].operation;
        struct hr_http_field fields[4];
        struct hr_http_head head = {.status = one->status, .fields = fields};
        for (; head.field_count < 4 && one->fields[head.field_count]; head.field_count++)
            fields[head.field_count] = field_of(one->fields[head.field_count]);
        struct hr__marks marks;
        hr__marks_of(&head, &marks);
        struct hr_error error = {0};
        int err = hr__genuine_head(operation, one->status, &marks, &error);
        if (!err && operation->response != HR__S3_RESPONSE_OBJECT)
            err = hr__genuine_end(operation, one->status, &marks, hr_slice_of(one->body), &error);
        cr_assert_eq(err, one->genuine ? 0 : HR_ERR_S3_RESPONSE, "row %zu: %s", i, error.message);
        if (one->genuine) continue;
        cr_assert(strstr(error.message, "no S3 store"), "%s", error.message);
        cr_assert(strstr(error.message, operation->name), "%s", error.message);
        cr_assert_eq(error.http_status, one->status);
        cr_assert_lt(strlen(error.message), sizeof error.message - 3);
    }
}

/* A GET that broke off goes on only with the same bytes. */
Test(genuine, the_first_etag_tells_whether_it_is_strong) {
    static const struct {
        const char *fields[2];
        bool strong, coded;
    } cases[] = {
        {{"ETag: \"a\"", "Content-Encoding: gzip"}, true, true},
        {{"etag: W/\"a\"", "etag: \"a\""}, false, false},
        {{"etag: \"a\"", "etag: W/\"a\""}, true, false},
        {{"etag: \"\"", "content-encoding: "}, false, false},
        {{"etag: a", "Content-Type: x"}, false, false},
        {{"Content-Length: 1", "content-encoding: br"}, false, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hr_http_field fields[] = {field_of(cases[i].fields[0]),
                                         field_of(cases[i].fields[1])};
        struct hr_http_head head = {.status = 200, .fields = fields, .field_count = 2};
        struct hr__marks marks;
        hr__marks_of(&head, &marks);
        cr_assert_eq(marks.strong, cases[i].strong, "%zu", i);
        cr_assert_eq(marks.coded, cases[i].coded, "%zu", i);
    }
}
