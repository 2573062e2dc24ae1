/* The client against a peer that follows a script. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <headrace/s3.h>
#include <headrace/sigv4.h>

#include "needs_kernel.h"
#include "peer.h"

static hr_engine *engine;
static hr_s3_client *client;
static struct peer *peer;

static void make_engine(void) {
    struct hr_engine_options options = {.reactors = 1};
    struct hr_error error;
    cr_assert_eq(hr_engine_new(&options, &error, &engine), 0, "%s", error.message);
}

static void make_client(const struct peer_script *scripts, size_t count,
                        struct hr_s3_client_options options) {
    peer = peer_start(scripts, count);
    options.endpoint = peer_url(peer, "");
    options.access_key = "AKIAIOSFODNN7EXAMPLE";
    options.secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    if (!options.http.retry.backoff_base_ms) options.http.retry.backoff_base_ms = 1;
    struct hr_error error;
    cr_assert_eq(hr_s3_client_new(engine, &options, &error, &client), 0, "%s", error.message);
}

static void close_all(void) {
    hr_s3_client_close(client, NULL, NULL);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
    if (peer) peer_stop(peer);
}

TestSuite(s3_client, .init = make_engine, .fini = close_all);

/* An answer with its length, in memory of its own. */
static const char *answer(const char *status, const char *fields, const char *body) {
    static char answers[16][2048];
    static unsigned next;
    char *out = answers[next++ % 16];
    int size = snprintf(out, sizeof answers[0],
                        "HTTP/1.1 %s\r\nx-amz-request-id: REQ1\r\n%sContent-Length: %zu\r\n\r\n%s",
                        status, fields, strlen(body), body);
    cr_assert_lt((size_t)size, sizeof answers[0]);
    return out;
}

#define OK answer("200 OK", "ETag: \"abc\"\r\n", "")
#define SLOWDOWN                                                                                   \
    answer("503 Slow Down", "", "<Error><Code>SlowDown</Code><Message>Reduce it.</Message></Error>")
#define NO_BUCKET                                                                                  \
    answer("404 Not Found", "",                                                                    \
           "<Error><Code>NoSuchBucket</Code><Message>None such</Message></Error>")
#define DENIED                                                                                     \
    answer("403 Forbidden", "",                                                                    \
           "<Error><Code>SignatureDoesNotMatch</Code><Message>no</Message></Error>")
#define LATE_ERROR                                                                                 \
    answer("200 OK", "", "<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code></Error>")

/* Each answer serves one request; all over one connection. The last one again and again. */
static struct peer_script script_of(const char *const *answers, size_t count, uint64_t body) {
    struct peer_script script = {0};
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        script.steps[at++] = (struct peer_step){.kind = PEER_HEAD};
        if (body) script.steps[at++] = (struct peer_step){.kind = PEER_BODY, .count = body};
        script.steps[at++] = (struct peer_step){.kind = PEER_SEND, .text = answers[i]};
    }
    cr_assert_lt(at, PEER_STEPS_MAX);
    return script;
}

static int put_bytes(struct hr_s3_put *put, const char *body) {
    put->bucket = "b";
    put->key = "k";
    put->body = hr_source_bytes(body, strlen(body));
    int err = hr_s3_put_start(client, put);
    return err ? err : hr_wait(&put->request);
}

/* Times `needle` stands in what the peer received. */
static unsigned received(const char *needle) {
    return peer_received_times(peer, needle);
}

Test(s3_client, put_is_signed_with_its_hash) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {OK};
    struct peer_script script = script_of(answers, 1, 5);
    make_client(&script, 1, (struct hr_s3_client_options){0});
    struct hr_s3_metadata metadata = {"colour", "red"};
    struct hr_s3_put put = {
        .metadata = &metadata, .metadata_count = 1, .content_type = "text/plain"};
    cr_assert_eq(put_bytes(&put, "hello"), 0, "%s", put.request.error.message);
    cr_assert_str_eq(put.etag, "abc");
    cr_assert_eq(put.sent_bytes, 5);
    cr_assert_eq(put.request.attempts, 1);
}

Test(s3_client, put_on_the_wire) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {OK};
    struct peer_script script = script_of(answers, 1, 5);
    make_client(&script, 1, (struct hr_s3_client_options){.session_token = "TOKEN"});
    struct hr_s3_put put = {.content_type = "text/plain"};
    cr_assert_eq(put_bytes(&put, "hello"), 0);
    cr_assert_eq(received("PUT /b/k HTTP/1.1\r\n"), 1);
    cr_assert_eq(received("x-amz-content-sha256: "
                          "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\r\n"),
                 1);
    cr_assert_eq(received("Content-Type: text/plain\r\n"), 1);
    cr_assert_eq(received("x-amz-security-token: TOKEN\r\n"), 1);
    cr_assert_eq(received("Credential=AKIAIOSFODNN7EXAMPLE/"), 1);
    cr_assert_eq(received("x-amz-checksum-crc32: NhCmhg==\r\n"), 1);
    cr_assert_eq(received("SignedHeaders=content-type;host;x-amz-checksum-crc32;"
                          "x-amz-content-sha256;x-amz-date;x-amz-security-token, Signature="),
                 1);
    cr_assert_eq(received("Content-Length: 5\r\n"), 1);
    cr_assert_eq(received("\r\nHost: 127.0.0.1:"), 1);
    cr_assert_eq(received("\r\n\r\nhello"), 1);
}

static int presigned(const char *method, const char *bucket, const char *key, uint32_t expires_s,
                     char *url, size_t capacity) {
    struct hr_s3_presign_options options = {
        .method = method, .bucket = bucket, .key = key, .expires_s = expires_s};
    return hr_s3_presign(client, &options, url, capacity);
}

