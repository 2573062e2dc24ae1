/* Values that S3's documents hold: entries of listings, results of one key, tags, checksums. */
#ifndef HEADRACE_S3_DOCUMENTS_H
#define HEADRACE_S3_DOCUMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include <headrace/slice.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Checksums of an object or a part, base64 as the store sent them; empty where it sent none. */
struct hr_s3_checksums {
    struct hr_slice crc32, crc32c, crc64nvme, sha1, sha256, sha512, md5, xxhash64, xxhash3,
        xxhash128;
    struct hr_slice type; /* "FULL_OBJECT" or "COMPOSITE" */
};

/* A version of an object, a delete marker, or a common prefix; valid during the call. */
struct hr_s3_version {
    struct hr_slice key; /* decoded bytes */
    struct hr_slice version_id;
    uint64_t size_bytes;
    uint64_t last_modified_s;
    struct hr_slice etag; /* without quotes */
    struct hr_slice storage_class;
    bool is_latest;
    bool is_delete_marker; /* no size, ETag and storage class */
    bool is_prefix;        /* only `key` is set */
};

/* A multipart upload under way, or a common prefix; valid during the call. */
struct hr_s3_upload_info {
    struct hr_slice key; /* decoded bytes */
    struct hr_slice upload_id;
    uint64_t initiated_s;
    struct hr_slice storage_class;
    struct hr_slice checksum_algorithm; /* "CRC32", …; empty: none */
    struct hr_slice checksum_type;
    bool is_prefix; /* only `key` is set */
};

/* A part of an upload or an object; valid during the call. */
struct hr_s3_part_info {
    uint32_t part_number; /* 1 to 10000 */
    uint64_t size_bytes;
    uint64_t last_modified_s; /* 0 for a part of an object */
    struct hr_slice etag;     /* without quotes; empty for a part of an object */
    struct hr_s3_checksums checksums;
};

/* The result of one key of DeleteObjects; valid during the call. */
struct hr_s3_deleted {
    struct hr_slice key;
    struct hr_slice version_id;
    bool delete_marker; /* one was made, or the version that was deleted is one */
    struct hr_slice delete_marker_version_id;
    struct hr_slice code; /* "AccessDenied", …; empty: it is deleted */
    struct hr_slice message;
};

/* A tag; UTF-8. */
struct hr_s3_tag {
    const char *key, *value;
};
#define HR_S3_TAGS_MAX      10  /* of an object */
#define HR_S3_TAG_KEY_MAX   128 /* characters of UTF-16, as S3 counts them */
#define HR_S3_TAG_VALUE_MAX 256

enum hr_s3_versioning {
    HR_S3_VERSIONING_OFF, /* it has never been on */
    HR_S3_VERSIONING_ENABLED,
    HR_S3_VERSIONING_SUSPENDED,
};

#ifdef __cplusplus
}
#endif

#endif
