/* Checksums of bodies on the wire, plain and over TLS: header fields, trailers, what the store
 * makes of them, second attempts, bodies that pause and that end early. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "chunk_encoder.h"
#include "needs_kernel.h"
#include "scripted.h"
#include "tls_certs.h"
#include "tls_front.h"

static struct tls_front *front;
static struct tls_cert certificate;

static void begin(void) {
    scripted_begin();
    certificate = tls_cert_make(
        &(struct tls_cert_plan){.common_name = "store", .alt_names = "IP:127.0.0.1", .ca = true});
}

static void end(void) {
    scripted_end();
    tls_front_stop(front);
    tls_cert_deinit(&certificate);
}

TestSuite(s3_put_checksum, .init = begin, .fini = end);

#define STORED(fields) "HTTP/1.1 200 OK\r\nETag: \"e\"\r\n" fields "Content-Length: 0\r\n\r\n"
#define BUSY           "HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n"
#define RIGHT          "x-amz-checksum-crc32: NhCmhg==\r\n" /* of "hello" */
#define WRONG          "x-amz-checksum-crc32: AAAAAA==\r\n"
#define TRAILER_SIZE   46 /* "5 CRLF hello CRLF 0 CRLF x-amz-checksum-crc32:NhCmhg== CRLF CRLF" */

/* Requests with bodies of so many bytes, and their answers. */
static void serve(uint64_t body, const char *const *answers, size_t count, bool tls) {
    struct peer_script script = {0};
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        script.steps[at++] = (struct peer_step){.kind = PEER_HEAD};
        script.steps[at++] = (struct peer_step){.kind = PEER_BODY, .count = body};
        script.steps[at++] = (struct peer_step){.kind = PEER_SEND, .text = answers[i]};
    }
    scripted_listen(&script, 1);
    struct tls_front_plan plan = {.chain_pem = certificate.pem,
                                  .key_pem = certificate.key_pem,
                                  .server_port = peer_port(scripted_peer)};
    static char endpoint[64];
    if (tls) front = tls_front_start(&plan);
    snprintf(endpoint, sizeof endpoint, "http%s://127.0.0.1:%u", tls ? "s" : "",
             tls ? tls_front_port(front) : plan.server_port);
    struct hr_s3_client_options options = {.endpoint = endpoint, .http.retry.backoff_base_ms = 1};
    if (tls) options.http.tls.ca_pem = hr_slice_of(certificate.pem);
    scripted_connect(options);
}

static int put_it(struct hr_s3_put *put) {
    put->bucket = "b";
    put->key = "k";
    return scripted_wait(hr_s3_put_start(scripted_client, put), &put->request);
}

static int put_hello(struct hr_s3_put *put) {
    put->body = hr_source_bytes("hello", 5);
    return put_it(put);
}

/* ---- Fields. */

/* Values of the catalogues and of coreutils; those of XXHASH are libxxhash's own vectors' kin, and
 * compared with awscrt's elsewhere. */
Test(s3_put_checksum, each_algorithm_goes_in_its_field) {
    NEEDS_KERNEL("a raw peer");
    static const char *const values[] = {"x-amz-checksum-crc32: NhCmhg==\r\n",
                                         "x-amz-checksum-crc32c: mnG7TA==\r\n",
                                         "x-amz-checksum-crc64nvme: M3eFcAZSQlc=\r\n",
                                         "x-amz-checksum-sha1: qvTGHdzF6KLavt4PO0gs2a6pQ00=\r\n"};
    const char *const answers[] = {STORED(""), STORED(""), STORED(""), STORED("")};
    serve(5, answers, 4, false);
    for (unsigned i = 0; i < 4; i++) {
        struct hr_s3_put put = {.checksum_algorithm = i + 1};
        char text[HR_S3_CHECKSUM_TEXT_MAX];
        cr_assert_eq(put_hello(&put), 0, "%s", put.request.error.message);
        cr_assert_eq(scripted_received(values[i]), 1, "%s", values[i]);
        hr_s3_checksum_format(&put.sent_checksum, text);
        cr_assert_not_null(strstr(values[i], text));
    }
}