Test(s3_client, anonymous_signs_nothing) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {OK};
    struct peer_script script = script_of(answers, 1, 5);
    make_client(&script, 1, (struct hr_s3_client_options){.anonymous = true});
    struct hr_s3_put put = {0};
    cr_assert_eq(put_bytes(&put, "hello"), 0);
    cr_assert_eq(received("uthorization"), 0);
    cr_assert_eq(received("x-amz-date"), 0);
    cr_assert_eq(received("x-amz-content-sha256"), 0);
    cr_assert_eq(received("x-amz-checksum-crc32: NhCmhg==\r\n"), 1);
    char url[2048];
    cr_assert_eq(presigned("GET", "b", "k", 60, url, sizeof url), HR_ERR_S3_CREDENTIALS);
}

Test(s3_client, retries_until_it_succeeds) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {SLOWDOWN, LATE_ERROR, SLOWDOWN, OK};
    struct peer_script script = script_of(answers, 4, 5);
    make_client(&script, 1, (struct hr_s3_client_options){0});
    struct hr_attempt log[4];
    struct hr_s3_put put = {.request = {.attempt_log = log, .attempt_log_size = 4}};
    cr_assert_eq(put_bytes(&put, "hello"), 0, "%s", put.request.error.message);
    cr_assert_eq(put.request.attempts, 4);
    cr_assert_eq(put.request.error.code, 0);
    cr_assert_eq(log[0].status, 503);
    cr_assert_eq(log[1].status, 200);
    cr_assert_eq(log[3].status, 200);
    cr_assert_eq(log[3].result, 0);
    cr_assert_eq(received("PUT /b/k"), 4);
}

Test(s3_client, gives_up_after_attempts_max_and_says_why) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {SLOWDOWN};
    struct peer_script script = script_of(answers, 1, 5);
    script.steps[3] = (struct peer_step){.kind = PEER_REPEAT};
    make_client(&script, 1, (struct hr_s3_client_options){0});
    struct hr_s3_put put = {0};
    cr_assert_eq(put_bytes(&put, "hello"), HR_ERR_S3_SERVICE);
    const struct hr_error *error = &put.request.error;
    cr_assert_eq(put.request.attempts, 4);
    cr_assert_eq(error->code, HR_ERR_S3_SERVICE);
    cr_assert_eq(error->attempt, 4);
    cr_assert_eq(error->http_status, 503);
    cr_assert_str_eq(error->service_code, "SlowDown");
    cr_assert_str_eq(error->message, "Reduce it.");
    cr_assert_str_eq(error->request_id, "REQ1");
    cr_assert_eq(received("PUT /b/k"), 4);
}

Test(s3_client, no_retry) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {SLOWDOWN, OK};
    struct peer_script script = script_of(answers, 2, 5);
    make_client(&script, 1, (struct hr_s3_client_options){.http.retry.attempts_max = HR_NO_RETRY});
    struct hr_s3_put put = {0};
    cr_assert_eq(put_bytes(&put, "hello"), HR_ERR_S3_SERVICE);
    cr_assert_eq(put.request.attempts, 1);
}

Test(s3_client, final_errors_are_not_repeated) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {NO_BUCKET, DENIED, OK};
    struct peer_script script = script_of(answers, 3, 5);
    make_client(&script, 1, (struct hr_s3_client_options){0});
    struct hr_s3_put put = {0};
    cr_assert_eq(put_bytes(&put, "hello"), HR_ERR_S3_SERVICE);
    cr_assert_eq(put.request.attempts, 1);
    cr_assert_str_eq(put.request.error.service_code, "NoSuchBucket");
    cr_assert_eq(put_bytes(&put, "hello"), HR_ERR_S3_SERVICE);
    cr_assert_eq(put.request.attempts, 1);
    cr_assert_str_eq(put.request.error.service_code, "SignatureDoesNotMatch");
    cr_assert_eq(put_bytes(&put, "hello"), 0);
    cr_assert_eq(put.request.error.code, 0);
}

Test(s3_client, a_reset_is_repeated) {
    NEEDS_KERNEL("a raw peer");
    struct peer_script scripts[] = {
        {.steps = {{.kind = PEER_HEAD}, {.kind = PEER_RESET}}},
        {.steps = {{.kind = PEER_HEAD},
                   {.kind = PEER_BODY, .count = 5},
                   {.kind = PEER_SEND, .text = OK}}},
    };
    make_client(scripts, 2, (struct hr_s3_client_options){0});
    struct hr_s3_put put = {0};
    cr_assert_eq(put_bytes(&put, "hello"), 0, "%s", put.request.error.message);
    cr_assert_eq(put.request.attempts, 2);
}

Test(s3_client, the_quota_of_retries_ends) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {SLOWDOWN};
    struct peer_script script = script_of(answers, 1, 5);
    script.steps[3] = (struct peer_step){.kind = PEER_REPEAT};
    make_client(&script, 1,
                (struct hr_s3_client_options){.http.retry.attempts_max = 1000,
                                              .http.retry.backoff_max_ms = 1});
    struct hr_s3_put put = {0};
    cr_assert_eq(put_bytes(&put, "hello"), HR_ERR_S3_SERVICE);
    unsigned first = put.request.attempts;
    cr_assert_gt(first, 20);
    cr_assert_lt(first, 1000);
    cr_assert_eq(put_bytes(&put, "hello"), HR_ERR_S3_SERVICE);
    cr_assert_lt(put.request.attempts, 3); /* spent */
}

