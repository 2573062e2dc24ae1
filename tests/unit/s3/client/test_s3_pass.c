/* The pass-through: what is sent, what is repeated, what becomes of the answer. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "needs_kernel.h"
#include "scripted.h"

TestSuite(s3_pass, .init = scripted_begin, .fini = scripted_end);

static int run(struct hr_s3_request *pass) {
    return scripted_wait(hr_s3_request_start(scripted_client, pass), &pass->request);
}

static const struct hr_s3_query policy = {{"policy", 6}, {NULL, 0}};

Test(s3_pass, sends_what_it_is_given_and_signs_it) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {{.body = 2, .status = "204 No Content"}};
    scripted_serve(turns, 1);
    struct hr_http_field field = {hr_slice_of("x-amz-own"), hr_slice_of("1")};
    struct hr_s3_request pass = {.operation = "PutBucketPolicy",
                                 .method = "PUT",
                                 .bucket = "b",
                                 .query = &policy,
                                 .query_count = 1,
                                 .fields = &field,
                                 .field_count = 1,
                                 .body = hr_source_bytes("{}", 2)};
    cr_assert_eq(run(&pass), 0, "%s", pass.request.error.message);
    cr_assert_eq(pass.status, 204);
    cr_assert_eq(pass.sent_bytes, 2);
    cr_assert_eq(scripted_received("PUT /b?policy HTTP/1.1\r\n"), 1);
    cr_assert_eq(scripted_received("SignedHeaders=host;x-amz-checksum-crc32;x-amz-content-sha256;"
                                   "x-amz-date;x-amz-own"),
                 1, "a setting of a bucket has a checksum");
}

static int statuses[2];

static int on_head(struct hr_s3_request *pass, const struct hr_http_head *head) {
    (void)pass;
    statuses[0] = head->status;
    return 0;
}

Test(s3_pass, the_sink_has_the_body_of_a_good_answer_alone) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {
        {.status = "404 Not Found", .text = "<Error><Code>NoSuchBucketPolicy</Code></Error>"},
        {.status = "200 OK", .text = "{\"a\":1}"}};
    scripted_serve(turns, 2);
    char memory[16] = "";
    struct hr_s3_request pass = {.operation = "GetBucketPolicy",
                                 .bucket = "b",
                                 .query = &policy,
                                 .query_count = 1,
                                 .on_head = on_head,
                                 .sink = hr_sink_bytes(memory, sizeof memory)};
    cr_assert_eq(run(&pass), HR_ERR_S3_SERVICE);
    cr_assert_str_eq(pass.request.error.service_code, "NoSuchBucketPolicy");
    cr_assert(strstr(pass.request.error.message, "GetBucketPolicy"));
    cr_assert(pass.status == 404 && pass.body_bytes == 0 && !memory[0] && !statuses[0]);
    cr_assert_eq(run(&pass), 0);
    cr_assert(pass.status == 200 && pass.body_bytes == 7 && statuses[0] == 200);
    cr_assert_str_eq(memory, "{\"a\":1}");
}

Test(s3_pass, a_sink_that_grows_keeps_the_body) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {{.status = "200 OK", .text = "{\"a\":1}"}};
    struct hr_buffer buffer = {0};
    scripted_serve(turns, 1);
    struct hr_s3_request pass = {
        .bucket = "b", .query = &policy, .query_count = 1, .sink = hr_sink_buffer(&buffer, 0)};
    cr_assert_eq(run(&pass), 0, "%s", pass.request.error.message);
    cr_assert(buffer.size == 7 && memcmp(buffer.data, "{\"a\":1}", 7) == 0);
    hr_buffer_deinit(&buffer);
}

Test(s3_pass, an_error_behind_a_good_status_is_seen_where_it_is_asked_for) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {
        {.status = "200 OK", .text = "\n<Error><Code>InternalError</Code></Error>"},
        {.status = "200 OK", .text = "<Result/>"},
        {.status = "200 OK", .text = "<Error><Code>InvalidPart</Code></Error>"}};
    scripted_serve(turns, 3);
    struct hr_buffer buffer = {0};
    struct hr_s3_request pass = {.method = "POST",
                                 .bucket = "b",
                                 .repeatable = true,
                                 .error_in_body = true,
                                 .sink = hr_sink_buffer(&buffer, 0)};
    cr_assert_eq(run(&pass), 0, "%s", pass.request.error.message);
    cr_assert_eq(pass.request.attempts, 2);
    cr_assert(buffer.size == 9 && memcmp(buffer.data, "<Result/>", 9) == 0);
    hr_buffer_deinit(&buffer);
    pass.error_in_body = false;
    cr_assert_eq(run(&pass), 0, "it is a body like any other");
    cr_assert(buffer.size > 7 && memcmp(buffer.data, "<Error>", 7) == 0, "and the caller's");
    hr_buffer_deinit(&buffer);
}

Test(s3_pass, only_what_may_be_repeated_is) {
    NEEDS_KERNEL("a raw peer");
    static const char busy[] = "<Error><Code>SlowDown</Code></Error>";
    const struct scripted_turn turns[] = {
        {.status = "503 Slow Down", .text = busy}, {.status = NULL},
        {.status = "503 Slow Down", .text = busy}, {.status = "200 OK"},
        {.status = "503 Slow Down", .text = busy}, {.status = "200 OK"}};
    scripted_serve(turns, 6);
    struct hr_s3_request pass = {.method = "POST", .bucket = "b"};
    cr_assert_eq(run(&pass), HR_ERR_S3_SERVICE);
    cr_assert_eq(pass.request.attempts, 1);
    cr_assert(run(&pass) < 0);
    cr_assert_eq(pass.request.attempts, 1);
    pass.repeatable = true;
    cr_assert_eq(run(&pass), 0);
    cr_assert_eq(pass.request.attempts, 2);
    pass = (struct hr_s3_request){.method = "PUT", .bucket = "b"};
    cr_assert_eq(run(&pass), 0);
    cr_assert_eq(pass.request.attempts, 2);
}

static void refuse(struct hr_s3_request pass, const char *why) {
    cr_assert_eq(hr_s3_request_start(scripted_client, &pass), -EINVAL, "%s", why);
    cr_assert(strstr(pass.request.error.message, why), "%s: %s", why, pass.request.error.message);
}

Test(s3_pass, what_start_refuses) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {{.status = "200 OK"}};
    scripted_serve(turns, 1);
    static const struct hr_s3_query nameless = {{"", 0}, {"v", 1}};
    char memory[8];
    refuse((struct hr_s3_request){.method = "get"}, "method");
    refuse((struct hr_s3_request){.method = ""}, "method");
    refuse((struct hr_s3_request){.method = "GET /\r\n"}, "method");
    refuse((struct hr_s3_request){.key = "k"}, "bucket is NULL");
    refuse((struct hr_s3_request){.query_count = 1}, "query is NULL");
    refuse((struct hr_s3_request){.query = &nameless, .query_count = 1}, "query[0]");
    refuse((struct hr_s3_request){.query = &nameless, .query_count = 65}, "65");
    refuse((struct hr_s3_request){.field_count = 1}, "fields is NULL");
    refuse((struct hr_s3_request){.payload = (enum hr_s3_payload)7}, "payload");
    refuse(
        (struct hr_s3_request){.error_in_body = true, .sink = hr_sink_bytes(memory, sizeof memory)},
        "error_in_body");
    refuse((struct hr_s3_request){.reserved = {0, 0, 0, 1}}, "reserved");
    refuse((struct hr_s3_request){.body = hr_source_producer(NULL, NULL, NULL, 1)}, "body");
    cr_assert_eq(hr_s3_request_start(scripted_client, NULL), -EINVAL);
    struct hr_s3_request pass = {0};
    cr_assert_eq(hr_s3_request_start(NULL, &pass), -EINVAL);
}

Test(s3_pass, a_document_that_breaks_off_is_asked_for_again_where_that_does_no_harm) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {{.status = "200 OK", .text = "<Answer><Part>"},
                                          {.status = "200 OK", .text = "<Answer></Answer>"},
                                          {.status = "200 OK", .text = "<Answer><Part>"}};
    scripted_serve(turns, 3);
    struct hr_s3_request pass = {.bucket = "b", .error_in_body = true, .body = hr_source_none()};
    pass.sink = hr_sink_discard();
    cr_assert_eq(scripted_wait(hr_s3_request_start(scripted_client, &pass), &pass.request), 0);
    cr_assert_eq(pass.request.attempts, 2);
    pass.method = "POST";
    cr_assert_eq(scripted_wait(hr_s3_request_start(scripted_client, &pass), &pass.request),
                 HR_ERR_S3_RESPONSE);
    cr_assert_eq(pass.request.attempts, 1);
    cr_assert(strstr(pass.request.error.message, "breaks off"), "%s", pass.request.error.message);
}
