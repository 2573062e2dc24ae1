/* Copies of any size against a store that follows a script: what is asked of it, in which order,
 * and what becomes of odd answers. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "needs_kernel.h"
#include "prepared.h"
#include "scripted.h"

TestSuite(copy_wire, .init = scripted_begin, .fini = scripted_end);

#define FIVE_GIB HR_S3_PART_SIZE_MAX

/* HEAD of a source. */
#define SOURCE(size, more)                                                                         \
    { .status = "200 OK", .fields = "ETag: \"e\"\r\nContent-Length: " size "\r\n" more }
#define TAGS(set)                                                                                  \
    { .status = "200 OK", .text = "<Tagging><TagSet>" set "</TagSet></Tagging>" }
#define CREATED                                                                                    \
    {                                                                                              \
        .status = "200 OK", .text = "<InitiateMultipartUploadResult><UploadId>u1</UploadId>"       \
                                    "</InitiateMultipartUploadResult>"                             \
    }
#define PART(etag)                                                                                 \
    { .status = "200 OK", .text = "<CopyPartResult><ETag>\"" etag "\"</ETag></CopyPartResult>" }
#define COMPLETED(size)                                                                            \
    {                                                                                              \
        size, .status = "200 OK", .fields = "x-amz-version-id: V9\r\n",                            \
              .text = "<CompleteMultipartUploadResult><ETag>\"abc-2\"</ETag>"                      \
                      "</CompleteMultipartUploadResult>"                                           \
    }
#define COPIED                                                                                     \
    { .status = "200 OK", .text = "<CopyObjectResult><ETag>\"abc\"</ETag></CopyObjectResult>" }
#define GONE                                                                                       \
    { .status = "204 No Content" }
#define FAILED(status_, code)                                                                      \
    { .status = status_, .text = "<Error><Code>" code "</Code></Error>" }

#define SERVE(...)                                                                                 \
    do {                                                                                           \
        NEEDS_KERNEL("a raw peer");                                                                \
        const struct scripted_turn turns_[] = {__VA_ARGS__};                                       \
        scripted_serve(turns_, sizeof turns_ / sizeof turns_[0]);                                  \
    } while (0)

static int run(struct hr_s3_transfer_copy *copy) {
    copy->bucket = "to";
    copy->key = "k";
    copy->source.bucket = "from";
    copy->source.key = "a";
    if (!copy->transfer.part_size) copy->transfer.part_size = FIVE_GIB;
    copy->transfer.parallel = 1;
    return scripted_wait(hr_s3_transfer_copy_start(scripted_client, copy), &copy->request);
}

/* The bytes of the document that completes `count` parts, whose ETags are "1", "2" … */
static uint64_t document_size(size_t count) {
    static const char *const etags[] = {"1", "2"};
    struct hr_s3_completed_part parts[2];
    for (size_t i = 0; i < count; i++)
        parts[i] = (struct hr_s3_completed_part){.part_number = (uint32_t)i + 1, .etag = etags[i]};
    struct hr_s3_upload_complete complete = {
        .bucket = "to", .key = "k", .upload_id = "u1", .parts = parts, .part_count = count};
    struct prepared made = {.error = {0}};
    cr_assert_eq(prepared_make(&made, HR__S3_UPLOAD_COMPLETE, &complete, "http://h"), 0);
    uint64_t size = made.call->http.body.size;
    prepared_free(&made);
    return size;
}

/* `first` is received before `second`, each once. */
static void expect_order(const char *first, const char *second) {
    size_t size;
    const char *all = peer_received(scripted_peer, &size);
    const char *one = strstr(all, first), *two = strstr(all, second);
    cr_assert(one && two, "%s, %s", first, second);
    cr_expect_lt(one, two, "%s comes behind %s", first, second);
    cr_expect_eq(scripted_received(first), 1, "%s", first);
    cr_expect_eq(scripted_received(second), 1, "%s", second);
}

