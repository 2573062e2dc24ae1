/* Downloads of objects whose store says odd things: what is asked for, byte by byte. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "needs_kernel.h"
#include "scripted.h"

TestSuite(download_wire, .init = scripted_begin, .fini = scripted_end);

#define ANSWERS 8

/* One connection an answer; each is sent and closed. */
static void serve(const char *const *answers, size_t count, bool validates) {
    static struct peer_script scripts[ANSWERS];
    memset(scripts, 0, sizeof scripts);
    for (size_t i = 0; i < count; i++) {
        scripts[i].steps[0].kind = PEER_HEAD;
        scripts[i].steps[1] = (struct peer_step){.kind = PEER_SEND, .text = answers[i]};
    }
    scripted_listen(scripts, count);
    scripted_connect((struct hr_s3_client_options){.response_checksums =
                                                       validates ? HR_S3_CHECKSUM_WHEN_DEFAULT
                                                                 : HR_S3_CHECKSUM_WHEN_REQUIRED});
}

#define SERVE(validates, ...)                                                                      \
    do {                                                                                           \
        NEEDS_KERNEL("a raw peer");                                                                \
        const char *answers_[] = {__VA_ARGS__};                                                    \
        serve(answers_, sizeof answers_ / sizeof answers_[0], validates);                          \
    } while (0)

#define CLOSE "Connection: close\r\n"
#define HEAD(etag, size)                                                                           \
    "HTTP/1.1 200 OK\r\n" CLOSE "ETag: " etag "\r\nContent-Length: " size "\r\n\r\n"
#define RANGE(etag, range, body)                                                                   \
    "HTTP/1.1 206 Partial Content\r\n" CLOSE "ETag: " etag "\r\nContent-Range: bytes " range       \
    "\r\nContent-Length: 2\r\n\r\n" body

static char got[8];

static int download(struct hr_s3_download *ask) {
    memset(got, 0, sizeof got);
    ask->bucket = "bucket";
    ask->key = "k";
    ask->sink = hr_sink_bytes(got, 5);
    ask->transfer = (struct hr_s3_transfer_options){.part_size = 2, .parallel = 1};
    return scripted_wait(hr_s3_download_start(scripted_client, ask), &ask->request);
}

Test(download_wire, ranges_ask_for_the_etag_of_the_head_that_told_the_size) {
    struct hr_s3_download ask = {0};
    SERVE(true, HEAD("\"e\"", "4"), RANGE("\"e\"", "0-1/4", "he"), RANGE("\"e\"", "2-3/4", "ll"));
    cr_assert_eq(download(&ask), 0, "%s", ask.request.error.message);
    cr_expect_str_eq(got, "hell");
    cr_expect_eq(scripted_received("If-Match: \"e\"\r\n"), 2);
}

Test(download_wire, a_weak_etag_tells_no_object_from_another) {
    struct hr_s3_download ask = {0};
    SERVE(true, HEAD("W/\"e\"", "5") "hello");
    cr_assert_eq(download(&ask), 0, "%s", ask.request.error.message);
    cr_expect_str_eq(got, "hello");
    cr_expect_eq(scripted_received("If-Match"), 0);
    cr_expect_eq(scripted_received("Range"), 0);
}

Test(download_wire, a_first_range_without_an_etag_is_followed_by_all_of_it) {
    struct hr_s3_download ask = {0};
    SERVE(false, RANGE("W/\"e\"", "0-1/5", "he"), HEAD("W/\"e\"", "5") "hello");
    cr_assert_eq(download(&ask), 0, "%s", ask.request.error.message);
    cr_expect_str_eq(got, "hello");
    cr_expect_eq(scripted_received("Range: bytes=0-1\r\n"), 1);
    cr_expect_eq(scripted_requests(), 2);
}

Test(download_wire, more_bytes_than_ranges_can_have) {
    struct hr_s3_download ask = {.sink.kind = HR_SINK_DISCARD, .bucket = "bucket", .key = "k"};
    SERVE(true, HEAD("\"e\"", "60000000000000"));
    cr_expect_eq(scripted_wait(hr_s3_download_start(scripted_client, &ask), &ask.request), -EFBIG);
    cr_expect_not_null(strstr(ask.request.error.message, "60000000000000"));
}

Test(download_wire, a_small_object_is_one_request) {
    struct hr_s3_download ask = {0};
    SERVE(true, HEAD("\"e\"", "2") "he");
    cr_assert_eq(download(&ask), 0, "%s", ask.request.error.message);
    cr_expect_str_eq(got, "he");
    cr_expect_eq(scripted_requests(), 1);
}

Test(download_wire, an_object_that_is_replaced_behind_the_head_has_changed) {
    struct hr_s3_download ask = {0};
    SERVE(true, HEAD("\"e\"", "4"), RANGE("\"e\"", "0-1/4", "he"),
          "HTTP/1.1 412 Precondition Failed\r\nx-amz-request-id: 1\r\n" CLOSE
          "Content-Length: 0\r\n\r\n");
    cr_expect_eq(download(&ask), HR_ERR_S3_CHANGED);
}

Test(download_wire, an_empty_object_whose_error_document_has_no_length) {
    struct hr_s3_download ask = {0};
    SERVE(false, "HTTP/1.1 416 Range\r\nx-amz-request-id: 1\r\n" CLOSE
                 "Content-Range: bytes */0\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "28\r\n<Error><Code>InvalidRange</Code></Error>\r\n0\r\n\r\n");
    cr_assert_eq(download(&ask), 0, "%s", ask.request.error.message);
    cr_expect_eq(ask.info.size_bytes, 0);
    cr_expect_not(ask.info.size_unknown);
}

Test(download_wire, a_sink_without_a_place_is_refused_at_once) {
    struct hr_s3_download ask = {.bucket = "bucket", .key = "k", .sink = hr_sink_bytes(NULL, 9)};
    SERVE(true, HEAD("\"e\"", "2"));
    cr_expect_eq(hr_s3_download_start(scripted_client, &ask), -EINVAL);
    cr_expect_not_null(strstr(ask.request.error.message, "sink"));
}
