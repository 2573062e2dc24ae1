/* The XML documents of S3 and STS but for listings: read whole, and written. Pure; any thread.
 *
 * A reader checks all of the document before it fills `out` or shows an entry: the root, elements
 * that must be there, numbers, dates, booleans. Elements that it does not know are skipped, of
 * several with one name the last counts, namespaces and their prefixes are ignored. It returns 0,
 * -ENOMEM, what the callback returned, or HR_ERR_S3_RESPONSE with a message that names the element;
 * `out` is untouched on error. Texts are in `texts`, NUL-terminated; ETags come without quotes. */
#ifndef HR_S3_DOCUMENTS_H
#define HR_S3_DOCUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/error.h>
#include <headrace/s3_documents.h>
#include <headrace/slice.h>

#include "texts.h"

#define HR__DOCUMENT_MAX 1048576 /* bytes; a longer one is refused */

/* InitiateMultipartUploadResult. */
struct hr__upload_created {
    struct hr_slice bucket, key, upload_id; /* the last is never empty */
};
int hr__read_upload_created(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error,
                            struct hr__upload_created *out);

/* CompleteMultipartUploadResult. White space may stand before the XML declaration. */
struct hr__upload_completed {
    struct hr_slice location, bucket, key, etag; /* the last is never empty */
    struct hr_s3_checksums checksums;
};
int hr__read_upload_completed(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error,
                              struct hr__upload_completed *out);

/* CopyObjectResult, CopyPartResult. */
struct hr__copied {
    struct hr_slice etag; /* never empty */
    uint64_t last_modified_s;
    struct hr_s3_checksums checksums;
};
int hr__read_object_copied(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error,
                           struct hr__copied *out);
int hr__read_part_copied(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error,
                         struct hr__copied *out);

/* DeleteResult: an entry per key, in the store's order. */
#define HR__DELETE_KEYS_MAX 1000
struct hr__deleted_sink {
    int (*on_deleted)(void *user, const struct hr_s3_deleted *deleted); /* negative: ends */
    void *user;
};
int hr__read_deleted(struct hr_slice xml, const struct hr__deleted_sink *sink,
                     struct hr_error *error);

/* Tagging. */
struct hr__tags_sink {
    int (*on_tag)(void *user, const struct hr_s3_tag *tag); /* negative: ends */
    void *user;
};
int hr__read_tags(struct hr_slice xml, const struct hr__tags_sink *sink, struct hr_error *error);

/* GetObjectAttributesResponse. */
struct hr__attributes {
    struct hr_slice etag, storage_class;
    struct hr_s3_checksums checksums;
    uint64_t size_bytes;
    bool has_size;
    /* ObjectParts: 0 and false where the store sent none. */
    uint64_t parts_total, part_marker, next_part_marker, parts_max;
    bool parts_truncated;
};
struct hr__parts_sink {
    int (*on_part)(void *user, const struct hr_s3_part_info *part); /* negative: ends; or NULL */
    void *user;
};
int hr__read_attributes(struct hr_slice xml, struct hr__texts *texts,
                        const struct hr__parts_sink *sink, struct hr_error *error,
                        struct hr__attributes *out);

/* LocationConstraint. */
struct hr__location {
    struct hr_slice constraint; /* as the store says it: "", "EU", "eu-west-2" */
    struct hr_slice region;     /* "us-east-1" for "", "eu-west-1" for "EU". Not checked as a label
                                   of a host name */
};
int hr__read_location(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error,
                      struct hr__location *out);

/* VersioningConfiguration. */
struct hr__versioning {
    enum hr_s3_versioning status;
    bool mfa_delete;
};
int hr__read_versioning(struct hr_slice xml, struct hr_error *error, struct hr__versioning *out);

/* CreateSessionResult of S3 Express; AssumeRoleResponse and AssumeRoleWithWebIdentityResponse of
 * STS. The texts are secret. Nothing but the ARN is ever empty. */
