/* Uploads with a journal: what they leave, what they go on with, what they refuse. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "transfer_fixture.h"

#define PART HR_S3_PART_SIZE_MIN
#define SIZE (5 * PART + 100)

static char folder[] = "/tmp/headrace-journal-XXXXXX";
static char journal[128];
static int fd = -1;

static void begin(void) {
    transfer_begin();
    if (!transfer_engine) return;
    cr_assert_not_null(mkdtemp(folder));
    snprintf(journal, sizeof journal, "%s/journal", folder);
    fd = transfer_file(SIZE);
}

static void end(void) {
    if (!transfer_engine) return;
    close(fd);
    unlink(journal);
    cr_expect_eq(rmdir(folder), 0, "a file was left in %s", folder);
    transfer_end();
}

TestSuite(upload_journal, .init = begin, .fini = end);

static bool there(void) {
    return access(journal, F_OK) == 0;
}

static int upload(struct hr_s3_upload *ask) {
    ask->bucket = "bucket";
    if (!ask->key) ask->key = "k";
    ask->body = hr_source_fd(fd, (struct hr_file_range){0, SIZE});
    ask->transfer =
        (struct hr_s3_transfer_options){.part_size = PART, .parallel = 1, .journal = journal};
    return transfer_wait(hr_s3_upload_start(transfer_client, ask), &ask->request);
}

/* As the network does, which may be there again later. */
static int break_at_three(struct hr_s3_upload *ask, const struct hr_s3_progress *progress) {
    (void)ask;
    return progress->parts == 3 ? -ECONNRESET : 0;
}

static void break_off(void) {
    struct hr_s3_upload ask = {.on_progress = break_at_three};
    cr_assert_eq(upload(&ask), -ECONNRESET);
    cr_assert(ask.resumable);
    cr_assert(there());
    cr_assert_eq(transfer_uploads(), 1);
}

static uint64_t bytes_received(void) {
    struct hr_engine_metrics metrics;
    hr_engine_metrics_get(transfer_engine, &metrics);
    return metrics.bytes_received; /* of the store, which is on the same engine */
}

static void expect_whole(unsigned kept) {
    uint64_t before = bytes_received();
    struct hr_s3_upload ask = {0};
    cr_assert_eq(upload(&ask), 0, "%s", ask.request.error.message);
    uint64_t received = bytes_received() - before, sent = kept < 6 ? SIZE - kept * PART : 0;
    cr_expect_eq(ask.progress.parts_kept, kept);
    cr_expect_eq(ask.progress.parts, 6);
    cr_expect_eq(ask.progress.bytes, SIZE);
    cr_expect(received >= sent && received < sent + 65536, "%llu bytes were sent, not %llu",
              (unsigned long long)received, (unsigned long long)sent);
    cr_expect_not(there());
    cr_expect_eq(transfer_uploads(), 0);
    transfer_expect("k", SIZE);
}

Test(upload_journal, none_is_left_by_one_that_succeeds) {
    expect_whole(0);
}

Test(upload_journal, goes_on_where_it_was_broken_off) {
    break_off();
    expect_whole(3);
}

Test(upload_journal, is_of_the_user_alone) {
    struct stat info;
    break_off();
    cr_assert_eq(stat(journal, &info), 0);
    cr_expect_eq(info.st_mode & 0777, 0600);
}

/* ---- What has changed since. */

Test(upload_journal, begins_anew_where_the_file_is_another_one) {
    break_off();
    cr_assert_eq(pwrite(fd, &(char){transfer_byte(0)}, 1, 0), 1);
    cr_assert_eq(futimens(fd, NULL), 0);
    expect_whole(0);
}

Test(upload_journal, begins_anew_where_the_object_gets_another_type) {
    break_off();
    struct hr_s3_upload ask = {.content_type = "text/plain"};
    cr_assert_eq(upload(&ask), 0, "%s", ask.request.error.message);
    cr_expect_eq(ask.progress.parts_kept, 0);
    cr_expect_eq(transfer_uploads(), 0);
}

