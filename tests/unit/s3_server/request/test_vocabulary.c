#include <criterion/criterion.h>

#include "presigned.h"
#include "vocabulary.h"

static struct s3_arena arena;

static void setup(void) {
    s3_server__arena_init(&arena);
}
static void teardown(void) {
    s3_server__arena_deinit(&arena);
}

TestSuite(vocabulary, .init = setup, .fini = teardown);
TestSuite(presigned, .init = setup, .fini = teardown);

static bool is(struct hr_slice text, const char *wanted) {
    return hr_slice_equal(text, hr_slice_of(wanted));
}

static struct s3_refusal word;

/* A request with at most one field beside Host. */
static enum s3_error check(const char *method, const char *target, const char *name,
                           const char *value) {
    struct hr_http_field fields[] = {{hr_slice_of("Host"), hr_slice_of("x")},
                                     {hr_slice_of(name), hr_slice_of(value)}};
    struct s3_request request = {.method = hr_slice_of(method),
                                 .target = hr_slice_of(target),
                                 .fields = fields,
                                 .field_count = name ? 2 : 1};
    enum s3_operation operation;
    struct hr_slice hoisted;
    cr_assert_eq(s3_server__request_parse(&request, &arena, hr_slice_of("s3.localhost")), S3_OK);
    enum s3_error error = s3_server__request_hoist(&request, &arena, &hoisted);
    if (!error) error = s3_server__route(&request, &operation);
    word = (struct s3_refusal){.is_parameter = false};
    if (!error) error = s3_server__vocabulary_check(&request, operation, &word);
    return error;
}

/* A word of S3 that came after this server, or of nobody, is refused as those that are known. */
Test(vocabulary, parameters) {
    static const struct {
        const char *method, *target, *name;
        enum s3_error error;
    } rows[] = {
        {"GET", "/", NULL, S3_OK},
        {"GET", "/?max-buckets=2&prefix=a&bucket-region=b&continuation-token=c&x-id=ListBuckets",
         NULL, S3_OK},
        {"GET", "/?acl", "acl", S3_NotImplemented},
        {"GET", "/b?acl", NULL, S3_OK},
        {"GET", "/b?acl&policy", "acl", S3_NotImplemented},
        {"GET", "/b?prefix=a&acl", "prefix", S3_NotImplemented},
        {"GET", "/b/k?policy", "policy", S3_NotImplemented},
        {"PUT", "/b?acl", NULL, S3_OK},
        {"PUT", "/b?lifecycle", "lifecycle", S3_NotImplemented},
        {"HEAD", "/b?acl", "acl", S3_NotImplemented},
        {"PUT", "/b?metadataInventoryTable", "metadataInventoryTable", S3_NotImplemented},
        {"DELETE", "/b?tagging", NULL, S3_OK},
        {"DELETE", "/b?policy", "policy", S3_NotImplemented},
        {"PUT", "/b/k?annotation=n", "annotation", S3_NotImplemented},
        {"DELETE", "/b/k?annotation=n", "annotation", S3_NotImplemented},
        {"GET", "/b/k?versionId=null&partNumber=1&response-expires=x", NULL, S3_OK},
        {"GET", "/b/k?VersionId=null", "VersionId", S3_NotImplemented},
        {"GET", "/b/k?response-unheard=1", "response-unheard", S3_NotImplemented},
        {"PUT", "/b/k?versionId=null", "versionId", S3_InvalidArgument},
        {"GET", "/b?list-type=2&start-after=a", NULL, S3_OK},
        {"GET", "/b?start-after=a", "start-after", S3_NotImplemented},
        {"GET", "/b?prefix=a&prefix=a", "prefix", S3_InvalidArgument},
        {"GET", "/b?=x", "", S3_NotImplemented},
        {"GET", "/b?X-Amz-Expires=5", "X-Amz-Expires", S3_NotImplemented},
        {"PUT", "/b/k?x-amz-meta-a=b", "x-amz-meta-a", S3_NotImplemented},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_assert_eq(check(rows[i].method, rows[i].target, NULL, NULL), rows[i].error, "%s %s",
                     rows[i].method, rows[i].target);
        if (rows[i].name)
            cr_assert(word.is_parameter && is(word.name, rows[i].name), "%s", rows[i].target);
    }
}