/* ---- In parts. */

Test(copy_wire, look_tags_create_parts_complete) {
    SERVE(SOURCE("6442450944",
                 "Content-Type: text/plain\r\nCache-Control: no-store\r\n"
                 "Expires: never\r\nx-amz-meta-Color: red\r\nx-amz-storage-class: GLACIER_IR\r\n"),
          TAGS("<Tag><Key>team</Key><Value>a b</Value></Tag>"), CREATED, PART("1"), PART("2"),
          COMPLETED(document_size(2)));
    struct hr_s3_transfer_copy copy = {.conditions.if_none_match = "*",
                                       .options.storage_class = "STANDARD_IA"};
    cr_assert_eq(run(&copy), 0, "%s", copy.request.error.message);
    expect_order("HEAD /from/a HTTP", "GET /from/a?tagging");
    expect_order("GET /from/a?tagging", "POST /to/k?uploads");
    expect_order("POST /to/k?uploads", "PUT /to/k?partNumber=1&uploadId=u1 ");
    expect_order("partNumber=1&", "partNumber=2&");
    expect_order("partNumber=2&", "POST /to/k?uploadId=u1 ");
    expect_order("bytes=0-5368709119\r\n", "bytes=5368709120-6442450943\r\n");
    cr_expect_eq(scripted_received("x-amz-copy-source-if-match: \"e\"\r\n"), 2);
    cr_expect_eq(scripted_received("x-amz-copy-source: from/a\r\n"), 2);
    expect_order("Content-Type: text/plain\r\n", "POST /to/k?uploadId=u1 ");
    expect_order("Cache-Control: no-store\r\n", "Expires: never\r\n");
    expect_order("x-amz-meta-Color: red\r\n", "partNumber=1");
    expect_order("x-amz-tagging: team=a%20b\r\n", "partNumber=1");
    expect_order("POST /to/k?uploads", "x-amz-storage-class: STANDARD_IA\r\n");
    expect_order("POST /to/k?uploadId=u1 ", "If-None-Match: *\r\n");
    expect_order("POST /to/k?uploadId=u1 ", "x-amz-mp-object-size: 6442450944\r\n");
    cr_expect_str_eq(copy.etag, "abc-2");
    cr_expect_str_eq(copy.version_id, "V9");
    cr_expect_str_eq(copy.source_info.etag, "e");
    cr_expect_eq(copy.progress.bytes, 6442450944);
    cr_expect_eq(copy.progress.size_bytes, 6442450944);
    cr_expect_eq(copy.progress.parts, 2);
    cr_expect_eq(copy.request.attempts, 6);
}

Test(copy_wire, metadata_and_tags_that_are_replaced_are_not_asked_for) {
    SERVE(SOURCE("20000000", "Content-Type: text/plain\r\nx-amz-meta-color: red\r\n"), CREATED,
          PART("1"), COMPLETED(document_size(1)));
    const struct hr_s3_metadata blue = {"color", "blue"};
    struct hr_s3_transfer_copy copy = {.replace_metadata = true,
                                       .replace_tags = true,
                                       .content_type = "text/html",
                                       .metadata = &blue,
                                       .metadata_count = 1,
                                       .threshold = 1000};
    cr_assert_eq(run(&copy), 0, "%s", copy.request.error.message);
    cr_expect_eq(scripted_received("tagging"), 0);
    cr_expect_eq(scripted_received("text/plain"), 0);
    cr_expect_eq(scripted_received("color: red"), 0);
    cr_expect_eq(scripted_received("Content-Type: text/html\r\n"), 1);
    cr_expect_eq(scripted_received("x-amz-meta-color: blue\r\n"), 1);
}

