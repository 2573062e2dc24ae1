/* Uploads in parts against a store that follows a script. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "needs_kernel.h"
#include "prepared.h"
#include "scripted.h"

TestSuite(s3_multipart, .init = scripted_begin, .fini = scripted_end);

#define CREATED                                                                                    \
    "<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><UploadId>u/1</UploadId>"        \
    "</InitiateMultipartUploadResult>"
#define COMPLETED(etag)                                                                            \
    "<CompleteMultipartUploadResult><Location>l</Location><Bucket>b</Bucket><Key>k</"              \
    "Key><ETag>\"" etag "\"</ETag></CompleteMultipartUploadResult>"

/* MD5 of "a" and of "b"; ETAG is that of both digests, by md5sum. */
#define MD5_A "0cc175b9c0f1b6a831c399e269772661"
#define MD5_B "92eb5ffee6ae2fec3ad71c777531578f"
#define ETAG  "96e024ba2074fe77e8e965ba43a704be-2"

static const struct hr_s3_completed_part parts[] = {
    {.part_number = 1, .etag = MD5_A},
    {.part_number = 2, .etag = "\"" MD5_B "\"", .checksum = {.algorithm = HR_S3_CHECKSUM_CRC32}}};
static int create_it(struct hr_s3_upload_create *create) {
    create->bucket = "b";
    create->key = "k";
    return scripted_wait(hr_s3_upload_create_start(scripted_client, create), &create->request);
}

static struct hr_s3_upload_complete completing(void) {
    return (struct hr_s3_upload_complete){
        .bucket = "b", .key = "k", .upload_id = "u/1", .parts = parts, .part_count = 2};
}

/* The bytes of its document. */
static uint64_t body_size(void) {
    struct prepared made = {.error = {0}};
    struct hr_s3_upload_complete complete = completing();
    cr_assert_eq(prepared_make(&made, HR__S3_UPLOAD_COMPLETE, &complete, "http://h"), 0);
    uint64_t size = made.call->http.body.size;
    prepared_free(&made);
    return size;
}

static int complete_it(struct hr_s3_upload_complete *complete) {
    return scripted_wait(hr_s3_upload_complete_start(scripted_client, complete),
                         &complete->request);
}

Test(s3_multipart, created_filled_and_completed) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {
        {.status = "200 OK", .text = CREATED},
        {.body = 1, .status = "200 OK", .fields = "ETag: \"" MD5_A "\"\r\n"},
        {.status = "200 OK",
         .text = "<CopyPartResult><ETag>\"" MD5_B "\"</ETag><LastModified>"
                 "1994-11-06T08:49:37Z</LastModified></CopyPartResult>"},
        {.body = body_size(),
         .status = "200 OK",
         .fields = "x-amz-version-id: V1\r\n",
         .text = "   \n \n" COMPLETED(ETAG)},
        {.status = "204 No Content"}};
    scripted_serve(turns, 5);
    struct hr_s3_upload_create create = {.content_type = "a/b",
                                         .checksum_algorithm = HR_S3_CHECKSUM_CRC32};
    cr_assert_eq(create_it(&create), 0, "%s", create.request.error.message);
    cr_assert_str_eq(create.upload_id, "u/1");
    struct hr_s3_upload_part part = {.bucket = "b",
                                     .key = "k",
                                     .upload_id = create.upload_id,
                                     .part_number = 1,
                                     .body = hr_source_bytes("a", 1)};
    cr_assert_eq(scripted_wait(hr_s3_upload_part_start(scripted_client, &part), &part.request), 0);
    cr_assert_str_eq(part.etag, MD5_A);
    cr_assert_eq(part.sent_bytes, 1);
    struct hr_s3_upload_part_copy copy = {.bucket = "b",
                                          .key = "k",
                                          .upload_id = create.upload_id,
                                          .part_number = 2,
                                          .source = {.bucket = "s", .key = "o"},
                                          .ranged = true,
                                          .range_first = 5,
                                          .range_last = 5};
    copy.source.conditions.if_match = "e";
    cr_assert_eq(scripted_wait(hr_s3_upload_part_copy_start(scripted_client, &copy), &copy.request),
                 0, "%s", copy.request.error.message);
    cr_assert_str_eq(copy.etag, MD5_B);
    struct hr_s3_upload_complete complete = completing();
    cr_assert_eq(complete_it(&complete), 0, "%s", complete.request.error.message);
    cr_assert_str_eq(complete.etag, ETAG);
    cr_assert_str_eq(complete.version_id, "V1");
    cr_assert(!complete.looked_up);
    struct hr_s3_upload_abort abort = {.bucket = "b", .key = "k", .upload_id = "u/1"};
    cr_assert_eq(scripted_wait(hr_s3_upload_abort_start(scripted_client, &abort), &abort.request),
                 0);
    static const char *const sent[] = {"POST /b/k?uploads HTTP/1.1\r\n",
                                       "PUT /b/k?partNumber=1&uploadId=u%2F1 HTTP/1.1\r\n",
                                       "PUT /b/k?partNumber=2&uploadId=u%2F1 HTTP/1.1\r\n",
                                       "x-amz-copy-source-range: bytes=5-5\r\n",
                                       "x-amz-copy-source-if-match: \"e\"\r\n",
                                       "x-amz-checksum-algorithm: CRC32\r\n",
                                       "POST /b/k?uploadId=u%2F1 HTTP/1.1\r\n",
                                       "<PartNumber>2</PartNumber>",
                                       "<ChecksumCRC32>AAAAAA==</ChecksumCRC32>",
                                       "DELETE /b/k?uploadId=u%2F1 HTTP/1.1\r\n"};
    for (size_t i = 0; i < sizeof sent / sizeof sent[0]; i++)
        cr_assert_eq(scripted_received(sent[i]), 1, "%s", sent[i]);
}

