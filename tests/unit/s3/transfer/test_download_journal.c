/* Downloads with a journal: what they leave, what they go on with, what they refuse. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "journal_contents.h"
#include "transfer_fixture.h"

#define PART UINT64_C(1048576)
#define SIZE (6 * PART + 100)

static char folder[] = "/tmp/headrace-journal-XXXXXX";
static char journal[128];
static int fd = -1;

static void put(int step) {
    char *body = transfer_body(SIZE);
    for (uint64_t i = 0; step && i < SIZE; i++) body[i] = (char)(body[i] + step);
    struct hr_s3_put ask = {.bucket = "bucket", .key = "k", .body = hr_source_bytes(body, SIZE)};
    cr_assert_eq(transfer_wait(hr_s3_put_start(transfer_client, &ask), &ask.request), 0);
    free(body);
}

static void begin(void) {
    transfer_begin();
    if (!transfer_engine) return;
    cr_assert_not_null(mkdtemp(folder));
    snprintf(journal, sizeof journal, "%s/journal", folder);
    fd = memfd_create("sink", MFD_CLOEXEC);
    put(0);
}

static void end(void) {
    if (!transfer_engine) return;
    close(fd);
    unlink(journal);
    cr_expect_eq(rmdir(folder), 0, "a file was left in %s", folder);
    transfer_end();
}

TestSuite(download_journal, .init = begin, .fini = end);

static bool there(void) {
    return access(journal, F_OK) == 0;
}

static int download(struct hr_s3_download *ask) {
    ask->bucket = "bucket";
    ask->key = "k";
    ask->sink = hr_sink_fd(fd, 5);
    ask->transfer =
        (struct hr_s3_transfer_options){.part_size = PART, .parallel = 1, .journal = journal};
    return transfer_wait(hr_s3_download_start(transfer_client, ask), &ask->request);
}

static int break_at_three(struct hr_s3_download *ask, const struct hr_s3_progress *progress) {
    (void)ask;
    return progress->parts == 3 ? -ECONNRESET : 0;
}

static void break_off(void) {
    struct hr_s3_download ask = {.on_progress = break_at_three};
    cr_assert_eq(download(&ask), -ECONNRESET);
    cr_assert(ask.resumable);
    cr_assert(there());
}

static void expect_whole(unsigned kept, int step) {
    uint64_t wrong = 0;
    char *bytes = malloc(SIZE);
    struct hr_s3_download ask = {0};
    cr_assert_eq(download(&ask), 0, "%s", ask.request.error.message);
    cr_expect_eq(ask.progress.parts_kept, kept);
    cr_expect_eq(ask.progress.parts, 7);
    cr_expect_eq(ask.progress.bytes, SIZE);
    cr_expect_eq(ask.verified == HR_S3_CHECKSUM_NONE, kept > 0);
    cr_expect_not(there());
    cr_assert_eq(pread(fd, bytes, SIZE, 5), (ssize_t)SIZE);
    for (uint64_t i = 0; i < SIZE; i++) wrong += bytes[i] != (char)(transfer_byte(i) + step);
    cr_expect_eq(wrong, 0, "%llu bytes are wrong", (unsigned long long)wrong);
    free(bytes);
}

Test(download_journal, none_is_left_by_one_that_succeeds) {
    expect_whole(0, 0);
}

/* A mark in a range that was written before shows that it is not written again; what its checksum
 * is made of is the record. */
Test(download_journal, goes_on_where_it_was_broken_off) {
    char mark = (char)(transfer_byte(PART + 7) + 1), found;
    struct hr_s3_download ask = {0};
    break_off();
    cr_assert_eq(pwrite(fd, &mark, 1, 5 + PART + 7), 1);
    cr_assert_eq(download(&ask), 0, "%s", ask.request.error.message);
    cr_expect_eq(ask.progress.parts_kept, 3);
    cr_expect_eq(ask.verified, HR_S3_CHECKSUM_NONE, "what was kept is not read");
    cr_assert_eq(pread(fd, &found, 1, 5 + PART + 7), 1);
    cr_expect_eq(found, mark);
    cr_expect_not(there());
}

Test(download_journal, goes_on_to_the_right_bytes) {
    break_off();
    expect_whole(3, 0);
}

Test(download_journal, begins_anew_where_the_object_is_another_one) {
    break_off();
    put(1);
    expect_whole(0, 1);
}

Test(download_journal, begins_anew_where_the_file_is_another_one) {
    break_off();
    close(fd);
    fd = memfd_create("another", MFD_CLOEXEC);
    expect_whole(0, 0);
}

Test(download_journal, begins_anew_where_the_file_was_cut) {
    break_off();
    cr_assert_eq(ftruncate(fd, 100), 0);
    expect_whole(0, 0);
}

static void put_text(const char *text) {
    FILE *file = fopen(journal, "w");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
}

