#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

#include <headrace/clock.h>
#include <headrace/encode.h>

#include "auth.h"
#include "cases.h"

#define FIELDS_MAX 32

/* A request as a client sends it. */
struct sent {
    const char *method;
    char target[8192];
    struct hr_http_field fields[FIELDS_MAX];
    size_t field_count;
};

static struct s3_auth auth;
static struct s3_identity identity;

static void begin(const char *access_key, const char *secret_key, const char *region) {
    static struct s3_key key;
    key = (struct s3_key){hr_slice_of(access_key), hr_slice_of(secret_key), false};
    auth.rules.keys = &key;
    auth.rules.key_count = 1;
    auth.rules.region = hr_slice_of(region);
    cr_assert_eq(s3_server__signers_init(&auth.signers), 0);
}

static enum s3_error verify(const struct sent *sent, uint64_t now_s) {
    struct s3_arena arena;
    struct s3_request request = {.method = hr_slice_of(sent->method),
                                 .target = hr_slice_of(sent->target),
                                 .fields = sent->fields,
                                 .field_count = sent->field_count};
    s3_server__arena_init(&arena);
    enum s3_error error =
        s3_server__request_parse(&request, &arena, hr_slice_of("s3.amazonaws.com"));
    if (!error) error = s3_server__auth_verify(&auth, &request, now_s, &arena, &identity);
    identity.region = hr_slice_bytes(NULL, 0); /* the arena's */
    s3_server__arena_deinit(&arena);
    return error;
}

static void add(struct sent *sent, const char *name, const char *value) {
    cr_assert_lt(sent->field_count, FIELDS_MAX);
    sent->fields[sent->field_count++] =
        (struct hr_http_field){hr_slice_of(name), hr_slice_of(value)};
}

static struct hr_slice *value_of(struct sent *sent, const char *name) {
    for (size_t i = 0; i < sent->field_count; i++)
        if (hr_slice_equal_nocase(sent->fields[i].name, hr_slice_of(name)))
            return &sent->fields[i].value;
    cr_assert_fail("no field %s", name);
    return NULL;
}

static uint64_t seconds(const char *text) {
    uint64_t time_s;
    cr_assert_eq(hr_date_parse(hr_slice_of(text), &time_s), 0);
    return time_s;
}

/* ---- The S3 API Reference's GET with Range. */

#define DOC_TIME      1369353600
#define DOC_SIGNATURE "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
#define DOC_HEADERS   "host;range;x-amz-content-sha256;x-amz-date"
#define DOC_AUTHORIZATION(key, scope, headers, signature)                                          \
    "AWS4-HMAC-SHA256 Credential=" key "/" scope ",SignedHeaders=" headers ",Signature=" signature
#define DOC_SCOPE  "20130524/us-east-1/s3/aws4_request"
#define DOC_KEY    "AKIAIOSFODNN7EXAMPLE"
#define DOC_SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
#define EMPTY_HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void make_doc_request(struct sent *sent) {
    *sent = (struct sent){.method = "GET", .target = "/test.txt"};
    add(sent, "Host", "examplebucket.s3.amazonaws.com");
    add(sent, "Authorization", DOC_AUTHORIZATION(DOC_KEY, DOC_SCOPE, DOC_HEADERS, DOC_SIGNATURE));
    add(sent, "Range", "bytes=0-9");
    add(sent, "x-amz-content-sha256", EMPTY_HASH);
    add(sent, "x-amz-date", "20130524T000000Z");
    add(sent, "User-Agent", "not signed");
}

static enum s3_error with(const char *field, const char *value) {
    struct sent sent;
    make_doc_request(&sent);
    *value_of(&sent, field) = hr_slice_of(value);
    return verify(&sent, DOC_TIME);
}

