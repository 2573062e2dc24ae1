/* Where requests go: access points, and buckets that lie in another region. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <headrace/s3.h>

#include "needs_kernel.h"
#include "scripted.h"

TestSuite(s3_region, .init = scripted_begin, .fini = scripted_end);

/* Heads and their answers over one connection; the last answer serves all that follow. */
static void serve(const char *const *answers, size_t count) {
    struct peer_script script = {0};
    for (size_t i = 0; i < count; i++) {
        script.steps[2 * i] = (struct peer_step){.kind = PEER_HEAD};
        script.steps[2 * i + 1] = (struct peer_step){.kind = PEER_SEND, .text = answers[i]};
    }
    scripted_listen(&script, 1);
}

/* A client whose store is the peer, under a name that has other names below it. */
static void make_client_at(const char *host, const char *region) {
    static char endpoint[64];
    static const struct hr_resolve_entry entries[] = {
        {.host = "store.example", .address = "127.0.0.1"},
        {.host = "*.store.example", .address = "127.0.0.1"},
        {.host = "*.amazonaws.com", .address = "127.0.0.1"}};
    snprintf(endpoint, sizeof endpoint, "http://%s:%u", host, peer_port(scripted_peer));
    scripted_connect((struct hr_s3_client_options){
        .endpoint = endpoint,
        .region = region,
        .http.resolver.entries = entries,
        .http.resolver.entry_count = sizeof entries / sizeof entries[0],
        .http.retry.attempts_max = 1,
    });
}

static void make_client(const char *region) {
    make_client_at("store.example", region);
}

static int get(const char *bucket, struct hr_s3_get *request) {
    static char body[64];
    *request =
        (struct hr_s3_get){.bucket = bucket, .key = "k", .sink = hr_sink_bytes(body, sizeof body)};
    int err = hr_s3_get_start(scripted_client, request);
    return err ? err : hr_wait(&request->request);
}

#define OK     "HTTP/1.1 200 OK\r\nETag: \"e\"\r\nContent-Length: 1\r\n\r\nx"
#define STORED "HTTP/1.1 200 OK\r\nETag: \"e\"\r\nContent-Length: 0\r\n\r\n"
#define MOVED                                                                                      \
    "HTTP/1.1 301 Moved Permanently\r\nx-amz-bucket-region: eu-west-1\r\n"                         \
    "Location: http://evil.example/\r\nContent-Length: 0\r\n\r\n"
#define DOCUMENT                                                                                   \
    "<Error><Code>AuthorizationHeaderMalformed</Code><Message>expecting 'eu-west-1'</Message>"     \
    "<Region>eu-west-1</Region></Error>"

/* A refusal with a document. */
static const char *malformed(void) {
    static char text[512];
    snprintf(text, sizeof text, "HTTP/1.1 400 Bad Request\r\nContent-Length: %zu\r\n\r\n%s",
             strlen(DOCUMENT), DOCUMENT);
    return text;
}

Test(s3_region, an_access_point_stands_before_the_host_and_has_its_own_region) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {OK};
    serve(answers, 1);
    make_client("us-east-1");
    struct hr_s3_get request;
    cr_assert_eq(get("arn:aws:s3:eu-west-1:123456789012:accesspoint/ap", &request), 0, "%s",
                 request.request.error.message);
    cr_assert_eq(scripted_received("GET /k HTTP/1.1\r\n"), 1);
    cr_assert_eq(scripted_received("Host: ap-123456789012.store.example:"), 1);
    cr_assert_eq(scripted_received("/eu-west-1/s3/aws4_request"), 1);
}

Test(s3_region, an_arn_that_is_none_ends_before_anything_is_sent) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {OK};
    serve(answers, 1);
    make_client("us-east-1");
    struct hr_s3_get request;
    cr_assert_eq(get("arn:aws:s3::123456789012:accesspoint/ap.mrap", &request),
                 HR_ERR_S3_BUCKET_INVALID);
    cr_assert(strstr(request.request.error.message, "SigV4A"));
    cr_assert_eq(peer_connections(scripted_peer), 0);
}

