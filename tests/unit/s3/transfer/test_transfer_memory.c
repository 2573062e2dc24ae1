/* Producers in a budget that has room for few of their parts. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "transfer_fixture.h"

#define PART    HR_S3_PART_SIZE_MIN
#define BUDGET  (4 * PART + PART / 2) /* half of it has two parts */
#define UPLOADS 12
#define SIZE    (3 * PART + 1000)

static void begin(void) {
    transfer_open(&(struct hr_engine_options){.reactors = 1, .budget_bytes = BUDGET},
                  (struct hr_s3_client_options){0}, NULL);
}
TestSuite(transfer_memory, .init = begin, .fini = transfer_end);

static ssize_t produce(void *user, void *buffer, size_t capacity) {
    uint64_t *at = user, size = SIZE - *at;
    if (size > capacity) size = capacity;
    if (size > 65536) size = 65536;
    for (uint64_t i = 0; i < size; i++) ((char *)buffer)[i] = transfer_byte(*at + i);
    *at += size;
    return (ssize_t)size;
}

Test(transfer_memory, none_starves_and_none_takes_more_than_half) {
    static struct hr_s3_upload uploads[UPLOADS];
    static uint64_t at[UPLOADS];
    static char keys[UPLOADS][2];
    for (unsigned i = 0; i < UPLOADS; i++) {
        keys[i][0] = (char)('a' + i);
        uploads[i] = (struct hr_s3_upload){
            .bucket = "bucket",
            .key = keys[i],
            .body = hr_source_producer(produce, NULL, &at[i], HR_SIZE_UNKNOWN),
            .transfer.part_size = PART};
        cr_assert_eq(hr_s3_upload_start(transfer_client, &uploads[i]), 0);
    }
    for (unsigned i = 0; i < UPLOADS; i++)
        cr_expect_eq(hr_wait(&uploads[i].request), 0, "%s", uploads[i].request.error.message);
    for (unsigned i = 0; i < UPLOADS; i++) transfer_expect(keys[i], SIZE);
    struct hr_engine_metrics metrics;
    hr_engine_metrics_get(transfer_engine, &metrics);
    cr_expect_leq(metrics.budget_peak_bytes, BUDGET);
}

Test(transfer_memory, a_part_that_never_fits_is_refused_by_name) {
    uint64_t at = 0;
    struct hr_s3_upload ask = {.bucket = "bucket",
                               .key = "k",
                               .body = hr_source_producer(produce, NULL, &at, HR_SIZE_UNKNOWN),
                               .transfer.part_size = 3 * PART};
    int result = transfer_wait(hr_s3_upload_start(transfer_client, &ask), &ask.request);
    cr_expect_eq(result, -ENOBUFS);
    cr_expect_not_null(strstr(ask.request.error.message, "budget_bytes"), "%s",
                       ask.request.error.message);
}

Test(transfer_memory, one_that_waits_can_be_cancelled) {
    static uint64_t at[4];
    static struct hr_s3_upload uploads[4];
    for (unsigned i = 0; i < 4; i++) {
        uploads[i] = (struct hr_s3_upload){
            .bucket = "bucket",
            .key = "k",
            .body = hr_source_producer(produce, NULL, &at[i], HR_SIZE_UNKNOWN),
            .transfer.part_size = 2 * PART};
        cr_assert_eq(hr_s3_upload_start(transfer_client, &uploads[i]), 0);
    }
    hr_cancel(&uploads[2].request);
    for (unsigned i = 0; i < 4; i++) {
        int result = hr_wait(&uploads[i].request);
        cr_expect_eq(result, i == 2 ? -ECANCELED : 0, "%u: %s", i,
                     uploads[i].request.error.message);
    }
}

/* ---- Several clients of one engine. */

static ssize_t produce_on(void *user, void *buffer, size_t capacity) {
    uint64_t *left = user;
    if (capacity > 65536) capacity = 65536;
    if (capacity > *left) capacity = (size_t)*left;
    memset(buffer, 'x', capacity);
    *left -= capacity;
    return (ssize_t)capacity;
}

/* A long one gives back what is free as soon as another waits. */
Test(transfer_memory, a_long_one_lets_others_in) {
    static uint64_t longest = 14 * PART, shortest = PART + 1;
    struct hr_s3_upload first = {
        .bucket = "bucket",
        .key = "long",
        .body = hr_source_producer(produce_on, NULL, &longest, HR_SIZE_UNKNOWN),
        .transfer.part_size = PART};
    struct hr_s3_upload second = {
        .bucket = "bucket",
        .key = "short",
        .body = hr_source_producer(produce_on, NULL, &shortest, HR_SIZE_UNKNOWN),
        .transfer.part_size = PART};
    cr_assert_eq(hr_s3_upload_start(transfer_client, &first), 0);
    cr_assert_eq(hr_s3_upload_start(transfer_client, &second), 0);
    cr_expect_eq(hr_wait(&second.request), 0, "%s", second.request.error.message);
    cr_expect_gt(longest, 0, "the second has waited for all of the first");
    cr_expect_eq(hr_wait(&first.request), 0, "%s", first.request.error.message);
}