Test(auth, header_of_the_published_example) {
    struct sent sent;
    begin(DOC_KEY, DOC_SECRET, "");
    make_doc_request(&sent);
    cr_assert_eq(verify(&sent, DOC_TIME), S3_OK, "%s", identity.message);
    cr_assert(identity.payload == S3_PAYLOAD_SIGNED && identity.sha256[0] == 0xe3);
    cr_assert_str_eq(identity.signature, DOC_SIGNATURE);
    cr_assert_eq(verify(&sent, DOC_TIME + 900), S3_OK);
    cr_assert_eq(verify(&sent, DOC_TIME - 900), S3_OK);
    cr_assert_eq(verify(&sent, DOC_TIME + 901), S3_RequestTimeTooSkewed);
    cr_assert_eq(verify(&sent, DOC_TIME - 901), S3_RequestTimeTooSkewed);
    snprintf(sent.target, sizeof sent.target, "/test.tx");
    cr_assert_eq(verify(&sent, DOC_TIME), S3_SignatureDoesNotMatch);
    make_doc_request(&sent);
    sent.method = "PUT";
    cr_assert_eq(verify(&sent, DOC_TIME), S3_SignatureDoesNotMatch);
    make_doc_request(&sent);
    add(&sent, "x-amz-meta-more", "1");
    cr_assert_eq(verify(&sent, DOC_TIME), S3_AccessDenied);
    cr_assert_eq(with("Range", "bytes=0-8"), S3_SignatureDoesNotMatch);
    cr_assert_eq(with("Range", "  bytes=0-9 "), S3_OK);
    cr_assert_eq(with("Host", "other.s3.amazonaws.com"), S3_SignatureDoesNotMatch);
    cr_assert_eq(with("x-amz-content-sha256", "UNSIGNED-PAYLOAD"), S3_SignatureDoesNotMatch);
    cr_assert_eq(with("x-amz-content-sha256", "abc"), S3_InvalidArgument);
    cr_assert_eq(with("x-amz-date", "yesterday"), S3_AccessDenied);
    cr_assert_eq(with("x-amz-date", "20130525T000000Z"), S3_AuthorizationHeaderMalformed);
    s3_server__signers_deinit(&auth.signers);
    begin(DOC_KEY, "another secret", "");
    make_doc_request(&sent);
    cr_assert_eq(verify(&sent, DOC_TIME), S3_SignatureDoesNotMatch);
    s3_server__signers_deinit(&auth.signers);
    begin(DOC_KEY, DOC_SECRET, "eu-west-1");
    cr_assert_eq(verify(&sent, DOC_TIME), S3_AuthorizationHeaderMalformed);
    cr_assert_not_null(strstr(identity.message, "expecting 'eu-west-1'"));
    s3_server__signers_deinit(&auth.signers);
}