/* Two requests: the first is repeated, the second goes right at once. */
static void check_second_attempt(const char *refusal) {
    const char *answers[] = {refusal, OK, OK};
    struct hr_s3_get request;
    serve(answers, 3);
    make_client("us-east-1");
    cr_assert_eq(get("bucket", &request), 0, "%s", request.request.error.message);
    cr_assert_eq(request.request.attempts, 2); /* with attempts_max 1: it is no retry */
    cr_assert_eq(scripted_received("/us-east-1/s3/aws4_request"), 1);
    cr_assert_eq(scripted_received("/eu-west-1/s3/aws4_request"), 1);
    cr_assert_eq(get("bucket", &request), 0);
    cr_assert_eq(request.request.attempts, 1);
    cr_assert_eq(scripted_received("/eu-west-1/s3/aws4_request"), 2);
    /* The host that the user gave stays. */
    cr_assert_eq(scripted_received("Host: store.example:"), 3);
    cr_assert_eq(scripted_received("evil"), 0);
}

Test(s3_region, a_redirect_that_names_the_region_is_repeated_there_once) {
    NEEDS_KERNEL("a raw peer");
    check_second_attempt(MOVED);
}

Test(s3_region, a_signature_for_the_wrong_region_is_repeated_with_the_right_one) {
    NEEDS_KERNEL("a raw peer");
    check_second_attempt(malformed());
}

Test(s3_region, a_second_redirect_ends_the_request) {
    NEEDS_KERNEL("a raw peer");
    static const char further[] =
        "HTTP/1.1 301 Moved Permanently\r\nx-amz-bucket-region: eu-west-2\r\n"
        "Content-Length: 0\r\n\r\n";
    const char *answers[] = {MOVED, further, OK};
    struct hr_s3_get request;
    serve(answers, 3);
    make_client("us-east-1");
    cr_assert_eq(get("bucket", &request), HR_ERR_S3_SERVICE);
    cr_assert_eq(request.request.attempts, 2);
    cr_assert_eq(request.request.error.http_status, 301);
}

/* Redirects that are not followed: the request ends with them. */
static void check_final(const char *refusal, const char *region) {
    const char *answers[] = {refusal, OK};
    struct hr_s3_get request;
    serve(answers, 2);
    make_client(region);
    cr_assert_eq(get("bucket", &request), HR_ERR_S3_SERVICE);
    cr_assert_eq(request.request.attempts, 1);
    cr_assert_eq(peer_heads(scripted_peer), 1);
}

Test(s3_region, a_location_alone_is_not_followed) {
    NEEDS_KERNEL("a raw peer");
    check_final("HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/\r\n"
                "Content-Length: 0\r\n\r\n",
                "us-east-1");
}

Test(s3_region, a_region_that_is_no_label_is_not_followed) {
    NEEDS_KERNEL("a raw peer");
    check_final("HTTP/1.1 301 Moved\r\nx-amz-bucket-region: evil.example/\r\n"
                "Content-Length: 0\r\n\r\n",
                "us-east-1");
}

Test(s3_region, a_redirect_to_the_region_that_was_asked_is_not_followed) {
    NEEDS_KERNEL("a raw peer");
    check_final(MOVED, "eu-west-1");
}

Test(s3_region, other_refusals_are_not_repeated_elsewhere) {
    NEEDS_KERNEL("a raw peer");
    check_final("HTTP/1.1 403 Forbidden\r\nx-amz-bucket-region: eu-west-1\r\n"
                "Content-Length: 0\r\n\r\n",
                "us-east-1");
}

static ssize_t produce(void *user, void *buffer, size_t capacity) {
    unsigned *at = user;
    cr_assert_gt(capacity, 0);
    if (*at == 3) return 0;
    *(char *)buffer = (char)('a' + (*at)++);
    return 1;
}

static int rewind_producer(void *user) {
    *(unsigned *)user = 0;
    return 0;
}

static int put(hr_rewind_fn *rewind, struct hr_s3_put *request) {
    static unsigned at;
    at = 0;
    *request = (struct hr_s3_put){.bucket = "bucket",
                                  .key = "k",
                                  .payload = HR_S3_PAYLOAD_UNSIGNED,
                                  .body = hr_source_producer(produce, rewind, &at, 3)};
    int err = hr_s3_put_start(scripted_client, request);
    return err ? err : hr_wait(&request->request);
}

