/* Downloads to every kind of sink, whole and by ranges; objects that change, checksums. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "needs_kernel.h"
#include "transfer_fixture.h"

TestSuite(download, .init = transfer_begin, .fini = transfer_end);

#define PART (256 * 1024)

static void put(const char *key, uint64_t size) {
    char *body = transfer_body(size);
    struct hr_s3_put ask = {.bucket = "bucket", .key = key, .body = hr_source_bytes(body, size)};
    cr_assert_eq(transfer_wait(hr_s3_put_start(transfer_client, &ask), &ask.request), 0);
    free(body);
}

static int download(struct hr_s3_download *ask, struct hr_sink sink) {
    ask->bucket = "bucket";
    if (!ask->key) ask->key = "k";
    ask->sink = sink;
    if (!ask->transfer.part_size) ask->transfer.part_size = PART;
    return transfer_wait(hr_s3_download_start(transfer_client, ask), &ask->request);
}

static void expect_bytes(const char *bytes, uint64_t size) {
    uint64_t wrong = 0;
    for (uint64_t i = 0; i < size; i++) wrong += bytes[i] != transfer_byte(i);
    cr_expect_eq(wrong, 0, "%llu bytes are wrong", (unsigned long long)wrong);
}

static void expect_file(int fd, uint64_t offset, uint64_t size) {
    char *bytes = malloc(size + 1);
    cr_assert_eq(lseek(fd, 0, SEEK_END), (off_t)(offset + size));
    cr_assert_eq(pread(fd, bytes, size, (off_t)offset), (ssize_t)size);
    expect_bytes(bytes, size);
    free(bytes);
}

static const uint64_t sizes[] = {0, 1, PART - 1, PART, PART + 1, 5 * PART, 5 * PART + 77};
#define SIZES (sizeof sizes / sizeof sizes[0])

/* ---- Sinks. */

Test(download, files_of_all_sizes_behind_an_offset) {
    for (size_t i = 0; i < SIZES; i++) {
        int fd = memfd_create("sink", MFD_CLOEXEC);
        struct hr_s3_download ask = {.transfer.parallel = 3};
        put("k", sizes[i]);
        cr_assert_eq(download(&ask, hr_sink_fd(fd, 9)), 0, "%s", ask.request.error.message);
        if (sizes[i]) expect_file(fd, 9, sizes[i]);
        cr_expect_eq(ask.info.size_bytes, sizes[i]);
        cr_expect_eq(ask.progress.bytes, sizes[i]);
        close(fd);
    }
}

Test(download, memory) {
    for (size_t i = 0; i < SIZES; i++) {
        char *bytes = malloc(sizes[i] + 1);
        struct hr_s3_download ask = {0};
        put("k", sizes[i]);
        cr_assert_eq(download(&ask, hr_sink_bytes(bytes, sizes[i])), 0, "%s",
                     ask.request.error.message);
        expect_bytes(bytes, sizes[i]);
        free(bytes);
    }
}

Test(download, memory_that_is_too_small) {
    char bytes[4];
    struct hr_s3_download small = {0}, large = {0};
    put("k", 5);
    cr_expect_eq(download(&small, hr_sink_bytes(bytes, 4)), HR_ERR_SINK_FULL);
    put("k", 3 * PART);
    cr_expect_eq(download(&large, hr_sink_bytes(bytes, 4)), HR_ERR_SINK_FULL);
}

Test(download, a_growing_sink_gets_one_body) {
    struct hr_buffer buffer = {0};
    struct hr_s3_download ask = {0};
    put("k", 3 * PART + 1);
    cr_assert_eq(download(&ask, hr_sink_buffer(&buffer, 0)), 0, "%s", ask.request.error.message);
    cr_assert_eq(buffer.size, 3 * PART + 1);
    expect_bytes(buffer.data, buffer.size);
    cr_expect_eq(ask.info.size_bytes, 3 * PART + 1);
    hr_buffer_deinit(&buffer);
}

/* ---- Checksums. */

