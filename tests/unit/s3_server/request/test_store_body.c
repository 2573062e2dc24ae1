/* A request's body on its way into memory: sizes, digests, aws-chunked without signatures. */
#include <criterion/criterion.h>

#include <stdio.h>

#include <headrace/body.h>

#include "store_body.h"

static struct s3_account account = {.limit = 1 << 20};
static struct s3_arena arena;
static struct s3_auth auth = {.rules.any = true};
static struct s3_body body;
static char message[256];

static void setup(void) {
    s3_server__arena_init(&arena);
}

static void teardown(void) {
    s3_server__body_deinit(&body);
    s3_server__arena_deinit(&arena);
    cr_assert_eq(account.used, 0, "everything is given back");
}

TestSuite(body, .init = setup, .fini = teardown);

struct case_of {
    enum s3_payload payload;
    const char *fields[8]; /* name, value, … */
    uint64_t wire_size, size_max;
    bool needs_length, ignore_checksums;
};

static enum s3_error begin(const struct case_of *row) {
    static struct hr_http_field fields[4];
    static struct s3_request request;
    static struct s3_identity identity;
    size_t count = 0;
    for (; count < 4 && row->fields[2 * count]; count++)
        fields[count] = (struct hr_http_field){hr_slice_of(row->fields[2 * count]),
                                               hr_slice_of(row->fields[2 * count + 1])};
    request = (struct s3_request){.fields = fields, .field_count = count};
    identity = (struct s3_identity){.payload = row->payload};
    const struct s3_body_plan plan = {
        .request = &request,
        .identity = &identity,
        .auth = &auth,
        .account = &account,
        .arena = &arena,
        .wire_size = row->wire_size,
        .size_max = row->size_max ? row->size_max : 1 << 19,
        .needs_length = row->needs_length,
        .ignore_checksums = row->ignore_checksums,
        .message = message,
    };
    message[0] = '\0';
    return s3_server__body_begin(&body, &plan);
}

/* Fed `piece` bytes at a time; the error of the whole way. */
static enum s3_error run(const struct case_of *row, const char *text, size_t piece) {
    enum s3_error error = begin(row);
    if (error) return error;
    for (size_t at = 0, size = strlen(text); at < size; at += piece)
        s3_server__body_feed(&body, text + at, piece < size - at ? piece : size - at);
    error = s3_server__body_finish(&body);
    cr_expect_eq(s3_server__body_finish(&body), error, "told the same again");
    return error;
}

#define LENGTH "content-length", "5"

Test(body, as_it_is) {
    static const struct {
        struct case_of row;
        const char *text;
        enum s3_error error;
    } rows[] = {
        {{S3_PAYLOAD_UNSIGNED, {LENGTH}, .wire_size = 5, .needs_length = true}, "hello", S3_OK},
        {{S3_PAYLOAD_UNSIGNED, {LENGTH}, .wire_size = 5}, "hell", S3_IncompleteBody},
        {{S3_PAYLOAD_UNSIGNED, {LENGTH}, .wire_size = 5, .size_max = 4},
         "hello",
         S3_EntityTooLarge},
        {{S3_PAYLOAD_UNSIGNED, {NULL}, .wire_size = HR_SIZE_UNKNOWN}, "hello", S3_OK},
        {{S3_PAYLOAD_UNSIGNED, {NULL}, .wire_size = HR_SIZE_UNKNOWN, .size_max = 4},
         "hello",
         S3_EntityTooLarge},
        {{S3_PAYLOAD_UNSIGNED, {NULL}, .wire_size = HR_SIZE_UNKNOWN, .needs_length = true},
         "",
         S3_MissingContentLength},
        {{S3_PAYLOAD_UNSIGNED, {LENGTH}, .wire_size = 2 << 20, .size_max = 4 << 20},
         "",
         S3_InsufficientStorage},
        {{S3_PAYLOAD_SIGNED, {LENGTH}, .wire_size = 5}, "hello", S3_XAmzContentSHA256Mismatch},
        {{S3_PAYLOAD_UNSIGNED, {"content-md5", "XUFAKrxLKna5cZ2REBfFkg=="}, .wire_size = 5},
         "hello",
         S3_OK},
        {{S3_PAYLOAD_UNSIGNED, {"content-md5", "XUFAKrxLKna5cZ2REBfFkg=="}, .wire_size = 5},
         "Hello",
         S3_BadDigest},
        {{S3_PAYLOAD_UNSIGNED, {"content-md5", "XUFAKrxLKna5cZ2REBfF"}, .wire_size = 5},
         "hello",
         S3_InvalidDigest},
        {{S3_PAYLOAD_UNSIGNED, {"x-amz-checksum-crc32", "NhCmhg=="}, .wire_size = 5},
         "hello",
         S3_OK},
        {{S3_PAYLOAD_UNSIGNED, {"X-AMZ-Checksum-CRC32", "NhCmhg=="}, .wire_size = 5},
         "Hello",
         S3_BadDigest},
        {{S3_PAYLOAD_UNSIGNED,
          {"x-amz-checksum-crc32", "AAAAAA=="},
          .wire_size = 5,
          .ignore_checksums = true},
         "hello",
         S3_OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t piece = 1; piece <= 5; piece += 4) {
            enum s3_error error = run(&rows[i].row, rows[i].text, piece);
            cr_expect_eq(error, rows[i].error, "%zu: %d %s", i, error, message);
            if (!error) {
                cr_expect_eq(body.blob->size, strlen(rows[i].text));
                cr_expect_arr_eq(body.blob->data, rows[i].text, body.blob->size);
            }
            s3_server__body_deinit(&body);
        }
    }
}

