/* Records, read. Nothing in them is believed before it has been checked: a flipped bit is found by
 * the checksum, but a file may also be anybody's. */
#include "record.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/s3_checksum.h>

#define PARTS_MAX 10000

/* The bytes that are left to be read. */
struct reading {
    const char *at, *end;
    bool failed;
};

static uint64_t get_number(struct reading *in, size_t size) {
    uint64_t value = 0;
    if (in->failed || (size_t)(in->end - in->at) < size) {
        in->failed = true;
        return 0;
    }
    for (size_t i = 0; i < size; i++) value |= (uint64_t)(unsigned char)in->at[i] << 8 * i;
    in->at += size;
    return value;
}

static unsigned get_u8(struct reading *in, unsigned most) {
    unsigned value = (unsigned)get_number(in, 1);
    if (value > most) in->failed = true;
    return in->failed ? 0 : value;
}

static uint32_t get_u32(struct reading *in) {
    return (uint32_t)get_number(in, 4);
}

static uint64_t get_u64(struct reading *in) {
    return get_number(in, 8);
}

static struct hr_slice get_text(struct reading *in, size_t most) {
    uint32_t size = get_u32(in);
    if (in->failed || size > most || (size_t)(in->end - in->at) < size) {
        in->failed = true;
        return hr_slice_bytes("", 0);
    }
    in->at += size;
    return hr_slice_bytes(in->at - size, size);
}

/* Entries of which each has at least `least` bytes: memory for no more than can be there. */
static void *get_array(struct reading *in, struct s3_arena *arena, size_t count, size_t least,
                       size_t entry_size) {
    if (in->failed || count > (size_t)(in->end - in->at) / least) {
        in->failed = true;
        return NULL;
    }
    void *memory = s3_server__arena_allocate(arena, (count + 1) * entry_size);
    if (!memory) in->failed = true;
    return memory;
}

static void get_checksum(struct reading *in, struct hr_s3_checksum *value) {
    *value = (struct hr_s3_checksum){.algorithm = get_u8(in, HR_S3_CHECKSUM_ALGORITHMS - 1)};
    value->parts = get_u32(in);
    size_t size = hr_s3_checksum_traits_of(value->algorithm)->size;
    if (in->failed || value->parts > PARTS_MAX || (size_t)(in->end - in->at) < size) {
        in->failed = true;
        return;
    }
    memcpy(value->bytes, in->at, size);
    in->at += size;
}

static void get_traits(struct reading *in, struct s3_traits *traits) {
    traits->tags = get_text(in, S3_RECORD_BYTES_MAX);
    traits->acl = get_u8(in, S3_ACL_AUTHENTICATED);
    traits->lock = get_u8(in, S3_LOCK_COMPLIANCE);
    traits->retain_until_ms = get_u64(in);
    traits->legal_hold = get_u8(in, 1);
}

static void get_fields(struct reading *in, struct s3_arena *arena, struct s3_object_plan *plan) {
    plan->field_count = get_u32(in);
    struct hr_http_field *fields = get_array(in, arena, plan->field_count, 8, sizeof *fields);
    plan->fields = fields;
    for (size_t i = 0; !in->failed && i < plan->field_count; i++) {
        fields[i].name = get_text(in, S3_RECORD_BYTES_MAX);
        fields[i].value = get_text(in, S3_RECORD_BYTES_MAX);
    }
}

static void get_parts(struct reading *in, struct s3_arena *arena, struct s3_object_plan *plan) {
    plan->part_count = get_u32(in);
    bool has_checksums = get_u8(in, 1);
    if (plan->part_count > PARTS_MAX) in->failed = true;
    uint64_t *sizes = get_array(in, arena, plan->part_count, 8, sizeof *sizes);
    struct hr_s3_checksum *checksums =
        has_checksums ? get_array(in, arena, plan->part_count, 8, sizeof *checksums) : NULL;
    plan->part_sizes = sizes;
    plan->part_checksums = checksums;
    for (size_t i = 0; !in->failed && i < plan->part_count; i++) {
        sizes[i] = get_u64(in);
        if (checksums) get_checksum(in, &checksums[i]);
    }
}

static void get_pieces(struct reading *in, struct s3_arena *arena, struct s3_record *record) {
    record->piece_count = get_u32(in);
    record->pieces = get_array(in, arena, record->piece_count, 24, sizeof *record->pieces);
    for (size_t i = 0; !in->failed && i < record->piece_count; i++) {
        struct s3_record_piece *piece = &record->pieces[i];
        piece->number = get_u64(in);
        piece->offset = get_u64(in);
        piece->size = get_u64(in);
        if (piece->number == 0 || piece->size > SIZE_MAX - piece->offset) in->failed = true;
    }
}

/* The parts make up the whole. */
static bool sizes_agree(const struct s3_record *record) {
    uint64_t pieces = 0, parts = 0;
    for (size_t i = 0; i < record->piece_count; i++)
        if (__builtin_add_overflow(pieces, record->pieces[i].size, &pieces)) return false;
    for (size_t i = 0; i < record->plan.part_count; i++)
        if (__builtin_add_overflow(parts, record->plan.part_sizes[i], &parts)) return false;
    return record->plan.part_count == 0 || parts == pieces;
}