Test(download, ranges_are_compared_with_the_checksum_of_the_whole) {
    char *bytes = malloc(4 * PART);
    struct hr_s3_download ask = {0};
    put("k", 4 * PART);
    cr_assert_eq(download(&ask, hr_sink_bytes(bytes, 4 * PART)), 0);
    cr_expect_eq(ask.verified, HR_S3_CHECKSUM_CRC32);
    cr_expect_gt(ask.progress.parts, 1);
    free(bytes);
}

Test(download, so_are_those_of_an_object_that_was_uploaded_in_parts) {
    uint64_t size = 2 * HR_S3_PART_SIZE_MIN + 3;
    char *body = transfer_body(size), *bytes = malloc(size);
    struct hr_s3_upload up = {.bucket = "bucket",
                              .key = "k",
                              .body = hr_source_bytes(body, size),
                              .checksum_algorithm = HR_S3_CHECKSUM_CRC64NVME,
                              .transfer.part_size = HR_S3_PART_SIZE_MIN};
    cr_assert_eq(transfer_wait(hr_s3_upload_start(transfer_client, &up), &up.request), 0, "%s",
                 up.request.error.message);
    struct hr_s3_download ask = {0};
    cr_assert_eq(download(&ask, hr_sink_bytes(bytes, size)), 0, "%s", ask.request.error.message);
    cr_expect_eq(ask.verified, HR_S3_CHECKSUM_CRC64NVME);
    cr_expect_arr_eq(bytes, body, size);
    free(body);
    free(bytes);
}

Test(download, a_hash_that_ranges_do_not_make_up_takes_one_get) {
    char *body = transfer_body(4 * PART), *bytes = malloc(4 * PART);
    struct hr_s3_put up = {.bucket = "bucket",
                           .key = "k",
                           .body = hr_source_bytes(body, 4 * PART),
                           .checksum_algorithm = HR_S3_CHECKSUM_SHA256};
    cr_assert_eq(transfer_wait(hr_s3_put_start(transfer_client, &up), &up.request), 0);
    struct hr_s3_download ask = {0};
    cr_assert_eq(download(&ask, hr_sink_bytes(bytes, 4 * PART)), 0);
    cr_expect_eq(ask.verified, HR_S3_CHECKSUM_SHA256);
    cr_expect_eq(ask.progress.parts, 1);
    free(body);
    free(bytes);
}

/* ---- Ends. */

Test(download, an_object_that_is_not_there) {
    struct hr_s3_download ask = {.key = "none"};
    cr_expect_eq(download(&ask, hr_sink_discard()), HR_ERR_S3_SERVICE);
    cr_expect_eq(ask.request.error.http_status, 404);
    cr_expect_str_eq(ask.request.error.service_code, "NoSuchKey", "the GET's own words");
}

struct changing {
    struct hr_s3_put put;
    char *body;
};

/* The object is replaced while its first range is under way. */
static int replace(struct hr_s3_download *ask, const struct hr_s3_progress *progress) {
    struct changing *changing = ask->request.user;
    if (progress->parts != 1) return 0;
    changing->put = (struct hr_s3_put){
        .bucket = "bucket", .key = "k", .body = hr_source_bytes(changing->body, 20 * PART - 1)};
    return hr_s3_put_start(transfer_client, &changing->put);
}

Test(download, an_object_that_changes_is_a_named_error) {
    struct changing changing = {.body = transfer_body(20 * PART)};
    struct hr_s3_download ask = {
        .request.user = &changing, .on_progress = replace, .transfer.parallel = 1};
    put("k", 20 * PART);
    int result = download(&ask, hr_sink_discard());
    hr_wait(&changing.put.request);
    cr_expect(result == HR_ERR_S3_CHANGED || ask.progress.bytes == 20 * PART, "%s",
              ask.request.error.message);
    free(changing.body);
}

static int cancel_at_two(struct hr_s3_download *ask, const struct hr_s3_progress *progress) {
    if (progress->parts == 2) hr_cancel(&ask->request);
    return 0;
}