Test(vocabulary, fields) {
    static const struct {
        const char *method, *target, *name, *value;
        enum s3_error error;
    } rows[] = {
        {"GET", "/b/k", "x-amz-unheard-of", "", S3_NotImplemented},
        {"GET", "/b/k", "X-AMZ-Checksum-Mode", "enabled", S3_OK},
        {"GET", "/b/k", "x-amz-checksum-mode", "off", S3_InvalidArgument},
        {"GET", "/b/k", "x-amz-date", "whatever", S3_OK},
        {"GET", "/b/k", "x-amz-api-version", "2006-03-01", S3_OK},
        {"PUT", "/b/k", "x-amz-api-version", "2026-01-01", S3_InvalidArgument},
        {"GET", "/b/k", "x-amz-te", "append-md5", S3_OK},
        {"GET", "/b/k", "x-amz-te", "other", S3_InvalidArgument},
        {"PUT", "/b/k", "x-amz-te", "append-md5", S3_NotImplemented},
        {"GET", "/b/k", "x-amzn-trace-id", "1", S3_OK},
        {"GET", "/b/k", "amz-sdk-request", "1", S3_OK},
        {"GET", "/b/k", "x-amz-", "1", S3_NotImplemented},
        {"GET", "/b/k", "x-amz-meta-a", "1", S3_NotImplemented},
        {"PUT", "/b/k", "x-amz-meta-a", "1", S3_OK},
        {"PUT", "/b/k", "x-amz-meta-", "1", S3_NotImplemented},
        {"PUT", "/b/k", "x-amz-checksum-crc32", "AAAA", S3_OK},
        {"PUT", "/b/k", "x-amz-checksum-crc32x", "AAAA", S3_NotImplemented},
        {"PUT", "/b/k", "x-amz-checksum-xxhash3", "AAAA", S3_OK},
        {"PUT", "/b", "x-amz-bucket-object-lock-enabled", "false", S3_OK},
        {"PUT", "/b", "x-amz-bucket-object-lock-enabled", "true", S3_OK},
        {"PUT", "/b", "x-amz-bucket-object-lock-enabled", "fals", S3_InvalidArgument},
        {"PUT", "/b", "x-amz-bucket-object-lock-enabled", "", S3_InvalidArgument},
        {"PUT", "/b/k", "x-amz-bucket-object-lock-enabled", "false", S3_NotImplemented},
        {"PUT", "/b/k", "x-amz-tagging", "", S3_OK},
        {"PUT", "/b/k", "x-amz-tagging", "a=b", S3_OK},
        {"GET", "/b/k", "x-amz-tagging", "a=b", S3_NotImplemented},
        {"PUT", "/b/k", "x-amz-acl", "log-delivery-write", S3_NotImplemented},
        {"PUT", "/b/k", "x-amz-grant-read", "id=1", S3_NotImplemented},
        {"PUT", "/b/k", "x-amz-copy-source-if-modified-since", "x", S3_NotImplemented},
        {"DELETE", "/b/k", "x-amz-if-match-size", "1", S3_NotImplemented},
        {"DELETE", "/b/k", "If-Match", "\"a\"", S3_OK},
        {"DELETE", "/b/k", "If-None-Match", "*", S3_NotImplemented},
        {"DELETE", "/b/k", "if-unmodified-since", "x", S3_NotImplemented},
        {"PUT", "/b/k", "If-None-Match", "*", S3_OK},
        {"PUT", "/b/k", "If-None-Match", "\"a\"", S3_NotImplemented},
        {"PUT", "/b/k", "Content-Range", "bytes 0-1/2", S3_NotImplemented},
        {"GET", "/b/k", "If-Unmodified-Since", "x", S3_OK},
        {"GET", "/b", "If-None-Match", "\"a\"", S3_OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_assert_eq(check(rows[i].method, rows[i].target, rows[i].name, rows[i].value),
                     rows[i].error, "%s %s %s: %s", rows[i].method, rows[i].target, rows[i].name,
                     rows[i].value);
        if (rows[i].error)
            cr_assert(!word.is_parameter && is(word.name, rows[i].name), "%s", rows[i].name);
    }
}

#define SIGNED                                                                                     \
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a&X-Amz-Date=b&X-Amz-Expires=5&"            \
    "X-Amz-SignedHeaders=host&X-Amz-Signature=c"

Test(presigned, fields_of_the_query) {
    cr_assert_eq(check("PUT", "/b/k?" SIGNED, NULL, NULL), S3_OK);
    cr_assert_eq(check("PUT", "/b/k?" SIGNED "&x-amz-meta-a=b&X-Amz-Storage-Class=x", NULL, NULL),
                 S3_OK);
    cr_assert_eq(check("PUT", "/b/k?" SIGNED "&X-Amz-Unheard=b", NULL, NULL), S3_NotImplemented);
    cr_assert(!word.is_parameter && is(word.name, "X-Amz-Unheard"));
    cr_assert_eq(check("PUT", "/b/k?" SIGNED "&x-amz-expires=9", NULL, NULL), S3_NotImplemented);
    cr_assert_eq(check("PUT", "/b/k?" SIGNED "&foo", NULL, NULL), S3_NotImplemented);
    cr_assert_eq(check("PUT", "/b/k?" SIGNED "&X-Amz-Acl=private&x-amz-acl=private", NULL, NULL),
                 S3_InvalidArgument);
    cr_assert_eq(check("PUT", "/b/k?" SIGNED "&x-amz-acl=private", "X-Amz-ACL", "private"),
                 S3_InvalidArgument);
    cr_assert_eq(check("PUT", "/b/k?" SIGNED "&x-amz-meta-a=b%0d%0ac:%20d", NULL, NULL),
                 S3_InvalidArgument);
    cr_assert_eq(check("PUT", "/b/k?" SIGNED "&x-amz-meta-a%20b=c", NULL, NULL),
                 S3_InvalidArgument);
    cr_assert_eq(check("PUT", "/b/k?" SIGNED "&x-amz-meta-%00=c", NULL, NULL), S3_InvalidArgument);
}

Test(presigned, values_are_as_in_a_head) {
    struct hr_http_field host = {hr_slice_of("Host"), hr_slice_of("x")};
    struct s3_request request = {
        .method = hr_slice_of("PUT"),
        .target = hr_slice_of("/b/k?" SIGNED "&x-amz-meta-a=%20b+c%09&x-amz-meta-d&X-AMZ-Meta-E="),
        .fields = &host,
        .field_count = 1};
    struct hr_slice name;
    cr_assert_eq(s3_server__request_parse(&request, &arena, hr_slice_of("s3.localhost")), S3_OK);
    cr_assert_eq(s3_server__request_hoist(&request, &arena, &name), S3_OK);
    cr_assert_eq(request.field_count, 4);
    cr_assert(is(s3_server__field_of(&request, "x-amz-meta-a"), "b c"));
    cr_assert_not_null(s3_server__field_of(&request, "x-amz-meta-d").data);
    cr_assert_eq(s3_server__field_of(&request, "x-amz-meta-e").size, 0);
}