Test(auth, malformed_authorization_headers) {
    static const struct {
        const char *value;
        enum s3_error error;
    } rows[] = {
        {DOC_AUTHORIZATION("OTHER", DOC_SCOPE, DOC_HEADERS, DOC_SIGNATURE), S3_InvalidAccessKeyId},
        {DOC_AUTHORIZATION(DOC_KEY, "20130524/us-east-1/s3/aws5_request", DOC_HEADERS,
                           DOC_SIGNATURE),
         S3_AuthorizationHeaderMalformed},
        {DOC_AUTHORIZATION(DOC_KEY, "20130524/us-east-1/ec2/aws4_request", DOC_HEADERS,
                           DOC_SIGNATURE),
         S3_AuthorizationHeaderMalformed},
        {DOC_AUTHORIZATION(DOC_KEY, "20130523/us-east-1/s3/aws4_request", DOC_HEADERS,
                           DOC_SIGNATURE),
         S3_AuthorizationHeaderMalformed},
        {DOC_AUTHORIZATION(DOC_KEY, "20130524//s3/aws4_request", DOC_HEADERS, DOC_SIGNATURE),
         S3_AuthorizationHeaderMalformed},
        {DOC_AUTHORIZATION(DOC_KEY, "us-east-1/s3/aws4_request", DOC_HEADERS, DOC_SIGNATURE),
         S3_AuthorizationHeaderMalformed},
        {DOC_AUTHORIZATION(DOC_KEY, DOC_SCOPE, "range;x-amz-content-sha256;x-amz-date",
                           DOC_SIGNATURE),
         S3_AccessDenied},
        {DOC_AUTHORIZATION(DOC_KEY, DOC_SCOPE, "host;range;x-amz-date", DOC_SIGNATURE),
         S3_AccessDenied},
        {DOC_AUTHORIZATION(DOC_KEY, DOC_SCOPE, "absent;" DOC_HEADERS, DOC_SIGNATURE),
         S3_SignatureDoesNotMatch},
        {DOC_AUTHORIZATION(DOC_KEY, DOC_SCOPE, DOC_HEADERS, "f0"), S3_SignatureDoesNotMatch},
        {DOC_AUTHORIZATION(DOC_KEY, DOC_SCOPE, DOC_HEADERS, ""), S3_SignatureDoesNotMatch},
        {"AWS4-HMAC-SHA256 Credential=" DOC_KEY "/" DOC_SCOPE ",SignedHeaders=host",
         S3_AuthorizationHeaderMalformed},
        {"AWS4-HMAC-SHA256 ", S3_AuthorizationHeaderMalformed},
        {"AWS4-HMAC-SHA256", S3_InvalidRequest},
        {"AWS " DOC_KEY ":c2lnbmF0dXJl", S3_InvalidRequest},
        {"Basic dTpw", S3_InvalidArgument},
        {"", S3_InvalidArgument},
    };
    begin(DOC_KEY, DOC_SECRET, "");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_assert_eq(with("Authorization", rows[i].value), rows[i].error, "%s", rows[i].value);
    struct sent sent;
    make_doc_request(&sent);
    value_of(&sent, "x-amz-content-sha256");
    sent.fields[3].name = hr_slice_of("x-other");
    cr_assert_eq(verify(&sent, DOC_TIME), S3_InvalidRequest);
    make_doc_request(&sent);
    sent.fields[1].name = hr_slice_of("x-other");
    cr_assert_eq(verify(&sent, DOC_TIME), S3_AccessDenied);
    s3_server__signers_deinit(&auth.signers);
}

/* ---- The S3 API Reference's presigned GET. */

#define DOC_QUERY                                                                                  \
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-" \
    "1%2Fs3%2F"                                                                                    \
    "aws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
#define DOC_QUERY_SIGNATURE                                                                        \
    "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"

static enum s3_error verify_url(const char *query, uint64_t now_s) {
    struct sent sent = {.method = "GET"};
    snprintf(sent.target, sizeof sent.target, "/test.txt?%s", query);
    add(&sent, "Host", "examplebucket.s3.amazonaws.com");
    return verify(&sent, now_s);
}

