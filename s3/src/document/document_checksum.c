/* The checksum that a document of the store names. */
#include "document_checksum.h"

#include "response_checksum.h"

#define ROW(member) offsetof(struct hr_s3_checksums, member)

static const size_t places[HR_S3_CHECKSUM_ALGORITHMS] = {
    [HR_S3_CHECKSUM_CRC32] = ROW(crc32),
    [HR_S3_CHECKSUM_CRC32C] = ROW(crc32c),
    [HR_S3_CHECKSUM_CRC64NVME] = ROW(crc64nvme),
    [HR_S3_CHECKSUM_SHA1] = ROW(sha1),
    [HR_S3_CHECKSUM_SHA256] = ROW(sha256),
    [HR_S3_CHECKSUM_SHA512] = ROW(sha512),
    [HR_S3_CHECKSUM_MD5] = ROW(md5),
    [HR_S3_CHECKSUM_XXHASH64] = ROW(xxhash64),
    [HR_S3_CHECKSUM_XXHASH3] = ROW(xxhash3),
    [HR_S3_CHECKSUM_XXHASH128] = ROW(xxhash128),
};

int hr__checksum_of_document(const struct hr_s3_checksums *checksums, struct hr_error *error,
                             struct hr_s3_checksum *value) {
    *value = (struct hr_s3_checksum){.parts = 0};
    for (unsigned i = 1; i < HR_S3_CHECKSUM_ALGORITHMS; i++) {
        const struct hr_slice *text = (const void *)((const char *)checksums + places[i]);
        if (text->size == 0) continue;
        if (hr_s3_checksum_parse((enum hr_s3_checksum_algorithm)i, *text, value) == 0) return 0;
        value->algorithm = (enum hr_s3_checksum_algorithm)i;
        int err = hr__checksum_malformed(value, error);
        value->algorithm = HR_S3_CHECKSUM_NONE;
        return err;
    }
    return 0;
}