Test(copy_wire, a_field_of_the_caller_counts_in_place_of_the_source_s) {
    SERVE(SOURCE("20000000", "Cache-Control: no-store\r\nContent-Language: de\r\n"), TAGS(""),
          CREATED, PART("1"), COMPLETED(document_size(1)));
    const struct hr_http_field own = {hr_slice_of("cache-control"), hr_slice_of("max-age=9")};
    struct hr_s3_transfer_copy copy = {.fields = &own, .field_count = 1, .threshold = 1};
    cr_assert_eq(run(&copy), 0, "%s", copy.request.error.message);
    cr_expect_eq(scripted_received("no-store"), 0);
    cr_expect_eq(scripted_received("cache-control: max-age=9\r\n"), 1);
    cr_expect_eq(scripted_received("Content-Language: de\r\n"), 1);
}

Test(copy_wire, version_owners_and_payer_go_where_they_belong) {
    SERVE(SOURCE("20000000", ""), TAGS(""), CREATED, PART("1"), COMPLETED(document_size(1)));
    struct hr_s3_transfer_copy copy = {.source = {.version_id = "v/1", .expected_owner = "111"},
                                       .options = {.expected_owner = "222", .request_payer = true},
                                       .threshold = 1};
    cr_assert_eq(run(&copy), 0, "%s", copy.request.error.message);
    cr_expect_eq(scripted_received("HEAD /from/a?versionId=v%2F1 "), 1);
    cr_expect_eq(scripted_received("GET /from/a?tagging=&versionId=v%2F1 ") +
                     scripted_received("GET /from/a?tagging&versionId=v%2F1 "),
                 1);
    cr_expect_eq(scripted_received("x-amz-copy-source: from/a?versionId=v%2F1\r\n"), 1);
    cr_expect_eq(scripted_received("x-amz-expected-bucket-owner: 111\r\n"), 2);
    cr_expect_eq(scripted_received("x-amz-source-expected-bucket-owner: 111\r\n"), 1);
    cr_expect_eq(scripted_received("x-amz-expected-bucket-owner: 222\r\n"), 3);
    cr_expect_eq(scripted_received("x-amz-request-payer: requester\r\n"), 5);
}

Test(copy_wire, values_of_parts_make_the_value_of_the_whole) {
    /* CRC32 of 5 GiB and of 1 byte: any values, of which the client makes one. */
    SERVE(SOURCE("5368709121", ""), TAGS(""), CREATED,
          {.status = "200 OK",
           .text = "<CopyPartResult><ETag>\"1\"</ETag><ChecksumCRC32>AAAAAQ=="
                   "</ChecksumCRC32></CopyPartResult>"},
          {.status = "200 OK",
           .text = "<CopyPartResult><ETag>\"2\"</ETag><ChecksumCRC32>AAAAAg=="
                   "</ChecksumCRC32></CopyPartResult>"},
          FAILED("403 Forbidden", "AccessDenied"), GONE);
    struct hr_s3_transfer_copy copy = {.checksum_algorithm = HR_S3_CHECKSUM_CRC32};
    cr_expect_eq(run(&copy), HR_ERR_S3_SERVICE);
    cr_expect_eq(scripted_received("x-amz-checksum-algorithm: CRC32\r\n"), 1);
    cr_expect_eq(scripted_received("x-amz-checksum-type: FULL_OBJECT\r\n"), 2);
    cr_expect_eq(scripted_received("x-amz-checksum-crc32: "), 1);
}

/* ---- Failures in the middle. */

Test(copy_wire, a_source_that_is_replaced_meanwhile_has_changed) {
    SERVE(SOURCE("6442450944", ""), TAGS(""), CREATED, PART("1"),
          FAILED("412 Precondition Failed", "PreconditionFailed"), GONE);
    struct hr_s3_transfer_copy copy = {.conditions.if_none_match = "*"};
    cr_expect_eq(run(&copy), HR_ERR_S3_CHANGED);
    cr_expect_not_null(strstr(copy.request.error.message, "source"));
    cr_expect_eq(scripted_received("DELETE /to/k?uploadId=u1 "), 1);
    cr_expect_str_eq(copy.upload_id_left, "");
    cr_expect_str_eq(copy.etag, "");
}

