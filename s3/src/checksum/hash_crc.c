/* CRCs as hashes. */
#include <assert.h>

#include "crc_forms.h"
#include "hash_family.h"

static enum hr__crc crc_of(const struct hr_s3_hasher *hasher) {
    assert(hasher->algorithm >= HR_S3_CHECKSUM_CRC32 &&
           hasher->algorithm <= HR_S3_CHECKSUM_CRC64NVME);
    return (enum hr__crc)(hasher->algorithm - HR_S3_CHECKSUM_CRC32);
}

uint64_t hr__crc_of_bytes(const uint8_t *bytes, size_t size) {
    uint64_t crc = 0;
    for (size_t i = 0; i < size; i++) crc = crc << 8 | bytes[i];
    return crc;
}

void hr__crc_to_bytes(uint64_t crc, uint8_t *bytes, size_t size) {
    for (size_t i = size; i-- > 0; crc >>= 8) bytes[i] = (uint8_t)crc;
}

static int begin(struct hr_s3_hasher *hasher) {
    hasher->crc_ = 0;
    return 0;
}

static int update(struct hr_s3_hasher *hasher, const void *data, size_t size) {
    hasher->crc_ = hr__crc_update(crc_of(hasher), hasher->crc_, data, size);
    return 0;
}

static int end(struct hr_s3_hasher *hasher, uint8_t *bytes) {
    hr__crc_to_bytes(hasher->crc_, bytes, hr_s3_checksum_traits_of(hasher->algorithm)->size);
    return 0;
}

static void no_context(void *context) {
    (void)context;
}

const struct hr__hash_family hr__hash_crc = {begin, update, end, no_context};
