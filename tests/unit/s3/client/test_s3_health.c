/* Whether a store can be used and whether it has an object, against one that follows a script. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "needs_kernel.h"
#include "scripted.h"

TestSuite(s3_health, .init = scripted_begin, .fini = scripted_end);

#define BUCKETS "<ListAllMyBucketsResult><Buckets></Buckets></ListAllMyBucketsResult>"
#define REFUSED "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
#define OBJECT  "ETag: \"e\"\r\nContent-Length: 5\r\n"

static int check(struct hr_s3_health *health) {
    return scripted_wait(hr_s3_health_start(scripted_client, health), &health->request);
}

static int ask(struct hr_s3_exists *exists) {
    exists->bucket = "b";
    exists->key = "k";
    return scripted_wait(hr_s3_exists_start(scripted_client, exists), &exists->request);
}

/* ---- Health. */

Test(s3_health, a_store_that_lists_its_buckets_is_healthy) {
    NEEDS_KERNEL("a raw peer");
    scripted_serve((struct scripted_turn[]){{.status = "200 OK", .text = BUCKETS}}, 1);
    struct hr_s3_health health = {.latency_ms = -1};
    cr_assert_eq(check(&health), 0, "%s", health.request.error.message);
    cr_assert_eq(health.status, HR_S3_HEALTHY);
    cr_assert_str_eq(hr_s3_health_status_name(health.status), "healthy");
    cr_assert_gt(health.latency_ms, 0);
    cr_assert_leq(health.latency_ms * 1e6, (double)health.request.total_ns + 1, "rounded");
    cr_assert_str_eq(health.region, "us-east-1");
    const char *url = peer_url(scripted_peer, "");
    cr_assert_eq(strncmp(health.endpoint, url, strlen(health.endpoint)), 0, "%s", health.endpoint);
    cr_assert_eq(scripted_received("GET / HTTP/1.1\r\n"), 1);
}

Test(s3_health, a_bucket_answers_where_the_list_is_not_allowed) {
    NEEDS_KERNEL("a raw peer");
    static const char *const statuses[] = {"403 Forbidden", "405 Method Not Allowed",
                                           "501 Not Implemented"};
    struct scripted_turn turns[6];
    for (size_t i = 0; i < 3; i++) {
        turns[2 * i] = (struct scripted_turn){.status = statuses[i], .text = i ? NULL : REFUSED};
        turns[2 * i + 1] = (struct scripted_turn){.status = "200 OK"};
    }
    scripted_serve(turns, 6);
    for (unsigned i = 0; i < 3; i++) {
        struct hr_s3_health health = {.bucket = "bucket"};
        cr_assert_eq(check(&health), 0, "%s: %s", statuses[i], health.request.error.message);
        cr_assert_eq(health.status, HR_S3_HEALTHY);
        cr_assert_eq(health.request.error.code, 0);
        cr_assert_eq(health.request.attempts, 2);
    }
    cr_assert_eq(scripted_received("HEAD /bucket HTTP/1.1\r\n"), 3);
}

Test(s3_health, without_a_bucket_a_list_that_is_not_allowed_is_unhealthy) {
    NEEDS_KERNEL("a raw peer");
    scripted_serve((struct scripted_turn[]){{.status = "403 Forbidden", .text = REFUSED}}, 1);
    struct hr_s3_health health = {.bucket = NULL};
    cr_assert_eq(check(&health), HR_ERR_S3_SERVICE);
    cr_assert_eq(health.status, HR_S3_UNHEALTHY);
    cr_assert_eq(health.latency_ms, 0);
    cr_assert_not_null(strstr(health.request.error.message, "Access Denied; name a bucket"), "%s",
                       health.request.error.message);
}

/* A wrong key is not a list that is forbidden: the bucket is not asked for. */
Test(s3_health, wrong_keys_are_unhealthy_at_once) {
    NEEDS_KERNEL("a raw peer");
    scripted_serve((struct scripted_turn[]){{.status = "403 Forbidden",
                                             .text = "<Error><Code>SignatureDoesNotMatch</Code>"
                                                     "<Message>no</Message></Error>"}},
                   1);
    struct hr_s3_health health = {.bucket = "bucket"};
    cr_assert_eq(check(&health), HR_ERR_S3_SERVICE);
    cr_assert_str_eq(health.request.error.service_code, "SignatureDoesNotMatch");
    cr_assert_eq(scripted_requests(), 1);
}