Test(copy_wire, an_error_behind_200_is_repeated_or_ends_it) {
    SERVE(SOURCE("6442450944", ""), TAGS(""), CREATED, FAILED("200 OK", "InternalError"), PART("1"),
          FAILED("200 OK", "AccessDenied"), GONE);
    struct hr_s3_transfer_copy copy = {.threshold = 0};
    cr_expect_eq(run(&copy), HR_ERR_S3_SERVICE);
    cr_expect_str_eq(copy.request.error.service_code, "AccessDenied");
    cr_expect_eq(copy.progress.parts, 1);
    cr_expect_eq(scripted_received("partNumber=1&"), 2);
    cr_expect_eq(scripted_received("DELETE /to/k?uploadId=u1 "), 1);
}

Test(copy_wire, an_upload_that_cannot_be_aborted_is_named) {
    SERVE(SOURCE("6442450944", ""), TAGS(""), CREATED, FAILED("403 Forbidden", "AccessDenied"),
          FAILED("403 Forbidden", "AccessDenied"));
    struct hr_s3_transfer_copy copy = {.threshold = 0};
    cr_expect_eq(run(&copy), HR_ERR_S3_SERVICE);
    cr_expect_str_eq(copy.upload_id_left, "u1");
}

Test(copy_wire, a_create_that_is_refused_leaves_nothing_to_abort) {
    SERVE(SOURCE("6442450944", ""), TAGS(""), FAILED("403 Forbidden", "AccessDenied"));
    struct hr_s3_transfer_copy copy = {.threshold = 0};
    cr_expect_eq(run(&copy), HR_ERR_S3_SERVICE);
    cr_expect_eq(scripted_requests(), 3);
}

static int stop_at_once(struct hr_s3_transfer_copy *copy, const struct hr_s3_progress *progress) {
    cr_expect_eq(copy, copy->request.user);
    return progress->parts == 1 ? -EDOM : 0;
}

Test(copy_wire, progress_that_ends_it_aborts) {
    SERVE(SOURCE("6442450944", ""), TAGS(""), CREATED, PART("1"), GONE);
    struct hr_s3_transfer_copy copy = {.on_progress = stop_at_once};
    copy.request.user = &copy;
    cr_expect_eq(run(&copy), -EDOM);
    cr_expect_eq(scripted_received("DELETE /to/k?uploadId=u1 "), 1);
}

/* The upload would stay behind unknown where the create is broken off. */
Test(copy_wire, a_create_under_way_is_waited_for_and_aborted) {
    NEEDS_KERNEL("a raw peer");
    const struct peer_script script = {
        {{PEER_HEAD, NULL, 0},
         {PEER_SEND, "HTTP/1.1 200 OK\r\nETag: \"e\"\r\nContent-Length: 6442450944\r\n\r\n", 0},
         {PEER_HEAD, NULL, 0},
         {PEER_STALL, NULL, 0},
         {PEER_SEND,
          "HTTP/1.1 200 OK\r\nContent-Length: 94\r\n\r\n"
          "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>"
          "        ",
          0},
         {PEER_HEAD, NULL, 0},
         {PEER_SEND, "HTTP/1.1 204 No Content\r\nx-amz-request-id: 1\r\n\r\n", 0}}};
    scripted_listen(&script, 1);
    scripted_connect((struct hr_s3_client_options){0});
    struct hr_s3_transfer_copy copy = {
        .bucket = "to", .key = "k", .source = {.bucket = "from", .key = "a"}, .replace_tags = true};
    cr_assert_eq(hr_s3_transfer_copy_start(scripted_client, &copy), 0);
    cr_assert(peer_wait_heads(scripted_peer, 2));
    hr_cancel(&copy.request);
    peer_release(scripted_peer);
    cr_expect_eq(hr_wait(&copy.request), -ECANCELED);
    cr_expect(copy.request.cancelled);
    cr_expect_eq(scripted_received("DELETE /to/k?uploadId=u1 "), 1);
    cr_expect_eq(scripted_received("partNumber"), 0);
    cr_expect_str_eq(copy.upload_id_left, "");
}

