#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/clock.h>
#include <headrace/encode.h>
#include <headrace/sigv4.h>

#include "cases.h"

#define KEY            "AKIAIOSFODNN7EXAMPLE"
#define SECRET         "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
#define SERVICE_KEY    "AKIDEXAMPLE"
#define SERVICE_SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

static const struct hr_sigv4_credentials docs = {.access_key = {KEY, sizeof KEY - 1},
                                                 .secret_key = {SECRET, sizeof SECRET - 1}};

static struct hr_http_field field(const char *name, const char *value) {
    return (struct hr_http_field){hr_slice_of(name), hr_slice_of(value)};
}

static uint64_t seconds(const char *basic) {
    uint64_t time_s;
    cr_assert_eq(hr_date_parse(hr_slice_of(basic), &time_s), 0);
    return time_s;
}

static struct hr_sigv4_options s3_options(void) {
    return (struct hr_sigv4_options){.region = hr_slice_of("us-east-1"),
                                     .time_s = seconds("20130524T000000Z"),
                                     .add_content_sha256 = true};
}

static hr_sigv4_signer *signer;

static void make_signer(void) {
    cr_assert_eq(hr_sigv4_signer_new(&signer), 0);
}

static void free_signer(void) {
    hr_sigv4_signer_free(signer);
}

TestSuite(sigv4, .init = make_signer, .fini = free_signer);

static void expect_signature(const struct hr_sigv4_request *request, const char *signature) {
    char authorization[2048];
    struct hr_sigv4_options options = s3_options();
    struct hr_sigv4_result result;
    cr_assert_eq(hr_sigv4_sign(signer, &docs, &options, request, authorization,
                               sizeof authorization, &result),
                 0);
    cr_assert_str_eq(result.signature, signature);
    cr_assert_str_eq(result.date, "20130524T000000Z");
}

/* The worked examples of the S3 API Reference, "Signature Calculations for the Authorization
 * Header". */
