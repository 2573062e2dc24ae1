/* Transfers that are paused begin nothing, and go on when they are resumed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "transfer_fixture.h"

TestSuite(transfer_pause, .init = transfer_begin, .fini = transfer_end);

#define PART  HR_S3_PART_SIZE_MIN
#define SIZE  (4 * PART + 9)
#define ASKED 50 /* requests in turn, in which a part would have come */

static int note_id(struct hr_s3_upload_list *list, const struct hr_s3_upload_info *upload) {
    char **id = list->request.user;
    if (!*id) *id = strndup(upload->upload_id.data, upload->upload_id.size);
    return 0;
}

static int count(struct hr_s3_part_list *list, const struct hr_s3_part_info *part) {
    (void)list;
    (void)part;
    return 0;
}

/* Parts that the store has of the only upload. */
static uint64_t parts_there(void) {
    char *id = NULL;
    struct hr_s3_upload_list uploads = {.bucket = "bucket", .on_upload = note_id};
    uploads.request.user = &id;
    transfer_wait(hr_s3_upload_list_start(transfer_client, &uploads), &uploads.request);
    if (!id) return 0;
    struct hr_s3_part_list parts = {
        .bucket = "bucket", .key = "k", .upload_id = id, .on_part = count};
    transfer_wait(hr_s3_part_list_start(transfer_client, &parts), &parts.request);
    free(id);
    return parts.parts;
}

static int pause_at_two(struct hr_s3_upload *ask, const struct hr_s3_progress *progress) {
    if (progress->parts == 2) hr_s3_upload_pause(ask);
    return 0;
}

Test(transfer_pause, an_upload_waits_behind_the_part_under_way) {
    char *body = transfer_body(SIZE);
    struct hr_s3_upload ask = {.bucket = "bucket",
                               .key = "k",
                               .body = hr_source_bytes(body, SIZE),
                               .transfer = {.part_size = PART, .parallel = 1},
                               .on_progress = pause_at_two};
    cr_assert_eq(hr_s3_upload_start(transfer_client, &ask), 0);
    while (parts_there() < 2) {}
    for (unsigned i = 0; i < ASKED; i++) cr_assert_eq(parts_there(), 2);
    hr_s3_upload_resume(&ask);
    cr_expect_eq(hr_wait(&ask.request), 0);
    cr_expect_eq(ask.progress.parts, 5);
    transfer_expect("k", SIZE);
    free(body);
}

Test(transfer_pause, one_that_is_paused_before_its_start_sends_no_part_and_can_be_cancelled) {
    char *body = transfer_body(SIZE);
    struct hr_s3_upload ask = {.bucket = "bucket",
                               .key = "k",
                               .body = hr_source_bytes(body, SIZE),
                               .transfer = {.part_size = PART}};
    hr_s3_upload_pause(&ask);
    cr_assert_eq(hr_s3_upload_start(transfer_client, &ask), 0);
    while (transfer_uploads() < 1) {}
    for (unsigned i = 0; i < ASKED; i++) cr_assert_eq(parts_there(), 0);
    hr_cancel(&ask.request);
    cr_expect_eq(hr_wait(&ask.request), -ECANCELED);
    cr_expect_eq(transfer_uploads(), 0);
    free(body);
}

static int pause_download(struct hr_s3_download *ask, const struct hr_s3_progress *progress) {
    if (progress->parts == 2) hr_s3_download_pause(ask);
    __atomic_store_n((uint32_t *)ask->request.user, progress->parts, __ATOMIC_SEQ_CST);
    return 0;
}

Test(transfer_pause, a_download_waits_behind_the_range_under_way) {
    char *body = transfer_body(SIZE), *got = malloc(SIZE);
    uint32_t parts = 0;
    struct hr_s3_put put = {.bucket = "bucket", .key = "k", .body = hr_source_bytes(body, SIZE)};
    cr_assert_eq(transfer_wait(hr_s3_put_start(transfer_client, &put), &put.request), 0);
    struct hr_s3_download ask = {.bucket = "bucket",
                                 .key = "k",
                                 .sink = hr_sink_bytes(got, SIZE),
                                 .transfer = {.part_size = 1u << 20, .parallel = 1},
                                 .on_progress = pause_download};
    ask.request.user = &parts;
    cr_assert_eq(hr_s3_download_start(transfer_client, &ask), 0);
    while (__atomic_load_n(&parts, __ATOMIC_SEQ_CST) < 2) transfer_uploads();
    for (unsigned i = 0; i < ASKED; i++) {
        transfer_uploads();
        cr_assert_eq(__atomic_load_n(&parts, __ATOMIC_SEQ_CST), 2);
    }
    hr_s3_download_resume(&ask);
    cr_expect_eq(hr_wait(&ask.request), 0);
    cr_expect_arr_eq(got, body, SIZE);
    free(body);
    free(got);
}

Test(transfer_pause, resuming_what_is_not_paused_or_not_there_is_nothing) {
    char *body = transfer_body(SIZE);
    struct hr_s3_upload ask = {.bucket = "bucket", .key = "k", .body = hr_source_bytes(body, SIZE)};
    hr_s3_upload_resume(NULL);
    hr_s3_upload_pause(NULL);
    hr_s3_download_resume(NULL);
    hr_s3_download_pause(NULL);
    hr_s3_upload_resume(&ask);
    cr_assert_eq(hr_s3_upload_start(transfer_client, &ask), 0);
    for (unsigned i = 0; i < ASKED; i++) hr_s3_upload_resume(&ask);
    cr_expect_eq(hr_wait(&ask.request), 0);
    hr_s3_upload_resume(&ask);
    transfer_expect("k", SIZE);
    free(body);
}