Test(auth, query_of_the_published_example) {
    begin(DOC_KEY, DOC_SECRET, "us-east-1");
    cr_assert_eq(verify_url(DOC_QUERY DOC_QUERY_SIGNATURE, DOC_TIME), S3_OK, "%s",
                 identity.message);
    cr_assert_eq(identity.payload, S3_PAYLOAD_UNSIGNED);
    cr_assert_eq(verify_url(DOC_QUERY DOC_QUERY_SIGNATURE, DOC_TIME + 86400), S3_OK);
    cr_assert_eq(verify_url(DOC_QUERY DOC_QUERY_SIGNATURE, DOC_TIME + 86401), S3_AccessDenied);
    cr_assert_str_eq(identity.message, "Request has expired");
    cr_assert_eq(verify_url(DOC_QUERY DOC_QUERY_SIGNATURE, DOC_TIME - 901), S3_AccessDenied);
    cr_assert_eq(verify_url(DOC_QUERY DOC_QUERY_SIGNATURE "&more=1", DOC_TIME),
                 S3_SignatureDoesNotMatch);
    cr_assert_eq(verify_url(DOC_QUERY, DOC_TIME), S3_AuthorizationQueryParametersError);
    cr_assert_eq(verify_url("X-Amz-Signature=00", DOC_TIME), S3_AuthorizationQueryParametersError);
    cr_assert_eq(verify_url("X-Amz-Algorithm=AWS4-HMAC-SHA256", DOC_TIME),
                 S3_AuthorizationQueryParametersError);
    cr_assert_eq(verify_url("AWSAccessKeyId=a&Signature=b&Expires=1", DOC_TIME), S3_InvalidRequest);
    static const char *const expires[] = {"0", "604801", "-1", "x", "", "99999999999999999999999"};
    for (size_t i = 0; i < sizeof expires / sizeof expires[0]; i++) {
        char query[1024];
        snprintf(query, sizeof query,
                 "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%%2F20130524%%2Fr%%2Fs3%%"
                 "2Faws4_request&X-Amz-Date="
                 "20130524T000000Z&X-Amz-Expires=%s&X-Amz-SignedHeaders=host&X-Amz-Signature=0",
                 expires[i]);
        cr_assert_eq(verify_url(query, DOC_TIME), S3_AuthorizationQueryParametersError, "%s",
                     expires[i]);
    }
    struct sent sent;
    make_doc_request(&sent);
    snprintf(sent.target, sizeof sent.target, "/test.txt?%s", DOC_QUERY DOC_QUERY_SIGNATURE);
    cr_assert_eq(verify(&sent, DOC_TIME), S3_InvalidArgument); /* both ways at once */
    s3_server__signers_deinit(&auth.signers);
}

/* The signatures are botocore's, of these queries at that time. */
#define BLANK_SIGNATURE "bd8b33cb70d56bb478d1fd7f430b127c63bbcb8927de8b5921fc0e4c6c5201ec"
#define PLUS_SIGNATURE  "2bd35858142e03030447534c82c2770c619623e922fd676a740ceeb384be75b9"
#define LIST_HEADERS    "host;x-amz-content-sha256;x-amz-date"

static enum s3_error verify_listing(const char *prefix, const char *authorization) {
    struct sent sent = {.method = "GET"};
    snprintf(sent.target, sizeof sent.target, "/?list-type=2&prefix=%s", prefix);
    add(&sent, "Host", "examplebucket.s3.amazonaws.com");
    add(&sent, "Authorization", authorization);
    add(&sent, "x-amz-content-sha256", EMPTY_HASH);
    add(&sent, "x-amz-date", "20130524T000000Z");
    return verify(&sent, DOC_TIME);
}

Test(auth, a_plus_in_the_query_is_a_blank) {
    static const char blank[] =
        DOC_AUTHORIZATION(DOC_KEY, DOC_SCOPE, LIST_HEADERS, BLANK_SIGNATURE);
    static const char plus[] = DOC_AUTHORIZATION(DOC_KEY, DOC_SCOPE, LIST_HEADERS, PLUS_SIGNATURE);
    begin(DOC_KEY, DOC_SECRET, "");
    cr_assert_eq(verify_listing("a%20b", blank), S3_OK);
    cr_assert_eq(verify_listing("a+b", blank), S3_OK);
    cr_assert_eq(verify_listing("a%2Bb", blank), S3_SignatureDoesNotMatch);
    cr_assert_eq(verify_listing("a%2Bb", plus), S3_OK);
    cr_assert_eq(verify_listing("a%2bb", plus), S3_OK);
    cr_assert_eq(verify_listing("a+b", plus), S3_SignatureDoesNotMatch);
    s3_server__signers_deinit(&auth.signers);
}

/* Botocore's signature of "x-amz-copy-source: b/a,b". */
#define COPY_SIGNATURE "27e86a1d7adcc334394fcae394011501e7da84b3d689a9c4c394a9e4f3fb3fce"