static char *first_upload(void);

Test(upload_journal, begins_anew_where_the_upload_is_gone) {
    break_off();
    char *id = first_upload();
    struct hr_s3_upload_abort ask = {.bucket = "bucket", .key = "k", .upload_id = id};
    cr_assert_eq(transfer_wait(hr_s3_upload_abort_start(transfer_client, &ask), &ask.request), 0);
    free(id);
    expect_whole(0);
}

/* Another part stands where a recorded one was. */
Test(upload_journal, sends_a_part_again_that_is_another_one) {
    break_off();
    char *id = first_upload(), *body = transfer_body(PART);
    body[5]++;
    struct hr_s3_upload_part ask = {.bucket = "bucket",
                                    .key = "k",
                                    .upload_id = id,
                                    .part_number = 2,
                                    .body = hr_source_bytes(body, PART)};
    cr_assert_eq(transfer_wait(hr_s3_upload_part_start(transfer_client, &ask), &ask.request), 0);
    free(body);
    free(id);
    expect_whole(2);
}

static int note_id(struct hr_s3_upload_list *list, const struct hr_s3_upload_info *upload) {
    char **id = list->request.user;
    if (!*id) *id = strndup(upload->upload_id.data, upload->upload_id.size);
    return 0;
}

static char *first_upload(void) {
    char *id = NULL;
    struct hr_s3_upload_list list = {.bucket = "bucket", .on_upload = note_id};
    list.request.user = &id;
    cr_assert_eq(transfer_wait(hr_s3_upload_list_start(transfer_client, &list), &list.request), 0);
    cr_assert_not_null(id);
    return id;
}

/* ---- Kills in between. */

/* The journal without what stands behind its first `count` lines. */
static void cut_lines(unsigned count) {
    char text[4096];
    FILE *file = fopen(journal, "r+");
    cr_assert_not_null(file);
    for (unsigned i = 0; i < count; i++) cr_assert_not_null(fgets(text, sizeof text, file));
    cr_assert_eq(ftruncate(fileno(file), ftell(file)), 0);
    fclose(file);
}

static void keep_text(char **text, size_t *size) {
    FILE *file = fopen(journal, "r");
    cr_assert_not_null(file);
    *text = malloc(1u << 16);
    *size = fread(*text, 1, 1u << 16, file);
    fclose(file);
}

static void put_text(const char *text, size_t size) {
    FILE *file = fopen(journal, "w");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(text, 1, size, file), size);
    fclose(file);
}

/* The upload was created, and its name not written down. */
Test(upload_journal, finds_the_upload_whose_name_was_lost) {
    break_off();
    char *id = first_upload();
    struct hr_s3_upload_abort abort = {.bucket = "bucket", .key = "k", .upload_id = id};
    cr_assert_eq(transfer_wait(hr_s3_upload_abort_start(transfer_client, &abort), &abort.request),
                 0);
    free(id);
    cut_lines(2);
    struct hr_s3_upload_create create = {.bucket = "bucket", .key = "k"};
    struct hr_s3_upload_create other = {.bucket = "bucket", .key = "k2"};
    cr_assert_eq(
        transfer_wait(hr_s3_upload_create_start(transfer_client, &create), &create.request), 0);
    cr_assert_eq(transfer_wait(hr_s3_upload_create_start(transfer_client, &other), &other.request),
                 0);
    struct hr_s3_upload ask = {0};
    cr_assert_eq(upload(&ask), 0, "%s", ask.request.error.message);
    cr_expect_eq(transfer_uploads(), 1, "that of the other key stays");
    transfer_expect("k", SIZE);
}

/* One with parts belongs to somebody else: ours would have a name. */
Test(upload_journal, leaves_an_upload_without_a_name_that_has_parts) {
    break_off();
    cut_lines(2);
    struct hr_s3_upload ask = {0};
    cr_assert_eq(upload(&ask), 0, "%s", ask.request.error.message);
    cr_expect_eq(transfer_uploads(), 1);
}

