/* Uploads of every kind of source, whole and in parts; what stays behind when they fail. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "transfer_fixture.h"

TestSuite(upload, .init = transfer_begin, .fini = transfer_end);

#define PART HR_S3_PART_SIZE_MIN

static int upload(struct hr_s3_upload *ask, struct hr_source body) {
    ask->bucket = "bucket";
    if (!ask->key) ask->key = "k";
    ask->body = body;
    if (!ask->transfer.part_size) ask->transfer.part_size = PART;
    return transfer_wait(hr_s3_upload_start(transfer_client, ask), &ask->request);
}

/* ---- Sources. */

Test(upload, bytes_of_one_part_are_one_put) {
    char *body = transfer_body(1000);
    struct hr_s3_upload ask = {0};
    cr_assert_eq(upload(&ask, hr_source_bytes(body, 1000)), 0, "%s", ask.request.error.message);
    cr_expect_null(strchr(ask.etag, '-'));
    cr_expect_eq(ask.request.attempts, 1);
    cr_expect_eq(ask.progress.bytes, 1000);
    cr_expect_eq(ask.progress.parts, 1);
    transfer_expect("k", 1000);
    free(body);
}

Test(upload, exactly_one_part_is_one_put_and_a_byte_more_is_two_parts) {
    char *body = transfer_body(PART + 1);
    struct hr_s3_upload one = {.key = "one"}, two = {.key = "two"};
    cr_assert_eq(upload(&one, hr_source_bytes(body, PART)), 0);
    cr_assert_eq(upload(&two, hr_source_bytes(body, PART + 1)), 0);
    cr_expect_null(strchr(one.etag, '-'));
    cr_expect_str_eq(strchr(two.etag, '-'), "-2");
    transfer_expect("one", PART);
    transfer_expect("two", PART + 1);
    free(body);
}

Test(upload, an_empty_body_is_an_empty_object) {
    struct hr_s3_upload ask = {0};
    cr_assert_eq(upload(&ask, hr_source_none()), 0, "%s", ask.request.error.message);
    transfer_expect("k", 0);
}

Test(upload, a_part_of_a_file_in_parts) {
    int fd = transfer_file(3 * PART + 20);
    struct hr_s3_upload ask = {.transfer.parallel = 2};
    struct hr_source body = hr_source_fd(fd, (struct hr_file_range){0, 3 * PART + 17});
    cr_assert_eq(upload(&ask, body), 0, "%s", ask.request.error.message);
    cr_expect_eq(ask.progress.parts, 4);
    transfer_expect("k", 3 * PART + 17);
    close(fd);
}

Test(upload, a_vector_is_cut_across_its_pieces) {
    char *body = transfer_body(2 * PART + 100);
    const struct iovec pieces[] = {{body, 0},
                                   {body, PART - 10},
                                   {body + PART - 10, 30},
                                   {body + PART + 20, 0},
                                   {body + PART + 20, PART + 80}};
    struct hr_s3_upload ask = {0};
    cr_assert_eq(upload(&ask, hr_source_iovec(pieces, 5)), 0, "%s", ask.request.error.message);
    transfer_expect("k", 2 * PART + 100);
    free(body);
}

/* ---- Producers. */

struct producer {
    uint64_t at, size, chunk;
    uint64_t fails_at; /* byte from which it fails; 0: never */
    bool pushes_back;  /* every second call */
    unsigned calls;
    struct hr_request *request;
};

static ssize_t produce(void *user, void *buffer, size_t capacity) {
    struct producer *from = user;
    uint64_t size = from->size - from->at;
    if (from->fails_at && from->at >= from->fails_at) return -EIO;
    if (from->pushes_back && from->calls++ % 2) {
        hr_resume(from->request);
        return -EAGAIN;
    }
    if (size > capacity) size = capacity;
    if (size > from->chunk) size = from->chunk;
    for (uint64_t i = 0; i < size; i++) ((char *)buffer)[i] = transfer_byte(from->at + i);
    from->at += size;
    return (ssize_t)size;
}