Test(s3_multipart, a_complete_whose_answer_was_lost_looks_at_the_object) {
    NEEDS_KERNEL("a raw peer");
    static const char gone[] = "<Error><Code>NoSuchUpload</Code><Message>gone</Message></Error>";
    static const char good[] =
        "ETag: \"" ETAG "\"\r\nx-amz-version-id: V1\r\nContent-Length: 2\r\n";
    const struct scripted_turn turns[] = {
        {.body = body_size(), .status = NULL},
        {.body = body_size(), .status = "404 Not Found", .text = gone},
        {.status = "200 OK", .fields = good}};
    scripted_serve(turns, 3);
    struct hr_s3_upload_complete complete = completing();
    complete.object_size_bytes = 2;
    cr_assert_eq(complete_it(&complete), 0, "%s", complete.request.error.message);
    cr_assert(complete.looked_up);
    cr_assert_str_eq(complete.etag, ETAG);
    cr_assert_str_eq(complete.version_id, "V1");
    cr_assert_eq(scripted_received("HEAD /b/k HTTP/1.1\r\n"), 1);
    cr_assert_eq(scripted_received("x-amz-mp-object-size: 2\r\n"), 2);
}

static void assert_gone(const struct scripted_turn *look) {
    static const char gone[] = "<Error><Code>NoSuchUpload</Code><Message>gone</Message></Error>";
    const struct scripted_turn turns[] = {
        {.body = body_size(), .status = "500 Internal Server Error"},
        {.body = body_size(), .status = "404 Not Found", .text = gone},
        *look};
    scripted_serve(turns, 3);
    struct hr_s3_upload_complete complete = completing();
    complete.object_size_bytes = 2;
    cr_assert_eq(complete_it(&complete), HR_ERR_S3_SERVICE);
    cr_assert_str_eq(complete.request.error.service_code, "NoSuchUpload");
    cr_assert_str_eq(complete.request.error.message, "gone");
    cr_assert(!complete.looked_up && !complete.etag[0]);
    cr_assert_eq(scripted_requests(), 3);
}

Test(s3_multipart, an_object_of_other_parts_is_no_success) {
    NEEDS_KERNEL("a raw peer");
    assert_gone(&(struct scripted_turn){
        .status = "200 OK", .fields = "ETag: \"" MD5_A "-2\"\r\nContent-Length: 2\r\n"});
}

/* A store whose ETags are no MD5: their number and the size are what there is. */
static int look_at_opaque(const char *fields) {
    static const char gone[] = "<Error><Code>NoSuchUpload</Code><Message>gone</Message></Error>";
    const struct scripted_turn turns[] = {
        {.body = body_size(), .status = "500 Internal Server Error"},
        {.body = body_size(), .status = "404 Not Found", .text = gone},
        {.status = "200 OK", .fields = fields}};
    scripted_provider = "r2";
    scripted_serve(turns, 3);
    struct hr_s3_upload_complete complete = completing();
    complete.object_size_bytes = 2;
    return complete_it(&complete);
}

Test(s3_multipart, an_opaque_etag_with_number_and_size_is_success) {
    NEEDS_KERNEL("a raw peer");
    cr_assert_eq(look_at_opaque("ETag: \"zufall-2\"\r\nContent-Length: 2\r\n"), 0);
}

Test(s3_multipart, an_opaque_etag_of_another_number_of_parts_is_none) {
    NEEDS_KERNEL("a raw peer");
    cr_assert_eq(look_at_opaque("ETag: \"zufall-3\"\r\nContent-Length: 2\r\n"), HR_ERR_S3_SERVICE);
}

Test(s3_multipart, nor_is_one_of_another_size) {
    NEEDS_KERNEL("a raw peer");
    assert_gone(&(struct scripted_turn){.status = "200 OK",
                                        .fields = "ETag: \"" ETAG "\"\r\nContent-Length: 3\r\n"});
}

Test(s3_multipart, nor_one_that_is_missing) {
    NEEDS_KERNEL("a raw peer");
    assert_gone(&(struct scripted_turn){.status = "404 Not Found"});
}