struct hr__issued_credentials {
    struct hr_slice access_key_id, secret_access_key, session_token;
    uint64_t expires_s;
    struct hr_slice assumed_role_arn; /* of STS */
};
int hr__read_session(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error,
                     struct hr__issued_credentials *out);
int hr__read_assumed_role(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error,
                          struct hr__issued_credentials *out);
int hr__read_web_identity(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error,
                          struct hr__issued_credentials *out);

/* Error of S3, also inside of ErrorResponse as STS sends it. */
struct hr__error_document {
    struct hr_slice code, message, request_id, host_id, resource, region, endpoint, bucket_name;
    uint64_t server_time_s; /* 0: none */
};
/* As the others, but an element that cannot be read counts as absent. */
int hr__read_error(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error,
                   struct hr__error_document *out);

/* Writers. Each sets `size` to the size of the whole document and writes it into `memory` where it
 * fits; capacity 0 asks for the size alone. -ENOBUFS (it does not fit; `size` is set), and with a
 * message -EINVAL (a text that XML 1.0 cannot hold, a number, a count or a length beyond S3's
 * limits) or HR_ERR_S3_KEY_INVALID (such a key). */
struct hr__memory {
    char *data;
    size_t capacity;
};

/* CreateBucketConfiguration. A bucket in us-east-1 has no such body: that region is refused, and an
 * empty configuration. */
struct hr__bucket_configuration {
    struct hr_slice region; /* LocationConstraint; or empty */
    struct hr_slice zone;   /* of a directory bucket: "usw2-az1"; or empty */
    bool local_zone;        /* `zone` is an AWS Local Zone, not an Availability Zone */
};
int hr__write_bucket_configuration(const struct hr__bucket_configuration *configuration,
                                   struct hr__memory memory, struct hr_error *error, size_t *size);

/* Delete. */
struct hr__delete_key {
    const char *key;
    const char *version_id; /* NULL: the current one */
    const char *etag;       /* deleted if it still has this one; with or without quotes; or NULL */
};
struct hr__delete_keys {
    const struct hr__delete_key *keys;
    size_t count; /* 1 to HR__DELETE_KEYS_MAX */
    bool quiet;   /* results only where something fails */
};
int hr__write_delete(const struct hr__delete_keys *keys, struct hr__memory memory,
                     struct hr_error *error, size_t *size);

/* CompleteMultipartUpload. */
#define HR__PARTS_MAX 10000
struct hr__completed_part {
    uint32_t part_number;               /* ascending, 1 to HR__PARTS_MAX */
    struct hr_slice etag;               /* with or without quotes */
    struct hr_slice checksum_algorithm; /* "CRC32", "CRC64NVME", …; empty: no checksum */
    struct hr_slice checksum;           /* base64 */
};
struct hr__completed_parts {
    const struct hr__completed_part *parts;
    size_t count; /* 1 to HR__PARTS_MAX */
};
int hr__write_completed_parts(const struct hr__completed_parts *parts, struct hr__memory memory,
                              struct hr_error *error, size_t *size);

/* Tagging. No tag at all is allowed. */
struct hr__tags {
    const struct hr_s3_tag *tags;
    size_t count; /* to HR_S3_TAGS_MAX */
};
/* Count, lengths, UTF-8, keys that repeat: -EINVAL. */
int hr__tags_check(const struct hr__tags *tags, struct hr_error *error);
int hr__write_tags(const struct hr__tags *tags, struct hr__memory memory, struct hr_error *error,
                   size_t *size);

/* RestoreRequest. */
struct hr__restore {
    uint32_t days;    /* 0: for good, from INTELLIGENT_TIERING */
    const char *tier; /* "Standard", "Bulk", "Expedited"; NULL: the store's default */
};
int hr__write_restore(const struct hr__restore *restore, struct hr__memory memory,
                      struct hr_error *error, size_t *size);

/* VersioningConfiguration. HR_S3_VERSIONING_OFF is refused: S3 cannot go back to it. */
int hr__write_versioning(enum hr_s3_versioning status, struct hr__memory memory,
                         struct hr_error *error, size_t *size);

#endif