Test(s3_health, a_bucket_that_is_missing_or_refused_is_unhealthy) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {{.status = "403 Forbidden", .text = REFUSED},
                                          {.status = "404 Not Found", .fields = "X: y\r\n"},
                                          {.status = "403 Forbidden", .text = REFUSED},
                                          {.status = "403 Forbidden"}};
    scripted_serve(turns, 4);
    struct hr_s3_health health = {.bucket = "bucket"};
    cr_assert_eq(check(&health), HR_ERR_S3_SERVICE);
    cr_assert_str_eq(health.request.error.service_code, "NoSuchBucket");
    cr_assert_str_eq(health.request.error.request_id, "REQ1");
    cr_assert_eq(health.request.error.http_status, 404);
    cr_assert_eq(health.request.error.attempt, 2);
    cr_assert_eq(check(&health), HR_ERR_S3_SERVICE);
    cr_assert_eq(health.request.error.http_status, 403);
    cr_assert_str_eq(health.request.error.service_code, "");
    cr_assert_eq(health.status, HR_S3_UNHEALTHY);
}

Test(s3_health, a_web_page_and_another_document_are_no_store) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {
        {.status = "200 OK", .fields = "Content-Type: text/html\r\n", .text = "<html></html>"},
        {.status = "200 OK", .text = "<ListBucketResult/>"}};
    scripted_serve(turns, 2);
    for (int i = 0; i < 2; i++) {
        struct hr_s3_health health = {.bucket = "bucket"};
        cr_assert_eq(check(&health), HR_ERR_S3_RESPONSE);
        cr_assert_not_null(strstr(health.request.error.message, "no S3 store"), "%s",
                           health.request.error.message);
        cr_assert_eq(health.status, HR_S3_UNHEALTHY);
    }
}

Test(s3_health, failures_that_may_pass_are_repeated) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {{.status = "503 Slow Down"},
                                          {.status = "200 OK", .text = BUCKETS}};
    scripted_serve(turns, 2);
    struct hr_s3_health health = {.bucket = NULL};
    cr_assert_eq(check(&health), 0, "%s", health.request.error.message);
    cr_assert_eq(health.request.attempts, 2);
}

Test(s3_health, an_anonymous_client_asks_for_the_bucket_first) {
    NEEDS_KERNEL("a raw peer");
    const struct peer_script script = {
        {{.kind = PEER_HEAD},
         {PEER_SEND, "HTTP/1.1 200 OK\r\nx-amz-request-id: R\r\nContent-Length: 0\r\n\r\n", 0}}};
    scripted_listen(&script, 1);
    scripted_connect((struct hr_s3_client_options){.anonymous = true});
    struct hr_s3_health health = {.bucket = "bucket"};
    cr_assert_eq(check(&health), 0, "%s", health.request.error.message);
    cr_assert_eq(scripted_received("HEAD /bucket HTTP/1.1\r\n"), 1);
}

Test(s3_health, a_bucket_that_has_no_valid_name_is_refused) {
    NEEDS_KERNEL("a raw peer");
    scripted_serve((struct scripted_turn[]){{.status = "200 OK"}}, 1);
    struct hr_s3_health health = {.bucket = "a/b"};
    cr_assert_eq(check(&health), HR_ERR_S3_BUCKET_INVALID);
    cr_assert_eq(scripted_requests(), 0);
    cr_assert_eq(health.status, HR_S3_UNHEALTHY);
}

Test(s3_health, a_store_that_says_nothing_is_unhealthy_in_time) {
    NEEDS_KERNEL("a raw peer");
    const struct peer_script script = {{{.kind = PEER_HEAD}, {.kind = PEER_STALL}}};
    scripted_listen(&script, 1);
    scripted_connect((struct hr_s3_client_options){.http = {.retry.backoff_base_ms = 1}});
    struct hr_s3_health health = {.request.timeout_ms = 30};
    cr_assert_eq(check(&health), -ETIMEDOUT);
    cr_assert_eq(health.status, HR_S3_UNHEALTHY);
}