/* ---- The store's answer. */

static void stored(bool tls) {
    const char *const answers[] = {STORED(WRONG), STORED(RIGHT)};
    serve(5, answers, 2, tls);
    struct hr_s3_put put = {0};
    cr_assert_eq(put_hello(&put), 0, "%s", put.request.error.message);
    cr_assert_eq(put.request.attempts, 2);
}

Test(s3_put_checksum, a_store_that_has_other_bytes_gets_them_once_more) {
    NEEDS_KERNEL("a raw peer");
    stored(false);
}

Test(s3_put_checksum, a_store_that_has_other_bytes_gets_them_once_more_over_tls) {
    NEEDS_KERNEL("a raw peer");
    stored(true);
}

Test(s3_put_checksum, a_store_that_stays_wrong_is_an_error_with_both_values) {
    NEEDS_KERNEL("a raw peer");
    const char *const answers[] = {STORED(WRONG), STORED(WRONG), STORED(WRONG)};
    serve(5, answers, 3, false);
    struct hr_s3_put put = {0};
    cr_assert_eq(put_hello(&put), HR_ERR_S3_CHECKSUM);
    cr_assert_not_null(strstr(put.request.error.message, "NhCmhg=="));
    cr_assert_not_null(strstr(put.request.error.message, "AAAAAA=="));
    cr_assert_eq(put.request.attempts, 2, "retried once");
}

/* The object that is there now, wrong as it is, would refuse the second attempt. */
Test(s3_put_checksum, a_conditional_put_is_not_repeated) {
    NEEDS_KERNEL("a raw peer");
    const char *const answers[] = {STORED(WRONG), STORED(RIGHT)};
    serve(5, answers, 2, false);
    struct hr_s3_put put = {.conditions.if_none_match = "*"};
    cr_assert_eq(put_hello(&put), HR_ERR_S3_CHECKSUM);
    cr_assert_eq(put.request.attempts, 1);
}

Test(s3_put_checksum, values_that_say_nothing_of_ours_are_passed_over) {
    NEEDS_KERNEL("a raw peer");
    const char *const answers[] = {STORED("x-amz-checksum-sha1: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n"),
                                   STORED("x-amz-checksum-crc32: AAAAAA==-2\r\n")};
    serve(5, answers, 2, false);
    for (int i = 0; i < 2; i++) {
        struct hr_s3_put put = {0};
        cr_assert_eq(put_hello(&put), 0, "%s", put.request.error.message);
    }
}

Test(s3_put_checksum, a_malformed_value_is_named) {
    NEEDS_KERNEL("a raw peer");
    const char *const answers[] = {STORED("x-amz-checksum-crc32: AAAA\r\n")};
    serve(5, answers, 1, false);
    struct hr_s3_put put = {0};
    cr_assert_eq(put_hello(&put), HR_ERR_S3_RESPONSE);
    cr_assert_not_null(strstr(put.request.error.message, "x-amz-checksum-crc32"));
}

/* ---- Trailers. */

struct feed {
    uint64_t at, size, pauses;
    unsigned rewinds;
    struct hr_request *request;
};

/* Five bytes at a time of "hello" over and over, with pauses. */
static ssize_t produce(void *user, void *buffer, size_t capacity) {
    struct feed *feed = user;
    if (feed->pauses > 0 && feed->at % 2 == 1) {
        feed->pauses--;
        hr_resume(feed->request);
        return -EAGAIN;
    }
    size_t size = capacity < 5 ? capacity : 5;
    if (size > feed->size - feed->at) size = (size_t)(feed->size - feed->at);
    for (size_t i = 0; i < size; i++) ((char *)buffer)[i] = "hello"[(feed->at + i) % 5];
    feed->at += size;
    return (ssize_t)size;
}

