/* The decision about a body: which form it has in the signature, which checksum, and where that
 * stands, by store, payload and kind of source. Nothing is sent. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "prepared.h"

#define AWS   "https://s3.us-west-2.amazonaws.com"
#define OTHER "https://store.example"
#define PLAIN "http://store.example"

enum kind { BYTES, EMPTY, FILE_, ONCE, AGAIN };

static ssize_t produce(void *user, void *buffer, size_t capacity) {
    (void)user, (void)buffer, (void)capacity;
    return 0;
}

static int rewind_it(void *user) {
    (void)user;
    return 0;
}

static struct hr_source source_of(enum kind kind) {
    switch (kind) {
    case BYTES:
        return hr_source_bytes("hello", 5);
    case EMPTY:
        return hr_source_none();
    case FILE_:
        return hr_source_fd(0, (struct hr_file_range){.size = 5});
    case ONCE:
        return hr_source_producer(produce, NULL, NULL, 5);
    case AGAIN:
        break;
    }
    return hr_source_producer(produce, rewind_it, NULL, 5);
}

static const char signed_[] = "SHA-256";
#define UNSIGNED "UNSIGNED-PAYLOAD"
#define TRAILER  "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
#define CHUNKS   "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"

/* `hash` in the signature; `field` of the checksum, whose value is of "hello" where it is known. */
struct decision {
    const char *endpoint;
    enum kind kind;
    enum hr_s3_payload payload;
    enum hr_s3_checksum_algorithm algorithm;
    bool when_required;
    const char *hash, *field, *value;
    bool read_first;
};

static const struct decision decisions[] = {
    /* Bytes in memory: a field before them. AWS's own algorithm there, the SDKs' elsewhere. */
    {AWS, BYTES, 0, 0, false, UNSIGNED, "x-amz-checksum-crc64nvme", "M3eFcAZSQlc=", false},
    {OTHER, BYTES, 0, 0, false, UNSIGNED, "x-amz-checksum-crc32", "NhCmhg==", false},
    {PLAIN, BYTES, 0, 0, false, signed_, "x-amz-checksum-crc32", NULL, true},
    {OTHER, BYTES, 1, 0, false, signed_, "x-amz-checksum-crc32", NULL, true},
    {OTHER, BYTES, 3, 0, false, signed_, "x-amz-checksum-crc32", NULL, true},
    {OTHER, BYTES, 4, 0, false, UNSIGNED, "x-amz-checksum-crc32", "NhCmhg==", false},
    {OTHER, BYTES, 0, 4, false, UNSIGNED, "x-amz-checksum-sha1",
     "qvTGHdzF6KLavt4PO0gs2a6pQ00=", false},
    {AWS, EMPTY, 0, 0, false, "", "x-amz-checksum-crc64nvme", "AAAAAAAAAAA=", false},
    {PLAIN, EMPTY, 0, 0, false, "", "x-amz-checksum-crc32", "AAAAAA==", false},
    /* Files: behind them at AWS over TLS, before them elsewhere. */
    {AWS, FILE_, 0, 0, false, TRAILER, "x-amz-trailer", "x-amz-checksum-crc64nvme", false},
    {AWS, FILE_, 0, 5, false, TRAILER, "x-amz-trailer", "x-amz-checksum-sha256", false},
    {AWS, FILE_, 2, 0, false, UNSIGNED, "x-amz-checksum-crc64nvme", NULL, true},
    {OTHER, FILE_, 0, 0, false, UNSIGNED, "x-amz-checksum-crc32", NULL, true},
    {PLAIN, FILE_, 0, 0, false, signed_, "x-amz-checksum-crc32", NULL, true},
    {OTHER, FILE_, 4, 0, false, TRAILER, "x-amz-trailer", "x-amz-checksum-crc32", false},
    {PLAIN, FILE_, 3, 0, false, CHUNKS "-TRAILER", "x-amz-trailer", "x-amz-checksum-crc32", false},
    {OTHER, FILE_, 3, 9, false, CHUNKS "-TRAILER", "x-amz-trailer", "x-amz-checksum-xxhash3",
     false},
    {PLAIN, AGAIN, 0, 0, false, signed_, "x-amz-checksum-crc32", NULL, true},
    /* A producer that cannot begin again goes without where nobody asks for one. */
    {AWS, ONCE, 0, 0, false, TRAILER, "x-amz-trailer", "x-amz-checksum-crc64nvme", false},
    {OTHER, ONCE, 0, 0, false, UNSIGNED, NULL, NULL, false},
    {PLAIN, ONCE, 2, 0, false, UNSIGNED, NULL, NULL, false},
    {OTHER, ONCE, 4, 0, false, TRAILER, "x-amz-trailer", "x-amz-checksum-crc32", false},
    {PLAIN, ONCE, 3, 0, false, CHUNKS "-TRAILER", "x-amz-trailer", "x-amz-checksum-crc32", false},
    /* when_required. */
    {AWS, BYTES, 0, 0, true, UNSIGNED, NULL, NULL, false},
    {AWS, FILE_, 0, 0, true, UNSIGNED, NULL, NULL, false},
    {AWS, FILE_, 0, 1, true, TRAILER, "x-amz-trailer", "x-amz-checksum-crc32", false},
    {PLAIN, FILE_, 3, 0, true, CHUNKS, NULL, NULL, false},
    {OTHER, FILE_, 4, 0, true, TRAILER, "x-amz-trailer", "x-amz-checksum-crc32", false},
    {OTHER, EMPTY, 0, 0, true, "", NULL, NULL, false},
};
#define DECISIONS (sizeof decisions / sizeof decisions[0])

