/* Options that several operations on objects share. Zero is none of each; texts are borrowed until
 * the callback and have to be printable ASCII (HR_ERR_HEADER_INVALID names the field). */
#ifndef HEADRACE_S3_OPTIONS_H
#define HEADRACE_S3_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/s3_documents.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HR_S3_CUSTOMER_KEY_SIZE 32 /* bytes of a key for SSE-C */

/* User metadata, sent as x-amz-meta-NAME. */
struct hr_s3_metadata {
    const char *name;
    const char *value;
};

/* RFC 9110 13.1. ETags with or without quotes, or "*". A condition that is not met ends in
 * HR_ERR_S3_PRECONDITION, If-None-Match and If-Modified-Since of a get or head in
 * HR_ERR_S3_NOT_MODIFIED. */
struct hr_s3_conditions {
    const char *if_match;
    const char *if_none_match;
    uint64_t if_modified_since_s; /* Unix time; of reads and of copy sources alone */
    uint64_t if_unmodified_since_s;
    uint64_t reserved[2];
};

enum hr_s3_encryption_kind {
    HR_S3_ENCRYPTION_DEFAULT, /* the bucket's */
    HR_S3_ENCRYPTION_S3,      /* SSE-S3, AES256 */
    HR_S3_ENCRYPTION_KMS,     /* SSE-KMS, aws:kms */
    HR_S3_ENCRYPTION_KMS_DUAL /* DSSE-KMS, aws:kms:dsse */
};

/* Encryption at rest. */
struct hr_s3_encryption {
    enum hr_s3_encryption_kind kind;
    const char *kms_key_id;  /* NULL: AWS's own key for S3 */
    const char *kms_context; /* JSON, as it is: the client encodes it */
    bool bucket_key;
    /* SSE-C, HR_S3_CUSTOMER_KEY_SIZE bytes; not with a kind. Over plain HTTP HR_ERR_S3_TLS_NEEDED.
     * Never in an error or an event; copies are wiped. */
    const void *customer_key;
    uint64_t reserved[2];
};

/* Object lock. S3 wants a checksum or Content-MD5 with it. */
struct hr_s3_lock {
    const char *mode; /* "GOVERNANCE", "COMPLIANCE" */
    uint64_t retain_until_s;
    const char *legal_hold; /* "ON", "OFF" */
    uint64_t reserved[2];
};

/* Properties that an object is stored with: of put, copy and multipart create. */
struct hr_s3_object_options {
    const char *content_encoding;
    const char *content_language;
    const char *content_disposition;
    const char *cache_control;
    uint64_t expires_s; /* Expires, Unix time */
    const struct hr_s3_tag *tags;
    size_t tag_count;          /* to HR_S3_TAGS_MAX */
    const char *storage_class; /* "STANDARD_IA", … */
    const char *acl;           /* a canned one, "private" */
    const char *website_redirect;
    struct hr_s3_encryption encryption;
    struct hr_s3_lock lock;
    bool request_payer;
    const char *expected_owner; /* of the bucket: an account id */
    uint64_t reserved[4];
};

/* Header fields that the response to a get or head shall have. */
struct hr_s3_overrides {
    const char *content_type, *content_encoding, *content_language, *content_disposition;
    const char *cache_control;
    uint64_t expires_s;
    uint64_t reserved[2];
};

/* Options of reading: of get and head. */
struct hr_s3_read_options {
    const char *version_id;
    uint32_t part_number; /* of a multipart object, from 1; no range with it */
    struct hr_s3_conditions conditions;
    struct hr_s3_overrides overrides;
    const void *customer_key; /* as in hr_s3_encryption */
    bool request_payer;
    const char *expected_owner;
    uint64_t reserved[4];
};

#ifdef __cplusplus
}
#endif

#endif