static int rewind_feed(void *user) {
    struct feed *feed = user;
    feed->at = 0;
    feed->rewinds++;
    return 0;
}

#define FIVE "\r\n\r\n5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"

Test(s3_put_checksum, a_file_goes_in_chunks_with_its_checksum_behind_it) {
    NEEDS_KERNEL("a raw peer");
    const char *const answers[] = {STORED(RIGHT)};
    serve(TRAILER_SIZE, answers, 1, true);
    int fd = memfd_create("body", MFD_CLOEXEC);
    cr_assert_eq(write(fd, "xhello", 6), 6);
    struct hr_s3_put put = {.body = hr_source_fd(fd, (struct hr_file_range){1, 5}),
                            .payload = HR_S3_PAYLOAD_STREAMING_UNSIGNED};
    cr_assert_eq(put_it(&put), 0, "%s", put.request.error.message);
    close(fd);
    static const char *const sent[] = {
        "Content-Length: 46\r\n",
        "x-amz-decoded-content-length: 5\r\n",
        "x-amz-trailer: x-amz-checksum-crc32\r\n",
        "Content-Encoding: aws-chunked\r\n",
        "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\n",
        FIVE};
    for (size_t i = 0; i < sizeof sent / sizeof sent[0]; i++)
        cr_assert_eq(scripted_received(sent[i]), 1, "%s", sent[i]);
    cr_assert_eq(put.sent_bytes, 5, "the object's bytes, not the chunks'");
    cr_assert_eq(put.sent_checksum.algorithm, HR_S3_CHECKSUM_CRC32);
    cr_assert_eq(memcmp(put.sent_checksum.bytes, "\x36\x10\xa6\x86", 4), 0);
}

/* The value is computed anew for each attempt. */
static void again(enum hr_s3_payload payload, uint64_t body, const char *needle, bool tls) {
    const char *const answers[] = {BUSY, STORED(WRONG), STORED(RIGHT)};
    serve(body, answers, 3, tls);
    struct feed feed = {.size = 5};
    struct hr_s3_put put = {.body = hr_source_producer(produce, rewind_feed, &feed, 5),
                            .payload = payload};
    cr_assert_eq(put_it(&put), 0, "%s", put.request.error.message);
    cr_assert_eq(put.request.attempts, 3);
    cr_assert_eq(feed.rewinds, 2);
    cr_assert_eq(scripted_received(needle), 3);
    cr_assert_eq(scripted_received("x-amz-checksum-crc32:NhCmhg==\r\n"), 3);
}

Test(s3_put_checksum, a_second_attempt_has_a_trailer_of_its_own_over_tls) {
    NEEDS_KERNEL("a raw peer");
    again(HR_S3_PAYLOAD_STREAMING_UNSIGNED, TRAILER_SIZE, FIVE, true);
}

#define SIGNED_SIZE 298 /* 2 × 81 of signatures, 90 of the trailer's */

Test(s3_put_checksum, a_second_attempt_of_signed_chunks) {
    NEEDS_KERNEL("a raw peer");
    again(HR_S3_PAYLOAD_STREAMING_SIGNED, SIGNED_SIZE, "\r\n\r\n5;chunk-signature=", false);
    cr_assert_eq(scripted_received("x-amz-trailer-signature:"), 3);
    cr_assert_eq(scripted_received("Content-Length: 298\r\n"), 3);
}

Test(s3_put_checksum, a_second_attempt_of_signed_chunks_over_tls) {
    NEEDS_KERNEL("a raw peer");
    again(HR_S3_PAYLOAD_STREAMING_SIGNED, SIGNED_SIZE, "\r\n\r\n5;chunk-signature=", true);
}

/* Several chunks and a rest, from a producer that pauses in the middle of each: chunks are whole
 * all the same, as the Content-Length says. */