Test(s3_client, an_error_document_that_is_too_large_is_not_read) {
    NEEDS_KERNEL("a raw peer");
    struct peer_script script = {
        .steps = {{.kind = PEER_HEAD},
                  {.kind = PEER_BODY, .count = 5},
                  {.kind = PEER_SEND,
                   .text = "HTTP/1.1 403 Forbidden\r\nContent-Length: 1000000\r\n\r\n"},
                  {.kind = PEER_ZEROS, .count = 1000000}}};
    make_client(&script, 1, (struct hr_s3_client_options){0});
    struct hr_s3_put put = {0};
    cr_assert_eq(put_bytes(&put, "hello"), HR_ERR_S3_SERVICE);
    cr_assert_eq(put.request.error.http_status, 403);
    cr_assert_eq(put.request.attempts, 1);
}

/* ---- Get and head. */

static ssize_t consume(void *user, const void *data, size_t size) {
    char *text = user;
    size_t used = strlen(text);
    memcpy(text + used, data, size); /* the bodies of these tests are short */
    text[used + size] = 0;
    return (ssize_t)size;
}

static int see_head(struct hr_s3_get *get, const struct hr_http_head *head) {
    struct hr_slice value = hr_http_head_find(head, "x-amz-meta-colour");
    char *seen = get->request.user;
    if (seen) snprintf(seen, 16, "%.*s", (int)value.size, value.data);
    return 0;
}

static int get_to(struct hr_s3_get *get, struct hr_sink sink) {
    get->bucket = "b";
    get->key = "k";
    get->sink = sink;
    int err = hr_s3_get_start(client, get);
    return err ? err : hr_wait(&get->request);
}

#define OBJECT                                                                                     \
    answer("200 OK", "ETag: \"e\"\r\nContent-Type: a/b\r\nx-amz-meta-colour: red\r\n", "hello")
#define PART answer("206 Partial", "Content-Range: bytes 1-2/5\r\n", "el")

Test(s3_client, get) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {OBJECT, PART};
    struct peer_script script = script_of(answers, 2, 0);
    make_client(&script, 1, (struct hr_s3_client_options){0});
    char body[16] = "", seen[16] = "";
    struct hr_s3_get get = {.request = {.user = seen}, .on_head = see_head};
    cr_assert_eq(get_to(&get, hr_sink_bytes(body, sizeof body)), 0, "%s",
                 get.request.error.message);
    cr_assert_str_eq(body, "hello");
    cr_assert_str_eq(seen, "red");
    cr_assert_eq(get.info.size_bytes, 5);
    cr_assert_str_eq(get.info.etag, "e");
    cr_assert_str_eq(get.info.content_type, "a/b");
    cr_assert_eq(get.body_bytes, 5);
    struct hr_s3_get part = {.ranged = true, .range_first = 1, .range_last = 2};
    char text[16] = "";
    cr_assert_eq(get_to(&part, hr_sink_consumer(consume, text)), 0);
    cr_assert_str_eq(text, "el");
    cr_assert_eq(part.info.size_bytes, 5);
    cr_assert_eq(part.body_bytes, 2);
    cr_assert_eq(received("Range: bytes=1-2\r\n"), 1);
}

Test(s3_client, an_error_never_reaches_the_sink) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {SLOWDOWN, NO_BUCKET};
    struct peer_script script = script_of(answers, 2, 0);
    make_client(&script, 1, (struct hr_s3_client_options){0});
    char text[16] = "";
    struct hr_s3_get get = {0};
    cr_assert_eq(get_to(&get, hr_sink_consumer(consume, text)), HR_ERR_S3_SERVICE);
    cr_assert_str_eq(text, "");
    cr_assert_eq(get.request.attempts, 2);
    cr_assert_eq(get.body_bytes, 0);
    cr_assert_str_eq(get.request.error.service_code, "NoSuchBucket");
}

Test(s3_client, a_range_that_was_ignored_is_an_error) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {OBJECT};
    struct peer_script script = script_of(answers, 1, 0);
    make_client(&script, 1, (struct hr_s3_client_options){0});
    char text[16] = "";
    struct hr_s3_get get = {.ranged = true, .range_last = 1};
    cr_assert_eq(get_to(&get, hr_sink_consumer(consume, text)), HR_ERR_HTTP_UNEXPECTED);
    cr_assert(strstr(get.request.error.message, "ignored the range"), "%s",
              get.request.error.message);
    cr_assert_str_eq(text, "");
    cr_assert_eq(get.request.attempts, 1);
}

static int refuse_head(struct hr_s3_get *get, const struct hr_http_head *head) {
    (void)get, (void)head;
    return -ECONNRESET; /* the user's: not taken for one of the network */
}

Test(s3_client, the_user_may_refuse_the_head) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {OBJECT};
    struct peer_script script = script_of(answers, 1, 0);
    make_client(&script, 1, (struct hr_s3_client_options){0});
    struct hr_s3_get get = {.on_head = refuse_head};
    cr_assert_eq(get_to(&get, hr_sink_discard()), -ECONNRESET);
    cr_assert_eq(get.request.attempts, 1);
}

Test(s3_client, a_body_cut_off_is_fetched_again_or_not_at_all) {
    NEEDS_KERNEL("a raw peer");
    const char *cut = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe";
    const char *last = answer("200 OK", "Connection: close\r\n", "hello");
    struct peer_script scripts[] = {
        {.steps = {{.kind = PEER_HEAD}, {.kind = PEER_SEND, .text = cut}, {.kind = PEER_END}}},
        {.steps = {{.kind = PEER_HEAD}, {.kind = PEER_SEND, .text = last}, {.kind = PEER_END}}},
        {.steps = {{.kind = PEER_HEAD}, {.kind = PEER_SEND, .text = cut}, {.kind = PEER_END}}},
    };
    make_client(scripts, 3, (struct hr_s3_client_options){0});
    char body[16] = "", text[16] = "";
    struct hr_s3_get get = {0};
    cr_assert_eq(get_to(&get, hr_sink_bytes(body, sizeof body)), 0, "%s",
                 get.request.error.message);
    cr_assert_str_eq(body, "hello");
    cr_assert_eq(get.request.attempts, 2);
    /* A consumer that has seen bytes cannot be shown them again. */
    cr_assert_eq(get_to(&get, hr_sink_consumer(consume, text)), HR_ERR_HTTP_TRUNCATED);
    cr_assert_eq(get.request.attempts, 1);
    cr_assert_str_eq(text, "he");
}

