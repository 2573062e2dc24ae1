/* A bucket: an ordered index of its objects, others of the versions that are not current and of the
 * uploads in progress, and its settings. Not thread-safe:
 * the store's lock is held around it. */
#ifndef S3_SERVER_BUCKET_H
#define S3_SERVER_BUCKET_H

#include "index.h"
#include "object.h"

#define S3_REGION_MAX 31

enum s3_versioning { S3_VERSIONING_OFF, S3_VERSIONING_ENABLED, S3_VERSIONING_SUSPENDED };

/* Settings that are kept as the client's text. */
enum s3_document {
    S3_DOCUMENT_TAGS, /* as in x-amz-tagging */
    S3_DOCUMENT_CORS, /* XML */
    S3_DOCUMENTS,
};

/* Of an object that is written without a retention of its own. */
struct s3_retention_rule {
    enum s3_lock_mode mode; /* NONE: no rule */
    unsigned days, years;   /* one of them is not 0 */
};

struct s3_bucket_settings {
    enum s3_versioning versioning;
    enum s3_acl acl;
    bool acls_disabled; /* BucketOwnerEnforced */
    bool lock_enabled;  /* objects may be locked; versioning cannot be suspended */
    struct s3_retention_rule retention;
};

struct s3_bucket {
    struct s3_account *account;
    uint64_t created_ms;
    uint64_t id; /* of buckets of one name one after the other each has its own */
    struct s3_bucket_settings settings;
    struct hr_slice documents[S3_DOCUMENTS]; /* heap, charged; data NULL: not set */
    struct s3_index objects;                 /* of struct s3_object, by key: the current versions */
    struct s3_index versions; /* of all others and of delete markers, by "KEY NUL VERSION" */
    struct s3_index uploads;  /* of struct s3_upload, by "KEY NUL ID" */
    struct hr_slice name;
    char text[64];
    char region[S3_REGION_MAX + 1];
};

/* The seeds of a bucket's indexes. */
struct s3_bucket_seeds {
    uint64_t objects, versions, uploads;
};

/* A checked name. `region`: at most S3_REGION_MAX bytes. InsufficientStorage, InternalError. */
enum s3_error s3_server__bucket_new(struct s3_account *account, struct hr_slice name,
                                    struct hr_slice region, struct s3_bucket_seeds seeds,
                                    struct s3_bucket **bucket);
/* Sets a document; data NULL: removes it. InsufficientStorage, InternalError. */
enum s3_error s3_server__bucket_set_document(struct s3_bucket *bucket, enum s3_document kind,
                                             struct hr_slice text);
/* With all that is in it. NULL: nothing. */
void s3_server__bucket_free(void *bucket);

#endif
