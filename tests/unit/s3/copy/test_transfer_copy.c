/* Copies inside a store, whole and in parts, read back; SSE-C and stores that fail now and then. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "needs_kernel.h"
#include "transfer_fixture.h"

TestSuite(transfer_copy, .init = transfer_begin, .fini = transfer_end);

#define PART HR_S3_PART_SIZE_MIN

static void put(const char *key, uint64_t size) {
    static const struct hr_s3_metadata metadata[] = {{"color", "red"}, {"empty", ""}};
    static const struct hr_s3_tag tags[] = {{"team", "a b"}, {"ä", "&="}};
    char *body = transfer_body(size);
    struct hr_s3_put ask = {.bucket = "bucket",
                            .key = key,
                            .body = hr_source_bytes(body, size),
                            .content_type = "text/x",
                            .metadata = metadata,
                            .metadata_count = 2,
                            .options = {.tags = tags, .tag_count = 2, .content_language = "de"}};
    cr_assert_eq(transfer_wait(hr_s3_put_start(transfer_client, &ask), &ask.request), 0, "%s",
                 ask.request.error.message);
    free(body);
}

/* In parts of 5 MiB above `threshold`. */
static int copy(struct hr_s3_transfer_copy *ask, uint64_t threshold) {
    ask->bucket = "bucket";
    if (!ask->key) ask->key = "copy";
    ask->source.bucket = "bucket";
    if (!ask->source.key) ask->source.key = "source";
    ask->transfer.part_size = PART;
    ask->threshold = threshold;
    return transfer_wait(hr_s3_transfer_copy_start(transfer_client, ask), &ask->request);
}

static char seen[512];

static void note(struct hr_slice text, const char *behind) {
    size_t size = strlen(seen);
    snprintf(seen + size, sizeof seen - size, "%.*s%s", (int)text.size, text.data, behind);
}

static int note_head(struct hr_s3_head *head, const struct hr_http_head *response) {
    static const char *const names[] = {"content-type", "content-language", "x-amz-meta-color",
                                        "x-amz-meta-empty"};
    (void)head;
    seen[0] = 0;
    for (size_t i = 0; i < 4; i++) {
        struct hr_slice value = hr_http_head_find(response, names[i]);
        note(value.data ? value : hr_slice_of("-"), "|");
    }
    return 0;
}

static int note_tag(struct hr_s3_tags_get *get, const struct hr_s3_tag *tag) {
    (void)get;
    note(hr_slice_of(tag->key), ":");
    note(hr_slice_of(tag->value), "|");
    return 0;
}

/* Fields and tags of an object, in one text. */
static const char *described(const char *key) {
    struct hr_s3_head head = {.bucket = "bucket", .key = key, .on_head = note_head};
    struct hr_s3_tags_get tags = {.bucket = "bucket", .key = key, .on_tag = note_tag};
    cr_assert_eq(transfer_wait(hr_s3_head_start(transfer_client, &head), &head.request), 0);
    cr_assert_eq(transfer_wait(hr_s3_tags_get_start(transfer_client, &tags), &tags.request), 0);
    return seen;
}

Test(transfer_copy, either_form_keeps_fields_metadata_and_tags) {
    static const char *const all = "text/x|de|red||team:a b|ä:&=|";
    put("source", 2 * PART + 7);
    struct hr_s3_transfer_copy whole = {.key = "whole"}, parts = {.key = "parts"};
    cr_assert_eq(copy(&whole, 0), 0, "%s", whole.request.error.message);
    cr_assert_eq(copy(&parts, 1000), 0, "%s", parts.request.error.message);
    cr_expect_null(strchr(whole.etag, '-'));
    cr_expect_str_eq(strchr(parts.etag, '-'), "-3");
    cr_expect_eq(parts.progress.parts, 3);
    cr_expect_eq(parts.progress.bytes, 2 * PART + 7);
    cr_expect_str_eq(described("source"), all);
    cr_expect_str_eq(described("whole"), all);
    cr_expect_str_eq(described("parts"), all);
    transfer_expect("whole", 2 * PART + 7);
    transfer_expect("parts", 2 * PART + 7);
    cr_expect_eq(transfer_uploads(), 0);
}

Test(transfer_copy, sizes_around_the_threshold_and_the_parts) {
    static const uint64_t sizes[] = {0, 1, PART, PART + 1, 2 * PART, 2 * PART + 1};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        put("source", sizes[i]);
        struct hr_s3_transfer_copy ask = {.request = {0}};
        cr_assert_eq(copy(&ask, PART), 0, "%s", ask.request.error.message);
        cr_expect_eq(strchr(ask.etag, '-') != NULL, sizes[i] > PART, "%llu bytes: %s",
                     (unsigned long long)sizes[i], ask.etag);
        cr_expect_eq(ask.source_info.size_bytes, sizes[i]);
        cr_expect_eq(ask.progress.size_bytes, sizes[i]);
        transfer_expect("copy", sizes[i]);
    }
}