Test(s3_client, head) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 5368709121\r\nETag: \"e\"\r\n\r\n",
        "HTTP/1.1 404 Not Found\r\nx-amz-request-id: R2\r\nContent-Length: 300\r\n\r\n"};
    struct peer_script script = script_of(answers, 2, 0);
    make_client(&script, 1, (struct hr_s3_client_options){0});
    struct hr_s3_head head = {.bucket = "b", .key = "k"};
    cr_assert_eq(hr_s3_head_start(client, &head), 0);
    cr_assert_eq(hr_wait(&head.request), 0, "%s", head.request.error.message);
    cr_assert_eq(head.info.size_bytes, 5368709121);
    cr_assert_eq(hr_s3_head_start(client, &head), 0);
    cr_assert_eq(hr_wait(&head.request), HR_ERR_S3_SERVICE);
    cr_assert_eq(head.request.error.http_status, 404);
    cr_assert_str_eq(head.request.error.request_id, "R2");
    cr_assert_str_eq(head.request.error.message,
                     "the response to HeadObject is HTTP status 404: no such bucket or object");
}

Test(s3_client, buckets_and_delete) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {
        OK, "HTTP/1.1 200 OK\r\nx-amz-bucket-region: eu-west-1\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n",
        answer("200 OK", "",
               "<ListAllMyBucketsResult><Buckets><Bucket><Name>one</Name></Bucket></Buckets>"
               "</ListAllMyBucketsResult>")};
    struct peer_script script = script_of(answers, 5, 0);
    make_client(&script, 1, (struct hr_s3_client_options){0});
    struct hr_s3_bucket_create create = {.bucket = "b"};
    cr_assert_eq(hr_s3_bucket_create_start(client, &create), 0);
    cr_assert_eq(hr_wait(&create.request), 0);
    struct hr_s3_bucket_head head = {.bucket = "b"};
    cr_assert_eq(hr_s3_bucket_head_start(client, &head), 0);
    cr_assert_eq(hr_wait(&head.request), 0);
    cr_assert_str_eq(head.region, "eu-west-1");
    struct hr_s3_delete delete = {.bucket = "b", .key = "k"};
    cr_assert_eq(hr_s3_delete_start(client, &delete), 0);
    cr_assert_eq(hr_wait(&delete.request), 0);
    struct hr_s3_bucket_delete gone = {.bucket = "b"};
    cr_assert_eq(hr_s3_bucket_delete_start(client, &gone), 0);
    cr_assert_eq(hr_wait(&gone.request), 0);
    struct hr_s3_bucket_list list = {0};
    cr_assert_eq(hr_s3_bucket_list_start(client, &list), 0);
    cr_assert_eq(hr_wait(&list.request), 0, "%s", list.request.error.message);
    cr_assert_eq(list.buckets, 1);
    cr_assert_eq(received("PUT /b HTTP/1.1"), 1);
    cr_assert_eq(received("HEAD /b HTTP/1.1"), 1);
    cr_assert_eq(received("DELETE /b/k HTTP/1.1"), 1);
    cr_assert_eq(received("DELETE /b HTTP/1.1"), 1);
    cr_assert_eq(received("GET / HTTP/1.1"), 1);
}

/* ---- Servers that are none, and schemes that are the other one. */

static const char *message_of_get(const char *reply, size_t size) {
    struct peer_script script = {{{.kind = PEER_HEAD}, {.kind = PEER_END}}};
    if (size > 0)
        script.steps[1] = (struct peer_step){.kind = PEER_SEND, .text = reply, .count = size};
    make_client(&script, 1, (struct hr_s3_client_options){.http.retry.attempts_max = HR_NO_RETRY});
    static struct hr_s3_get get;
    memset(&get, 0, sizeof get);
    get.bucket = "b";
    get.key = "k";
    get.sink = hr_sink_discard();
    cr_assert_eq(hr_s3_get_start(client, &get), 0);
    cr_assert_lt(hr_wait(&get.request), 0);
    hr_s3_client_close(client, NULL, NULL);
    peer_stop(peer);
    client = NULL;
    peer = NULL;
    return get.request.error.message;
}

Test(s3_client, http_to_a_tls_port_has_a_hint) {
    NEEDS_KERNEL("a raw peer");
    static const char alert[] = "\x15\x03\x03\x00\x02\x02\x46";
    const char *const page = answer("400 Bad Request", "Content-Type: text/html\r\n",
                                    "<html><title>400 The plain HTTP request was sent to HTTPS port"
                                    "</title></html>");
    const char *message = message_of_get("", 0);
    cr_assert(strstr(message, "use https://"), "%s", message);
    message = message_of_get(alert, sizeof alert - 1);
    cr_assert(strstr(message, "use https://"), "%s", message);
    message = message_of_get(page, strlen(page));
    cr_assert(strstr(message, "use https://"), "%s", message);
    message = message_of_get(DENIED, strlen(DENIED));
    cr_assert(!strstr(message, "https://"), "%s", message);
}