Test(s3_health, each_status_has_a_name) {
    cr_assert_str_eq(hr_s3_health_status_name(HR_S3_UNHEALTHY), "unhealthy");
    cr_assert_str_eq(hr_s3_health_status_name((enum hr_s3_health_status)7), "unknown");
}

/* ---- Exists. */

Test(s3_health, an_object_that_is_there_exists) {
    NEEDS_KERNEL("a raw peer");
    scripted_serve((struct scripted_turn[]){{.status = "200 OK", .fields = OBJECT}}, 1);
    struct hr_s3_exists exists = {.version_id = "V1", .expected_owner = "123"};
    cr_assert_eq(ask(&exists), 0, "%s", exists.request.error.message);
    cr_assert(exists.exists);
    cr_assert_eq(scripted_received("HEAD /b/k?versionId=V1 HTTP/1.1\r\n"), 1);
    cr_assert_eq(scripted_received("x-amz-expected-bucket-owner: 123\r\n"), 1);
}

Test(s3_health, an_object_that_is_missing_in_its_bucket_does_not_exist) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {{.status = "404 Not Found"}, {.status = "200 OK"}};
    scripted_serve(turns, 2);
    struct hr_s3_exists exists = {.version_id = "V1", .expected_owner = "123", .exists = true};
    cr_assert_eq(ask(&exists), 0, "%s", exists.request.error.message);
    cr_assert(!exists.exists);
    cr_assert_eq(exists.request.error.code, 0);
    cr_assert_eq(scripted_received("HEAD /b HTTP/1.1\r\n"), 1, "without a version");
    cr_assert_eq(scripted_received("x-amz-expected-bucket-owner: 123\r\n"), 2);
}

/* Neither a yes nor a no. */
static void assert_unsure(const char *code, const char *message) {
    struct hr_s3_exists exists = {.exists = true};
    cr_assert_eq(ask(&exists), HR_ERR_S3_SERVICE, "%d", exists.request.result);
    cr_assert(!exists.exists);
    cr_assert_str_eq(exists.request.error.service_code, code);
    cr_assert_not_null(strstr(exists.request.error.message, message), "%s",
                       exists.request.error.message);
}

Test(s3_health, a_bucket_that_is_missing_or_does_not_tell_is_an_error) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {
        {.status = "404 Not Found"}, {.status = "404 Not Found"},
        {.status = "404 Not Found"}, {.status = "403 Forbidden"},
        {.status = "404 Not Found"}, {.status = "501 Not Implemented"}};
    scripted_serve(turns, 6);
    assert_unsure("NoSuchBucket", "there is no bucket b.");
    assert_unsure("", "HeadBucket is HTTP status 403");
    assert_unsure("", "HeadBucket is HTTP status 501");
}

Test(s3_health, a_refusal_is_an_error_and_no_answer) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {{.status = "403 Forbidden"},
                                          {.status = "400 Bad Request"}};
    scripted_serve(turns, 2);
    assert_unsure("", "HeadObject is HTTP status 403");
    assert_unsure("", "HeadObject is HTTP status 400");
    cr_assert_eq(scripted_requests(), 2, "the bucket was not asked for");
}

Test(s3_health, a_page_that_is_missing_is_no_object_that_is) {
    NEEDS_KERNEL("a raw peer");
    const struct peer_script script = {
        {{.kind = PEER_HEAD},
         {PEER_SEND,
          "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n", 0}}};
    scripted_listen(&script, 1);
    scripted_connect((struct hr_s3_client_options){.anonymous = true});
    assert_unsure("", "no S3 store");
    cr_assert_eq(scripted_requests(), 1);
}

Test(s3_health, exists_without_bucket_or_key_is_refused_at_once) {
    NEEDS_KERNEL("a raw peer");
    scripted_serve((struct scripted_turn[]){{.status = "200 OK"}}, 1);
    struct hr_s3_exists exists = {.bucket = "b"};
    cr_assert_eq(hr_s3_exists_start(scripted_client, &exists), -EINVAL);
    cr_assert_not_null(strstr(exists.request.error.message, "key is NULL"));
    cr_assert_eq(hr_s3_exists_start(scripted_client, NULL), -EINVAL);
    cr_assert_eq(hr_s3_health_start(scripted_client, NULL), -EINVAL);
}