Test(s3_multipart, the_first_complete_does_not_look_and_a_conflict_is_final) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {
        {.body = body_size(),
         .status = "404 Not Found",
         .text = "<Error><Code>NoSuchUpload</Code></Error>"},
        {.body = body_size(),
         .status = "409 Conflict",
         .text = "<Error><Code>ConditionalRequestConflict</Code></Error>"},
        {.body = body_size(), .status = "412 Precondition Failed"},
        {.body = body_size(),
         .status = "200 OK",
         .text = "\n <Error><Code>AccessDenied</Code></Error>"}};
    scripted_serve(turns, 4);
    static const int results[] = {HR_ERR_S3_SERVICE, HR_ERR_S3_CONFLICT, HR_ERR_S3_PRECONDITION,
                                  HR_ERR_S3_SERVICE};
    for (int i = 0; i < 4; i++) {
        struct hr_s3_upload_complete complete = completing();
        if (i > 0) complete.conditions.if_none_match = "*";
        cr_assert_eq(complete_it(&complete), results[i], "%d: %s", i,
                     complete.request.error.message);
        if (i < 3) cr_assert_eq(complete.request.attempts, 1);
    }
}

Test(s3_multipart, a_refusal_behind_200_is_final_and_has_its_result) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {
        {.body = body_size(),
         .status = "200 OK",
         .text = "\n <Error><Code>ConditionalRequestConflict</Code></Error>"},
        {.body = body_size(),
         .status = "200 OK",
         .text = "\n <Error><Code>PreconditionFailed</Code></Error>"}};
    static const int results[] = {HR_ERR_S3_CONFLICT, HR_ERR_S3_PRECONDITION};
    scripted_serve(turns, 2);
    for (int i = 0; i < 2; i++) {
        struct hr_s3_upload_complete complete = completing();
        complete.conditions.if_none_match = "*";
        cr_assert_eq(complete_it(&complete), results[i], "%d: %s", i,
                     complete.request.error.message);
        cr_assert_eq(complete.request.attempts, 1, "complete is never repeated after a conflict");
    }
}

Test(s3_multipart, upload_ids_up_to_the_limit) {
    NEEDS_KERNEL("a raw peer");
    static char fits[1400], long_one[1400];
    char id[HR_S3_UPLOAD_ID_MAX + 2];
    memset(id, 'u', sizeof id);
    snprintf(fits, sizeof fits,
             "<InitiateMultipartUploadResult><UploadId>%.*s</UploadId>"
             "</InitiateMultipartUploadResult>",
             HR_S3_UPLOAD_ID_MAX, id);
    snprintf(long_one, sizeof long_one,
             "<InitiateMultipartUploadResult><UploadId>%.*s</UploadId>"
             "</InitiateMultipartUploadResult>",
             HR_S3_UPLOAD_ID_MAX + 1, id);
    const struct scripted_turn turns[] = {{.status = "200 OK", .text = fits},
                                          {.status = "200 OK", .text = long_one},
                                          {.status = "200 OK", .text = "<Other/>"}};
    scripted_serve(turns, 3);
    struct hr_s3_upload_create create = {.bucket = "b"};
    cr_assert_eq(create_it(&create), 0, "%s", create.request.error.message);
    cr_assert_eq(strlen(create.upload_id), HR_S3_UPLOAD_ID_MAX);
    cr_assert_eq(create_it(&create), HR_ERR_S3_RESPONSE);
    cr_assert(!create.upload_id[0] && strstr(create.request.error.message, "1024"));
    cr_assert_eq(create_it(&create), HR_ERR_S3_RESPONSE);
}

Test(s3_multipart, what_start_refuses) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {{.status = "200 OK"}};
    scripted_serve(turns, 1);
    struct hr_s3_upload_part part = {.bucket = "b", .key = "k", .upload_id = "u"};
    cr_assert_eq(hr_s3_upload_part_start(scripted_client, &part), -EINVAL);
    part.part_number = 10001;
    cr_assert_eq(hr_s3_upload_part_start(scripted_client, &part), -EINVAL);
    cr_assert(strstr(part.request.error.message, "10001"));
    part.part_number = 1;
    part.upload_id = "";
    cr_assert_eq(hr_s3_upload_part_start(scripted_client, &part), -EINVAL);
    struct hr_s3_upload_complete complete = completing();
    complete.part_count = 10001;
    cr_assert_eq(hr_s3_upload_complete_start(scripted_client, &complete), -EINVAL);
    static const struct hr_s3_completed_part nameless = {.part_number = 1},
                                             wrong[] = {{.part_number = 2, .etag = "e"},
                                                        {.part_number = 1, .etag = "e"}};
    complete.part_count = 1;
    complete.parts = &nameless;
    cr_assert_eq(hr_s3_upload_complete_start(scripted_client, &complete), -EINVAL);
    complete.parts = wrong;
    complete.part_count = 2;
    cr_assert_eq(complete_it(&complete), -EINVAL, "parts that do not ascend");
    struct hr_s3_upload_abort abort = {.bucket = "b", .key = "k"};
    cr_assert_eq(hr_s3_upload_abort_start(scripted_client, &abort), -EINVAL);
    struct hr_s3_part_list list = {.bucket = "b", .key = "k"};
    cr_assert_eq(hr_s3_part_list_start(scripted_client, &list), -EINVAL);
}
