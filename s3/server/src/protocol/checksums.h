/* The digests of a body, computed as its bytes pass: MD5 (ETag, Content-MD5), SHA-256 (the signed
 * payload) and checksums of S3. */
#ifndef S3_SERVER_CHECKSUMS_H
#define S3_SERVER_CHECKSUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/s3_checksum.h>
#include <headrace/slice.h>

/* Sets of algorithms: 1 << algorithm; NONE is no member. */
#define S3_DIGEST_MD5    (1u << HR_S3_CHECKSUM_MD5)
#define S3_DIGEST_SHA256 (1u << HR_S3_CHECKSUM_SHA256)
#define S3_DIGEST_CRC32C (1u << HR_S3_CHECKSUM_CRC32C)

struct s3_digests {
    unsigned wanted;
    struct hr_s3_hasher hashers[HR_S3_CHECKSUM_ALGORITHMS]; /* those that are not wanted: not set */
    struct hr_s3_checksum values[HR_S3_CHECKSUM_ALGORITHMS]; /* after finish */
};

/* 0 or -ENOMEM (nothing to deinit then). */
int s3_server__digests_init(struct s3_digests *digests, unsigned wanted);
int s3_server__digests_update(struct s3_digests *digests, const void *data, size_t size);
int s3_server__digests_finish(struct s3_digests *digests);
/* After finish; `algorithm` was wanted, or is NONE. */
void s3_server__digests_value(const struct s3_digests *digests,
                              enum hr_s3_checksum_algorithm algorithm,
                              struct hr_s3_checksum *value);
/* The 16 bytes of the MD5, as above. */
const uint8_t *s3_server__digests_md5(const struct s3_digests *digests);
void s3_server__digests_deinit(struct s3_digests *digests); /* zeroed: nothing */

/* A value of the body's own bytes: without "-N". */
bool s3_server__checksum_parse(enum hr_s3_checksum_algorithm algorithm, struct hr_slice text,
                               struct hr_s3_checksum *value);
/* "sha256": the algorithm as S3's messages have it. */
const char *s3_server__checksum_word(enum hr_s3_checksum_algorithm algorithm);

#endif
