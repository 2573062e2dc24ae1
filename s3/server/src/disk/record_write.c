/* Records, written. */
#include "record.h"

#include <stdlib.h>
#include <string.h>

#include <headrace/s3_checksum.h>

uint32_t s3_server__crc32c(const void *data, size_t size) {
    struct hr_s3_checksum value;
    if (hr_s3_checksum_compute(HR_S3_CHECKSUM_CRC32C, data, size, &value) < 0) return 0;
    const uint8_t *bytes = value.bytes;
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static char *room(struct s3_record_bytes *out, size_t size) {
    if (out->failed || size > S3_RECORD_BYTES_MAX || out->size > S3_RECORD_BYTES_MAX - size) {
        out->failed = true;
        return NULL;
    }
    if (out->capacity - out->size < size) {
        size_t capacity = out->capacity ? out->capacity * 2 : 1024;
        while (capacity - out->size < size) capacity *= 2;
        char *data = realloc(out->data, capacity);
        if (!data) {
            out->failed = true;
            return NULL;
        }
        out->data = data;
        out->capacity = capacity;
    }
    out->size += size;
    return out->data + out->size - size;
}

static void put_number(struct s3_record_bytes *out, uint64_t value, size_t size) {
    char *at = room(out, size);
    for (size_t i = 0; at && i < size; i++) at[i] = (char)(value >> 8 * i);
}

static void put_u8(struct s3_record_bytes *out, unsigned value) {
    put_number(out, value, 1);
}

static void put_u32(struct s3_record_bytes *out, uint64_t value) {
    put_number(out, value, 4);
}

static void put_u64(struct s3_record_bytes *out, uint64_t value) {
    put_number(out, value, 8);
}

static void put_text(struct s3_record_bytes *out, struct hr_slice text) {
    put_u32(out, text.size);
    char *at = room(out, text.size);
    if (at && text.size > 0) memcpy(at, text.data, text.size);
}

static void put_checksum(struct s3_record_bytes *out, const struct hr_s3_checksum *value) {
    size_t size = hr_s3_checksum_traits_of(value->algorithm)->size;
    put_u8(out, value->algorithm);
    put_u32(out, value->parts);
    char *at = room(out, size);
    if (at && size > 0) memcpy(at, value->bytes, size);
}

static void put_traits(struct s3_record_bytes *out, const struct s3_traits *traits) {
    put_text(out, traits->tags);
    put_u8(out, traits->acl);
    put_u8(out, traits->lock);
    put_u64(out, traits->retain_until_ms);
    put_u8(out, traits->legal_hold);
}

static void put_object(struct s3_record_bytes *out, const struct s3_object *object) {
    put_text(out, object->key);
    put_text(out, hr_slice_bytes(object->version, S3_VERSION_ID_SIZE));
    put_u8(out, (unsigned)object->is_null | (unsigned)object->is_marker << 1 |
                    (unsigned)object->in_versions << 2);
    put_u64(out, object->modified_ms);
    put_text(out, hr_slice_of(object->etag));
    put_checksum(out, &object->checksum);
    put_u8(out, object->checksum_type);
    put_text(out, object->storage_class);
    put_text(out, object->upload_id);
    put_traits(out, &object->traits);
    put_u32(out, object->field_count);
    for (size_t i = 0; i < object->field_count; i++) {
        put_text(out, object->fields[i].name);
        put_text(out, object->fields[i].value);
    }
    put_u32(out, object->part_count);
    put_u8(out, object->part_checksums != NULL);
    for (size_t i = 0; i < object->part_count; i++) {
        put_u64(out, object->part_sizes[i]);
        if (object->part_checksums) put_checksum(out, &object->part_checksums[i]);
    }
    put_u32(out, object->piece_count);
    for (size_t i = 0; i < object->piece_count; i++) {
        put_u64(out, object->pieces[i].blob->file.number);
        put_u64(out, object->pieces[i].offset);
        put_u64(out, object->pieces[i].size);
    }
}

static void put_bucket(struct s3_record_bytes *out, const struct s3_bucket *bucket) {
    const struct s3_bucket_settings *settings = &bucket->settings;
    put_text(out, hr_slice_of(bucket->region));
    put_u64(out, bucket->created_ms);
    put_u8(out, settings->versioning);
    put_u8(out, settings->acl);
    put_u8(out, settings->acls_disabled);
    put_u8(out, settings->lock_enabled);
    put_u8(out, settings->retention.mode);
    put_u32(out, settings->retention.days);
    put_u32(out, settings->retention.years);
    for (unsigned i = 0; i < S3_DOCUMENTS; i++) {
        put_u8(out, bucket->documents[i].data != NULL);
        put_text(out, bucket->documents[i]);
    }
}

void s3_server__record_write(struct s3_record_bytes *out, const struct s3_record_about *about,
                             const struct s3_object *object) {
    put_u8(out, about->kind);
    put_u64(out, about->sequence);
    put_text(out, about->bucket->name);
    put_u64(out, about->bucket->id);
    if (about->kind == S3_RECORD_PART || about->kind == S3_RECORD_UPLOAD)
        put_text(out, about->upload_id);
    if (about->kind == S3_RECORD_PART) put_u32(out, about->part_number);
    if (about->kind == S3_RECORD_UPLOAD) {
        put_u8(out, about->checksum);
        put_u8(out, about->checksum_type);
    }
    if (about->kind == S3_RECORD_BUCKET)
        put_bucket(out, about->bucket);
    else
        put_object(out, object);
}

void s3_server__record_close(struct s3_record_bytes *out, const struct s3_record_data *data) {
    size_t record_size = out->size;
    char *at = room(out, 8);
    if (at) memcpy(at, "headrace", 8);
    put_u32(out, S3_RECORD_VERSION);
    put_u32(out, 0);
    put_u64(out, data->size);
    put_u32(out, record_size);
    put_u32(out, data->crc);
    if (out->failed) return;
    uint32_t crc = s3_server__crc32c(out->data, out->size); /* with zeroes in its own place */
    for (size_t i = 0; i < 4; i++) out->data[record_size + 12 + i] = (char)(crc >> 8 * i);
}

void s3_server__record_free(struct s3_record_bytes *out) {
    free(out->data);
    *out = (struct s3_record_bytes){.data = NULL};
}