static void get_object(struct reading *in, struct s3_arena *arena, struct s3_record *record) {
    struct s3_object_plan *plan = &record->plan;
    plan->key = get_text(in, S3_KEY_MAX);
    record->version = get_text(in, S3_VERSION_ID_SIZE);
    unsigned flags = get_u8(in, 7);
    record->is_null = flags & 1;
    plan->is_marker = flags >> 1 & 1;
    record->in_versions = flags >> 2 & 1;
    plan->modified_ms = get_u64(in);
    struct hr_slice etag = get_text(in, S3_ETAG_SIZE - 1);
    if (etag.size > 0) memcpy(record->etag, etag.data, etag.size);
    get_checksum(in, &plan->checksum);
    plan->checksum_type = get_u8(in, HR_S3_CHECKSUM_FULL_OBJECT);
    plan->storage_class = get_text(in, S3_RECORD_BYTES_MAX);
    plan->upload_id = get_text(in, S3_UPLOAD_ID_SIZE);
    get_traits(in, &plan->traits);
    get_fields(in, arena, plan);
    get_parts(in, arena, plan);
    get_pieces(in, arena, record);
    bool has_key = plan->key.size > 0 && !memchr(plan->key.data, '\0', plan->key.size);
    if (!has_key || record->version.size != S3_VERSION_ID_SIZE ||
        memchr(record->etag, '\0', sizeof record->etag) != record->etag + etag.size ||
        (!in->failed && !sizes_agree(record)))
        in->failed = true;
}

static void get_bucket(struct reading *in, struct s3_record *record) {
    struct s3_bucket_settings *settings = &record->settings;
    record->region = get_text(in, S3_REGION_MAX);
    record->created_ms = get_u64(in);
    settings->versioning = get_u8(in, S3_VERSIONING_SUSPENDED);
    settings->acl = get_u8(in, S3_ACL_AUTHENTICATED);
    settings->acls_disabled = get_u8(in, 1);
    settings->lock_enabled = get_u8(in, 1);
    settings->retention.mode = get_u8(in, S3_LOCK_COMPLIANCE);
    settings->retention.days = get_u32(in);
    settings->retention.years = get_u32(in);
    for (unsigned i = 0; i < S3_DOCUMENTS; i++) {
        bool is_set = get_u8(in, 1);
        struct hr_slice text = get_text(in, S3_RECORD_BYTES_MAX);
        record->documents[i] = is_set ? text : hr_slice_bytes(NULL, 0);
    }
}

static void get_record(struct reading *in, struct s3_arena *arena, struct s3_record *record) {
    record->kind = get_u8(in, S3_RECORD_BUCKET);
    record->sequence = get_u64(in);
    if (record->sequence >= UINT64_C(1) << 62) in->failed = true; /* the next ones have room */
    record->bucket = get_text(in, 63);
    record->bucket_id = get_u64(in);
    if (record->kind == S3_RECORD_PART || record->kind == S3_RECORD_UPLOAD) {
        record->upload_id = get_text(in, S3_UPLOAD_ID_SIZE);
        if (record->upload_id.size != S3_UPLOAD_ID_SIZE) in->failed = true;
    }
    if (record->kind == S3_RECORD_PART) {
        record->part_number = get_u32(in);
        if (record->part_number == 0 || record->part_number > PARTS_MAX) in->failed = true;
    }
    if (record->kind == S3_RECORD_UPLOAD) {
        record->checksum = get_u8(in, HR_S3_CHECKSUM_ALGORITHMS - 1);
        record->checksum_type = get_u8(in, HR_S3_CHECKSUM_FULL_OBJECT);
    }
    if (!record->kind)
        in->failed = true;
    else if (record->kind == S3_RECORD_BUCKET)
        get_bucket(in, record);
    else
        get_object(in, arena, record);
}

bool s3_server__record_footer(const char footer[S3_RECORD_FOOTER], uint64_t file_size,
                              struct s3_record_data *data, uint32_t *record_size,
                              uint32_t *version) {
    struct reading in = {.at = footer + 8, .end = footer + S3_RECORD_FOOTER};
    *version = 0;
    if (memcmp(footer, "headrace", 8) != 0) return false;
    *version = get_u32(&in);
    (void)get_u32(&in);
    data->size = get_u64(&in);
    *record_size = get_u32(&in);
    data->crc = get_u32(&in);
    if (*version != S3_RECORD_VERSION || *record_size > S3_RECORD_BYTES_MAX) return false;
    uint64_t behind = (uint64_t)*record_size + S3_RECORD_FOOTER;
    return file_size >= behind && data->size == file_size - behind;
}

/* As it was computed: with zeroes in the place of the checksum. */
static bool checksum_is_right(struct hr_slice bytes) {
    static const char zeroes[4];
    struct hr_s3_hasher hasher = {.algorithm = HR_S3_CHECKSUM_NONE};
    struct hr_s3_checksum value;
    size_t at = bytes.size - S3_RECORD_FOOTER + 12;
    if (hr_s3_hasher_begin(&hasher, HR_S3_CHECKSUM_CRC32C) < 0) return false;
    bool ok = hr_s3_hasher_update(&hasher, bytes.data, at) == 0 &&
              hr_s3_hasher_update(&hasher, zeroes, sizeof zeroes) == 0 &&
              hr_s3_hasher_update(&hasher, bytes.data + at + 4, bytes.size - at - 4) == 0 &&
              hr_s3_hasher_end(&hasher, &value) == 0;
    hr_s3_hasher_deinit(&hasher);
    for (size_t i = 0; ok && i < 4; i++)
        ok = value.bytes[3 - i] == (uint8_t)bytes.data[at + i]; /* big-endian there */
    return ok;
}

bool s3_server__record_read(struct hr_slice bytes, struct s3_arena *arena,
                            struct s3_record *record) {
    if (bytes.size < S3_RECORD_FOOTER || !checksum_is_right(bytes)) return false;
    struct reading in = {.at = bytes.data, .end = bytes.data + bytes.size - S3_RECORD_FOOTER};
    memset(record, 0, sizeof *record);
    get_record(&in, arena, record);
    record->plan.etag = record->etag;
    return !in.failed && in.at == in.end;
}