Test(s3_client, https_to_a_plain_port_has_a_hint) {
    NEEDS_KERNEL("a raw peer");
    struct peer_script script = {
        {{.kind = PEER_SEND, .text = "HTTP/1.1 400 Bad Request\r\n\r\n"}, {.kind = PEER_END}}};
    peer = peer_start(&script, 1);
    char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "https://127.0.0.1:%u", peer_port(peer));
    struct hr_s3_client_options options = {
        .endpoint = endpoint, .anonymous = true, .http.retry.attempts_max = HR_NO_RETRY};
    struct hr_error error;
    cr_assert_eq(hr_s3_client_new(engine, &options, &error, &client), 0, "%s", error.message);
    struct hr_s3_head head = {.bucket = "b", .key = "k"};
    cr_assert_eq(hr_s3_head_start(client, &head), 0);
    cr_assert_eq(hr_wait(&head.request), HR_ERR_TLS_HANDSHAKE);
    cr_assert(strstr(head.request.error.message, "use http://"), "%s", head.request.error.message);
}

Test(s3_client, a_web_page_is_no_answer_of_a_store) {
    NEEDS_KERNEL("a raw peer");
    const char *const answers[] = {
        answer("200 OK", "Content-Type: text/html\r\n", "<html>log in</html>")};
    struct peer_script script = script_of(answers, 1, 0);
    script.steps[2] = (struct peer_step){.kind = PEER_REPEAT};
    make_client(&script, 1, (struct hr_s3_client_options){0});
    struct hr_s3_bucket_create create = {.bucket = "b"};
    struct hr_s3_bucket_delete drop = {.bucket = "b"};
    struct hr_s3_delete del = {.bucket = "b", .key = "k"};
    struct hr_s3_list list = {.bucket = "b"};
    struct hr_s3_bucket_list buckets = {.on_bucket = NULL};
    cr_assert_eq(hr_s3_bucket_create_start(client, &create), 0);
    cr_assert_eq(hr_wait(&create.request), HR_ERR_S3_RESPONSE);
    cr_assert_eq(create.request.attempts, 1);
    cr_assert_eq(create.request.error.http_status, 200);
    cr_assert_eq(hr_s3_bucket_delete_start(client, &drop), 0);
    cr_assert_eq(hr_wait(&drop.request), HR_ERR_S3_RESPONSE);
    cr_assert_eq(hr_s3_delete_start(client, &del), 0);
    cr_assert_eq(hr_wait(&del.request), HR_ERR_S3_RESPONSE);
    cr_assert_eq(hr_s3_list_start(client, &list), 0);
    cr_assert_eq(hr_wait(&list.request), HR_ERR_S3_RESPONSE);
    cr_assert_eq(hr_s3_bucket_list_start(client, &buckets), 0);
    cr_assert_eq(hr_wait(&buckets.request), HR_ERR_S3_RESPONSE);
    cr_assert(strstr(buckets.request.error.message, "a web page"));
}

/* ---- Listings. */

static char names[256];

static int on_object(struct hr_s3_list *list, const struct hr_s3_object *object) {
    size_t used = strlen(names);
    snprintf(names + used, sizeof names - used, "%.*s%s", (int)object->key.size, object->key.data,
             object->is_prefix ? "/ " : " ");
    return list->request.user ? -4321 : 0;
}

static const char *page_of(const char *inside) {
    char body[1024];
    snprintf(body, sizeof body, "<ListBucketResult>%s</ListBucketResult>", inside);
    return answer("200 OK", "", body);
}

#define ENTRY(key) "<Contents><Key>" key "</Key><Size>1</Size></Contents>"
#define MORE(token)                                                                                \
    "<IsTruncated>true</IsTruncated><NextContinuationToken>" token "</NextContinuationToken>"

static int run_list(struct hr_s3_list *list) {
    names[0] = 0;
    list->bucket = "b";
    list->on_object = on_object;
    int err = hr_s3_list_start(client, list);
    return err ? err : hr_wait(&list->request);
}

Test(s3_client, a_listing_follows_its_pages) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {page_of(ENTRY("a") ENTRY("b") MORE("t/1")), SLOWDOWN,
                             page_of(ENTRY("c") MORE("t2")), page_of(ENTRY("d"))};
    struct peer_script script = script_of(answers, 4, 0);
    make_client(&script, 1, (struct hr_s3_client_options){0});
    struct hr_attempt log[4];
    struct hr_s3_list list = {
        .request = {.attempt_log = log, .attempt_log_size = 4}, .prefix = "p", .start_after = "o"};
    cr_assert_eq(run_list(&list), 0, "%s", list.request.error.message);
    cr_assert_str_eq(names, "a b c d ");
    cr_assert_eq(list.objects, 4);
    cr_assert_eq(list.pages, 3);
    cr_assert(!list.truncated);
    cr_assert_null(list.next_token);
    cr_assert_eq(list.request.attempts, 4);
    cr_assert_eq(log[1].status, 503);
    cr_assert_eq(log[3].status, 200);
    cr_assert_eq(received("start-after=o"), 1);
    cr_assert_eq(received("continuation-token=t%2F1&"), 2);
    cr_assert_eq(received("continuation-token=t2&"), 1);
}

Test(s3_client, one_page_and_on_from_there) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {page_of(ENTRY("a") MORE("t1")),
                             page_of("<CommonPrefixes><Prefix>b</Prefix></CommonPrefixes>")};
    struct peer_script script = script_of(answers, 2, 0);
    make_client(&script, 1, (struct hr_s3_client_options){0});
    struct hr_s3_list list = {.one_page = true};
    cr_assert_eq(run_list(&list), 0);
    cr_assert(list.truncated);
    cr_assert_str_eq(list.next_token, "t1");
    cr_assert_eq(run_list(&list), 0);
    cr_assert(!list.truncated);
    cr_assert_null(list.next_token);
    cr_assert_str_eq(names, "b/ ");
    cr_assert_eq(list.prefixes, 1);
    cr_assert_eq(received("continuation-token=t1&"), 1);
}

