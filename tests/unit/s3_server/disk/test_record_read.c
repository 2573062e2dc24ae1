/* Records: what was written is read, and nothing else is. */
#include <criterion/criterion.h>

#include <stdlib.h>

#include "record.h"

static struct s3_account account = {.limit = 1 << 20};
static struct s3_bucket *bucket;
static struct s3_arena arena;
static struct s3_object *object;

static void setup(void) {
    struct s3_blob *blob;
    struct s3_file file = {.state = S3_FILE_DATA, .fd = -1, .number = 77};
    static const uint64_t sizes[] = {4, 6};
    static const struct hr_http_field field = {{"x-amz-meta-a", 12}, {"b", 1}};
    struct hr_s3_checksum sums[2];
    s3_server__arena_init(&arena);
    cr_assert_eq(s3_server__bucket_new(&account, hr_slice_of("bucket"), hr_slice_of("eu"),
                                       (struct s3_bucket_seeds){1, 2, 3}, &bucket),
                 S3_OK);
    bucket->id = 9;
    bucket->settings.retention = (struct s3_retention_rule){.mode = S3_LOCK_GOVERNANCE, .days = 3};
    s3_server__bucket_set_document(bucket, S3_DOCUMENT_CORS, hr_slice_of("<cors/>"));
    cr_assert_eq(s3_server__blob_of_file(&account, 20, &file, &blob), S3_OK);
    for (unsigned i = 0; i < 2; i++)
        hr_s3_checksum_compute(HR_S3_CHECKSUM_SHA256, "x", i, &sums[i]);
    struct s3_piece pieces[] = {{.blob = blob, .offset = 3, .size = 4},
                                {.blob = s3_server__blob_reference(blob), .size = 6}};
    struct s3_object_plan plan = {.key = hr_slice_of("a/../b//\xff"),
                                  .etag = "\"0123-2\"",
                                  .modified_ms = 5,
                                  .checksum = sums[1],
                                  .checksum_type = HR_S3_CHECKSUM_COMPOSITE,
                                  .part_sizes = sizes,
                                  .part_checksums = sums,
                                  .part_count = 2,
                                  .storage_class = hr_slice_of("GLACIER"),
                                  .upload_id = hr_slice_of("0123456789abcdef0123456789abcdef"),
                                  .fields = &field,
                                  .field_count = 1,
                                  .pieces = pieces,
                                  .piece_count = 2,
                                  .traits = {.tags = hr_slice_of("a=b"), .legal_hold = true}};
    cr_assert_eq(s3_server__object_new(&account, &plan, &object), S3_OK);
    memset(object->version, 'e', S3_VERSION_ID_SIZE);
    object->in_versions = true;
}

static void teardown(void) {
    s3_server__object_release(object);
    s3_server__bucket_free(bucket);
    s3_server__arena_deinit(&arena);
    cr_assert_eq(account.used, 0);
}

TestSuite(record, .init = setup, .fini = teardown);

static struct s3_record_bytes write_with(enum s3_record_kind kind,
                                         const struct s3_record_data *data) {
    struct s3_record_bytes bytes = {.data = NULL};
    struct s3_record_about about = {.kind = kind,
                                    .sequence = 12,
                                    .bucket = bucket,
                                    .upload_id = hr_slice_of("ffff456789abcdef0123456789abcdef"),
                                    .part_number = 10000,
                                    .checksum = HR_S3_CHECKSUM_CRC32,
                                    .checksum_type = HR_S3_CHECKSUM_FULL_OBJECT};
    s3_server__record_write(&bytes, &about, object);
    s3_server__record_close(&bytes, data);
    cr_assert(!bytes.failed);
    return bytes;
}

static struct s3_record_bytes write(enum s3_record_kind kind) {
    static const struct s3_record_data data = {.size = 30, .crc = 40};
    return write_with(kind, &data);
}

static bool read_back(const struct s3_record_bytes *bytes, struct s3_record *record) {
    return s3_server__record_read(hr_slice_bytes(bytes->data, bytes->size), &arena, record);
}

static bool is(struct hr_slice text, const char *expected) {
    return hr_slice_equal(text, hr_slice_of(expected));
}