Test(download_journal, another_file_is_not_overwritten) {
    struct hr_s3_download ask = {0};
    put_text("Dear diary,\n");
    cr_expect_eq(download(&ask), -EEXIST);
    cr_expect_not_null(strstr(ask.request.error.message, journal));
    cr_expect(there());
}

static int break_upload(struct hr_s3_upload *ask, const struct hr_s3_progress *progress) {
    (void)ask;
    (void)progress;
    return -ECONNRESET;
}

Test(download_journal, of_an_upload_is_refused_and_stays) {
    int from = transfer_file(12 * PART);
    struct hr_s3_upload upload = {
        .bucket = "bucket",
        .key = "k",
        .body = hr_source_fd(from, (struct hr_file_range){0, 12 * PART}),
        .transfer = {.part_size = HR_S3_PART_SIZE_MIN, .journal = journal}};
    upload.on_progress = break_upload;
    int result = transfer_wait(hr_s3_upload_start(transfer_client, &upload), &upload.request);
    close(from);
    cr_assert_eq(result, -ECONNRESET);
    struct hr_s3_download ask = {0};
    cr_expect_eq(download(&ask), -EEXIST);
    cr_expect_not_null(strstr(ask.request.error.message, "upload of bucket/k"));
    cr_expect(there());
}

static int cancel_at_two(struct hr_s3_download *ask, const struct hr_s3_progress *progress) {
    if (progress->parts == 2) hr_cancel(&ask->request);
    return 0;
}

Test(download_journal, a_cancelled_one_leaves_nothing) {
    struct hr_s3_download ask = {.on_progress = cancel_at_two};
    cr_expect_eq(download(&ask), -ECANCELED);
    cr_expect_not(ask.resumable);
    cr_expect_not(there());
}

static int refuse_object(struct hr_s3_download *ask) {
    (void)ask;
    return -ECONNRESET;
}

Test(download_journal, a_failure_before_the_ranges_leaves_what_was_there) {
    break_off();
    struct hr_s3_download ask = {.on_object = refuse_object};
    cr_expect_eq(download(&ask), -ECONNRESET);
    cr_expect(ask.resumable);
    expect_whole(3, 0);
}

Test(download_journal, is_for_files) {
    char bytes[8];
    struct hr_s3_download ask = {.bucket = "bucket",
                                 .key = "k",
                                 .sink = hr_sink_bytes(bytes, sizeof bytes),
                                 .transfer.journal = journal};
    cr_expect_eq(hr_s3_download_start(transfer_client, &ask), -EINVAL);
    cr_expect_not_null(strstr(ask.request.error.message, "journal"));
}

/* ---- What may have become of the file, or of the object. */

/* The ranges were written before the machine was started anew: they may not be on the disk. */
Test(download_journal, begins_anew_behind_another_boot) {
    static char text[1u << 16];
    char line[HR__JOURNAL_LINE];
    struct hr__journal_contents was;
    break_off();
    FILE *file = fopen(journal, "r");
    size_t size = fread(text, 1, sizeof text, file);
    fclose(file);
    cr_assert_eq(hr__journal_read(text, size, &was), HR__JOURNAL_READ);
    cr_assert_eq(was.part_count, 3);
    cr_assert_eq(strlen(was.boot), HR__JOURNAL_BOOT);
    was.boot[0] = was.boot[0] == '0' ? '1' : '0';
    file = fopen(journal, "w");
    fputs(HR__JOURNAL_MAGIC, file);
    fwrite(line, 1, hr__journal_write_begin(&was, line), file);
    fwrite(line, 1, hr__journal_write_object(&was, line), file);
    for (size_t i = 0; i < was.part_count; i++)
        fwrite(line, 1, hr__journal_write_part(&was.parts[i], line), file);
    fclose(file);
    hr__journal_contents_free(&was);
    expect_whole(0, 0);
}

static void expect_shorter(uint64_t size) {
    char *body = transfer_body(size);
    struct hr_s3_put put_ask = {
        .bucket = "bucket", .key = "k", .body = hr_source_bytes(body, size)};
    break_off();
    cr_assert_eq(transfer_wait(hr_s3_put_start(transfer_client, &put_ask), &put_ask.request), 0);
    free(body);
    struct hr_s3_download ask = {0};
    cr_assert_eq(download(&ask), 0, "%s", ask.request.error.message);
    cr_expect_eq(lseek(fd, 0, SEEK_END), (off_t)(5 + size));
    cr_expect_not(there());
}

Test(download_journal, nothing_is_left_behind_an_object_of_fewer_ranges) {
    expect_shorter(3 * PART + 1);
}

Test(download_journal, nothing_is_left_behind_an_object_of_one_range) {
    expect_shorter(100);
}

/* The credentials have run out: what was there is of use to those that follow. */
Test(download_journal, stays_where_the_store_refuses_before_the_object_is_known) {
    struct hr_s3_download ask = {.options.expected_owner = "999999999999"};
    break_off();
    cr_assert_lt(download(&ask), 0);
    cr_expect(ask.resumable, "%s", ask.request.error.message);
    expect_whole(3, 0);
}