#define DECODED "x-amz-decoded-content-length", "5"
#define TRAILER "x-amz-trailer", "x-amz-checksum-crc32"

/* The unsigned form of "Signature calculations … with trailing headers". */
Test(body, chunks_with_a_trailer) {
    static const struct {
        const char *fields[8];
        const char *text;
        enum s3_error error;
    } rows[] = {
        {{DECODED, TRAILER}, "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n", S3_OK},
        {{DECODED, TRAILER}, "5\r\nhello\r\n0\r\nX-Amz-Checksum-Crc32: NhCmhg==\r\n\r\n", S3_OK},
        {{DECODED}, "5\r\nhello\r\n0\r\n\r\n", S3_OK},
        {{DECODED, TRAILER},
         "5\r\nHello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n",
         S3_BadDigest},
        {{DECODED, TRAILER}, "5\r\nhello\r\n0\r\n\r\n", S3_MalformedTrailerError},
        {{DECODED, TRAILER},
         "5\r\nhello\r\n0\r\nx-amz-checksum-sha1:NhCmhg==\r\n\r\n",
         S3_MalformedTrailerError},
        {{DECODED, TRAILER},
         "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\nx-amz-checksum-crc32:NhCmhg=="
         "\r\n\r\n",
         S3_MalformedTrailerError},
        {{DECODED},
         "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n",
         S3_MalformedTrailerError},
        {{DECODED, TRAILER},
         "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:short\r\n\r\n",
         S3_InvalidRequest},
        {{DECODED, TRAILER}, "5\r\nhello\r\n", S3_IncompleteBody},
        {{DECODED, TRAILER},
         "4\r\nhell\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n",
         S3_IncompleteBody},
        {{DECODED, TRAILER}, "6\r\nhello!\r\n0\r\n\r\n", S3_IncompleteBody},
        {{DECODED, TRAILER}, "x\r\n", S3_InvalidRequest},
        {{TRAILER}, "", S3_MissingContentLength},
        {{"x-amz-decoded-content-length", "five", TRAILER}, "", S3_InvalidArgument},
        {{DECODED, "x-amz-trailer", "x-amz-other"}, "", S3_InvalidRequest},
        {{DECODED, TRAILER, "x-amz-checksum-crc32", "NhCmhg=="}, "", S3_InvalidRequest},
        {{DECODED, TRAILER, "x-amz-sdk-checksum-algorithm", "SHA1"}, "", S3_InvalidRequest},
        {{DECODED, TRAILER, "x-amz-sdk-checksum-algorithm", "crc32"},
         "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n",
         S3_OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t piece = 1; piece <= 100; piece += 33) {
            struct case_of row = {.payload = S3_PAYLOAD_UNSIGNED_TRAILER, .wire_size = 100};
            memcpy(row.fields, rows[i].fields, sizeof row.fields);
            enum s3_error error = run(&row, rows[i].text, piece);
            cr_expect_eq(error, rows[i].error, "%zu, %zu: %d %s", i, piece, error, message);
            if (!error) cr_expect_arr_eq(body.blob->data, "hello", 5);
            s3_server__body_deinit(&body);
        }
    }
}

Test(body, only_one_checksum) {
    struct case_of row = {
        S3_PAYLOAD_UNSIGNED,
        {"x-amz-checksum-crc32", "NhCmhg==", "x-amz-checksum-sha1", "qvTGHdzF6KLavt4PO0gs2a6pQ00="},
        .wire_size = 5};
    cr_expect_eq(run(&row, "hello", 5), S3_InvalidRequest);
    cr_expect_not_null(strstr(message, "single x-amz-checksum-"), "%s", message);
}

Test(body, an_error_stays_and_nothing_more_is_taken) {
    struct case_of row = {S3_PAYLOAD_UNSIGNED, {NULL}, .wire_size = HR_SIZE_UNKNOWN, .size_max = 3};
    cr_assert_eq(begin(&row), S3_OK);
    s3_server__body_feed(&body, "abc", 3);
    s3_server__body_feed(&body, "d", 1);
    s3_server__body_feed(&body, "", 0);
    s3_server__body_feed(&body, "e", 1);
    cr_expect_eq(body.blob->size, 3);
    cr_expect_eq(s3_server__body_finish(&body), S3_EntityTooLarge);
}
