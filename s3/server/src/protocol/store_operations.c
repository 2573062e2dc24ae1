/* The table of operations: names, and which of them change the store. */
#include "store_operations.h"

#include <assert.h>

static const struct s3_operation_traits traits[S3_OPERATIONS] = {
    [S3_LIST_BUCKETS] = {"ListBuckets", S3_EFFECT_READS},
    [S3_CREATE_BUCKET] = {"CreateBucket", S3_EFFECT_WRITES},
    [S3_HEAD_BUCKET] = {"HeadBucket", S3_EFFECT_READS},
    [S3_DELETE_BUCKET] = {"DeleteBucket", S3_EFFECT_WRITES},
    [S3_GET_BUCKET_LOCATION] = {"GetBucketLocation", S3_EFFECT_READS},
    [S3_GET_BUCKET_SETTING] = {"GetBucketSetting", S3_EFFECT_READS},
    [S3_LIST_OBJECTS] = {"ListObjects", S3_EFFECT_READS},
    [S3_LIST_OBJECTS_V2] = {"ListObjectsV2", S3_EFFECT_READS},
    [S3_LIST_MULTIPART_UPLOADS] = {"ListMultipartUploads", S3_EFFECT_READS},
    [S3_DELETE_OBJECTS] = {"DeleteObjects", S3_EFFECT_WRITES},
    [S3_PUT_OBJECT] = {"PutObject", S3_EFFECT_WRITES},
    [S3_GET_OBJECT] = {"GetObject", S3_EFFECT_READS},
    [S3_HEAD_OBJECT] = {"HeadObject", S3_EFFECT_READS},
    [S3_DELETE_OBJECT] = {"DeleteObject", S3_EFFECT_WRITES},
    [S3_COPY_OBJECT] = {"CopyObject", S3_EFFECT_WRITES},
    [S3_CREATE_MULTIPART_UPLOAD] = {"CreateMultipartUpload", S3_EFFECT_WRITES},
    [S3_UPLOAD_PART] = {"UploadPart", S3_EFFECT_WRITES},
    [S3_UPLOAD_PART_COPY] = {"UploadPartCopy", S3_EFFECT_WRITES},
    [S3_COMPLETE_MULTIPART_UPLOAD] = {"CompleteMultipartUpload", S3_EFFECT_WRITES},
    [S3_ABORT_MULTIPART_UPLOAD] = {"AbortMultipartUpload", S3_EFFECT_WRITES},
    [S3_LIST_PARTS] = {"ListParts", S3_EFFECT_READS},
    [S3_GET_OBJECT_TAGGING] = {"GetObjectTagging", S3_EFFECT_READS},
    [S3_GET_BUCKET_VERSIONING] = {"GetBucketVersioning", S3_EFFECT_READS},
    [S3_PUT_BUCKET_VERSIONING] = {"PutBucketVersioning", S3_EFFECT_WRITES},
    [S3_LIST_OBJECT_VERSIONS] = {"ListObjectVersions", S3_EFFECT_READS},
    [S3_PUT_OBJECT_TAGGING] = {"PutObjectTagging", S3_EFFECT_WRITES},
    [S3_DELETE_OBJECT_TAGGING] = {"DeleteObjectTagging", S3_EFFECT_WRITES},
    [S3_GET_BUCKET_TAGGING] = {"GetBucketTagging", S3_EFFECT_READS},
    [S3_PUT_BUCKET_TAGGING] = {"PutBucketTagging", S3_EFFECT_WRITES},
    [S3_DELETE_BUCKET_TAGGING] = {"DeleteBucketTagging", S3_EFFECT_WRITES},
    [S3_GET_OBJECT_ACL] = {"GetObjectAcl", S3_EFFECT_READS},
    [S3_PUT_OBJECT_ACL] = {"PutObjectAcl", S3_EFFECT_WRITES},
    [S3_GET_BUCKET_ACL] = {"GetBucketAcl", S3_EFFECT_READS},
    [S3_PUT_BUCKET_ACL] = {"PutBucketAcl", S3_EFFECT_WRITES},
    [S3_GET_BUCKET_OWNERSHIP] = {"GetBucketOwnershipControls", S3_EFFECT_READS},
    [S3_GET_LEGAL_HOLD] = {"GetObjectLegalHold", S3_EFFECT_READS},
    [S3_PUT_LEGAL_HOLD] = {"PutObjectLegalHold", S3_EFFECT_WRITES},
    [S3_GET_RETENTION] = {"GetObjectRetention", S3_EFFECT_READS},
    [S3_PUT_RETENTION] = {"PutObjectRetention", S3_EFFECT_WRITES},
    [S3_GET_LOCK_RULE] = {"GetObjectLockConfiguration", S3_EFFECT_READS},
    [S3_PUT_LOCK_RULE] = {"PutObjectLockConfiguration", S3_EFFECT_WRITES},
    [S3_GET_OBJECT_ATTRIBUTES] = {"GetObjectAttributes", S3_EFFECT_READS},
    [S3_POST_OBJECT] = {"PostObject", S3_EFFECT_WRITES},
    [S3_GET_BUCKET_CORS] = {"GetBucketCors", S3_EFFECT_READS},
    [S3_PUT_BUCKET_CORS] = {"PutBucketCors", S3_EFFECT_WRITES},
    [S3_DELETE_BUCKET_CORS] = {"DeleteBucketCors", S3_EFFECT_WRITES},
};

const struct s3_operation_traits *s3_server__operation_traits(enum s3_operation operation) {
    assert(operation < S3_OPERATIONS);
    return &traits[operation];
}
