/* Values: as text, compared, and one of several parts. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <headrace/encode.h>
#include <headrace/text.h>

#include "composite.h"
#include "crc_forms.h"
#include "hash_family.h"

/* "-N", behind the base64, which has no '-'. */
static int parse_parts(struct hr_slice text, unsigned *parts) {
    uint64_t number;
    int err = hr_text_u64(text, HR_S3_CHECKSUM_PARTS_MAX, &number);
    if (err || number == 0 || text.data[0] == '0') return -EINVAL;
    *parts = (unsigned)number;
    return 0;
}

int hr_s3_checksum_parse(enum hr_s3_checksum_algorithm algorithm, struct hr_slice text,
                         struct hr_s3_checksum *value) {
    struct hr_s3_checksum read = {.algorithm = algorithm};
    size_t size = hr_s3_checksum_traits_of(algorithm)->size, decoded;
    if (size == 0) return -EINVAL;
    const char *dash = text.size > 0 ? memchr(text.data, '-', text.size) : NULL;
    struct hr_slice digest = text;
    if (dash) {
        digest.size = (size_t)(dash - text.data);
        struct hr_slice rest = hr_slice_bytes(dash + 1, text.size - digest.size - 1);
        if (parse_parts(rest, &read.parts)) return -EINVAL;
    }
    if (hr_base64_decode(digest, read.bytes, size, &decoded) || decoded != size) return -EINVAL;
    *value = read;
    return 0;
}

size_t hr_s3_checksum_format(const struct hr_s3_checksum *value,
                             char text[HR_S3_CHECKSUM_TEXT_MAX]) {
    size_t bytes = hr_s3_checksum_traits_of(value->algorithm)->size, size = hr_base64_size(bytes);
    hr_base64_encode(value->bytes, bytes, text);
    text[size] = '\0';
    if (bytes == 0 || value->parts == 0) return size;
    assert(value->parts <= HR_S3_CHECKSUM_PARTS_MAX);
    int more = snprintf(text + size, HR_S3_CHECKSUM_TEXT_MAX - size, "-%u", value->parts);
    return size + (size_t)more;
}

bool hr_s3_checksum_equal(const struct hr_s3_checksum *a, const struct hr_s3_checksum *b) {
    return a->algorithm == b->algorithm && a->parts == b->parts &&
           memcmp(a->bytes, b->bytes, hr_s3_checksum_traits_of(a->algorithm)->size) == 0;
}

/* Whether the parts' values can make one of that type. */
static bool can_join(const struct hr_s3_checksum_part *parts, size_t count,
                     enum hr_s3_checksum_type type) {
    if (count == 0 || count > HR_S3_CHECKSUM_PARTS_MAX) return false;
    for (size_t i = 0; i < count; i++)
        if (parts[i].value.algorithm != parts[0].value.algorithm || parts[i].value.parts != 0)
            return false;
    return hr_s3_checksum_allows(parts[0].value.algorithm, type);
}

int hr__checksum_compose(const struct hr_s3_checksum *first, size_t stride, size_t count,
                         struct hr_s3_checksum *value) {
    size_t size = hr_s3_checksum_traits_of(first->algorithm)->size;
    const char *at = (const char *)first->bytes;
    struct hr_s3_hasher hasher = {0};
    struct hr_s3_checksum made;
    int err = hr_s3_hasher_begin(&hasher, first->algorithm);
    for (size_t i = 0; i < count && !err; i++, at += stride)
        err = hr_s3_hasher_update(&hasher, at, size);
    if (!err) err = hr_s3_hasher_end(&hasher, &made);
    hr_s3_hasher_deinit(&hasher);
    if (err) return err;
    made.parts = (unsigned)count;
    *value = made;
    return 0;
}

int hr_s3_checksum_composite(const struct hr_s3_checksum_part *parts, size_t count,
                             struct hr_s3_checksum *value) {
    if (!can_join(parts, count, HR_S3_CHECKSUM_COMPOSITE)) return -EINVAL;
    return hr__checksum_compose(&parts->value, sizeof *parts, count, value);
}

int hr_s3_checksum_full_object(const struct hr_s3_checksum_part *parts, size_t count,
                               struct hr_s3_checksum *value) {
    if (!can_join(parts, count, HR_S3_CHECKSUM_FULL_OBJECT)) return -EINVAL;
    struct hr_s3_checksum made = {.algorithm = parts[0].value.algorithm};
    enum hr__crc kind = (enum hr__crc)(made.algorithm - HR_S3_CHECKSUM_CRC32);
    size_t size = hr_s3_checksum_traits_of(made.algorithm)->size;
    uint64_t crc = 0;
    for (size_t i = 0; i < count; i++)
        crc =
            hr__crc_combine(kind, crc, hr__crc_of_bytes(parts[i].value.bytes, size), parts[i].size);
    hr__crc_to_bytes(crc, made.bytes, size);
    *value = made;
    return 0;
}