Test(s3_client, a_listing_that_would_never_end) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {page_of(ENTRY("a") MORE("t1")), page_of(ENTRY("b") MORE("t1")),
                             page_of("<IsTruncated>true</IsTruncated>")};
    struct peer_script script = script_of(answers, 3, 0);
    make_client(&script, 1, (struct hr_s3_client_options){0});
    struct hr_s3_list list = {0};
    cr_assert_eq(run_list(&list), HR_ERR_S3_RESPONSE);
    cr_assert(strstr(list.request.error.message, "the same"), "%s", list.request.error.message);
    cr_assert_str_eq(names, "a ");
    cr_assert_null(list.next_token);
    cr_assert_eq(run_list(&list), HR_ERR_S3_RESPONSE);
    cr_assert(strstr(list.request.error.message, "no continuation token"));
}

Test(s3_client, listings_that_are_none) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {page_of(ENTRY("a") "<Contents/>"), OK, page_of(ENTRY("a") ENTRY("b"))};
    struct peer_script script = script_of(answers, 3, 0);
    make_client(&script, 1, (struct hr_s3_client_options){0});
    struct hr_s3_list list = {0};
    cr_assert_eq(run_list(&list), HR_ERR_S3_RESPONSE);
    cr_assert_str_eq(names, ""); /* checked whole before it is shown */
    cr_assert_eq(run_list(&list), HR_ERR_S3_RESPONSE);
    cr_assert(strstr(list.request.error.message, "empty"));
    struct hr_s3_list ended = {.request = {.user = &list}};
    cr_assert_eq(run_list(&ended), -4321);
    cr_assert_str_eq(names, "a ");
}

/* ---- Sources. */

struct feed {
    size_t at, size;
    unsigned rewinds, pauses;
    struct hr_request *request;
};

static ssize_t produce(void *user, void *buffer, size_t capacity) {
    struct feed *feed = user;
    if (feed->pauses > 0) {
        feed->pauses--;
        hr_resume(feed->request);
        return -EAGAIN;
    }
    if (capacity > feed->size - feed->at) capacity = feed->size - feed->at;
    if (capacity > 1000) capacity = 1000;
    memset(buffer, 'x', capacity);
    feed->at += capacity;
    return (ssize_t)capacity;
}

static int rewind_feed(void *user) {
    struct feed *feed = user;
    feed->at = 0;
    feed->rewinds++;
    return 0;
}

static int put_source(struct hr_s3_put *put, struct hr_source source) {
    put->bucket = "b";
    put->key = "k";
    put->body = source;
    int err = hr_s3_put_start(client, put);
    return err ? err : hr_wait(&put->request);
}

#define BIG 300000 /* more than a slice of one turn */
static char hash_of_x[HR_SIGV4_HEX_SIZE + 1];

static void big_script(struct peer_script *script) {
    const char *answers[] = {OK};
    *script = script_of(answers, 1, BIG);
    script->steps[3] = (struct peer_step){.kind = PEER_REPEAT};
    static char bytes[BIG];
    memset(bytes, 'x', BIG);
    cr_assert_eq(hr_sigv4_payload_hash(bytes, BIG, hash_of_x), 0);
}

Test(s3_client, every_source_is_hashed_before_it_is_sent) {
    NEEDS_KERNEL("a raw peer");
    struct peer_script script;
    big_script(&script);
    make_client(&script, 1, (struct hr_s3_client_options){0});
    static char bytes[BIG];
    memset(bytes, 'x', BIG);
    struct hr_s3_put put = {0};
    cr_assert_eq(put_source(&put, hr_source_bytes(bytes, BIG)), 0, "%s", put.request.error.message);

    struct iovec iov[] = {{bytes, 1}, {bytes, 0}, {bytes, 299000}, {bytes, BIG - 299001}};
    cr_assert_eq(put_source(&put, hr_source_iovec(iov, 4)), 0, "%s", put.request.error.message);

    int fd = memfd_create("body", MFD_CLOEXEC);
    cr_assert_eq(pwrite(fd, bytes, BIG, 7), BIG);
    cr_assert_eq(
        put_source(&put, hr_source_fd(fd, (struct hr_file_range){.offset = 7, .size = BIG})), 0,
        "%s", put.request.error.message);
    close(fd);

    struct feed feed = {.size = BIG, .pauses = 3, .request = &put.request};
    cr_assert_eq(put_source(&put, hr_source_producer(produce, rewind_feed, &feed, BIG)), 0, "%s",
                 put.request.error.message);
    cr_assert_geq(feed.rewinds, 1);
    char needle[128];
    snprintf(needle, sizeof needle, "x-amz-content-sha256: %s\r\n", hash_of_x);
    cr_assert_eq(received(needle), 4);
}

Test(s3_client, a_producer_without_rewind_needs_unsigned) {
    NEEDS_KERNEL("a raw peer");
    struct peer_script script;
    big_script(&script);
    make_client(&script, 1, (struct hr_s3_client_options){0});
    struct feed feed = {.size = BIG};
    struct hr_s3_put put = {0};
    cr_assert_eq(put_source(&put, hr_source_producer(produce, NULL, &feed, BIG)),
                 HR_ERR_SOURCE_NOT_REWINDABLE);
    cr_assert(strstr(put.request.error.message, "unsigned"));
    cr_assert_eq(feed.at, 0);
    put.payload = HR_S3_PAYLOAD_UNSIGNED;
    cr_assert_eq(put_source(&put, hr_source_producer(produce, NULL, &feed, BIG)), 0, "%s",
                 put.request.error.message);
    cr_assert_eq(received("x-amz-content-sha256: UNSIGNED-PAYLOAD\r\n"), 1);
}