Test(record, an_object_comes_back_with_all_that_it_has) {
    struct s3_record record;
    struct s3_record_bytes bytes = write(S3_RECORD_OBJECT);
    cr_assert(read_back(&bytes, &record));
    const struct s3_object_plan *plan = &record.plan;
    cr_expect(record.kind == S3_RECORD_OBJECT && record.sequence == 12 && record.bucket_id == 9);
    cr_expect(is(record.bucket, "bucket") && is(plan->key, "a/../b//\xff"));
    cr_expect_str_eq(plan->etag, "\"0123-2\"");
    cr_expect(is(record.version, "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"));
    cr_expect(!record.is_null && record.in_versions && !plan->is_marker);
    cr_expect(hr_s3_checksum_equal(&plan->checksum, &object->checksum));
    cr_expect_eq(plan->checksum_type, HR_S3_CHECKSUM_COMPOSITE);
    cr_expect(plan->part_count == 2 && plan->part_sizes[1] == 6);
    cr_expect(hr_s3_checksum_equal(&plan->part_checksums[0], &object->part_checksums[0]));
    cr_expect(is(plan->storage_class, "GLACIER") && is(plan->traits.tags, "a=b"));
    cr_expect(is(plan->upload_id, "0123456789abcdef0123456789abcdef"));
    cr_expect(plan->traits.legal_hold && plan->modified_ms == 5);
    cr_expect(plan->field_count == 1 && is(plan->fields[0].value, "b"));
    cr_assert_eq(record.piece_count, 2);
    cr_expect(record.pieces[0].number == 77 && record.pieces[0].offset == 3 &&
              record.pieces[0].size == 4);
    s3_server__record_free(&bytes);
}

Test(record, a_part_an_upload_and_a_bucket_come_back) {
    struct s3_record record;
    struct s3_record_bytes bytes = write(S3_RECORD_PART);
    cr_assert(read_back(&bytes, &record));
    cr_expect(record.part_number == 10000 &&
              is(record.upload_id, "ffff456789abcdef0123456789abcdef"));
    s3_server__record_free(&bytes);
    bytes = write(S3_RECORD_UPLOAD);
    cr_assert(read_back(&bytes, &record));
    cr_expect(record.checksum == HR_S3_CHECKSUM_CRC32 &&
              record.checksum_type == HR_S3_CHECKSUM_FULL_OBJECT);
    s3_server__record_free(&bytes);
    bytes = write(S3_RECORD_BUCKET);
    cr_assert(read_back(&bytes, &record));
    cr_expect(is(record.region, "eu") && record.settings.retention.days == 3);
    cr_expect(is(record.documents[S3_DOCUMENT_CORS], "<cors/>"));
    cr_expect_null(record.documents[S3_DOCUMENT_TAGS].data);
    s3_server__record_free(&bytes);
}

Test(record, each_flipped_bit_is_found) {
    struct s3_record_bytes bytes = write(S3_RECORD_OBJECT);
    struct s3_record record;
    for (size_t i = 0; i < bytes.size * 8; i++) {
        bytes.data[i / 8] = (char)(bytes.data[i / 8] ^ 1 << i % 8);
        cr_assert(!read_back(&bytes, &record), "bit %zu", i);
        bytes.data[i / 8] = (char)(bytes.data[i / 8] ^ 1 << i % 8);
    }
    cr_assert(read_back(&bytes, &record));
    s3_server__record_free(&bytes);
}

/* With a checksum that is right: it is not the checksum alone that keeps nonsense out. */
Test(record, a_record_that_is_cut_or_longer_is_refused) {
    struct s3_record_bytes whole = write(S3_RECORD_OBJECT);
    struct s3_record record;
    const struct s3_record_data data = {.size = 0};
    size_t size = whole.size - S3_RECORD_FOOTER;
    for (size_t i = 0; i < size + 2; i++) {
        struct s3_record_bytes part = {.data = calloc(1, size + 2), .capacity = size + 2};
        memcpy(part.data, whole.data, i < size ? i : size);
        part.size = i;
        s3_server__record_close(&part, &data);
        cr_assert_eq(read_back(&part, &record), i == size, "%zu of %zu bytes", i, size);
        s3_server__record_free(&part);
    }
    s3_server__record_free(&whole);
}

Test(record, a_footer_is_of_this_version_and_of_its_file) {
    struct s3_record_bytes bytes = write(S3_RECORD_OBJECT);
    char *footer = bytes.data + bytes.size - S3_RECORD_FOOTER;
    struct s3_record_data data;
    uint32_t size, version;
    uint64_t file_size = 30 + bytes.size;
    cr_assert(s3_server__record_footer(footer, file_size, &data, &size, &version));
    cr_expect(data.size == 30 && data.crc == 40 && size == bytes.size - S3_RECORD_FOOTER);
    cr_expect(!s3_server__record_footer(footer, file_size - 1, &data, &size, &version), "cut");
    cr_expect(!s3_server__record_footer(footer, file_size + 1, &data, &size, &version));
    cr_expect(!s3_server__record_footer(footer, 0, &data, &size, &version));
    footer[8] = 2;
    cr_expect(!s3_server__record_footer(footer, file_size, &data, &size, &version));
    cr_expect_eq(version, 2);
    footer[0] = 'H';
    cr_expect(!s3_server__record_footer(footer, file_size, &data, &size, &version));
    s3_server__record_free(&bytes);
}