static char *taken;
static size_t taken_size;

static int take_at_end(struct hr_s3_upload *ask, const struct hr_s3_progress *progress) {
    (void)ask;
    if (progress->parts == 6) keep_text(&taken, &taken_size);
    return 0;
}

/* Killed between the store's answer to complete and the removal of the journal. */
Test(upload_journal, one_that_had_ended_ends_without_a_byte) {
    struct hr_s3_upload ask = {.on_progress = take_at_end};
    cr_assert_eq(upload(&ask), 0, "%s", ask.request.error.message);
    cr_assert_not_null(taken);
    static const char complete[] = "081f839d complete\n";
    memcpy(taken + taken_size, complete, sizeof complete - 1);
    put_text(taken, taken_size + sizeof complete - 1);
    free(taken);
    expect_whole(6);
}

Test(upload_journal, a_torn_end_is_cut_off) {
    char *text;
    size_t size;
    break_off();
    keep_text(&text, &size);
    put_text(text, size - 7);
    free(text);
    expect_whole(2);
}

/* ---- Ends. */

static int cancel_at_two(struct hr_s3_upload *ask, const struct hr_s3_progress *progress) {
    if (progress->parts == 2) hr_cancel(&ask->request);
    return 0;
}

Test(upload_journal, a_cancelled_one_leaves_nothing) {
    struct hr_s3_upload ask = {.on_progress = cancel_at_two};
    cr_expect_eq(upload(&ask), -ECANCELED);
    cr_expect_not(ask.resumable);
    cr_expect_not(there());
    cr_expect_eq(transfer_uploads(), 0);
}

static int refuse_at_two(struct hr_s3_upload *ask, const struct hr_s3_progress *progress) {
    (void)ask;
    return progress->parts == 2 ? -EDOM : 0;
}

Test(upload_journal, one_that_fails_for_good_leaves_nothing) {
    struct hr_s3_upload ask = {.on_progress = refuse_at_two};
    cr_expect_eq(upload(&ask), -EDOM);
    cr_expect_not(ask.resumable);
    cr_expect_not(there());
    cr_expect_eq(transfer_uploads(), 0);
}

static int touch_at_two(struct hr_s3_upload *ask, const struct hr_s3_progress *progress) {
    const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    (void)ask;
    return progress->parts == 2 ? futimens(fd, times) : 0;
}

Test(upload_journal, a_file_that_changes_on_the_way_is_no_object) {
    struct hr_s3_upload ask = {.on_progress = touch_at_two};
    cr_expect_eq(upload(&ask), HR_ERR_S3_CHANGED);
    cr_expect_not(there());
    cr_expect_eq(transfer_uploads(), 0);
}

/* ---- Refusals. */

static void expect_refusal(const char *text, int code) {
    struct hr_s3_upload ask = {0};
    char *now;
    size_t size;
    put_text(text, strlen(text));
    cr_expect_eq(upload(&ask), code, "%s", hr_error_name(ask.request.result));
    cr_expect_not_null(strstr(ask.request.error.message, journal));
    cr_expect_eq(transfer_uploads(), 0);
    keep_text(&now, &size);
    cr_expect_eq(size, strlen(text));
    cr_expect_arr_eq(now, text, size);
    free(now);
}

Test(upload_journal, another_file_is_not_overwritten) {
    expect_refusal("Dear diary,\n", -EEXIST);
}

Test(upload_journal, another_version_is_not_guessed_at) {
    expect_refusal("headrace-journal 2\nwhatever\n", -ENOTSUP);
}

Test(upload_journal, of_another_object_is_refused_and_stays) {
    break_off();
    struct hr_s3_upload ask = {.key = "other"};
    cr_expect_eq(upload(&ask), -EEXIST);
    cr_expect_not_null(strstr(ask.request.error.message, "bucket/k"));
    expect_whole(3);
}