static void pauses(enum hr_s3_payload payload, bool tls) {
    const uint64_t size = 2 * HR__CHUNK_SIZE + 7;
    struct hr__chunk_plan plan = {size, HR__CHUNK_SIZE, HR_S3_CHECKSUM_CRC32,
                                  payload == HR_S3_PAYLOAD_STREAMING_SIGNED};
    const char *const answers[] = {STORED("")};
    serve(hr__chunk_wire_size(&plan), answers, 1, tls);
    struct hr_s3_put put = {.payload = payload};
    struct feed feed = {.size = size, .pauses = 20, .request = &put.request};
    put.body = hr_source_producer(produce, NULL, &feed, size);
    cr_assert_eq(put_it(&put), 0, "%s", put.request.error.message);
    cr_assert_eq(feed.at, size);
    cr_assert_eq(put.sent_bytes, size);
    cr_assert_eq(scripted_received("\r\n\r\n20000"), 1);
    cr_assert_eq(scripted_received("\r\n20000"), 2);
    cr_assert_eq(scripted_received("\r\n7"), 1);
}

Test(s3_put_checksum, a_producer_that_pauses_fills_its_chunks_over_tls) {
    NEEDS_KERNEL("a raw peer");
    pauses(HR_S3_PAYLOAD_STREAMING_UNSIGNED, true);
}

Test(s3_put_checksum, a_producer_that_pauses_fills_its_signed_chunks) {
    NEEDS_KERNEL("a raw peer");
    pauses(HR_S3_PAYLOAD_STREAMING_SIGNED, false);
}

/* No chunk says that the body is whole when it is not: the connection breaks off. */
Test(s3_put_checksum, a_body_that_ends_early_has_no_end) {
    NEEDS_KERNEL("a raw peer");
    const char *const answers[] = {STORED("")};
    serve(TRAILER_SIZE, answers, 1, true);
    int fd = memfd_create("body", MFD_CLOEXEC);
    cr_assert_eq(write(fd, "hell", 4), 4);
    struct hr_s3_put put = {.body = hr_source_fd(fd, (struct hr_file_range){0, 5}),
                            .payload = HR_S3_PAYLOAD_STREAMING_UNSIGNED};
    cr_assert_eq(put_it(&put), HR_ERR_SOURCE_SHORT);
    close(fd);
    cr_assert_eq(put.request.attempts, 1);
    cr_assert_eq(put.sent_checksum.algorithm, HR_S3_CHECKSUM_NONE);
}

Test(s3_put_checksum, a_producer_that_cannot_begin_again_is_not_repeated) {
    NEEDS_KERNEL("a raw peer");
    const char *const answers[] = {STORED(WRONG), STORED(RIGHT)};
    serve(TRAILER_SIZE, answers, 2, true);
    struct feed feed = {.size = 5};
    struct hr_s3_put put = {.body = hr_source_producer(produce, NULL, &feed, 5),
                            .payload = HR_S3_PAYLOAD_STREAMING_UNSIGNED};
    cr_assert_eq(put_it(&put), HR_ERR_S3_CHECKSUM);
    cr_assert_eq(put.request.attempts, 1);
}

/* Nothing to put in chunks: the value stands in the head. */
Test(s3_put_checksum, an_empty_body_has_no_chunks) {
    NEEDS_KERNEL("a raw peer");
    const char *const answers[] = {STORED(""), STORED("")};
    serve(0, answers, 2, true);
    struct feed feed = {.size = 0};
    struct hr_source sources[] = {hr_source_none(), hr_source_producer(produce, NULL, &feed, 0)};
    for (int i = 0; i < 2; i++) {
        struct hr_s3_put put = {.body = sources[i], .payload = HR_S3_PAYLOAD_STREAMING_UNSIGNED};
        cr_assert_eq(put_it(&put), 0, "%s", put.request.error.message);
    }
    cr_assert_eq(scripted_received("x-amz-checksum-crc32: AAAAAA==\r\n"), 2);
    cr_assert_eq(scripted_received("Content-Length: 0\r\n"), 2);
    cr_assert_eq(scripted_received("chunked"), 0);
}