Test(s3_client, sources_that_are_too_short) {
    NEEDS_KERNEL("a raw peer");
    struct peer_script script;
    big_script(&script);
    make_client(&script, 1, (struct hr_s3_client_options){0});
    struct hr_s3_put put = {0};
    struct feed feed = {.size = 10};
    cr_assert_eq(put_source(&put, hr_source_producer(produce, rewind_feed, &feed, 20)),
                 HR_ERR_SOURCE_SHORT);
    int fd = memfd_create("body", MFD_CLOEXEC);
    cr_assert_eq(write(fd, "12345", 5), 5);
    cr_assert_eq(put_source(&put, hr_source_fd(fd, (struct hr_file_range){.size = 6})),
                 HR_ERR_SOURCE_SHORT);
    cr_assert(strstr(put.request.error.message, "body"), "%s", put.request.error.message);
    close(fd);
    cr_assert_eq(put_source(&put, hr_source_fd(fd, (struct hr_file_range){.size = 6})), -EBADF);
    cr_assert_eq(put.request.attempts, 0);
}

/* ---- Ends. */

static ssize_t never(void *user, void *buffer, size_t capacity) {
    (void)user, (void)buffer, (void)capacity;
    return -EAGAIN;
}

Test(s3_client, cancel_and_time_out) {
    NEEDS_KERNEL("a raw peer");
    struct peer_script script = {.steps = {{.kind = PEER_HEAD}, {.kind = PEER_STALL}}};
    make_client(&script, 1, (struct hr_s3_client_options){0});
    struct hr_s3_put put = {.request = {.timeout_ms = 30}};
    cr_assert_eq(put_source(&put, hr_source_producer(never, rewind_feed, NULL, 5)), -ETIMEDOUT);
    cr_assert_eq(put.request.attempts, 0);
    cr_assert_eq(put_bytes(&put, "hello"), -ETIMEDOUT);
    cr_assert_eq(put.request.error.code, -ETIMEDOUT);
    put.request.timeout_ms = 0;
    put.body = hr_source_bytes("hello", 5);
    cr_assert_eq(hr_s3_put_start(client, &put), 0);
    hr_cancel(&put.request);
    cr_assert_eq(hr_wait(&put.request), -ECANCELED);
    cr_assert_eq(hr_s3_put_start(client, &put), 0);
    cr_assert(peer_wait_heads(peer, 2));
    hr_cancel(&put.request);
    cr_assert_eq(hr_wait(&put.request), -ECANCELED);
    static char big[4000000];
    put.body = hr_source_bytes(big, sizeof big); /* many turns of hashing */
    cr_assert_eq(hr_s3_put_start(client, &put), 0);
    hr_cancel(&put.request);
    cr_assert_eq(hr_wait(&put.request), -ECANCELED);
    struct hr_engine_metrics metrics;
    hr_engine_metrics_get(engine, &metrics);
    cr_assert_eq(metrics.in_progress, 0);
    cr_assert_eq(metrics.submitted, metrics.succeeded + metrics.failed + metrics.cancelled);
}

#define SAYS(of, why)                                                                              \
    cr_assert((of).error.code == -EINVAL && strstr((of).error.message, why), "%s",                 \
              (of).error.message)

Test(s3_client, what_start_refuses) {
    const char *answers[] = {OK};
    struct peer_script script = script_of(answers, 1, 0);
    make_client(&script, 1, (struct hr_s3_client_options){0});
    struct hr_s3_put put = {.bucket = "b"};
    cr_assert_eq(hr_s3_put_start(client, &put), -EINVAL);
    SAYS(put.request, "key is NULL");
    put.key = "k";
    put.body = hr_source_producer(produce, NULL, NULL, HR_SIZE_UNKNOWN);
    cr_assert_eq(hr_s3_put_start(client, &put), -EINVAL);
    SAYS(put.request, "body is not a source");
    put.body = hr_source_bytes(NULL, 1);
    cr_assert_eq(hr_s3_put_start(client, &put), -EINVAL);
    SAYS(put.request, "body is not a source");
    struct iovec iov = {NULL, 0};
    put.body = hr_source_iovec(&iov, 1);
    put.body.size = 1;
    cr_assert_eq(hr_s3_put_start(client, &put), -EINVAL);
    SAYS(put.request, "body is not a source");
    put.body = hr_source_none();
    put.metadata_count = 1;
    cr_assert_eq(hr_s3_put_start(client, &put), -EINVAL);
    SAYS(put.request, "metadata is NULL");
    struct hr_s3_get get = {.bucket = "b"};
    cr_assert_eq(hr_s3_get_start(client, &get), -EINVAL);
    SAYS(get.request, "key is NULL");
    cr_assert_eq(hr_s3_get_start(NULL, &get), -EINVAL);
    SAYS(get.request, "client is NULL");
    struct hr_s3_head head = {.key = "k"};
    cr_assert_eq(hr_s3_head_start(client, &head), -EINVAL);
    SAYS(head.request, "bucket is NULL");
    struct hr_s3_delete delete = {0};
    cr_assert_eq(hr_s3_delete_start(client, &delete), -EINVAL);
    SAYS(delete.request, "bucket is NULL");
    /* What needs looking at comes in the callback. */
    get.key = "";
    cr_assert_eq(hr_s3_get_start(client, &get), 0);
    cr_assert_eq(hr_wait(&get.request), HR_ERR_S3_KEY_INVALID);
    get.key = "k";
    get.bucket = "a/b";
    cr_assert_eq(hr_s3_get_start(client, &get), 0);
    cr_assert_eq(hr_wait(&get.request), HR_ERR_S3_BUCKET_INVALID);
    cr_assert(strstr(get.request.error.message, "a/b"));
    cr_assert_eq(get.request.attempts, 0);
}

