/* The XXH family by libxxhash, with seed 0. */
#include <errno.h>
#include <string.h>

#include <xxhash.h>

#include "hash_family.h"

static int done(XXH_errorcode code) {
    return code == XXH_OK ? 0 : -ENOMEM;
}

/* ---- XXH64. */

static int begin_64(struct hr_s3_hasher *hasher) {
    if (!hasher->context_) hasher->context_ = XXH64_createState();
    if (!hasher->context_) return -ENOMEM;
    return done(XXH64_reset(hasher->context_, 0));
}

static int update_64(struct hr_s3_hasher *hasher, const void *data, size_t size) {
    return done(XXH64_update(hasher->context_, data, size));
}

static int end_64(struct hr_s3_hasher *hasher, uint8_t *bytes) {
    XXH64_canonical_t canonical;
    XXH64_canonicalFromHash(&canonical, XXH64_digest(hasher->context_));
    memcpy(bytes, canonical.digest, sizeof canonical.digest);
    return 0;
}

static void free_64(void *context) {
    XXH64_freeState(context);
}

const struct hr__hash_family hr__hash_xxh64 = {begin_64, update_64, end_64, free_64};

/* ---- XXH3, of 64 and of 128 bits. */

static bool is_128(const struct hr_s3_hasher *hasher) {
    return hasher->algorithm == HR_S3_CHECKSUM_XXHASH128;
}

static int begin_3(struct hr_s3_hasher *hasher) {
    if (!hasher->context_) hasher->context_ = XXH3_createState();
    if (!hasher->context_) return -ENOMEM;
    return done(is_128(hasher) ? XXH3_128bits_reset(hasher->context_)
                               : XXH3_64bits_reset(hasher->context_));
}

static int update_3(struct hr_s3_hasher *hasher, const void *data, size_t size) {
    return done(is_128(hasher) ? XXH3_128bits_update(hasher->context_, data, size)
                               : XXH3_64bits_update(hasher->context_, data, size));
}

static int end_3(struct hr_s3_hasher *hasher, uint8_t *bytes) {
    if (is_128(hasher)) {
        XXH128_canonical_t canonical;
        XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(hasher->context_));
        memcpy(bytes, canonical.digest, sizeof canonical.digest);
    } else {
        XXH64_canonical_t canonical;
        XXH64_canonicalFromHash(&canonical, XXH3_64bits_digest(hasher->context_));
        memcpy(bytes, canonical.digest, sizeof canonical.digest);
    }
    return 0;
}

static void free_3(void *context) {
    XXH3_freeState(context);
}

const struct hr__hash_family hr__hash_xxh3 = {begin_3, update_3, end_3, free_3};
