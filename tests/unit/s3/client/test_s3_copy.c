/* Copies: what is asked of the store, and what its answers become. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "needs_kernel.h"
#include "prepared.h"
#include "scripted.h"

TestSuite(s3_copy, .init = scripted_begin, .fini = scripted_end);

static int run(struct hr_s3_copy *copy) {
    return scripted_wait(hr_s3_copy_start(scripted_client, copy), &copy->request);
}

#define COPIED                                                                                     \
    "<CopyObjectResult><ETag>\"abc\"</ETag><LastModified>1994-11-06T08:49:37.000Z</LastModified>"  \
    "</CopyObjectResult>"

Test(s3_copy, a_copy_has_the_answer_s_etag_and_time) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {
        {.status = "200 OK", .fields = "x-amz-version-id: V1\r\n", .text = COPIED}};
    scripted_serve(turns, 1);
    struct hr_s3_copy copy = {
        .bucket = "to", .key = "k", .source = {.bucket = "b", .key = "a b/ü"}};
    cr_assert_eq(run(&copy), 0, "%s", copy.request.error.message);
    cr_assert_str_eq(copy.etag, "abc");
    cr_assert_str_eq(copy.version_id, "V1");
    cr_assert_eq(copy.last_modified_s, 784111777);
    cr_assert_eq(scripted_received("PUT /to/k HTTP/1.1\r\n"), 1);
    cr_assert_eq(scripted_received("x-amz-copy-source: b/a%20b/%C3%BC\r\n"), 1);
    cr_assert_eq(scripted_received("Content-Length: 0\r\n"), 1);
}

Test(s3_copy, an_error_behind_200_and_a_conflict_are_repeated) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {
        {.status = "200 OK", .text = "  \n<Error><Code>SlowDown</Code></Error>"},
        {.status = "409 Conflict",
         .text = "<Error><Code>ConditionalRequestConflict</Code></Error>"},
        {.status = "200 OK", .text = COPIED},
        {.status = "200 OK", .text = "<Error><Code>AccessDenied</Code></Error>"},
        {.status = "412 Precondition Failed"}};
    scripted_serve(turns, 5);
    struct hr_s3_copy copy = {.bucket = "to", .key = "k", .source = {.bucket = "b", .key = "k"}};
    cr_assert_eq(run(&copy), 0, "%s", copy.request.error.message);
    cr_assert_eq(copy.request.attempts, 3);
    cr_assert_eq(run(&copy), HR_ERR_S3_SERVICE);
    cr_assert_str_eq(copy.request.error.service_code, "AccessDenied");
    cr_assert_eq(run(&copy), HR_ERR_S3_PRECONDITION);
    cr_assert(!copy.etag[0]);
}

Test(s3_copy, answers_that_are_no_copy_s_are_errors) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {{.status = "200 OK"},
                                          {.status = "200 OK", .text = "<CopyObjectResult/>"},
                                          {.status = "200 OK", .text = "<CopyPartResult/>"},
                                          {.status = "200 OK", .text = "<CopyObjectResult><ETag>"}};
    scripted_serve(turns, 4);
    struct hr_s3_copy copy = {.bucket = "to", .key = "k", .source = {.bucket = "b", .key = "k"}};
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(run(&copy), HR_ERR_S3_RESPONSE, "answer %d", i);
        cr_assert(!copy.etag[0]);
    }
}

static struct prepared made;

Test(s3_copy, source_directives_and_conditions_are_written) {
    struct hr_s3_metadata metadata = {"colour", "red"};
    struct hr_s3_tag tag = {"a", "b"};
    struct hr_s3_copy copy = {
        .bucket = "to",
        .key = "k",
        .source = {.bucket = "arn:aws:s3:us-west-2:123456789012:accesspoint/mine",
                   .key = "k?1",
                   .version_id = "v/1",
                   .conditions = {.if_match = "e1",
                                  .if_none_match = "e2",
                                  .if_modified_since_s = 784111777,
                                  .if_unmodified_since_s = 784111777},
                   .customer_key = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk",
                   .expected_owner = "1"},
        .replace_metadata = true,
        .replace_tags = true,
        .content_type = "a/b",
        .metadata = &metadata,
        .metadata_count = 1,
        .options = {.tags = &tag, .tag_count = 1, .storage_class = "GLACIER"},
        .conditions = {.if_none_match = "*"}};
    cr_assert_eq(prepared_make(&made, HR__S3_COPY, &copy, "https://h"), 0, "%s",
                 made.error.message);
    static const char *const fields[][2] = {
        {"x-amz-copy-source", "arn%3Aaws%3As3%3Aus-west-2%3A123456789012%3Aaccesspoint/mine/object/"
                              "k%3F1?versionId=v%2F1"},
        {"x-amz-copy-source-if-match", "\"e1\""},
        {"x-amz-copy-source-if-none-match", "\"e2\""},
        {"x-amz-copy-source-if-modified-since", "Sun, 06 Nov 1994 08:49:37 GMT"},
        {"x-amz-copy-source-if-unmodified-since", "Sun, 06 Nov 1994 08:49:37 GMT"},
        {"x-amz-copy-source-server-side-encryption-customer-algorithm", "AES256"},
        {"x-amz-source-expected-bucket-owner", "1"},
        {"x-amz-metadata-directive", "REPLACE"},
        {"x-amz-tagging-directive", "REPLACE"},
        {"x-amz-tagging", "a=b"},
        {"x-amz-storage-class", "GLACIER"},
        {"x-amz-meta-colour", "red"},
        {"content-type", "a/b"},
        {"if-none-match", "*"},
        {"if-match", NULL}};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        cr_assert(prepared_has(&made, fields[i][0], fields[i][1]), "%s", fields[i][0]);
    prepared_free(&made);
}

Test(s3_copy, what_start_refuses) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {{.status = "200 OK"}};
    scripted_serve(turns, 1);
    struct hr_s3_metadata metadata = {"colour", "red"};
    const struct hr_s3_copy good = {
        .bucket = "to", .key = "k", .source = {.bucket = "b", .key = "k"}};
    struct hr_s3_copy copies[] = {good, good, good, good, good, good};
    copies[0].source.bucket = NULL;
    copies[1].source.key = "";
    copies[2].metadata = &metadata;
    copies[2].metadata_count = 1;
    copies[3].options.cache_control = "no-store";
    copies[4].options.tag_count = 1;
    copies[5].field_count = 1;
    static const char *const why[] = {"source.bucket",    "source.key",   "replace_metadata",
                                      "replace_metadata", "replace_tags", "fields"};
    for (size_t i = 0; i < sizeof copies / sizeof copies[0]; i++) {
        cr_assert_eq(hr_s3_copy_start(scripted_client, &copies[i]), -EINVAL, "%s", why[i]);
        cr_assert(strstr(copies[i].request.error.message, why[i]), "%s",
                  copies[i].request.error.message);
    }
}
