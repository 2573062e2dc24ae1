/* Records and footers of a store's files, whose checksum is made right: what is read is within its
 * limits, and can be an object. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"

static void check_footer(const uint8_t *data, size_t size) {
    struct s3_record_data about;
    uint32_t record_size, version;
    char footer[S3_RECORD_FOOTER];
    if (size < sizeof footer) return;
    memcpy(footer, data + size - sizeof footer, sizeof footer);
    if (s3_server__record_footer(footer, size, &about, &record_size, &version) &&
        about.size + record_size + sizeof footer != size)
        abort();
}

static void check_record(const struct s3_record *record) {
    struct s3_account account = {.limit = UINT64_MAX};
    struct s3_object_plan plan = record->plan;
    struct s3_object *object;
    if (record->kind == S3_RECORD_BUCKET) return;
    if (plan.key.size == 0 || plan.key.size > S3_KEY_MAX) abort();
    for (size_t i = 0; i < record->piece_count; i++)
        if (record->pieces[i].offset + record->pieces[i].size < record->pieces[i].offset) abort();
    if (s3_server__object_new(&account, &plan, &object) != S3_OK) return;
    s3_server__object_release(object);
    if (account.used != 0) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct s3_record_bytes bytes = {.data = malloc(size + 1), .size = size, .capacity = size + 1};
    const struct s3_record_data none = {.size = 0};
    struct s3_record record;
    struct s3_arena arena;
    check_footer(data, size);
    if (!bytes.data) return 0;
    memcpy(bytes.data, data, size);
    s3_server__record_close(&bytes, &none);
    s3_server__arena_init(&arena);
    if (!bytes.failed &&
        s3_server__record_read(hr_slice_bytes(bytes.data, bytes.size), &arena, &record))
        check_record(&record);
    s3_server__arena_deinit(&arena);
    s3_server__record_free(&bytes);
    return 0;
}