Test(s3_client, long_keys_and_much_metadata_need_more_memory) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {OK, OK};
    struct peer_script script = script_of(answers, 2, 0);
    make_client(&script, 1, (struct hr_s3_client_options){0});
    char key[1025], value[2001];
    memset(key, '\xe4', 1024);
    key[1024] = 0;
    memset(value, 'v', 2000);
    value[2000] = 0;
    struct hr_s3_metadata metadata[] = {{"a", value}, {"b", value}};
    struct hr_s3_put put = {.bucket = "b", .key = key, .metadata = metadata, .metadata_count = 2};
    cr_assert_eq(hr_s3_put_start(client, &put), 0);
    cr_assert_eq(hr_wait(&put.request), 0, "%s", put.request.error.message);
}

Test(s3_client, options_that_are_refused) {
    unsetenv("S3_ENDPOINT_URL");
    unsetenv("AWS_ACCESS_KEY_ID");
    unsetenv("AWS_SECRET_ACCESS_KEY");
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    struct hr_error error;
    hr_s3_client *none = NULL;
    struct hr_s3_client_options options = {
        .access_key = "k", .secret_key = "s", .http.tls.ca_file = "/nothing/there.pem"};
    cr_assert_eq(hr_s3_client_new(engine, &options, &error, &none), HR_ERR_TLS_OPTIONS);
    cr_assert(strstr(error.message, "/nothing/there.pem"));
    options.http.tls.ca_file = NULL;
    setenv("S3_ENDPOINT_URL", "nonsense", 1);
    cr_assert_eq(hr_s3_client_new(engine, &options, &error, &none), HR_ERR_S3_ENDPOINT_INVALID);
    cr_assert(strstr(error.message, "S3_ENDPOINT_URL"));
    setenv("S3_ENDPOINT_URL", "http://127.0.0.1:1", 1);
    options.region = "a b";
    cr_assert_eq(hr_s3_client_new(engine, &options, &error, &none), HR_ERR_S3_REGION_INVALID);
    options = (struct hr_s3_client_options){0};
    cr_assert_eq(hr_s3_client_new(engine, &options, &error, &none), HR_ERR_S3_CREDENTIALS);
    options.anonymous = true;
    options.payload = (enum hr_s3_payload)7;
    cr_assert_eq(hr_s3_client_new(engine, &options, &error, &none), -EINVAL);
    cr_assert_eq(hr_s3_client_new(NULL, &options, &error, &none), -EINVAL);
    cr_assert_null(none);
}

Test(s3_client, presign) {
    const char *answers[] = {OK};
    struct peer_script script = script_of(answers, 1, 0);
    make_client(&script, 1, (struct hr_s3_client_options){.session_token = "T/="});
    static char url[16384], begin[128];
    cr_assert_eq(presigned("GET", "b", "a b//c", 60, url, sizeof url), 0);
    snprintf(begin, sizeof begin, "%s/b/a%%20b//c?X-Amz-Algorithm=AWS4-HMAC-SHA256&",
             peer_url(peer, ""));
    cr_assert(strncmp(url, begin, strlen(begin)) == 0, "%s", url);
    cr_assert(strstr(url, "&X-Amz-Expires=60&X-Amz-Security-Token=T%2F%3D&"));
    cr_assert_eq(strlen(strstr(url, "&X-Amz-Signature=")), 17 + 64);
    cr_assert_eq(presigned("get", "b", "k", 60, url, sizeof url), -EINVAL);
    cr_assert_eq(presigned(NULL, "b", "k", 1, url, sizeof url), 0); /* GET */
    cr_assert_eq(presigned("GET", NULL, "k", 60, url, sizeof url), -EINVAL);
    cr_assert_eq(presigned("GET", "b", NULL, 60, url, sizeof url), -EINVAL);
    cr_assert_eq(presigned("GET", "b", "k", 0, url, sizeof url), -EINVAL);
    cr_assert_eq(presigned("GET", "b", "k", 604801, url, sizeof url), -EINVAL);
    cr_assert_eq(presigned("GET", "", "k", 60, url, sizeof url), HR_ERR_S3_BUCKET_INVALID);
    for (size_t capacity = 0; capacity < 200; capacity++)
        cr_assert_eq(presigned("PUT", "b", "k", 60, url, capacity), -ENOBUFS);
    char key[1025];
    memset(key, '%', 1024);
    key[1024] = 0;
    cr_assert_eq(presigned("DELETE", "b", key, 604800, url, sizeof url), 0);
}

/* ---- Many at once, and closing under way. */

static void count_done(struct hr_request *request) {
    __atomic_add_fetch((int *)request->user, request->result == 0 ? 1 : 1000000, __ATOMIC_SEQ_CST);
}

static void note_closed(void *user) {
    __atomic_store_n((int *)user, 1, __ATOMIC_SEQ_CST);
}

Test(s3_client, closing_lets_what_was_accepted_end) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {OK};
    struct peer_script script = script_of(answers, 1, 5);
    script.steps[3] = (struct peer_step){.kind = PEER_REPEAT};
    make_client(&script, 1, (struct hr_s3_client_options){.http.pool.connections_max = 4});
    static struct hr_s3_put puts[200];
    int done = 0, closed = 0;
    for (int i = 0; i < 200; i++) {
        puts[i] = (struct hr_s3_put){.request = {.on_done = count_done, .user = &done},
                                     .bucket = "b",
                                     .key = "k",
                                     .body = hr_source_bytes("hello", 5)};
        cr_assert_eq(hr_s3_put_start(client, &puts[i]), 0);
    }
    hr_s3_client_close(client, note_closed, &closed);
    client = NULL;
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
    engine = NULL;
    cr_assert_eq(__atomic_load_n(&done, __ATOMIC_SEQ_CST), 200);
    cr_assert_eq(__atomic_load_n(&closed, __ATOMIC_SEQ_CST), 1);
}