/* ---- Sources that tell odd things. */

Test(copy_wire, a_store_without_tags_has_none_to_keep) {
    SERVE(SOURCE("6442450944", ""), FAILED("501 Not Implemented", "NotImplemented"), CREATED,
          PART("1"), PART("2"), COMPLETED(document_size(2)));
    struct hr_s3_transfer_copy copy = {.threshold = 0};
    cr_assert_eq(run(&copy), 0, "%s", copy.request.error.message);
    cr_expect_eq(scripted_received("x-amz-tagging"), 0);
}

Test(copy_wire, tags_that_may_not_be_read_are_not_lost_in_silence) {
    SERVE(SOURCE("6442450944", ""), FAILED("403 Forbidden", "AccessDenied"));
    struct hr_s3_transfer_copy copy = {.threshold = 0};
    cr_expect_eq(run(&copy), HR_ERR_S3_SERVICE);
    cr_expect_eq(scripted_requests(), 2);
}

Test(copy_wire, more_tags_than_an_object_has) {
#define TAG "<Tag><Key>k</Key><Value/></Tag>"
    SERVE(SOURCE("6442450944", ""), TAGS(TAG TAG TAG TAG TAG TAG TAG TAG TAG TAG TAG));
    struct hr_s3_transfer_copy copy = {.threshold = 0};
    cr_expect_eq(run(&copy), HR_ERR_S3_RESPONSE);
    cr_expect_not_null(strstr(copy.request.error.message, "replace_tags"), "%s",
                       copy.request.error.message);
}

Test(copy_wire, metadata_that_the_store_does_not_show) {
    SERVE(SOURCE("6442450944", "x-amz-missing-meta: 2\r\n"));
    struct hr_s3_transfer_copy copy = {.threshold = 0};
    cr_expect_eq(run(&copy), HR_ERR_S3_RESPONSE);
    cr_expect_not_null(strstr(copy.request.error.message, "replace_metadata"));
}

Test(copy_wire, parts_need_an_etag) {
    SERVE({.status = "200 OK", .fields = "ETag: W/\"e\"\r\nContent-Length: 6442450944\r\n"});
    struct hr_s3_transfer_copy copy = {.threshold = 0};
    cr_expect_eq(run(&copy), HR_ERR_S3_RESPONSE);
    cr_expect_not_null(strstr(copy.request.error.message, "ETag"));
    cr_expect_eq(scripted_requests(), 1);
}

Test(copy_wire, more_bytes_than_parts_can_have) {
    SERVE(SOURCE("60000000000000", ""), SOURCE("60000000000", ""));
    struct hr_s3_transfer_copy copy = {.threshold = 0}, small = copy;
    cr_expect_eq(run(&copy), -EFBIG);
    cr_expect_not_null(strstr(copy.request.error.message, "60000000000000"));
    small.transfer.part_size = HR_S3_PART_SIZE_MIN;
    cr_expect_eq(run(&small), -EFBIG);
    cr_expect_not_null(strstr(small.request.error.message, "5242880"));
}

Test(copy_wire, a_source_that_is_not_there) {
    SERVE({.status = "404 Not Found", .fields = "Content-Length: 0\r\n"});
    struct hr_s3_transfer_copy copy = {.threshold = 0};
    cr_expect_eq(run(&copy), HR_ERR_S3_SERVICE);
    cr_expect_eq(copy.request.error.http_status, 404);
}

Test(copy_wire, a_condition_of_the_source_that_is_not_met) {
    SERVE({.status = "304 Not Modified", .fields = "ETag: \"e\"\r\n"});
    struct hr_s3_transfer_copy copy = {.source.conditions.if_none_match = "e"};
    cr_expect_eq(run(&copy), HR_ERR_S3_PRECONDITION);
    cr_expect_eq(scripted_received("If-None-Match: \"e\"\r\n"), 1);
}

