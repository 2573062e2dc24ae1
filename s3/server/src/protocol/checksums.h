/* The digests of a body, computed as its bytes pass: MD5 (ETag, Content-MD5), SHA-256 (the signed
 * payload) and the five checksums of S3. */
#ifndef S3_SERVER_CHECKSUMS_H
#define S3_SERVER_CHECKSUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include <headrace/slice.h>

#include "crc.h"

enum s3_checksum {
    S3_CHECKSUM_NONE,
    S3_CHECKSUM_CRC32,
    S3_CHECKSUM_CRC32C,
    S3_CHECKSUM_CRC64NVME,
    S3_CHECKSUM_SHA1,
    S3_CHECKSUM_SHA256,
    S3_CHECKSUMS,
};

#define S3_CHECKSUM_BYTES_MAX 32
#define S3_CHECKSUM_TEXT_MAX  64 /* base64, "-10000" and NUL */

/* "CRC32", as in x-amz-checksum-algorithm; "x-amz-checksum-crc32"; "ChecksumCRC32". */
const char *s3_server__checksum_name(enum s3_checksum kind);
const char *s3_server__checksum_header(enum s3_checksum kind);
const char *s3_server__checksum_element(enum s3_checksum kind);
size_t s3_server__checksum_size(enum s3_checksum kind); /* bytes, before base64 */
/* In any case; S3_CHECKSUM_NONE: there is no checksum of that name. */
enum s3_checksum s3_server__checksum_of_name(struct hr_slice name);
enum s3_checksum s3_server__checksum_of_header(struct hr_slice name);

/* A checksum's value, as bytes in network order. */
struct s3_checksum_value {
    enum s3_checksum kind;
    uint8_t bytes[S3_CHECKSUM_BYTES_MAX];
};

/* Base64 to bytes; false: it is not base64 of the kind's size. */
bool s3_server__checksum_parse(enum s3_checksum kind, struct hr_slice text,
                               struct s3_checksum_value *value);
/* Bytes to base64, NUL-terminated. */
void s3_server__checksum_print(const struct s3_checksum_value *value,
                               char text[S3_CHECKSUM_TEXT_MAX]);

#define S3_DIGEST_MD5    (1u << 8)
#define S3_DIGEST_SHA256 (1u << S3_CHECKSUM_SHA256)

/* The algorithms, fetched from OpenSSL once: looking them up for every body costs more than hashing
 * a small one. */
struct s3_digest_methods {
    EVP_MD *md5, *sha1, *sha256;
};
int s3_server__digest_methods_init(struct s3_digest_methods *methods); /* 0 or -ENOMEM */
void s3_server__digest_methods_deinit(struct s3_digest_methods *methods);

struct s3_digests {
    unsigned wanted; /* 1 << enum s3_checksum, S3_DIGEST_MD5 */
    uint64_t crc[S3_CRCS];
    EVP_MD_CTX *md5, *sha1, *sha256;
    uint8_t md5_bytes[16], sha1_bytes[20], sha256_bytes[32]; /* after finish */
};

/* 0 or -ENOMEM (nothing to deinit then). */
int s3_server__digests_init(struct s3_digests *digests, const struct s3_digest_methods *methods,
                            unsigned wanted);
int s3_server__digests_update(struct s3_digests *digests, const void *data, size_t size);
int s3_server__digests_finish(struct s3_digests *digests);
/* After finish; `kind` was wanted. */
void s3_server__digests_value(const struct s3_digests *digests, enum s3_checksum kind,
                              struct s3_checksum_value *value);
void s3_server__digests_deinit(struct s3_digests *digests); /* zeroed: nothing */

/* The checksum of a whole from those of its parts. COMPOSITE: the checksum of the parts' bytes one
 * after the other. FULL_OBJECT: of all the data (CRCs only). */
struct s3_checksum_part {
    struct s3_checksum_value value;
    uint64_t size;
};
int s3_server__checksum_composite(const struct s3_digest_methods *methods, enum s3_checksum kind,
                                  const struct s3_checksum_part *parts, size_t count,
                                  struct s3_checksum_value *value);
void s3_server__checksum_full(enum s3_checksum kind, const struct s3_checksum_part *parts,
                              size_t count, struct s3_checksum_value *value);

#endif
