/* Bodies that are compared with the checksum that the store names. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "needs_kernel.h"
#include "scripted.h"

TestSuite(s3_validate, .init = scripted_begin, .fini = scripted_end);

#define RIGHT "x-amz-checksum-crc32: NhCmhg==\r\n" /* of "hello" */
#define WRONG "x-amz-checksum-crc32: AAAAAA==\r\n"
#define ETAG  "ETag: \"e\"\r\n"

static char memory[64];

static int get_it(struct hr_s3_get *get) {
    get->bucket = "b";
    get->key = "k";
    get->sink = hr_sink_bytes(memory, sizeof memory);
    return scripted_wait(hr_s3_get_start(scripted_client, get), &get->request);
}

Test(s3_validate, a_right_body_is_told_as_compared) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {
        {.status = "200 OK", .fields = ETAG RIGHT, .text = "hello"},
        {.status = "200 OK",
         .fields = ETAG "x-amz-checksum-sha1: qvTGHdzF6KLavt4PO0gs2a6pQ00=\r\n"
                        "x-amz-checksum-type: FULL_OBJECT\r\n",
         .text = "hello"}};
    scripted_serve(turns, 2);
    struct hr_s3_get get = {0};
    cr_assert_eq(get_it(&get), 0, "%s", get.request.error.message);
    cr_assert_eq(get.verified, HR_S3_CHECKSUM_CRC32);
    get = (struct hr_s3_get){0};
    cr_assert_eq(get_it(&get), 0, "%s", get.request.error.message);
    cr_assert_eq(get.verified, HR_S3_CHECKSUM_SHA1);
    cr_assert_eq(scripted_received("x-amz-checksum-mode: ENABLED\r\n"), 2);
}

Test(s3_validate, what_cannot_be_compared_is_delivered_and_told) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {{.status = "200 OK", .fields = ETAG, .text = "hello"},
                                          {.status = "200 OK",
                                           .fields = ETAG "x-amz-checksum-crc32: AAAAAA==-2\r\n",
                                           .text = "hello"},
                                          {.status = "206 Partial Content",
                                           .fields = ETAG WRONG "Content-Range: bytes 0-4/9\r\n",
                                           .text = "hello"}};
    scripted_serve(turns, 3);
    for (int i = 0; i < 3; i++) {
        struct hr_s3_get get = {.ranged = i == 2, .range_last = 4};
        cr_assert_eq(get_it(&get), 0, "%s", get.request.error.message);
        cr_assert_eq(get.verified, HR_S3_CHECKSUM_NONE);
        cr_assert_eq(get.body_bytes, 5);
    }
}

Test(s3_validate, a_wrong_body_comes_once_more) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {
        {.status = "200 OK", .fields = ETAG RIGHT, .text = "hallo"},
        {.status = "200 OK", .fields = ETAG RIGHT, .text = "hello"}};
    scripted_serve(turns, 2);
    struct hr_s3_get get = {0};
    cr_assert_eq(get_it(&get), 0, "%s", get.request.error.message);
    cr_assert_eq(get.verified, HR_S3_CHECKSUM_CRC32);
    cr_assert_eq(get.request.attempts, 2);
    cr_assert_eq(memcmp(memory, "hello", 5), 0);
}

Test(s3_validate, a_body_that_stays_wrong_is_an_error_with_both_values) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {
        {.status = "200 OK", .fields = ETAG WRONG, .text = "hello"},
        {.status = "200 OK", .fields = ETAG WRONG, .text = "hello"},
        {.status = "200 OK", .fields = ETAG WRONG, .text = "hello"}};
    scripted_serve(turns, 3);
    struct hr_s3_get get = {0};
    cr_assert_eq(get_it(&get), HR_ERR_S3_CHECKSUM);
    cr_assert_eq(get.request.error.code, HR_ERR_S3_CHECKSUM);
    cr_assert_not_null(strstr(get.request.error.message, "NhCmhg=="));
    cr_assert_not_null(strstr(get.request.error.message, "AAAAAA=="));
    cr_assert_eq(get.request.attempts, 2, "retried once");
    cr_assert_eq(get.verified, HR_S3_CHECKSUM_NONE);
}

Test(s3_validate, a_malformed_value_is_an_error_that_names_its_field) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {
        {.status = "200 OK", .fields = ETAG "x-amz-checksum-crc32: NhCm\r\n", .text = "hello"}};
    scripted_serve(turns, 1);
    struct hr_s3_get get = {0};
    cr_assert_eq(get_it(&get), HR_ERR_S3_RESPONSE);
    cr_assert_not_null(strstr(get.request.error.message, "x-amz-checksum-crc32"));
}

static ssize_t consume(void *user, const void *data, size_t size) {
    (void)data;
    *(size_t *)user += size;
    return (ssize_t)size;
}

/* The consumer has the bytes already: there is no second attempt, and no success. */
Test(s3_validate, a_consumer_gets_the_error_in_place_of_success) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {
        {.status = "200 OK", .fields = ETAG WRONG, .text = "hello"}};
    scripted_serve(turns, 1);
    size_t seen = 0;
    struct hr_s3_get get = {.bucket = "b", .key = "k"};
    get.sink =
        (struct hr_sink){.kind = HR_SINK_CONSUMER, .fd = -1, .consume = consume, .user = &seen};
    cr_assert_eq(scripted_wait(hr_s3_get_start(scripted_client, &get), &get.request),
                 HR_ERR_S3_CHECKSUM);
    cr_assert_eq(seen, 5);
}

Test(s3_validate, when_required_asks_where_the_request_does) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {
        {.status = "200 OK", .fields = ETAG WRONG, .text = "hello"},
        {.status = "200 OK", .fields = ETAG RIGHT, .text = "hello"}};
    setenv("AWS_RESPONSE_CHECKSUM_VALIDATION", "WHEN_REQUIRED", 1);
    scripted_serve(turns, 2);
    struct hr_s3_get get = {0};
    cr_assert_eq(get_it(&get), 0);
    cr_assert_eq(get.verified, HR_S3_CHECKSUM_NONE);
    cr_assert_eq(scripted_received("x-amz-checksum-mode"), 0);
    struct hr_http_field mode = {hr_slice_of("X-Amz-Checksum-Mode"), hr_slice_of("ENABLED")};
    get = (struct hr_s3_get){.fields = &mode, .field_count = 1};
    cr_assert_eq(get_it(&get), 0);
    cr_assert_eq(get.verified, HR_S3_CHECKSUM_CRC32);
}

Test(s3_validate, options_and_variables_that_are_none) {
    struct hr_error error;
    hr_s3_client *client = NULL;
    hr_engine *engine;
    struct hr_engine_options one = {.reactors = 1};
    cr_assert_eq(hr_engine_new(&one, &error, &engine), 0);
    struct hr_s3_client_options options = {
        .access_key = "AK", .secret_key = "S", .response_checksums = 3};
    cr_assert_eq(hr_s3_client_new(engine, &options, &error, &client), -EINVAL);
    cr_assert_not_null(strstr(error.message, "response_checksums"));
    options.response_checksums = HR_S3_CHECKSUM_WHEN_DEFAULT;
    setenv("AWS_RESPONSE_CHECKSUM_VALIDATION", "never", 1);
    cr_assert_eq(hr_s3_client_new(engine, &options, &error, &client), HR_ERR_S3_PROFILE);
    cr_assert_not_null(strstr(error.message, "AWS_RESPONSE_CHECKSUM_VALIDATION"));
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
}