Test(sigv4, examples_of_the_s3_reference) {
    struct hr_http_field get[] = {field("Host", "examplebucket.s3.amazonaws.com"),
                                  field("Range", "bytes=0-9")};
    struct hr_sigv4_request request = {.method = hr_slice_of("GET"),
                                       .path = hr_slice_of("/test.txt"),
                                       .fields = get,
                                       .field_count = 2};
    expect_signature(&request, "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");

    struct hr_http_field put[] = {field("Host", "examplebucket.s3.amazonaws.com"),
                                  field("Date", "Fri, 24 May 2013 00:00:00 GMT"),
                                  field("x-amz-storage-class", "REDUCED_REDUNDANCY")};
    char hash[HR_SIGV4_HEX_SIZE + 1];
    cr_assert_eq(hr_sigv4_payload_hash("Welcome to Amazon S3.", 21, hash), 0);
    cr_assert_str_eq(hash, "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
    request = (struct hr_sigv4_request){.method = hr_slice_of("PUT"),
                                        .path = hr_slice_of("/test%24file.text"),
                                        .fields = put,
                                        .field_count = 3,
                                        .payload_hash = hr_slice_of(hash)};
    expect_signature(&request, "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");

    request = (struct hr_sigv4_request){.method = hr_slice_of("GET"),
                                        .path = hr_slice_of("/"),
                                        .query = hr_slice_of("lifecycle"),
                                        .fields = get,
                                        .field_count = 1};
    expect_signature(&request, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
    request.query = hr_slice_of("max-keys=2&prefix=J");
    expect_signature(&request, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

/* "Authenticating Requests: Using Query Parameters". */
Test(sigv4, presigned_example_of_the_s3_reference) {
    struct hr_http_field host = field("Host", "examplebucket.s3.amazonaws.com");
    struct hr_sigv4_request request = {.method = hr_slice_of("GET"),
                                       .path = hr_slice_of("/test.txt"),
                                       .fields = &host,
                                       .field_count = 1};
    struct hr_sigv4_options options = s3_options();
    struct hr_sigv4_result result;
    char query[1024];
    options.expires_s = 86400;
    cr_assert_eq(hr_sigv4_presign(signer, &docs, &options, &request, query, sizeof query, &result),
                 0);
    cr_assert_str_eq(result.signature,
                     "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
    query[result.size] = 0;
    cr_assert_str_eq(
        query, "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524"
               "%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&"
               "X-Amz-SignedHeaders=host&X-Amz-Signature="
               "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

/* AWS General Reference, "Deriving the signing key". */
Test(sigv4, signing_key_of_the_general_reference) {
    uint8_t key[32];
    char hex[65] = {0};
    struct hr_sigv4_scope scope = {hr_slice_of("20150830"), hr_slice_of("us-east-1"),
                                   hr_slice_of("iam")};
    cr_assert_eq(hr_sigv4_key(hr_slice_of(SERVICE_SECRET), &scope, key), 0);
    hr_hex_encode(key, sizeof key, hex);
    cr_assert_str_eq(hex, "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
}

static const char *canonical(const struct hr_sigv4_options *options, const char *path,
                             const char *query, const struct hr_http_field *fields, size_t count,
                             char text[4096]) {
    struct hr_sigv4_request request = {.method = hr_slice_of("GET"),
                                       .path = hr_slice_of(path),
                                       .query = hr_slice_of(query),
                                       .fields = fields,
                                       .field_count = count};
    size_t size = 0;
    cr_assert_eq(hr_sigv4_canonical_request(&docs, options, &request, text, 4095, &size), 0,
                 "%s?%s", path, query);
    text[size] = 0;
    return text;
}

/* Second line: the path. Third: the query. */
static void expect_line(const char *text, unsigned line, const char *expected) {
    while (line-- > 0) text = strchr(text, '\n') + 1;
    size_t size = strcspn(text, "\n");
    cr_assert(size == strlen(expected) && memcmp(text, expected, size) == 0, "%.*s != %s",
              (int)size, text, expected);
}

Test(sigv4, paths) {
    static const struct {
        const char *path, *as_sent, *normalized, *encoded_again;
    } cases[] = {
        {"", "/", "/", "/"},
        {"/", "/", "/", "/"},
        {"/a//b", "/a//b", "/a/b", "/a//b"},
        {"/./a/../b/", "/./a/../b/", "/b/", "/./a/../b/"},
        {"/a/b/..", "/a/b/..", "/a/", "/a/b/.."},
        {"/../..", "/../..", "/", "/../.."},
        {"//x//", "//x//", "/x/", "//x//"},
        {"/a%20b", "/a%20b", "/a%20b", "/a%2520b"},
        {"/a/...", "/a/...", "/a/...", "/a/..."},
    };
    struct hr_http_field host = field("host", "h");
    char text[4096];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hr_sigv4_options options = s3_options();
        expect_line(canonical(&options, cases[i].path, "", &host, 1, text), 1, cases[i].as_sent);
        options.normalize_path = true;
        expect_line(canonical(&options, cases[i].path, "", &host, 1, text), 1, cases[i].normalized);
        options.normalize_path = false;
        options.double_uri_encode = true;
        expect_line(canonical(&options, cases[i].path, "", &host, 1, text), 1,
                    cases[i].encoded_again);
    }
}

Test(sigv4, queries) {
    static const struct {
        const char *query, *canonical;
    } cases[] = {
        {"", ""},
        {"a", "a="},
        {"a&=&%", "=&%25=&a="},
        {"b=2&a=1&A=0&a-=3&a_=4&aa=5", "A=0&a=1&a-=3&a_=4&aa=5&b=2"},
        {"k=2&k=1&k=", "k=&k=1&k=2"},
        {"x=%7e%2f%7E", "x=~%2F~"}, /* encoded anew: unreserved bytes bare, upper case hex */
        {"x=a+b", "x=a%2Bb"},       /* '+' is a plus, not a blank */
        {"x=100%&y=%zz", "x=100%25&y=%25zz"}, /* a lone '%' stands for itself */
        {"&&a=1&&", "a=1"},
        {"a=b=c", "a=b%3Dc"},
        {"\xc3\xbc=1&~=2&z=3", "%C3%BC=1&z=3&~=2"}, /* order of the encoded names */
    };
    struct hr_http_field host = field("host", "h");
    struct hr_sigv4_options options = s3_options();
    char text[4096];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_line(canonical(&options, "/", cases[i].query, &host, 1, text), 2,
                    cases[i].canonical);
}

Test(sigv4, fields_are_trimmed_joined_sorted_and_left_out) {
    struct hr_http_field fields[] = {
        field("X-Amz-Meta-Z", "  two   blanks \t here  "),
        field("HOST", "h"),
        field("Expect", "100-continue"),
        field("x-amz-meta-a", "1"),
        field("Connection", "close"),
        field("X-AMZ-META-A", "2"),
        field("Proxy-Authorization", "x"),
        field("Transfer-Encoding", "chunked"),
        field("User-Agent", "u"),
        field("X-Amzn-Trace-Id", "t"),
        field("x-amz-meta-fold", "a\r\n  b"),
        field("x-amz-meta-empty", ""),
    };
    struct hr_sigv4_options options = s3_options();
    options.add_content_sha256 = false;
    char text[4096];
    canonical(&options, "/", "", fields, sizeof fields / sizeof fields[0], text);
    cr_assert_str_eq(
        text, "GET\n/\n\nhost:h\nx-amz-date:20130524T000000Z\nx-amz-meta-a:1,2\nx-amz-meta-empty:\n"
              "x-amz-meta-fold:a b\nx-amz-meta-z:two blanks here\n\n"
              "host;x-amz-date;x-amz-meta-a;x-amz-meta-empty;x-amz-meta-fold;x-amz-meta-z\n"
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    options.as_given = true;
    canonical(&options, "/", "", fields + 1, 2, text);
    cr_assert_str_eq(text, "GET\n/\n\nexpect:100-continue\nhost:h\n\nexpect;host\n"
                           "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

Test(sigv4, keys_follow_day_region_service_and_secret) {
    struct hr_http_field host = field("Host", "examplebucket.s3.amazonaws.com");
    struct hr_sigv4_request request = {.method = hr_slice_of("GET"),
                                       .path = hr_slice_of("/"),
                                       .query = hr_slice_of("lifecycle"),
                                       .fields = &host,
                                       .field_count = 1};
    const char *expected = "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543";
    char authorization[1024];
    struct hr_sigv4_result result;
    for (int change = 0; change < 4; change++) {
        expect_signature(&request, expected);
        struct hr_sigv4_options options = s3_options();
        struct hr_sigv4_credentials credentials = docs;
        if (change == 0) options.region = hr_slice_of("us-east-2");
        if (change == 1) options.service = hr_slice_of("s4");
        if (change == 2) options.time_s += 86400;
        if (change == 3) credentials.secret_key = hr_slice_of("wJalrXUtnFEMI");
        cr_assert_eq(hr_sigv4_sign(signer, &credentials, &options, &request, authorization,
                                   sizeof authorization, &result),
                     0);
        cr_assert_str_neq(result.signature, expected);
    }
    expect_signature(&request, expected);
}

Test(sigv4, refuses_what_cannot_be_signed) {
    struct hr_http_field host = field("Host", "h");
    struct hr_sigv4_request good = {
        .method = hr_slice_of("GET"), .path = hr_slice_of("/"), .fields = &host, .field_count = 1};
    struct hr_sigv4_options options = s3_options();
    struct hr_sigv4_result result;
    char out[1024];
#define SIGN(request) hr_sigv4_sign(signer, &docs, &options, &(request), out, sizeof out, &result)
    cr_assert_eq(SIGN(good), 0);
    struct hr_sigv4_request bad = good;
    bad.method = hr_slice_of("GE T");
    cr_assert_eq(SIGN(bad), -EINVAL);
    bad = good;
    bad.path = hr_slice_of("/a\nb");
    cr_assert_eq(SIGN(bad), -EINVAL);
    bad.path = hr_slice_of("a");
    cr_assert_eq(SIGN(bad), -EINVAL);
    bad = good;
    bad.field_count = 0; /* no Host */
    cr_assert_eq(SIGN(bad), -EINVAL);
    struct hr_http_field two[] = {host, field("x-amz-date", "20130524T000000Z")};
    bad = good;
    bad.fields = two;
    bad.field_count = 2;
    cr_assert_eq(SIGN(bad), -EINVAL);
    two[1] = field("a b", "c");
    cr_assert_eq(SIGN(bad), -EINVAL);
    two[1] = (struct hr_http_field){hr_slice_of("a"), hr_slice_bytes(NULL, 3)};
    cr_assert_eq(SIGN(bad), -EINVAL);
    two[1] = (struct hr_http_field){hr_slice_bytes(NULL, 3), hr_slice_of("c")};
    cr_assert_eq(SIGN(bad), -EINVAL);
    bad.fields = NULL;
    cr_assert_eq(SIGN(bad), -EINVAL);
    bad.fields = two;
    two[1] = field("a", "c\x01");
    cr_assert_eq(SIGN(bad), -EINVAL);
    two[1] = (struct hr_http_field){hr_slice_of("a"), hr_slice_bytes("c\0d", 3)};
    cr_assert_eq(SIGN(bad), -EINVAL);

    struct hr_http_field many[HR_SIGV4_FIELDS_MAX + 1];
    for (size_t i = 0; i < HR_SIGV4_FIELDS_MAX + 1; i++) many[i] = i == 0 ? host : field("a", "b");
    bad.fields = many;
    bad.field_count = HR_SIGV4_FIELDS_MAX;
    cr_assert_eq(SIGN(bad), 0);
    bad.field_count++;
    cr_assert_eq(SIGN(bad), -EINVAL);

    static char large[HR_SIGV4_CANONICAL_MAX];
    memset(large, 'x', sizeof large);
    two[1] = (struct hr_http_field){hr_slice_of("a"), hr_slice_bytes(large, sizeof large)};
    bad.fields = two;
    bad.field_count = 2;
    cr_assert_eq(SIGN(bad), -EMSGSIZE);
    bad = good;
    bad.query = hr_slice_bytes(large, sizeof large);
    cr_assert_eq(SIGN(bad), -EMSGSIZE);
    memset(large, '&', sizeof large);
    for (size_t i = 0; i < 2 * HR_SIGV4_PARAMETERS_MAX; i += 2) large[i] = 'a';
    bad.query = hr_slice_bytes(large, 2 * HR_SIGV4_PARAMETERS_MAX);
    cr_assert_eq(SIGN(bad), 0);
    large[2 * HR_SIGV4_PARAMETERS_MAX] = 'a';
    bad.query = hr_slice_bytes(large, 2 * HR_SIGV4_PARAMETERS_MAX + 1);
    cr_assert_eq(SIGN(bad), -EINVAL);
#undef SIGN
}

Test(sigv4, refuses_bad_options_and_small_memory) {
    struct hr_http_field host = field("Host", "h");
    struct hr_sigv4_request good = {
        .method = hr_slice_of("GET"), .path = hr_slice_of("/"), .fields = &host, .field_count = 1};
    struct hr_sigv4_options options = s3_options();
    struct hr_sigv4_result result;
    char out[1024];
    for (size_t capacity = 0;; capacity++) {
        int err = hr_sigv4_sign(signer, &docs, &options, &good, out, capacity, &result);
        if (err == 0) {
            cr_assert_eq(result.size, capacity);
            break;
        }
        cr_assert_eq(err, -ENOBUFS);
    }
    size_t size = 99;
    cr_assert_eq(hr_sigv4_presign(signer, &docs, &options, &good, out, sizeof out, &result),
                 -EINVAL);
    options.expires_s = 604801;
    cr_assert_eq(hr_sigv4_presign(signer, &docs, &options, &good, out, sizeof out, &result),
                 -EINVAL);
    cr_assert_eq(hr_sigv4_canonical_request(&docs, &options, &good, out, sizeof out, &size),
                 -EINVAL);
    options.expires_s = 604800;
    cr_assert_eq(hr_sigv4_presign(signer, &docs, &options, &good, out, 20, &result), -ENOBUFS);
    cr_assert_eq(hr_sigv4_canonical_request(&docs, &options, &good, out, 20, &size), -ENOBUFS);
    cr_assert_eq(hr_sigv4_canonical_request(NULL, &options, &good, out, sizeof out, &size),
                 -EINVAL);
    cr_assert_eq(size, 99); /* untouched */
    cr_assert_eq(hr_sigv4_sign(signer, &docs, &options, &good, out, sizeof out, &result), -EINVAL);
    options.expires_s = 0;
    options.region = hr_slice_of("");
    cr_assert_eq(hr_sigv4_sign(signer, &docs, &options, &good, out, sizeof out, &result), -EINVAL);
    options.region = hr_slice_of("a\nb");
    cr_assert_eq(hr_sigv4_sign(signer, &docs, &options, &good, out, sizeof out, &result), -EINVAL);
    options = s3_options();
    options.reserved[3] = 1;
    cr_assert_eq(hr_sigv4_sign(signer, &docs, &options, &good, out, sizeof out, &result), -EINVAL);
    cr_assert_eq(hr_sigv4_canonical_request(&docs, &options, &good, out, sizeof out, &size),
                 -EINVAL);
    cr_assert_eq(hr_sigv4_string_to_sign(&options, hr_slice_of("GET"), out, sizeof out, &size),
                 -EINVAL);
    options = s3_options();
    struct hr_sigv4_credentials credentials = docs;
    credentials.secret_key = hr_slice_of("");
    cr_assert_eq(hr_sigv4_sign(signer, &credentials, &options, &good, out, sizeof out, &result),
                 -EINVAL);
    credentials = docs;
    credentials.access_key = hr_slice_of("a\r\nb");
    cr_assert_eq(hr_sigv4_sign(signer, &credentials, &options, &good, out, sizeof out, &result),
                 -EINVAL);
    hr_sigv4_signer_free(NULL);
}

/* The cases given. */

struct loaded {
    struct hr_sigv4_credentials credentials;
    struct hr_sigv4_options options;
    struct hr_sigv4_request request;
    struct hr_http_field fields[64];
    char hash[HR_SIGV4_HEX_SIZE + 1];
};

static void load_case(const json_t *one, struct loaded *loaded) {
    const json_t *context = json_object_get(one, "context");
    const json_t *request = json_object_get(one, "request");
    *loaded = (struct loaded){
        .credentials = {cases_slice(context, "access_key_id"),
                        cases_slice(context, "secret_access_key"),
                        cases_slice(context, "session_token")},
        .options = {.region = cases_slice(context, "region"),
                    .service = cases_slice(context, "service"),
                    .time_s = seconds(cases_text(context, "timestamp")),
                    .normalize_path = json_is_true(json_object_get(context, "normalize_path")),
                    .double_uri_encode =
                        json_is_true(json_object_get(context, "double_uri_encode")),
                    .omit_session_token =
                        json_is_true(json_object_get(context, "omit_session_token"))},
        .request = {.method = cases_slice(request, "method"),
                    .path = cases_slice(request, "path"),
                    .query = cases_slice(request, "query"),
                    .fields = loaded->fields},
    };
    size_t index;
    json_t *pair;
    json_array_foreach(json_object_get(request, "headers"), index, pair) {
        cr_assert_lt(index, 64);
        loaded->fields[index] = field(json_string_value(json_array_get(pair, 0)),
                                      json_string_value(json_array_get(pair, 1)));
    }
    loaded->request.field_count = index;
    const char *payload = cases_text(context, "payload");
    struct hr_slice body = cases_slice(request, "body_b64");
    char *bytes = malloc(body.size + 1);
    size_t size;
    cr_assert_eq(hr_base64_decode(body, bytes, body.size + 1, &size), 0);
    cr_assert_eq(hr_sigv4_payload_hash(bytes, size, loaded->hash), 0);
    free(bytes);
    bool query = strcmp(cases_text(one, "kind"), "query") == 0;
    bool s3 = hr_slice_equal(loaded->options.service, hr_slice_of("s3"));
    if (payload && strcmp(payload, "signed") != 0)
        loaded->request.payload_hash = hr_slice_of(payload);
    else if (!(query && s3))
        loaded->request.payload_hash = hr_slice_of(loaded->hash);
    loaded->options.add_content_sha256 = s3 || json_is_true(json_object_get(context, "sign_body"));
}

static void check_header(const json_t *one, struct loaded *loaded) {
    const json_t *expected = json_object_get(one, "expected");
    const char *name = cases_text(one, "name");
    static char text[65536], to_sign[1024];
    size_t size = 0;
    cr_assert_eq(hr_sigv4_canonical_request(&loaded->credentials, &loaded->options,
                                            &loaded->request, text, sizeof text - 1, &size),
                 0, "%s", name);
    text[size] = 0;
    cr_assert_str_eq(text, cases_text(expected, "canonical_request"), "%s", name);
    size_t to_sign_size = 0;
    cr_assert_eq(hr_sigv4_string_to_sign(&loaded->options, hr_slice_bytes(text, size), to_sign,
                                         sizeof to_sign - 1, &to_sign_size),
                 0);
    to_sign[to_sign_size] = 0;
    cr_assert_str_eq(to_sign, cases_text(expected, "string_to_sign"), "%s", name);
    struct hr_sigv4_result result;
    cr_assert_eq(hr_sigv4_sign(signer, &loaded->credentials, &loaded->options, &loaded->request,
                               text, sizeof text - 1, &result),
                 0);
    const char *signature = cases_text(expected, "signature");
    if (!signature) signature = cases_text(expected, "seed_signature");
    cr_assert_str_eq(result.signature, signature, "%s", name);
    text[result.size] = 0;
    if (cases_text(expected, "authorization"))
        cr_assert_str_eq(text, cases_text(expected, "authorization"), "%s", name);
}

static void check_query(const json_t *one, struct loaded *loaded) {
    const json_t *expected = json_object_get(one, "expected");
    const char *name = cases_text(one, "name");
    loaded->options.expires_s =
        (uint32_t)json_integer_value(json_object_get(json_object_get(one, "context"), "expires"));
    static char query[16384];
    size_t size;
    cr_assert_eq(hr_sigv4_canonical_request(&loaded->credentials, &loaded->options,
                                            &loaded->request, query, sizeof query - 1, &size),
                 0, "%s", name);
    query[size] = 0;
    cr_assert_str_eq(query, cases_text(expected, "canonical_request"), "%s", name);
    struct hr_sigv4_result result;
    cr_assert_eq(hr_sigv4_presign(signer, &loaded->credentials, &loaded->options, &loaded->request,
                                  query, sizeof query, &result),
                 0, "%s", name);
    cr_assert_str_eq(result.signature, cases_text(expected, "signature"), "%s", name);
}

static void check_chunked(const json_t *one, struct loaded *loaded) {
    check_header(one, loaded);
    const json_t *expected = json_object_get(one, "expected");
    const json_t *request = json_object_get(one, "request");
    const json_t *body = json_object_get(request, "body");
    hr_sigv4_stream *stream = NULL;
    cr_assert_eq(hr_sigv4_stream_new(loaded->credentials.secret_key, &loaded->options,
                                     cases_slice(expected, "seed_signature"), &stream),
                 0);
    char signature[HR_SIGV4_HEX_SIZE + 1], byte = cases_text(body, "repeat")[0];
    size_t index;
    json_t *chunk;
    json_array_foreach(json_object_get(expected, "chunks"), index, chunk) {
        size_t size = (size_t)json_integer_value(json_object_get(chunk, "size"));
        char piece[1000];
        memset(piece, byte, sizeof piece);
        for (size_t done = 0; done < size;) { /* as it arrives: in pieces */
            size_t more = size - done < sizeof piece ? size - done : sizeof piece;
            cr_assert_eq(hr_sigv4_stream_update(stream, piece, more), 0);
            done += more;
        }
        cr_assert_eq(hr_sigv4_stream_chunk(stream, signature), 0);
        cr_assert_str_eq(signature, cases_text(chunk, "signature"));
    }
    const json_t *trailer = json_object_get(expected, "trailer");
    if (json_is_object(trailer)) {
        struct hr_http_field one_field =
            field(cases_text(trailer, "header"), cases_text(trailer, "value"));
        cr_assert_eq(hr_sigv4_stream_trailer(stream, &one_field, 1, signature), 0);
        cr_assert_str_eq(signature, cases_text(trailer, "signature"));
    }
    hr_sigv4_stream_free(stream);
}

static void check_signing_key(const json_t *one) {
    const json_t *context = json_object_get(one, "context");
    uint8_t key[32];
    char hex[65] = {0};
    struct hr_sigv4_scope scope = {cases_slice(context, "date"), cases_slice(context, "region"),
                                   cases_slice(context, "service")};
    cr_assert_eq(hr_sigv4_key(cases_slice(context, "secret_access_key"), &scope, key), 0);
    hr_hex_encode(key, sizeof key, hex);
    cr_assert_str_eq(hex, cases_text(json_object_get(one, "expected"), "signing_key_hex"));
}

Test(sigv4, cases_given) {
    json_t *all = cases_load("sigv4/cases.given.jsonl");
    if (!all) cr_skip_test("no conformance cases: sigv4");
    size_t index, counts[4] = {0};
    json_t *one;
    json_array_foreach(all, index, one) {
        const char *kind = cases_text(one, "kind");
        if (strcmp(kind, "signing_key") == 0) {
            check_signing_key(one);
            counts[3]++;
            continue;
        }
        struct loaded loaded;
        load_case(one, &loaded);
        if (strcmp(kind, "header") == 0)
            check_header(one, &loaded), counts[0]++;
        else if (strcmp(kind, "query") == 0)
            check_query(one, &loaded), counts[1]++;
        else if (strcmp(kind, "chunked") == 0)
            check_chunked(one, &loaded), counts[2]++;
        else
            cr_assert(false, "%s", kind);
    }
    cr_log_info("sigv4: %zu header, %zu query, %zu chunked, %zu keys", counts[0], counts[1],
                counts[2], counts[3]);
    json_decref(all);
}
