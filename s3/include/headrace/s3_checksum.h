/* Checksums of S3: the ten algorithms, their values as text, their composition. Pure; usable
 * without a client.
 *
 * Source: the S3 API Reference, "Checking object integrity", and botocore's model of S3. */
#ifndef HEADRACE_S3_CHECKSUM_H
#define HEADRACE_S3_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/export.h>
#include <headrace/slice.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HR_S3_CHECKSUM_BYTES_MAX 64    /* of a digest: SHA-512 */
#define HR_S3_CHECKSUM_TEXT_MAX  96    /* base64 of those, "-10000" and NUL */
#define HR_S3_CHECKSUM_PARTS_MAX 10000 /* of a composite value: as many as an upload has */

enum hr_s3_checksum_algorithm {
    HR_S3_CHECKSUM_NONE = 0,
    HR_S3_CHECKSUM_CRC32 = 1,
    HR_S3_CHECKSUM_CRC32C = 2,
    HR_S3_CHECKSUM_CRC64NVME = 3,
    HR_S3_CHECKSUM_SHA1 = 4,
    HR_S3_CHECKSUM_SHA256 = 5,
    HR_S3_CHECKSUM_SHA512 = 6,
    HR_S3_CHECKSUM_MD5 = 7,
    HR_S3_CHECKSUM_XXHASH64 = 8,
    HR_S3_CHECKSUM_XXHASH3 = 9,
    HR_S3_CHECKSUM_XXHASH128 = 10,
};
#define HR_S3_CHECKSUM_ALGORITHMS 11 /* their number, NONE included */

/* How the value of an object of several parts comes about. */
enum hr_s3_checksum_type {
    HR_S3_CHECKSUM_TYPE_NONE = 0,
    HR_S3_CHECKSUM_COMPOSITE = 1,   /* of the digests of its parts; "-N" says of how many */
    HR_S3_CHECKSUM_FULL_OBJECT = 2, /* of all its bytes, as if it had no parts */
};

struct hr_s3_checksum_traits {
    const char *name;              /* "CRC32", as in x-amz-checksum-algorithm */
    const char *header;            /* "x-amz-checksum-crc32" */
    const char *element;           /* "ChecksumCRC32" */
    size_t size;                   /* of a digest, in bytes */
    bool composite;                /* COMPOSITE is allowed */
    bool full_object;              /* FULL_OBJECT is allowed */
    enum hr_s3_checksum_type type; /* of an upload that names none */
};

/* Never NULL: of NONE, and of a number that is no algorithm, all texts are empty. Static storage.
 * Any thread, as all functions here. */
HR_API const struct hr_s3_checksum_traits *
hr_s3_checksum_traits_of(enum hr_s3_checksum_algorithm algorithm);
/* In any case; NONE: there is no such algorithm. */
HR_API enum hr_s3_checksum_algorithm hr_s3_checksum_by_name(struct hr_slice name);
HR_API enum hr_s3_checksum_algorithm hr_s3_checksum_by_header(struct hr_slice name);
HR_API enum hr_s3_checksum_algorithm hr_s3_checksum_by_element(struct hr_slice name);

/* "COMPOSITE", "FULL_OBJECT", "" of NONE. Static storage. */
HR_API const char *hr_s3_checksum_type_name(enum hr_s3_checksum_type type);
/* Exactly these names; NONE: neither. */
HR_API enum hr_s3_checksum_type hr_s3_checksum_type_by_name(struct hr_slice name);
/* Whether values of `algorithm` can be of `type`. */
HR_API bool hr_s3_checksum_allows(enum hr_s3_checksum_algorithm algorithm,
                                  enum hr_s3_checksum_type type);

/* A value. Zeroed: none. */
struct hr_s3_checksum {
    enum hr_s3_checksum_algorithm algorithm;
    unsigned parts;                          /* of a composite value, else 0 */
    uint8_t bytes[HR_S3_CHECKSUM_BYTES_MAX]; /* big-endian; the rest is zero */
};

/* Reads base64 of the algorithm's size, perhaps with "-N" behind it (1 to 10,000). 0 or -EINVAL. */
HR_API int hr_s3_checksum_parse(enum hr_s3_checksum_algorithm algorithm, struct hr_slice text,
                                struct hr_s3_checksum *value);
/* Writes what hr_s3_checksum_parse reads, and a NUL. Returns the size without it; of no value 0. */
HR_API size_t hr_s3_checksum_format(const struct hr_s3_checksum *value,
                                    char text[HR_S3_CHECKSUM_TEXT_MAX]);
HR_API bool hr_s3_checksum_equal(const struct hr_s3_checksum *a, const struct hr_s3_checksum *b);

/* The value of some bytes in memory. 0, -EINVAL (no algorithm), -ENOMEM. */
HR_API int hr_s3_checksum_compute(enum hr_s3_checksum_algorithm algorithm, const void *data,
                                  size_t size, struct hr_s3_checksum *value);

/* A part and its value. */
struct hr_s3_checksum_part {
    struct hr_s3_checksum value;
    uint64_t size; /* in bytes; COMPOSITE does not read it */
};

/* The COMPOSITE value of an object from those of its parts, in their order. 0; -EINVAL: no parts,
 * more than 10,000, not all of one algorithm, CRC64NVME, or a part that is composite itself;
 * -ENOMEM. */
HR_API int hr_s3_checksum_composite(const struct hr_s3_checksum_part *parts, size_t count,
                                    struct hr_s3_checksum *value);
/* The FULL_OBJECT value, without reading a byte again: CRCs only. Errors as above. */
HR_API int hr_s3_checksum_full_object(const struct hr_s3_checksum_part *parts, size_t count,
                                      struct hr_s3_checksum *value);

/* A value that is computed as bytes come. Zeroed is valid. A CRC allocates nothing; of the others
 * the first begin allocates, and what follows with the same algorithm uses that again. One thread
 * at a time. */
struct hr_s3_hasher {
    enum hr_s3_checksum_algorithm algorithm; /* NONE: not begun */
    /* Private. */
    uint64_t crc_;
    void *context_;
    const void *context_of_; /* whose context it is */
    uint64_t reserved[4];
};

/* Begins anew. 0; -EINVAL: no algorithm; -ENOMEM; -ENOTSUP: OpenSSL's policy has switched it off
 * (MD5, SHA-1). After an error the hasher has not begun. */
HR_API int hr_s3_hasher_begin(struct hr_s3_hasher *hasher, enum hr_s3_checksum_algorithm algorithm);
/* 0, or -EINVAL where it has not begun, or -ENOMEM. */
HR_API int hr_s3_hasher_update(struct hr_s3_hasher *hasher, const void *data, size_t size);
/* Ends: only begin and deinit may follow. Errors as of update. */
HR_API int hr_s3_hasher_end(struct hr_s3_hasher *hasher, struct hr_s3_checksum *value);
/* Frees. NULL and a zeroed one are accepted; it may begin again. */
HR_API void hr_s3_hasher_deinit(struct hr_s3_hasher *hasher);

#ifdef __cplusplus
}
#endif

#endif
