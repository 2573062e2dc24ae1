/* The checksum of an object that parts make: what goes with complete, and what is refused. Values
 * of "hello", " world" and "hello world" are those of the catalogues' tools. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "needs_kernel.h"
#include "prepared.h"
#include "scripted.h"

TestSuite(s3_complete_checksum, .init = scripted_begin, .fini = scripted_end);

#define COMPLETED(element)                                                                         \
    "<CompleteMultipartUploadResult><ETag>\"e-2\"</ETag>" element "</"                             \
    "CompleteMultipartUploadResult>"

static struct hr_s3_checksum value_of(enum hr_s3_checksum_algorithm algorithm, const char *text) {
    struct hr_s3_checksum value;
    cr_assert_eq(hr_s3_checksum_compute(algorithm, text, strlen(text), &value), 0);
    return value;
}

static struct hr_s3_completed_part parts[2];

/* "hello" and " world". */
static struct hr_s3_upload_complete completing(enum hr_s3_checksum_algorithm algorithm,
                                               enum hr_s3_checksum_type type) {
    static const char *const texts[] = {"hello", " world"};
    for (unsigned i = 0; i < 2; i++)
        parts[i] = (struct hr_s3_completed_part){.part_number = i + 1,
                                                 .etag = "e",
                                                 .checksum = value_of(algorithm, texts[i]),
                                                 .size_bytes = strlen(texts[i])};
    return (struct hr_s3_upload_complete){.bucket = "b",
                                          .key = "k",
                                          .upload_id = "u",
                                          .parts = parts,
                                          .part_count = 2,
                                          .checksum_type = type};
}

static int prepare(struct prepared *made, struct hr_s3_upload_complete *complete) {
    return prepared_make(made, HR__S3_UPLOAD_COMPLETE, complete, "https://store.example");
}

Test(s3_complete_checksum, crcs_of_parts_make_that_of_the_whole) {
    struct prepared made = {.error = {0}};
    struct hr_s3_upload_complete complete =
        completing(HR_S3_CHECKSUM_CRC32, HR_S3_CHECKSUM_FULL_OBJECT);
    cr_assert_eq(prepare(&made, &complete), 0, "%s", made.error.message);
    cr_assert(prepared_has(&made, "x-amz-checksum-crc32", "DUoRhQ=="), "zlib's of the whole");
    cr_assert(prepared_has(&made, "x-amz-checksum-type", "FULL_OBJECT"));
    cr_assert(prepared_has(&made, "x-amz-mp-object-size", "11"));
    prepared_free(&made);
}

Test(s3_complete_checksum, crc64nvme_is_of_the_full_object_unasked) {
    struct prepared made = {.error = {0}};
    struct hr_s3_upload_complete complete = completing(HR_S3_CHECKSUM_CRC64NVME, 0);
    cr_assert_eq(prepare(&made, &complete), 0, "%s", made.error.message);
    cr_assert(prepared_has(&made, "x-amz-checksum-type", "FULL_OBJECT"));
    cr_assert_gt(prepared_field(&made, "x-amz-checksum-crc64nvme").size, 0);
    prepared_free(&made);
}

Test(s3_complete_checksum, a_composite_value_goes_with_the_parts_alone) {
    struct prepared made = {.error = {0}};
    struct hr_s3_upload_complete complete = completing(HR_S3_CHECKSUM_SHA1, 0);
    cr_assert_eq(prepare(&made, &complete), 0, "%s", made.error.message);
    cr_assert(prepared_has(&made, "x-amz-checksum-sha1", NULL));
    cr_assert(prepared_has(&made, "x-amz-checksum-type", NULL));
    const struct hr_source *body = &made.call->http.body;
    static const char one[] = "<ChecksumSHA1>qvTGHdzF6KLavt4PO0gs2a6pQ00=</ChecksumSHA1>";
    cr_assert(memmem(body->data, (size_t)body->size, one, sizeof one - 1));
    prepared_free(&made);
}

/* What is not known is not made up. */
Test(s3_complete_checksum, without_all_sizes_or_values_nothing_is_combined) {
    struct prepared made = {.error = {0}};
    struct hr_s3_upload_complete complete =
        completing(HR_S3_CHECKSUM_CRC32, HR_S3_CHECKSUM_FULL_OBJECT);
    parts[1].size_bytes = 0;
    cr_assert_eq(prepare(&made, &complete), 0, "%s", made.error.message);
    cr_assert(prepared_has(&made, "x-amz-checksum-crc32", NULL));
    cr_assert(prepared_has(&made, "x-amz-checksum-type", "FULL_OBJECT"), "the caller said it");
    cr_assert(prepared_has(&made, "x-amz-mp-object-size", NULL));
    prepared_free(&made);
}

Test(s3_complete_checksum, the_callers_value_is_compared_with_the_parts) {
    const struct hr_s3_checksum right = value_of(HR_S3_CHECKSUM_CRC32C, "hello world"),
                                wrong = value_of(HR_S3_CHECKSUM_CRC32C, "hello_world");
    for (int i = 0; i < 2; i++) {
        struct prepared made = {.error = {0}};
        struct hr_s3_upload_complete complete =
            completing(HR_S3_CHECKSUM_CRC32C, HR_S3_CHECKSUM_FULL_OBJECT);
        complete.checksum = i ? &wrong : &right;
        cr_assert_eq(prepare(&made, &complete), i ? HR_ERR_S3_CHECKSUM : 0);
        if (i) cr_assert_not_null(strstr(made.error.message, "CRC32C"), "%s", made.error.message);
        prepared_free(&made);
    }
}