Test(s3_put_checksum, a_body_of_unknown_size_is_refused) {
    NEEDS_KERNEL("a raw peer");
    const char *const answers[] = {STORED("")};
    serve(0, answers, 1, true);
    struct feed feed = {.size = 5};
    struct hr_s3_put put = {.body = hr_source_producer(produce, NULL, &feed, HR_SIZE_UNKNOWN),
                            .payload = HR_S3_PAYLOAD_STREAMING_UNSIGNED};
    cr_assert_eq(put_it(&put), -EINVAL);
}

Test(s3_put_checksum, chunks_wait_for_100_continue) {
    NEEDS_KERNEL("a raw peer");
    const struct peer_script script = {
        {{.kind = PEER_HEAD},
         {.kind = PEER_SEND, .text = "HTTP/1.1 100 Continue\r\n\r\n"},
         {.kind = PEER_BODY, .count = SIGNED_SIZE},
         {.kind = PEER_SEND, .text = STORED(RIGHT)}}};
    scripted_listen(&script, 1);
    scripted_connect((struct hr_s3_client_options){0});
    struct feed feed = {.size = 5};
    struct hr_s3_put put = {.body = hr_source_producer(produce, NULL, &feed, 5),
                            .payload = HR_S3_PAYLOAD_STREAMING_SIGNED,
                            .expect_continue = true};
    cr_assert_eq(put_it(&put), 0, "%s", put.request.error.message);
    cr_assert_eq(scripted_received("Expect: 100-continue\r\n"), 1);
    cr_assert_eq(put.request.attempts, 1);
}

/* ---- Options. */

Test(s3_put_checksum, when_required_by_the_variable_sends_none) {
    NEEDS_KERNEL("a raw peer");
    const char *const answers[] = {STORED(""), STORED("")};
    setenv("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required", 1);
    serve(5, answers, 2, false);
    struct hr_s3_put put = {0};
    cr_assert_eq(put_hello(&put), 0, "%s", put.request.error.message);
    cr_assert_eq(scripted_received("x-amz-checksum"), 0);
    cr_assert_eq(put.sent_checksum.algorithm, HR_S3_CHECKSUM_NONE);
    put = (struct hr_s3_put){.checksum_algorithm = HR_S3_CHECKSUM_CRC32};
    cr_assert_eq(put_hello(&put), 0, "%s", put.request.error.message);
    cr_assert_eq(scripted_received("x-amz-checksum-crc32: NhCmhg==\r\n"), 1);
}

Test(s3_put_checksum, no_url_that_is_presigned_has_one) {
    NEEDS_KERNEL("a raw peer");
    const char *const answers[] = {STORED("")};
    serve(5, answers, 1, false);
    const struct hr_s3_presign_options options = {
        .method = "PUT", .bucket = "b", .key = "k", .expires_s = 60};
    char url[4096];
    cr_assert_eq(hr_s3_presign(scripted_client, &options, url, sizeof url), 0);
    cr_assert_null(strcasestr(url, "checksum"));
}

Test(s3_put_checksum, options_that_are_none) {
    struct hr_error error;
    hr_engine *engine;
    hr_s3_client *client = NULL;
    struct hr_engine_options one = {.reactors = 1};
    cr_assert_eq(hr_engine_new(&one, &error, &engine), 0);
    struct hr_s3_client_options options = {
        .access_key = "AK", .secret_key = "S", .request_checksums = 3};
    cr_assert_eq(hr_s3_client_new(engine, &options, &error, &client), -EINVAL);
    cr_assert_not_null(strstr(error.message, "request_checksums"));
    options.request_checksums = HR_S3_CHECKSUM_WHEN_DEFAULT;
    options.payload = 5;
    cr_assert_eq(hr_s3_client_new(engine, &options, &error, &client), -EINVAL);
    cr_assert_not_null(strstr(error.message, "payload"));
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
}