Test(download, cancelled) {
    struct hr_s3_download ask = {.on_progress = cancel_at_two, .transfer.parallel = 1};
    put("k", 9 * PART);
    cr_expect_eq(download(&ask, hr_sink_discard()), -ECANCELED);
    cr_expect(ask.request.cancelled);
}

static int refuse(struct hr_s3_download *ask) {
    return ask->info.size_bytes == 3 * PART ? -EDOM : 0;
}

Test(download, the_object_is_told_before_its_body_and_may_be_refused) {
    struct hr_s3_download ask = {.on_object = refuse};
    put("k", 3 * PART);
    cr_expect_eq(download(&ask, hr_sink_discard()), -EDOM);
    cr_expect_eq(ask.progress.bytes, 0);
}

/* ---- Without checksums: the first range tells the size. */

static void begin_plain(void) {
    transfer_open(&(struct hr_engine_options){.reactors = 1},
                  (struct hr_s3_client_options){.response_checksums = HR_S3_CHECKSUM_WHEN_REQUIRED},
                  NULL);
}
TestSuite(download_plain, .init = begin_plain, .fini = transfer_end);

Test(download_plain, files_of_all_sizes_without_a_head) {
    NEEDS_KERNEL("a file of its own");
    for (size_t i = 0; i < SIZES; i++) {
        int fd = memfd_create("sink", MFD_CLOEXEC);
        struct hr_s3_download ask = {0};
        put("k", sizes[i]);
        cr_assert_eq(download(&ask, hr_sink_fd(fd, 0)), 0, "%s", ask.request.error.message);
        expect_file(fd, 0, sizes[i]);
        uint32_t parts = (uint32_t)((sizes[i] + PART - 1) / PART);
        cr_expect_eq(ask.request.attempts, parts ? parts : 1);
        cr_expect_eq(ask.verified, HR_S3_CHECKSUM_NONE);
        close(fd);
    }
}

Test(download_plain, memory_that_is_too_small) {
    char bytes[4];
    struct hr_s3_download ask = {0};
    put("k", 3 * PART);
    cr_expect_eq(download(&ask, hr_sink_bytes(bytes, 4)), HR_ERR_SINK_FULL);
    cr_expect_not_null(strstr(ask.request.error.message, "room for 4"), "%s",
                       ask.request.error.message);
}

/* ---- Faults. */

static void begin_faulty(void) {
    transfer_open(
        &(struct hr_engine_options){.reactors = 1},
        (struct hr_s3_client_options){
            .http.retry = {.attempts_max = 10, .backoff_base_ms = 1, .backoff_max_ms = 5}},
        "InternalError=0.1,truncate=0.1");
}
TestSuite(download_faulty, .init = begin_faulty, .fini = transfer_end);

Test(download_faulty, each_range_is_repeated_alone) {
    char *bytes = malloc(40 * PART);
    struct hr_s3_download ask = {0};
    put("k", 40 * PART);
    cr_assert_eq(download(&ask, hr_sink_bytes(bytes, 40 * PART)), 0, "%s",
                 ask.request.error.message);
    expect_bytes(bytes, 40 * PART);
    cr_expect_gt(ask.request.attempts, 41);
    free(bytes);
}

/* Bodies that are dropped share memory unless somebody reads them: here each is hashed. */
Test(download, discarded_ranges_beside_each_other_are_compared) {
    char *body = transfer_body(4 * MEBIBYTE);
    struct hr_s3_put put = {
        .bucket = "bucket", .key = "k", .body = hr_source_bytes(body, 4 * MEBIBYTE)};
    struct hr_s3_download ask = {.bucket = "bucket",
                                 .key = "k",
                                 .sink = hr_sink_discard(),
                                 .transfer = {.part_size = MEBIBYTE / 2, .parallel = 8}};
    cr_assert_eq(transfer_wait(hr_s3_put_start(transfer_client, &put), &put.request), 0);
    for (int i = 0; i < 5; i++) {
        cr_assert_eq(transfer_wait(hr_s3_download_start(transfer_client, &ask), &ask.request), 0,
                     "%s", ask.request.error.message);
        cr_expect_neq(ask.verified, HR_S3_CHECKSUM_NONE);
    }
    free(body);
}