/* ---- In one piece. */

Test(copy_wire, five_gib_are_one_copy_of_the_object_that_was_seen) {
    SERVE(SOURCE("5368709120", "x-amz-meta-color: red\r\n"), COPIED);
    struct hr_s3_transfer_copy copy = {.conditions.if_match = "old"};
    cr_assert_eq(run(&copy), 0, "%s", copy.request.error.message);
    expect_order("HEAD /from/a HTTP", "PUT /to/k HTTP");
    expect_order("x-amz-copy-source-if-match: \"e\"\r\n", "If-Match: \"old\"\r\n");
    cr_expect_eq(scripted_received("color"), 0);
    cr_expect_eq(copy.progress.parts, 1);
    cr_expect_eq(copy.progress.bytes, FIVE_GIB);
    cr_expect_str_eq(copy.etag, "abc");
}

Test(copy_wire, a_weak_etag_is_none_to_ask_for) {
    SERVE({.status = "200 OK", .fields = "ETag: W/\"e\"\r\nContent-Length: 5\r\n"}, COPIED);
    struct hr_s3_transfer_copy copy = {.source.conditions.if_unmodified_since_s = 784111777};
    cr_assert_eq(run(&copy), 0, "%s", copy.request.error.message);
    cr_expect_eq(scripted_received("x-amz-copy-source-if-match"), 0);
    cr_expect_eq(scripted_received("x-amz-copy-source-if-unmodified-since: Sun, 06 Nov 1994"), 1);
}

Test(copy_wire, whose_condition_is_not_met) {
    SERVE(SOURCE("5", ""), FAILED("412 Precondition Failed", "PreconditionFailed"), SOURCE("5", ""),
          FAILED("412 Precondition Failed", "PreconditionFailed"));
    struct hr_s3_transfer_copy source = {.threshold = 0};
    struct hr_s3_transfer_copy either = {.conditions.if_none_match = "*"};
    cr_expect_eq(run(&source), HR_ERR_S3_CHANGED);
    cr_expect_eq(run(&either), HR_ERR_S3_PRECONDITION);
}

/* ---- Refusals. */

static void expect_refused(struct hr_s3_transfer_copy copy, const char *words) {
    cr_expect_eq(run(&copy), -EINVAL);
    cr_expect_not_null(strstr(copy.request.error.message, words), "%s: %s", words,
                       copy.request.error.message);
}

Test(copy_wire, what_makes_no_sense_is_refused_by_name) {
    scripted_connect((struct hr_s3_client_options){.endpoint = "http://127.0.0.1:1"});
    expect_refused((struct hr_s3_transfer_copy){.transfer.part_size = 1000}, "part_size");
    expect_refused((struct hr_s3_transfer_copy){.threshold = FIVE_GIB + 1}, "threshold");
    expect_refused((struct hr_s3_transfer_copy){.content_type = "a/b"}, "replace_metadata");
    expect_refused((struct hr_s3_transfer_copy){.options.tag_count = 1}, "replace_tags");
    expect_refused((struct hr_s3_transfer_copy){.checksum_type = HR_S3_CHECKSUM_COMPOSITE},
                   "checksum_type");
    expect_refused((struct hr_s3_transfer_copy){.metadata_count = 1, .replace_metadata = true},
                   "metadata");
    expect_refused((struct hr_s3_transfer_copy){.reserved = {0, 0, 1}}, "reserved");
    struct hr_s3_transfer_copy bare = {.bucket = "b", .key = "k"};
    cr_expect_eq(hr_s3_transfer_copy_start(scripted_client, &bare), -EINVAL);
    cr_expect_not_null(strstr(bare.request.error.message, "source.bucket"));
    cr_expect_eq(hr_s3_transfer_copy_start(scripted_client, NULL), -EINVAL);
}
