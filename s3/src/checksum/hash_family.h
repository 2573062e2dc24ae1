/* Families of algorithms: how a hasher's value comes about. */
#ifndef HR_S3_HASH_FAMILY_H
#define HR_S3_HASH_FAMILY_H

#include <headrace/s3_checksum.h>

/* 0, -ENOMEM or -ENOTSUP. `context_` is the family's, NULL before its first begin. */
struct hr__hash_family {
    int (*begin)(struct hr_s3_hasher *hasher);
    int (*update)(struct hr_s3_hasher *hasher, const void *data, size_t size);
    int (*end)(struct hr_s3_hasher *hasher, uint8_t *bytes); /* as many as the algorithm has */
    void (*free)(void *context);
};

extern const struct hr__hash_family hr__hash_crc, hr__hash_openssl, hr__hash_xxh64, hr__hash_xxh3;

/* CRCs as values: big-endian bytes. */
uint64_t hr__crc_of_bytes(const uint8_t *bytes, size_t size);
void hr__crc_to_bytes(uint64_t crc, uint8_t *bytes, size_t size);

#endif