/* A value with a comma and two fields with its halves are the same in canonical form. */
Test(auth, a_field_may_not_be_split_in_two) {
    struct sent sent = {.method = "PUT", .target = "/copy"};
    begin(DOC_KEY, DOC_SECRET, "");
    add(&sent, "Host", "examplebucket.s3.amazonaws.com");
    add(&sent, "Authorization",
        DOC_AUTHORIZATION(DOC_KEY, DOC_SCOPE,
                          "host;x-amz-content-sha256;x-amz-copy-source;x-amz-date",
                          COPY_SIGNATURE));
    add(&sent, "x-amz-content-sha256", EMPTY_HASH);
    add(&sent, "x-amz-date", "20130524T000000Z");
    add(&sent, "x-amz-copy-source", "b/a,b");
    cr_assert_eq(verify(&sent, DOC_TIME), S3_OK);
    *value_of(&sent, "x-amz-copy-source") = hr_slice_of("b/a");
    add(&sent, "X-Amz-Copy-Source", "b");
    cr_assert_eq(verify(&sent, DOC_TIME), S3_InvalidRequest);
    s3_server__signers_deinit(&auth.signers);
}

/* ---- The cases given: those of S3, as their client would send them. */

static void add_case_fields(struct sent *sent, const json_t *request) {
    json_t *pair;
    size_t i;
    json_array_foreach(json_object_get(request, "headers"), i, pair)
        add(sent, json_string_value(json_array_get(pair, 0)),
            json_string_value(json_array_get(pair, 1)));
}

static bool has_field(const struct sent *sent, const char *name) {
    for (size_t i = 0; i < sent->field_count; i++)
        if (hr_slice_equal_nocase(sent->fields[i].name, hr_slice_of(name))) return true;
    return false;
}

static void make_case(struct sent *sent, const json_t *each) {
    const json_t *context = json_object_get(each, "context"),
                 *request = json_object_get(each, "request");
    const json_t *expected = json_object_get(each, "expected");
    const char *query = cases_text(request, "query"), *token = cases_text(context, "session_token");
    *sent = (struct sent){.method = cases_text(request, "method")};
    add_case_fields(sent, request);
    if (strcmp(cases_text(each, "kind"), "query") == 0) {
        const char *url = cases_text(expected, "url"),
                   *path = strchr(url + strlen("https://"), '/');
        snprintf(sent->target, sizeof sent->target, "%s", path);
        return;
    }
    snprintf(sent->target, sizeof sent->target, "%s%s%s", cases_text(request, "path"),
             query && *query ? "?" : "", query ? query : "");
    /* The payload's name is the canonical request's last line. */
    const char *canonical = cases_text(expected, "canonical_request");
    if (!has_field(sent, "x-amz-content-sha256"))
        add(sent, "x-amz-content-sha256", strrchr(canonical, '\n') + 1);
    if (!has_field(sent, "x-amz-date")) add(sent, "x-amz-date", cases_text(context, "timestamp"));
    if (token) add(sent, "x-amz-security-token", token);
    add(sent, "Authorization", cases_text(expected, "authorization"));
}

Test(auth, cases_given) {
    json_t *cases = cases_load("sigv4/cases.given.jsonl"), *each;
    size_t index, count = 0;
    if (!cases) cr_skip_test("no sigv4 cases");
    json_array_foreach(cases, index, each) {
        const json_t *context = json_object_get(each, "context");
        const char *kind = cases_text(each, "kind"), *service = cases_text(context, "service");
        if (strcmp(kind, "signing_key") == 0 || !service || strcmp(service, "s3") != 0) continue;
        static struct sent sent;
        begin(cases_text(context, "access_key_id"), cases_text(context, "secret_access_key"),
              cases_text(context, "region"));
        make_case(&sent, each);
        uint64_t now = seconds(cases_text(context, "timestamp"));
        cr_assert_eq(verify(&sent, now), S3_OK, "%s: %s", cases_text(each, "name"),
                     identity.message);
        s3_server__signers_deinit(&auth.signers);
        begin(cases_text(context, "access_key_id"), "wrong", cases_text(context, "region"));
        cr_assert_eq(verify(&sent, now), S3_SignatureDoesNotMatch, "%s", cases_text(each, "name"));
        s3_server__signers_deinit(&auth.signers);
        count++;
    }
    cr_assert_gt(count, 50);
    json_decref(cases);
}