Test(upload_journal, in_use_is_refused_by_name) {
    int held = open(journal, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    cr_assert_eq(flock(held, LOCK_EX), 0);
    struct hr_s3_upload ask = {0};
    cr_expect_eq(upload(&ask), -EBUSY);
    cr_expect_not_null(strstr(ask.request.error.message, journal));
    cr_expect(there());
    close(held);
}

Test(upload_journal, in_a_folder_that_is_missing_is_an_error) {
    char path[sizeof journal];
    memcpy(path, journal, sizeof path);
    snprintf(journal, sizeof journal, "%s/none/journal", folder);
    struct hr_s3_upload ask = {0};
    cr_expect_eq(upload(&ask), -ENOENT);
    memcpy(journal, path, sizeof path);
}

Test(upload_journal, is_for_files) {
    struct hr_s3_upload ask = {.bucket = "bucket",
                               .key = "k",
                               .body = hr_source_bytes("x", 1),
                               .transfer.journal = journal};
    cr_expect_eq(hr_s3_upload_start(transfer_client, &ask), -EINVAL);
    cr_expect_not_null(strstr(ask.request.error.message, "journal"));
}

/* ---- Files that are somebody else's. */

static void expect_untouched(const char *path, const char *text, int code) {
    struct hr_s3_upload ask = {0};
    char now[64] = "";
    cr_expect_eq(upload(&ask), code, "%s", hr_error_name(ask.request.result));
    int opened = open(path, O_RDONLY | O_CLOEXEC);
    cr_assert_geq(opened, 0);
    cr_expect_eq(read(opened, now, sizeof now - 1), (ssize_t)strlen(text));
    cr_expect_str_eq(now, text);
    close(opened);
}

Test(upload_journal, an_empty_file_of_other_rights_is_none) {
    put_text("", 0);
    cr_assert_eq(chmod(journal, 0644), 0);
    expect_untouched(journal, "", -EEXIST);
}

Test(upload_journal, a_part_of_the_first_line_is_none) {
    expect_refusal("headrace-j", -EEXIST);
}

Test(upload_journal, a_link_is_not_followed) {
    char path[sizeof journal + 8];
    snprintf(path, sizeof path, "%s.target", journal);
    int made = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    cr_assert_geq(made, 0);
    close(made);
    cr_assert_eq(symlink(path, journal), 0);
    expect_untouched(path, "", -EEXIST);
    unlink(journal);
    cr_assert_eq(link(path, journal), 0);
    expect_untouched(path, "", -EEXIST);
    unlink(path);
}

/* Nothing is cut off a journal of another object. */
Test(upload_journal, of_another_object_keeps_its_torn_end) {
    char *text, *now;
    size_t size, now_size;
    break_off();
    keep_text(&text, &size);
    put_text(text, size - 7);
    struct hr_s3_upload ask = {.key = "other"};
    cr_expect_eq(upload(&ask), -EEXIST);
    keep_text(&now, &now_size);
    cr_expect_eq(now_size, size - 7);
    free(text);
    free(now);
}

static int replace_at_two(struct hr_s3_upload *ask, const struct hr_s3_progress *progress) {
    (void)ask;
    if (progress->parts != 2) return 0;
    unlink(journal);
    put_text("mine", 4);
    return 0;
}

Test(upload_journal, another_file_of_that_name_is_not_removed) {
    char *text;
    size_t size;
    struct hr_s3_upload ask = {.on_progress = replace_at_two};
    cr_expect_eq(upload(&ask), 0);
    keep_text(&text, &size);
    cr_expect_eq(size, 4);
    free(text);
}

/* A tool may put the old time back. */
Test(upload_journal, begins_anew_where_the_file_was_written_and_its_time_kept) {
    struct stat info;
    break_off();
    cr_assert_eq(fstat(fd, &info), 0);
    const struct timespec times[2] = {info.st_atim, info.st_mtim};
    cr_assert_eq(pwrite(fd, &(char){transfer_byte(0)}, 1, 0), 1);
    cr_assert_eq(futimens(fd, times), 0);
    expect_whole(0);
}