static bool any_checksum(const struct prepared *made) {
    for (size_t i = 0; i < made->message.field_count; i++) {
        struct hr_slice name = made->message.fields[i].name;
        if (name.size > 15 && strncmp(name.data, "x-amz-checksum-", 15) == 0) return true;
    }
    return false;
}

/* The field's value; before a body that is still to be read it is not there yet. */
static void check_field(const struct decision *row, const struct prepared *made, size_t i) {
    if (!row->field) {
        cr_assert(!any_checksum(made) && prepared_has(made, "x-amz-trailer", NULL), "row %zu", i);
    } else if (row->read_first) {
        const char *name = hr_s3_checksum_traits_of(made->call->body_plan.algorithm)->header;
        cr_assert_str_eq(name, row->field, "row %zu", i);
    } else {
        cr_assert(prepared_has(made, row->field, row->value), "row %zu", i);
    }
}

static void check_decision(const struct decision *row, size_t i) {
    struct prepared made = {.client.sums = !row->when_required};
    struct hr_s3_put put = {.bucket = "bucket",
                            .key = "k",
                            .body = source_of(row->kind),
                            .payload = row->payload,
                            .checksum_algorithm = row->algorithm};
    cr_assert_eq(prepared_make(&made, HR__S3_PUT, &put, row->endpoint), 0, "row %zu: %s", i,
                 made.error.message);
    struct hr_slice hash = hr__s3_body_hash(made.call);
    if (row->hash == signed_)
        cr_assert(made.call->body_plan.is_signed, "row %zu", i);
    else
        cr_assert(hr_slice_equal(hash, hr_slice_of(row->hash)), "row %zu: %.*s", i, (int)hash.size,
                  hash.data);
    cr_assert_eq(hr__s3_body_is_read_first(made.call), row->read_first, "row %zu", i);
    check_field(row, &made, i);
    bool chunked = strncmp(row->hash, "STREAMING", 9) == 0;
    cr_assert(prepared_has(&made, "x-amz-decoded-content-length", chunked ? "5" : NULL));
    cr_assert(prepared_has(&made, "content-encoding", chunked ? "aws-chunked" : NULL));
    prepared_free(&made);
}

Test(s3_body, decisions) {
    for (size_t i = 0; i < DECISIONS; i++) check_decision(&decisions[i], i);
}

Test(s3_body, directory_buckets_have_crc32) {
    struct prepared made = {.client.sums = true};
    struct hr_s3_put put = {
        .bucket = "b", .key = "k", .body = source_of(BYTES), .payload = HR_S3_PAYLOAD_DEFAULT};
    cr_assert_eq(prepared_make(&made, HR__S3_PUT, &put, AWS), 0);
    made.client.endpoint.service = "s3express";
    memset(&made.call->body_plan, 0, sizeof made.call->body_plan);
    made.call->body_plan.is_default = true;
    cr_assert_eq(hr__s3_body_plan(made.call), 0);
    cr_assert_eq(hr__s3_body_sent(made.call).algorithm, HR_S3_CHECKSUM_CRC32);
    prepared_free(&made);
}

Test(s3_body, chunks_stand_behind_other_codings) {
    struct prepared made = {.client.sums = true};
    struct hr_s3_put put = {.bucket = "b", .key = "k", .body = source_of(FILE_)};
    put.options.content_encoding = "gzip";
    cr_assert_eq(prepared_make(&made, HR__S3_PUT, &put, AWS), 0);
    cr_assert(prepared_has(&made, "content-encoding", "gzip,aws-chunked"));
    prepared_free(&made);
}

static int refused(struct hr_s3_put put, const char *endpoint, const char *why) {
    struct prepared made = {.client.sums = true};
    put.bucket = "b";
    put.key = "k";
    int err = prepared_make(&made, HR__S3_PUT, &put, endpoint);
    cr_assert_not_null(strstr(made.error.message, why), "%s", made.error.message);
    prepared_free(&made);
    return err;
}