static int upload_produced(struct hr_s3_upload *ask, struct producer *from, bool sized) {
    from->request = &ask->request;
    if (!from->chunk) from->chunk = 100000;
    return upload(ask,
                  hr_source_producer(produce, NULL, from, sized ? from->size : HR_SIZE_UNKNOWN));
}

static const uint64_t sizes[] = {0, 1, PART - 1, PART, PART + 1, 2 * PART, 2 * PART + 5};

Test(upload, producers_of_unknown_size) {
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct producer from = {.size = sizes[i]};
        struct hr_s3_upload ask = {0};
        cr_assert_eq(upload_produced(&ask, &from, false), 0, "%s", ask.request.error.message);
        transfer_expect("k", sizes[i]);
    }
}

Test(upload, producers_of_known_size) {
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct producer from = {.size = sizes[i]};
        struct hr_s3_upload ask = {0};
        cr_assert_eq(upload_produced(&ask, &from, true), 0, "%s", ask.request.error.message);
        cr_expect_eq(ask.progress.bytes, sizes[i]);
        transfer_expect("k", sizes[i]);
    }
}

Test(upload, a_producer_that_pushes_back) {
    struct producer from = {.size = 2 * PART + 9, .pushes_back = true, .chunk = 300000};
    struct hr_s3_upload ask = {0};
    cr_assert_eq(upload_produced(&ask, &from, false), 0, "%s", ask.request.error.message);
    transfer_expect("k", 2 * PART + 9);
}

Test(upload, a_producer_that_fails_leaves_no_upload) {
    struct producer from = {.size = 9 * PART, .fails_at = 2 * PART + 100000};
    struct hr_s3_upload ask = {0};
    cr_expect_eq(upload_produced(&ask, &from, false), -EIO);
    cr_expect_str_eq(ask.upload_id_left, "");
    cr_expect_eq(transfer_uploads(), 0);
}

Test(upload, a_producer_shorter_than_it_said) {
    struct producer from = {.size = 2 * PART};
    struct hr_s3_upload ask = {0};
    from.request = &ask.request;
    from.chunk = 100000;
    int result = upload(&ask, hr_source_producer(produce, NULL, &from, 2 * PART + 1));
    cr_expect_eq(result, HR_ERR_SOURCE_SHORT);
    cr_expect_eq(transfer_uploads(), 0);
}

Test(upload, a_file_that_is_shorter_than_was_said) {
    int fd = transfer_file(PART + 5);
    struct hr_s3_upload ask = {0};
    cr_expect_eq(upload(&ask, hr_source_fd(fd, (struct hr_file_range){0, 3 * PART})),
                 HR_ERR_SOURCE_SHORT);
    cr_expect_eq(transfer_uploads(), 0);
    close(fd);
}

/* ---- Ends. */

static int stop_at_two(struct hr_s3_upload *ask, const struct hr_s3_progress *progress) {
    (void)ask;
    return progress->parts == 2 ? -EDOM : 0;
}

Test(upload, progress_that_ends_it_leaves_no_upload) {
    char *body = transfer_body(6 * PART);
    struct hr_s3_upload ask = {.on_progress = stop_at_two, .transfer.parallel = 1};
    cr_expect_eq(upload(&ask, hr_source_bytes(body, 6 * PART)), -EDOM);
    cr_expect_eq(ask.progress.parts, 2);
    cr_expect_eq(transfer_uploads(), 0);
    free(body);
}

static int cancel_at_two(struct hr_s3_upload *ask, const struct hr_s3_progress *progress) {
    if (progress->parts == 2) hr_cancel(&ask->request);
    return 0;
}

