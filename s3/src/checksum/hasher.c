/* The hasher: one algorithm at a time, over whichever library has it. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "hash_family.h"

static const struct hr__hash_family *const families[HR_S3_CHECKSUM_ALGORITHMS] = {
    [HR_S3_CHECKSUM_CRC32] = &hr__hash_crc,      [HR_S3_CHECKSUM_CRC32C] = &hr__hash_crc,
    [HR_S3_CHECKSUM_CRC64NVME] = &hr__hash_crc,  [HR_S3_CHECKSUM_SHA1] = &hr__hash_openssl,
    [HR_S3_CHECKSUM_SHA256] = &hr__hash_openssl, [HR_S3_CHECKSUM_SHA512] = &hr__hash_openssl,
    [HR_S3_CHECKSUM_MD5] = &hr__hash_openssl,    [HR_S3_CHECKSUM_XXHASH64] = &hr__hash_xxh64,
    [HR_S3_CHECKSUM_XXHASH3] = &hr__hash_xxh3,   [HR_S3_CHECKSUM_XXHASH128] = &hr__hash_xxh3,
};

/* NULL: no algorithm. */
static const struct hr__hash_family *family_of(enum hr_s3_checksum_algorithm algorithm) {
    return (unsigned)algorithm < HR_S3_CHECKSUM_ALGORITHMS ? families[algorithm] : NULL;
}

static void drop_context(struct hr_s3_hasher *hasher) {
    const struct hr__hash_family *owner = hasher->context_of_;
    assert(owner || !hasher->context_);
    if (owner) owner->free(hasher->context_);
    hasher->context_ = NULL;
    hasher->context_of_ = NULL;
}

int hr_s3_hasher_begin(struct hr_s3_hasher *hasher, enum hr_s3_checksum_algorithm algorithm) {
    const struct hr__hash_family *family = family_of(algorithm);
    hasher->algorithm = HR_S3_CHECKSUM_NONE;
    if (!family) return -EINVAL;
    if (hasher->context_of_ != family) drop_context(hasher);
    hasher->context_of_ = family;
    hasher->algorithm = algorithm;
    int err = family->begin(hasher);
    if (err) hasher->algorithm = HR_S3_CHECKSUM_NONE;
    return err;
}

int hr_s3_hasher_update(struct hr_s3_hasher *hasher, const void *data, size_t size) {
    const struct hr__hash_family *family = family_of(hasher->algorithm);
    if (!family) return -EINVAL;
    return size > 0 ? family->update(hasher, data, size) : 0;
}

int hr_s3_hasher_end(struct hr_s3_hasher *hasher, struct hr_s3_checksum *value) {
    const struct hr__hash_family *family = family_of(hasher->algorithm);
    if (!family) return -EINVAL;
    struct hr_s3_checksum made = {.algorithm = hasher->algorithm};
    int err = family->end(hasher, made.bytes);
    hasher->algorithm = HR_S3_CHECKSUM_NONE;
    if (!err) *value = made;
    return err;
}

void hr_s3_hasher_deinit(struct hr_s3_hasher *hasher) {
    if (!hasher) return;
    drop_context(hasher);
    hasher->algorithm = HR_S3_CHECKSUM_NONE;
}

int hr_s3_checksum_compute(enum hr_s3_checksum_algorithm algorithm, const void *data, size_t size,
                           struct hr_s3_checksum *value) {
    struct hr_s3_hasher hasher = {0};
    int err = hr_s3_hasher_begin(&hasher, algorithm);
    if (!err) err = hr_s3_hasher_update(&hasher, data, size);
    if (!err) err = hr_s3_hasher_end(&hasher, value);
    hr_s3_hasher_deinit(&hasher);
    return err;
}
