/* Keys that XML cannot hold, and that stores repeat in their answers. */
#include <criterion/criterion.h>
#include <string.h>

#include "needs_kernel.h"
#include "prepared.h"
#include "scripted.h"

TestSuite(s3_odd_keys, .init = scripted_begin, .fini = scripted_end);

#define KEY                                                                                        \
    "a\x01"                                                                                        \
    "b"
#define ETAG "d41d8cd98f00b204e9800998ecf8427e-1"

static const struct hr_s3_completed_part part = {.part_number = 1, .etag = "e"};

static uint64_t body_size(struct hr_s3_upload_complete complete) {
    struct prepared made = {.error = {0}};
    cr_assert_eq(prepared_make(&made, HR__S3_UPLOAD_COMPLETE, &complete, "http://h"), 0);
    uint64_t size = made.call->http.body.size;
    prepared_free(&made);
    return size;
}

/* As bytes, and as references, which are no better. */
Test(s3_odd_keys, an_upload_is_created_listed_and_completed) {
    NEEDS_KERNEL("a raw peer");
    struct hr_s3_upload_complete complete = {
        .bucket = "b", .key = KEY, .upload_id = "u1", .parts = &part, .part_count = 1};
    const struct scripted_turn turns[] = {
        {.status = "200 OK",
         .text = "<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>" KEY
                 "</Key><UploadId>u1</UploadId></InitiateMultipartUploadResult>"},
        {.status = "200 OK",
         .text = "<ListPartsResult><Key>a&#x1;b</Key><UploadId>u1</UploadId><IsTruncated>false"
                 "</IsTruncated></ListPartsResult>"},
        {.body = body_size(complete),
         .status = "200 OK",
         .text = "<CompleteMultipartUploadResult><Key>a&#1;b</Key><ETag>" ETAG
                 "</ETag></CompleteMultipartUploadResult>"}};
    scripted_serve(turns, 3);
    struct hr_s3_upload_create create = {.bucket = "b", .key = KEY};
    cr_assert_eq(
        scripted_wait(hr_s3_upload_create_start(scripted_client, &create), &create.request), 0,
        "%s", create.request.error.message);
    cr_assert_str_eq(create.upload_id, "u1");
    struct hr_s3_part_list list = {.bucket = "b", .key = KEY, .upload_id = "u1"};
    cr_assert_eq(scripted_wait(hr_s3_part_list_start(scripted_client, &list), &list.request), 0,
                 "%s", list.request.error.message);
    cr_assert_eq(
        scripted_wait(hr_s3_upload_complete_start(scripted_client, &complete), &complete.request),
        0, "%s", complete.request.error.message);
    cr_assert_str_eq(complete.etag, ETAG);
}

Test(s3_odd_keys, an_error_has_its_code) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turn = {.status = "404 Not Found",
                                       .text = "<Error><Code>NoSuchKey</Code><Key>" KEY
                                               "</Key><Message>none</Message></Error>"};
    scripted_serve(&turn, 1);
    char bytes[1];
    struct hr_s3_get get = {.bucket = "b", .key = KEY, .sink = hr_sink_bytes(bytes, 1)};
    cr_assert_eq(scripted_wait(hr_s3_get_start(scripted_client, &get), &get.request),
                 HR_ERR_S3_SERVICE);
    cr_assert_str_eq(get.request.error.service_code, "NoSuchKey");
}

/* Another key's document is read as strictly as ever. */
Test(s3_odd_keys, of_other_keys_such_a_document_is_refused) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turn = {
        .status = "200 OK",
        .text = "<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>" KEY
                "</Key><UploadId>u1</UploadId></InitiateMultipartUploadResult>"};
    scripted_serve(&turn, 1);
    struct hr_s3_upload_create create = {.bucket = "b", .key = "a"};
    cr_assert_eq(
        scripted_wait(hr_s3_upload_create_start(scripted_client, &create), &create.request),
        HR_ERR_S3_RESPONSE);
}