Test(s3_body, wishes_that_cannot_be_met_are_named) {
    const struct hr_s3_checksum crc = {.algorithm = HR_S3_CHECKSUM_CRC32},
                                none = {.algorithm = HR_S3_CHECKSUM_NONE},
                                composite = {.algorithm = HR_S3_CHECKSUM_SHA1, .parts = 2};
    const struct hr_http_field own = {hr_slice_of("X-Amz-Checksum-Crc32"), hr_slice_of("AAAAAA==")};
    cr_assert_eq(refused((struct hr_s3_put){.body = source_of(FILE_), .payload = 4}, PLAIN, "TLS"),
                 HR_ERR_S3_TLS_NEEDED);
    cr_assert_eq(refused((struct hr_s3_put){.body = source_of(ONCE), .checksum_algorithm = 1},
                         OTHER, "streaming_unsigned"),
                 HR_ERR_SOURCE_NOT_REWINDABLE);
    cr_assert_eq(refused((struct hr_s3_put){.body = source_of(ONCE)}, PLAIN, "streaming_signed"),
                 HR_ERR_SOURCE_NOT_REWINDABLE);
    cr_assert_eq(refused((struct hr_s3_put){.checksum = &crc, .checksum_algorithm = 2}, OTHER,
                         "checksum_algorithm"),
                 -EINVAL);
    cr_assert_eq(refused((struct hr_s3_put){.checksum = &none}, OTHER, "no algorithm"), -EINVAL);
    cr_assert_eq(refused((struct hr_s3_put){.checksum = &composite}, OTHER, "composite"), -EINVAL);
    cr_assert_eq(refused((struct hr_s3_put){.checksum_algorithm = 11}, OTHER, "11"), -EINVAL);
    cr_assert_eq(refused((struct hr_s3_put){.payload = 5}, OTHER, "5"), -EINVAL);
    cr_assert_eq(
        refused((struct hr_s3_put){.checksum_algorithm = 1, .fields = &own, .field_count = 1},
                OTHER, "twice"),
        -EINVAL);
}

/* The value that the caller has is sent as it is, whatever the bytes. */
Test(s3_body, a_value_of_the_callers_is_not_computed_again) {
    const struct hr_s3_checksum crc = {.algorithm = HR_S3_CHECKSUM_CRC32, .bytes = {1, 2, 3, 4}};
    static const enum hr_s3_payload payloads[] = {0, 2, 3, 4};
    static const char *const hashes[] = {UNSIGNED, UNSIGNED, CHUNKS, UNSIGNED};
    for (size_t i = 0; i < 4; i++) {
        struct prepared made = {.client.sums = true};
        struct hr_s3_put put = {.bucket = "b",
                                .key = "k",
                                .body = source_of(ONCE),
                                .payload = payloads[i],
                                .checksum = &crc};
        cr_assert_eq(prepared_make(&made, HR__S3_PUT, &put, AWS), 0);
        cr_assert(prepared_has(&made, "x-amz-checksum-crc32", "AQIDBA=="));
        cr_assert(hr_slice_equal(hr__s3_body_hash(made.call), hr_slice_of(hashes[i])), "%zu", i);
        cr_assert(!hr__s3_body_is_read_first(made.call));
        prepared_free(&made);
    }
}

Test(s3_body, a_field_of_the_callers_is_left_alone) {
    static const char *const names[] = {"x-amz-checksum-sha256", "Content-MD5"};
    for (size_t i = 0; i < 2; i++) {
        struct prepared made = {.client.sums = true};
        const struct hr_http_field own = {hr_slice_of(names[i]), hr_slice_of("VALUE")};
        struct hr_s3_put put = {
            .bucket = "b", .key = "k", .body = source_of(BYTES), .fields = &own, .field_count = 1};
        cr_assert_eq(prepared_make(&made, HR__S3_PUT, &put, AWS), 0);
        cr_assert(prepared_has(&made, names[i], "VALUE"));
        cr_assert(prepared_has(&made, "x-amz-checksum-crc64nvme", NULL));
        prepared_free(&made);
    }
}

/* S3 wants a checksum with object lock and with settings; Content-MD5 is the one that older stores
 * know. */
Test(s3_body, where_one_is_required_there_is_one) {
    struct hr_s3_delete_key key = {.key = "k"};
    static const char *const endpoints[] = {AWS, OTHER};
    for (int i = 0; i < 4; i++) {
        bool aws = i % 2 == 0, sums = i / 2;
        struct prepared made = {.client.sums = sums};
        struct hr_s3_delete_many many = {.bucket = "b", .keys = &key, .key_count = 1};
        cr_assert_eq(prepared_make(&made, HR__S3_DELETE_MANY, &many, endpoints[i % 2]), 0);
        cr_assert_eq(made.call->body_plan.algorithm, aws    ? HR_S3_CHECKSUM_CRC64NVME
                                                     : sums ? HR_S3_CHECKSUM_CRC32
                                                            : HR_S3_CHECKSUM_NONE);
        cr_assert_eq(prepared_field(&made, "content-md5").size > 0, !aws);
        prepared_free(&made);
    }
    struct prepared made = {.client.sums = false};
    struct hr_s3_put put = {.bucket = "b", .key = "k", .body = source_of(BYTES)};
    put.options.lock.legal_hold = "ON";
    cr_assert_eq(prepared_make(&made, HR__S3_PUT, &put, AWS), 0);
    cr_assert(prepared_has(&made, "x-amz-checksum-crc64nvme", "M3eFcAZSQlc="));
    prepared_free(&made);
}