Test(transfer_copy, others_replace_the_source_s) {
    put("source", PART + 1);
    const struct hr_s3_metadata blue = {"color", "blue"};
    const struct hr_s3_tag tag = {"only", "one"};
    struct hr_s3_transfer_copy ask = {.replace_metadata = true,
                                      .replace_tags = true,
                                      .content_type = "text/y",
                                      .metadata = &blue,
                                      .metadata_count = 1,
                                      .options = {.tags = &tag, .tag_count = 1}};
    cr_assert_eq(copy(&ask, 1), 0, "%s", ask.request.error.message);
    cr_expect_str_eq(described("copy"), "text/y|-|blue|-|only:one|");
}

Test(transfer_copy, a_checksum_that_the_store_computes_by_parts_is_of_the_whole) {
    put("source", 2 * PART + 3);
    struct hr_s3_transfer_copy whole = {.key = "whole",
                                        .checksum_algorithm = HR_S3_CHECKSUM_CRC32C};
    struct hr_s3_transfer_copy parts = {.key = "parts",
                                        .checksum_algorithm = HR_S3_CHECKSUM_CRC32C};
    cr_assert_eq(copy(&whole, 0), 0, "%s", whole.request.error.message);
    cr_assert_eq(copy(&parts, 1), 0, "%s", parts.request.error.message);
    cr_expect_eq(parts.checksum.algorithm, HR_S3_CHECKSUM_CRC32C);
    cr_expect_eq(memcmp(parts.checksum.bytes, whole.checksum.bytes, 4), 0);
}

Test(transfer_copy, conditions_hold_in_either_form) {
    put("source", PART + 1);
    put("copy", 3);
    struct hr_s3_transfer_copy whole = {.conditions.if_none_match = "*"}, parts = whole;
    cr_expect_eq(copy(&whole, 0), HR_ERR_S3_PRECONDITION);
    cr_expect_eq(copy(&parts, 1), HR_ERR_S3_PRECONDITION);
    cr_expect_eq(transfer_uploads(), 0);
    transfer_expect("copy", 3);
    struct hr_s3_transfer_copy of_source = {.source.conditions.if_match = "another"};
    cr_expect_eq(copy(&of_source, 1), HR_ERR_S3_PRECONDITION);
}

/* Each part is asked for under the ETag of the beginning. */
static int replace_source(struct hr_s3_transfer_copy *ask, const struct hr_s3_progress *progress) {
    static struct hr_s3_put other;
    static char byte[1];
    if (progress->parts != 1) return 0;
    other =
        (struct hr_s3_put){.bucket = "bucket", .key = "source", .body = hr_source_bytes(byte, 1)};
    other.request.on_done = NULL;
    ask->request.user = &other;
    return hr_s3_put_start(transfer_client, &other);
}

Test(transfer_copy, a_source_that_is_overwritten_meanwhile) {
    put("source", 20 * PART);
    struct hr_s3_transfer_copy ask = {.on_progress = replace_source, .transfer.parallel = 1};
    cr_expect_eq(copy(&ask, 1), HR_ERR_S3_CHANGED);
    cr_expect_eq(hr_wait(&((struct hr_s3_put *)ask.request.user)->request), 0);
    cr_expect_eq(transfer_uploads(), 0);
}

static int cancel_at_two(struct hr_s3_transfer_copy *ask, const struct hr_s3_progress *progress) {
    if (progress->parts == 2) hr_cancel(&ask->request);
    return 0;
}

Test(transfer_copy, a_cancelled_one_leaves_no_upload) {
    put("source", 8 * PART);
    struct hr_s3_transfer_copy ask = {.on_progress = cancel_at_two, .transfer.parallel = 1};
    cr_expect_eq(copy(&ask, 1), -ECANCELED);
    cr_expect(ask.request.cancelled);
    cr_expect_eq(transfer_uploads(), 0);
}

Test(transfer_copy, a_version_that_is_no_longer_the_current_one) {
    struct hr_s3_versioning_put on = {.bucket = "bucket", .status = HR_S3_VERSIONING_ENABLED};
    cr_assert_eq(transfer_wait(hr_s3_versioning_put_start(transfer_client, &on), &on.request), 0);
    put("source", PART + 9);
    struct hr_s3_head head = {.bucket = "bucket", .key = "source"};
    cr_assert_eq(transfer_wait(hr_s3_head_start(transfer_client, &head), &head.request), 0);
    put("source", 1);
    struct hr_s3_transfer_copy ask = {.source.version_id = head.info.version_id};
    cr_assert_eq(copy(&ask, 1), 0, "%s", ask.request.error.message);
    cr_expect_neq(ask.version_id[0], 0);
    transfer_expect("copy", PART + 9);
}

/* ---- A store that fails now and then. */

static void begin_faulty(void) {
    NEEDS_KERNEL("a store on the same engine");
    transfer_open(
        &(struct hr_engine_options){.reactors = 1},
        (struct hr_s3_client_options){.http.retry = {.attempts_max = 20, .backoff_base_ms = 1}},
        "SlowDown=0.1,InternalError=0.1,lost=0.1");
}

TestSuite(copy_faults, .init = begin_faulty, .fini = transfer_end);

Test(copy_faults, each_part_is_repeated_alone) {
    put("source", 12 * PART);
    struct hr_s3_transfer_copy ask = {.request = {0}};
    cr_assert_eq(copy(&ask, 1), 0, "%s", ask.request.error.message);
    cr_expect_gt(ask.request.attempts, 16);
    transfer_expect("copy", 12 * PART);
}