static void refused(struct hr_s3_upload_complete *complete, const char *why) {
    struct prepared made = {.error = {0}};
    cr_assert_eq(prepare(&made, complete), -EINVAL);
    cr_assert_not_null(strstr(made.error.message, why), "%s", made.error.message);
    prepared_free(&made);
}

Test(s3_complete_checksum, types_and_values_that_do_not_go_together_are_named) {
    const struct hr_s3_checksum whole = value_of(HR_S3_CHECKSUM_CRC32, "hello world");
    struct hr_s3_upload_complete complete =
        completing(HR_S3_CHECKSUM_SHA256, HR_S3_CHECKSUM_FULL_OBJECT);
    refused(&complete, "FULL_OBJECT cannot be used with SHA256");
    complete = completing(HR_S3_CHECKSUM_CRC64NVME, HR_S3_CHECKSUM_COMPOSITE);
    refused(&complete, "COMPOSITE cannot be used with CRC64NVME");
    complete = completing(HR_S3_CHECKSUM_CRC32, HR_S3_CHECKSUM_COMPOSITE);
    complete.checksum = &whole;
    refused(&complete, "COMPOSITE");
    complete = completing(HR_S3_CHECKSUM_CRC32, 0);
    parts[1].checksum = value_of(HR_S3_CHECKSUM_SHA1, "x");
    refused(&complete, "parts[1].checksum");
    complete = completing(HR_S3_CHECKSUM_CRC32, 3);
    refused(&complete, "checksum_type is 3");
}

Test(s3_complete_checksum, types_of_an_upload_that_are_refused_before_it_begins) {
    static const struct {
        enum hr_s3_checksum_algorithm algorithm;
        enum hr_s3_checksum_type type;
        const char *why;
    } rows[] = {{HR_S3_CHECKSUM_NONE, HR_S3_CHECKSUM_FULL_OBJECT, "go together"},
                {HR_S3_CHECKSUM_XXHASH3, HR_S3_CHECKSUM_FULL_OBJECT, "XXHASH3"},
                {HR_S3_CHECKSUM_CRC64NVME, HR_S3_CHECKSUM_COMPOSITE, "CRC64NVME"},
                {HR_S3_CHECKSUM_CRC32, 3, "checksum_type is 3"},
                {HR_S3_CHECKSUM_ALGORITHMS, 0, "checksum_algorithm is 11"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct prepared made = {.error = {0}};
        struct hr_s3_upload_create create = {.bucket = "b",
                                             .key = "k",
                                             .checksum_algorithm = rows[i].algorithm,
                                             .checksum_type = rows[i].type};
        cr_assert_eq(prepared_make(&made, HR__S3_UPLOAD_CREATE, &create, "http://h"), -EINVAL);
        cr_assert_not_null(strstr(made.error.message, rows[i].why), "%s", made.error.message);
        prepared_free(&made);
    }
}

/* ---- The answer. */

static uint64_t document_size(void) {
    struct prepared made = {.error = {0}};
    struct hr_s3_upload_complete complete = completing(HR_S3_CHECKSUM_CRC32, 0);
    cr_assert_eq(prepare(&made, &complete), 0);
    uint64_t size = made.call->http.body.size;
    prepared_free(&made);
    return size;
}

static int answered(const char *element, struct hr_s3_upload_complete *complete) {
    char text[512];
    snprintf(text, sizeof text, COMPLETED("%s"), element);
    const struct scripted_turn turns[] = {
        {.body = document_size(), .status = "200 OK", .text = text}};
    scripted_serve(turns, 1);
    *complete = completing(HR_S3_CHECKSUM_CRC32, 0);
    return scripted_wait(hr_s3_upload_complete_start(scripted_client, complete),
                         &complete->request);
}

/* CRC32 of the two values' bytes, by zlib. */
Test(s3_complete_checksum, the_stores_value_of_the_whole_is_told) {
    NEEDS_KERNEL("a raw peer");
    struct hr_s3_upload_complete complete;
    const struct hr_s3_checksum_part two[] = {{value_of(HR_S3_CHECKSUM_CRC32, "hello"), 5},
                                              {value_of(HR_S3_CHECKSUM_CRC32, " world"), 6}};
    struct hr_s3_checksum expected;
    char value[HR_S3_CHECKSUM_TEXT_MAX], element[160];
    cr_assert_eq(hr_s3_checksum_composite(two, 2, &expected), 0);
    hr_s3_checksum_format(&expected, value);
    snprintf(element, sizeof element, "<ChecksumCRC32>%s</ChecksumCRC32>", value);
    cr_assert_eq(answered(element, &complete), 0, "%s", complete.request.error.message);
    cr_assert(hr_s3_checksum_equal(&complete.object_checksum, &expected));
}

Test(s3_complete_checksum, another_value_of_the_whole_is_an_error) {
    NEEDS_KERNEL("a raw peer");
    struct hr_s3_upload_complete complete;
    cr_assert_eq(answered("<ChecksumCRC32>AAAAAA==-2</ChecksumCRC32>", &complete),
                 HR_ERR_S3_CHECKSUM);
    cr_assert_not_null(strstr(complete.request.error.message, "AAAAAA==-2"));
    cr_assert_eq(complete.request.attempts, 1, "the upload is no more");
}

/* One of the full object says nothing of the digests of parts. */
Test(s3_complete_checksum, a_value_of_another_kind_is_told_and_not_compared) {
    NEEDS_KERNEL("a raw peer");
    struct hr_s3_upload_complete complete;
    cr_assert_eq(answered("<ChecksumCRC32>AAAAAA==</ChecksumCRC32>", &complete), 0);
    cr_assert_eq(complete.object_checksum.parts, 0);
    cr_assert_eq(complete.object_checksum.algorithm, HR_S3_CHECKSUM_CRC32);
}