static void serve_put(void) {
    struct peer_script script = {.steps = {{.kind = PEER_HEAD},
                                           {.kind = PEER_BODY, .count = 3},
                                           {.kind = PEER_SEND, .text = MOVED},
                                           {.kind = PEER_HEAD},
                                           {.kind = PEER_BODY, .count = 3},
                                           {.kind = PEER_SEND, .text = STORED}}};
    scripted_listen(&script, 1);
    make_client("us-east-1");
}

Test(s3_region, a_body_is_sent_again_from_its_beginning) {
    NEEDS_KERNEL("a raw peer");
    struct hr_s3_put request;
    serve_put();
    cr_assert_eq(put(rewind_producer, &request), 0, "%s", request.request.error.message);
    cr_assert_eq(request.request.attempts, 2);
    cr_assert_eq(scripted_received("\r\n\r\nabc"), 2);
}

Test(s3_region, a_body_that_cannot_be_rewound_is_not_sent_again) {
    NEEDS_KERNEL("a raw peer");
    struct hr_s3_put request;
    serve_put();
    cr_assert_eq(put(NULL, &request), HR_ERR_S3_SERVICE);
    cr_assert_eq(request.request.attempts, 1);
    /* The next one goes right at once. */
    cr_assert_eq(put(NULL, &request), 0, "%s", request.request.error.message);
    cr_assert_eq(scripted_received("/eu-west-1/s3/aws4_request"), 1);
}

#define NAMELESS "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
#define TOLD     "HTTP/1.1 403 Forbidden\r\nx-amz-bucket-region: eu-west-1\r\nContent-Length: 0\r\n\r\n"

static int head(struct hr_s3_head *request) {
    *request = (struct hr_s3_head){.bucket = "bucket", .key = "k"};
    int err = hr_s3_head_start(scripted_client, request);
    return err ? err : hr_wait(&request->request);
}

Test(s3_region, aws_is_asked_for_the_region_that_a_refusal_does_not_name) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {NAMELESS, TOLD, "HTTP/1.1 200 OK\r\nETag: \"e\"\r\n\r\n"};
    struct hr_s3_head request;
    serve(answers, 3);
    make_client_at("s3.us-east-1.amazonaws.com", "us-east-1");
    cr_assert_eq(head(&request), 0, "%s", request.request.error.message);
    cr_assert_eq(request.request.attempts, 3);
    cr_assert_eq(scripted_received("HEAD / HTTP/1.1\r\n"), 1);
    cr_assert_eq(scripted_received("HEAD /k HTTP/1.1\r\n"), 2);
    cr_assert_eq(scripted_received("/eu-west-1/s3/aws4_request"), 1);
    cr_assert_str_eq(request.info.etag, "e");
}

Test(s3_region, the_first_refusal_is_told_where_the_region_stays_unknown) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {NAMELESS, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", OK};
    struct hr_s3_head request;
    serve(answers, 3);
    make_client_at("s3.us-east-1.amazonaws.com", "us-east-1");
    cr_assert_eq(head(&request), HR_ERR_S3_SERVICE);
    cr_assert_eq(request.request.error.http_status, 400);
    cr_assert_eq(peer_heads(scripted_peer), 2);
}

Test(s3_region, other_stores_are_not_asked) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {NAMELESS, OK};
    struct hr_s3_head request;
    serve(answers, 2);
    make_client("us-east-1");
    cr_assert_eq(head(&request), HR_ERR_S3_SERVICE);
    cr_assert_eq(peer_heads(scripted_peer), 1);
}

Test(s3_region, may_be_cancelled_while_it_is_asked_for) {
    NEEDS_KERNEL("a raw peer");
    struct peer_script script = {.steps = {{.kind = PEER_HEAD},
                                           {.kind = PEER_SEND, .text = NAMELESS},
                                           {.kind = PEER_HEAD},
                                           {.kind = PEER_STALL}}};
    struct hr_s3_head request = {.bucket = "bucket", .key = "k"};
    scripted_listen(&script, 1);
    make_client_at("s3.us-east-1.amazonaws.com", "us-east-1");
    cr_assert_eq(hr_s3_head_start(scripted_client, &request), 0);
    cr_assert(peer_wait_heads(scripted_peer, 2));
    hr_cancel(&request.request);
    cr_assert_eq(hr_wait(&request.request), -ECANCELED);
    peer_release(scripted_peer);
}
