#include <criterion/criterion.h>

#include <stdio.h>

#include "conditions.h"
#include "route.h"

static struct s3_arena arena;

static enum s3_error parse(struct s3_request *request, const char *method, const char *target,
                           const struct hr_http_field *fields, size_t count) {
    *request = (struct s3_request){.method = hr_slice_of(method),
                                   .target = hr_slice_of(target),
                                   .fields = fields,
                                   .field_count = count};
    s3_server__arena_init(&arena);
    return s3_server__request_parse(request, &arena, hr_slice_of("s3.localhost"));
}

#define FIELD(name, value)                                                                         \
    {                                                                                              \
        {name, sizeof name - 1}, {                                                                 \
            value, sizeof value - 1                                                                \
        }                                                                                          \
    }

static const struct hr_http_field host[] = {FIELD("Host", "127.0.0.1:9000")};

static bool is(struct hr_slice text, const char *wanted) {
    return hr_slice_equal(text, hr_slice_of(wanted));
}

Test(route, path_style) {
    static const struct {
        const char *target, *bucket, *key, *canonical;
    } rows[] = {
        {"/", "", "", "/"},
        {"/bucket", "bucket", "", "/bucket"},
        {"/bucket/", "bucket", "", "/bucket/"},
        {"/bucket?x=/y", "bucket", "", "/bucket"},
        {"/bucket/key", "bucket", "key", "/bucket/key"},
        {"/bucket//key", "bucket", "/key", "/bucket//key"},
        {"/bucket/double//slash", "bucket", "double//slash", "/bucket/double//slash"},
        {"/bucket/./dot/../dots", "bucket", "./dot/../dots", "/bucket/./dot/../dots"},
        {"/bucket/a%20b+c%2520%26%3d%3F%23.txt", "bucket", "a b+c%20&=?#.txt",
         "/bucket/a%20b%2Bc%2520%26%3D%3F%23.txt"},
        {"/bucket/%7e~-_.", "bucket", "~~-_.", "/bucket/~~-_."},
        {"/bucket/a%2Fb", "bucket", "a/b", "/bucket/a/b"},
        {"http://127.0.0.1:9000/bucket/key", "bucket", "key", "/bucket/key"},
        {"HTTPS://127.0.0.1:9000/bucket/key", "bucket", "key", "/bucket/key"},
        {"/bucket/\xc3\xbc", "bucket", "\xc3\xbc", "/bucket/%C3%BC"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct s3_request request;
        cr_assert_eq(parse(&request, "GET", rows[i].target, host, 1), S3_OK, "%s", rows[i].target);
        cr_assert(is(request.bucket, rows[i].bucket), "%s", rows[i].target);
        cr_assert(is(request.key, rows[i].key), "%s", rows[i].target);
        cr_assert(is(request.canonical_path, rows[i].canonical), "%s", rows[i].target);
        s3_server__arena_deinit(&arena);
    }
}

Test(route, virtual_host_style) {
    static const struct {
        struct hr_http_field host;
        const char *bucket, *key;
    } rows[] = {
        {FIELD("host", "bucket.s3.localhost"), "bucket", "a/b"},
        {FIELD("Host", "my.bucket.S3.LocalHost:9000"), "my.bucket", "a/b"},
        {FIELD("Host", "s3.localhost:9000"), "a", "b"},
        {FIELD("Host", ".s3.localhost"), "a", "b"},
        {FIELD("Host", "b.localhost"), "b", "a/b"},
        {FIELD("Host", "My.Bucket.LocalHost:9000"), "My.Bucket", "a/b"},
        {FIELD("Host", "xs3.localhost"), "xs3", "a/b"},
        {FIELD("Host", "localhost:9000"), "a", "b"},
        {FIELD("Host", ".localhost"), "a", "b"},
        {FIELD("Host", "b.notlocalhost"), "a", "b"},
        {FIELD("Host", "[::1]:9000"), "a", "b"},
        {FIELD("Host", ""), "a", "b"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct s3_request request;
        cr_assert_eq(parse(&request, "GET", "/a/b", &rows[i].host, 1), S3_OK);
        cr_assert(is(request.bucket, rows[i].bucket), "%s", rows[i].host.value.data);
        cr_assert(is(request.key, rows[i].key), "%s", rows[i].host.value.data);
        s3_server__arena_deinit(&arena);
    }
}

Test(route, what_cannot_be_parsed) {
    static char long_target[3 + 3 * (S3_KEY_MAX + 1) + 1], many[1000];
    struct s3_request request;
    static const char *const bad[] = {"",       "*",     "bucket", "/a/%",     "/a/%4",
                                      "/a/%zz", "/?a=%", "//key",  "http://x", "/a/b%00c"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_assert_eq(parse(&request, "GET", bad[i], host, 1), S3_InvalidURI, "%s", bad[i]);
        s3_server__arena_deinit(&arena);
    }
    memcpy(long_target, "/b/", 3);
    for (size_t i = 0; i <= S3_KEY_MAX; i++) memcpy(long_target + 3 + 3 * i, "%41", 3);
    cr_assert_eq(parse(&request, "GET", long_target, host, 1), S3_KeyTooLongError);
    s3_server__arena_deinit(&arena);
    long_target[3 + 3 * S3_KEY_MAX] = '\0';
    cr_assert_eq(parse(&request, "GET", long_target, host, 1), S3_OK);
    cr_assert_eq(request.key.size, S3_KEY_MAX);
    s3_server__arena_deinit(&arena);
    cr_assert_eq(parse(&request, "GET", "/", NULL, 0), S3_InvalidRequest);
    s3_server__arena_deinit(&arena);
    snprintf(many, sizeof many, "/?%0300d", 0);
    for (size_t i = 2; many[i]; i++) many[i] = '&';
    cr_assert_eq(parse(&request, "GET", many, host, 1), S3_InvalidRequest);
    s3_server__arena_deinit(&arena);
}

Test(route, parameters) {
    struct s3_request request;
    cr_assert_eq(parse(&request, "GET", "/b?prefix=a%2Fb+c%20d&uploads&x=&&y=1=2", host, 1), S3_OK);
    cr_assert(is(s3_server__parameter(&request, "prefix"), "a/b c d"));
    cr_assert_not_null(s3_server__parameter(&request, "uploads").data);
    cr_assert(is(s3_server__parameter(&request, "y"), "1=2"));
    cr_assert_null(s3_server__parameter(&request, "z").data);
    cr_assert_eq(request.parameter_count, 4);
    s3_server__arena_deinit(&arena);
}

Test(route, operations) {
    static const struct hr_http_field copy[] = {FIELD("Host", "x"),
                                                FIELD("x-amz-copy-source", "/a/b")};
    static const struct {
        const char *method, *target;
        bool copy;
        enum s3_error error;
        enum s3_operation operation;
    } rows[] = {
        {"GET", "/", false, S3_OK, S3_LIST_BUCKETS},
        {"PUT", "/", false, S3_MethodNotAllowed, 0},
        {"PUT", "/b", false, S3_OK, S3_CREATE_BUCKET},
        {"HEAD", "/b/", false, S3_OK, S3_HEAD_BUCKET},
        {"DELETE", "/b", false, S3_OK, S3_DELETE_BUCKET},
        {"GET", "/b?location", false, S3_OK, S3_GET_BUCKET_LOCATION},
        {"GET", "/b", false, S3_OK, S3_LIST_OBJECTS},
        {"GET", "/b?list-type=2&prefix=a", false, S3_OK, S3_LIST_OBJECTS_V2},
        {"GET", "/b?uploads", false, S3_OK, S3_LIST_MULTIPART_UPLOADS},
        {"GET", "/b?versioning", false, S3_OK, S3_GET_BUCKET_VERSIONING},
        {"PUT", "/b?versioning", false, S3_OK, S3_PUT_BUCKET_VERSIONING},
        {"GET", "/b?versions", false, S3_OK, S3_LIST_OBJECT_VERSIONS},
        {"GET", "/b?tagging", false, S3_OK, S3_GET_BUCKET_TAGGING},
        {"GET", "/b/k?acl", false, S3_OK, S3_GET_OBJECT_ACL},
        {"GET", "/b/k?policy", false, S3_OK, S3_GET_OBJECT}, /* refused by its vocabulary */
        {"POST", "/b?delete", false, S3_OK, S3_DELETE_OBJECTS},
        {"POST", "/b", false, S3_NotImplemented, 0},
        {"PATCH", "/b", false, S3_MethodNotAllowed, 0},
        {"PUT", "/b/k", false, S3_OK, S3_PUT_OBJECT},
        {"PUT", "/b/k", true, S3_OK, S3_COPY_OBJECT},
        {"GET", "/b/k", false, S3_OK, S3_GET_OBJECT},
        {"GET", "/b/k?tagging", false, S3_OK, S3_GET_OBJECT_TAGGING},
        {"HEAD", "/b/k", false, S3_OK, S3_HEAD_OBJECT},
        {"DELETE", "/b/k", false, S3_OK, S3_DELETE_OBJECT},
        {"POST", "/b/k?uploads", false, S3_OK, S3_CREATE_MULTIPART_UPLOAD},
        {"PUT", "/b/k?partNumber=1&uploadId=x", false, S3_OK, S3_UPLOAD_PART},
        {"PUT", "/b/k?partNumber=1&uploadId=x", true, S3_OK, S3_UPLOAD_PART_COPY},
        {"POST", "/b/k?uploadId=x", false, S3_OK, S3_COMPLETE_MULTIPART_UPLOAD},
        {"DELETE", "/b/k?uploadId=x", false, S3_OK, S3_ABORT_MULTIPART_UPLOAD},
        {"GET", "/b/k?uploadId=x", false, S3_OK, S3_LIST_PARTS},
        {"POST", "/b/k", false, S3_NotImplemented, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct s3_request request;
        enum s3_operation operation = S3_OPERATIONS;
        const struct hr_http_field *fields = rows[i].copy ? copy : host;
        cr_assert_eq(parse(&request, rows[i].method, rows[i].target, fields, rows[i].copy ? 2 : 1),
                     S3_OK);
        cr_assert_eq(s3_server__route(&request, &operation), rows[i].error, "%s %s", rows[i].method,
                     rows[i].target);
        if (!rows[i].error)
            cr_assert_eq(operation, rows[i].operation, "%s %s", rows[i].method, rows[i].target);
        s3_server__arena_deinit(&arena);
    }
}

/* The S3 user guide, "General purpose bucket naming rules". */
Test(route, bucket_names) {
    static const char *const good[] = {"abc",   "a-b.c",     "123",
                                       "1.2.3", "1.2.3.4.5", "docexamplebucket-1a1b2c3d4-5e6f"};
    static const char *const bad[] = {
        "",
        "ab",
        "Abc",
        "a_b",
        "-ab",
        "ab-",
        ".ab",
        "ab.",
        "a..b",
        "192.168.5.4",
        "a b",
        "a/b",
        "\xc3\xbc\xc3\xbc",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        cr_assert(s3_server__bucket_name_valid(hr_slice_of(good[i])), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_not(s3_server__bucket_name_valid(hr_slice_of(bad[i])), "%s", bad[i]);
}

Test(conditions, ranges) {
    static const struct {
        const char *text;
        uint64_t size;
        enum s3_range_kind kind;
        uint64_t offset, count;
    } rows[] = {
        {"bytes=0-0", 10, S3_RANGE_PART, 0, 1},
        {"bytes=2-", 10, S3_RANGE_PART, 2, 8},
        {"bytes=-3", 10, S3_RANGE_PART, 7, 3},
        {"bytes=-30", 10, S3_RANGE_PART, 0, 10},
        {"bytes=5-99", 10, S3_RANGE_PART, 5, 5},
        {"Bytes= 1 - 2 ", 10, S3_RANGE_PART, 1, 2},
        {"bytes=0-18446744073709551615", 10, S3_RANGE_PART, 0, 10},
        {"bytes=0-99999999999999999999999", 10, S3_RANGE_PART, 0, 10},
        {"bytes=10-", 10, S3_RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=99999999999999999999999-", 10, S3_RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=-0", 10, S3_RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=0-", 0, S3_RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=-5", 0, S3_RANGE_NONE, 0, 0}, /* as S3: 200 and nothing */
        {"bytes=-0", 0, S3_RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=5-2", 10, S3_RANGE_NONE, 0, 0},
        {"bytes=", 10, S3_RANGE_NONE, 0, 0},
        {"bytes=-", 10, S3_RANGE_NONE, 0, 0},
        {"bytes=1-2,4-5", 10, S3_RANGE_NONE, 0, 0},
        {"bytes=a-b", 10, S3_RANGE_NONE, 0, 0},
        {"bytes=--1", 10, S3_RANGE_NONE, 0, 0},
        {"bits=0-1", 10, S3_RANGE_NONE, 0, 0},
        {"", 10, S3_RANGE_NONE, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct s3_range range = {0, 0};
        cr_assert_eq(s3_server__range_parse(hr_slice_of(rows[i].text), rows[i].size, &range),
                     rows[i].kind, "%s", rows[i].text);
        if (rows[i].kind == S3_RANGE_PART)
            cr_assert(range.offset == rows[i].offset && range.size == rows[i].count, "%s",
                      rows[i].text);
    }
}

static bool range_counts(const char *if_range) {
    struct hr_http_field field = {hr_slice_of("If-Range"), hr_slice_of(if_range)};
    struct s3_request request = {.fields = &field, .field_count = 1};
    struct s3_object object = {.modified_ms = UINT64_C(784111777123), .etag = "\"tag\""};
    return s3_server__conditions_range(&request, &object);
}

/* RFC 9110 13.1.5. */
Test(conditions, if_range) {
    cr_assert(range_counts("\"tag\""));
    cr_assert(range_counts("Sun, 06 Nov 1994 08:49:37 GMT"));
    cr_assert_not(range_counts("\"other\""));
    cr_assert_not(range_counts("W/\"tag\""));
    cr_assert_not(range_counts("Sun, 06 Nov 1994 08:49:38 GMT"));
    cr_assert_not(range_counts("Sun, 06 Nov 1994 08:49:36 GMT"));
    cr_assert_not(range_counts("tag"));
    cr_assert_not(range_counts(""));
    struct s3_request request = {.field_count = 0};
    struct s3_object object = {.etag = ""};
    cr_assert(s3_server__conditions_range(&request, &object));
}