Test(upload, a_cancelled_one_leaves_no_upload) {
    char *body = transfer_body(8 * PART);
    struct hr_s3_upload ask = {.on_progress = cancel_at_two, .transfer.parallel = 1};
    cr_expect_eq(upload(&ask, hr_source_bytes(body, 8 * PART)), -ECANCELED);
    cr_expect(ask.request.cancelled);
    cr_expect_eq(transfer_uploads(), 0);
    free(body);
}

Test(upload, conditions_hold_for_both_forms) {
    char *body = transfer_body(PART + 1);
    struct hr_s3_upload first = {0};
    struct hr_s3_upload small = {.conditions.if_none_match = "*"}, large = small;
    cr_assert_eq(upload(&first, hr_source_bytes(body, 10)), 0);
    cr_expect_eq(upload(&small, hr_source_bytes(body, 11)), HR_ERR_S3_PRECONDITION);
    cr_expect_eq(upload(&large, hr_source_bytes(body, PART + 1)), HR_ERR_S3_PRECONDITION);
    cr_expect_eq(transfer_uploads(), 0);
    transfer_expect("k", 10);
    free(body);
}

Test(upload, a_bucket_that_is_not_there) {
    char *body = transfer_body(PART + 1);
    struct hr_s3_upload ask = {.key = "k"};
    ask.bucket = "nowhere";
    ask.body = hr_source_bytes(body, PART + 1);
    ask.transfer.part_size = PART;
    cr_expect_eq(transfer_wait(hr_s3_upload_start(transfer_client, &ask), &ask.request),
                 HR_ERR_S3_SERVICE);
    cr_expect_str_eq(ask.request.error.service_code, "NoSuchBucket");
    free(body);
}

static void note_closed(void *user) {
    *(bool *)user = true;
}

/* What has begun ends well also where the client and the engine are closed meanwhile. */
Test(upload, closing_waits_for_all_of_it) {
    char *body = transfer_body(4 * PART);
    static bool closed; /* it may be told behind the end of this test */
    struct hr_s3_upload ask = {.bucket = "bucket",
                               .key = "k",
                               .body = hr_source_bytes(body, 4 * PART),
                               .transfer = {.part_size = PART, .parallel = 1}};
    cr_assert_eq(hr_s3_upload_start(transfer_client, &ask), 0);
    hr_s3_client_close(transfer_client, note_closed, &closed);
    cr_expect_eq(hr_wait(&ask.request), 0, "%s", ask.request.error.message);
    cr_expect_eq(ask.progress.parts, 4);
    transfer_client = NULL;
    free(body);
}

/* ---- Refusals. */

static void expect_refused(struct hr_s3_upload ask, const char *words) {
    if (!ask.bucket) ask.bucket = "bucket";
    if (!ask.key) ask.key = "k";
    cr_expect_eq(hr_s3_upload_start(transfer_client, &ask), -EINVAL);
    cr_expect_not_null(strstr(ask.request.error.message, words), "%s", ask.request.error.message);
}

Test(upload, what_makes_no_sense_is_refused_by_name) {
    struct hr_s3_upload ask = {.transfer.part_size = PART - 1};
    expect_refused(ask, "part_size");
    ask.transfer = (struct hr_s3_transfer_options){.parallel = 257};
    expect_refused(ask, "parallel");
    ask.transfer = (struct hr_s3_transfer_options){.part_size = PART};
    ask.body = hr_source_fd(0, (struct hr_file_range){0, 10001 * PART});
    expect_refused(ask, "parts");
    ask.body = hr_source_none();
    ask.checksum_type = HR_S3_CHECKSUM_FULL_OBJECT;
    expect_refused(ask, "checksum_type");
    ask.checksum_type = HR_S3_CHECKSUM_TYPE_NONE;
    ask.reserved[1] = 1;
    expect_refused(ask, "reserved");
    ask.reserved[1] = 0;
    ask.transfer.reserved[0] = 1;
    expect_refused(ask, "reserved");
    cr_expect_eq(hr_s3_upload_start(transfer_client, NULL), -EINVAL);
}
