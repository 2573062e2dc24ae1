/* A bucket's memory. */
#include "bucket.h"

#include <assert.h>
#include <stdlib.h>

#include <headrace/text.h>

#include "upload.h"

enum s3_error s3_server__bucket_set_document(struct s3_bucket *bucket, enum s3_document kind,
                                             struct hr_slice text) {
    char *copy = NULL;
    assert(kind < S3_DOCUMENTS);
    if (text.data) {
        if (!s3_server__account_acquire(bucket->account, text.size)) return S3_InsufficientStorage;
        copy = malloc(text.size + 1);
        if (!copy) {
            s3_server__account_release(bucket->account, text.size);
            return S3_InternalError;
        }
        memcpy(copy, text.data, text.size);
    }
    s3_server__account_release(bucket->account, bucket->documents[kind].size);
    free((char *)bucket->documents[kind].data);
    bucket->documents[kind] = hr_slice_bytes(copy, copy ? text.size : 0);
    return S3_OK;
}

void s3_server__bucket_free(void *pointer) {
    struct s3_bucket *bucket = pointer;
    if (!bucket) return;
    s3_server__index_deinit(&bucket->objects, s3_server__object_release);
    s3_server__index_deinit(&bucket->versions, s3_server__object_release);
    s3_server__index_deinit(&bucket->uploads, s3_server__upload_free);
    for (unsigned i = 0; i < S3_DOCUMENTS; i++)
        s3_server__bucket_set_document(bucket, i, hr_slice_bytes(NULL, 0));
    s3_server__account_release(bucket->account, sizeof *bucket + S3_INDEX_NODE_BYTES);
    free(bucket);
}

enum s3_error s3_server__bucket_new(struct s3_account *account, struct hr_slice name,
                                    struct hr_slice region, struct s3_bucket_seeds seeds,
                                    struct s3_bucket **bucket) {
    assert(name.size <= sizeof(*bucket)->text && region.size <= S3_REGION_MAX);
    uint64_t charge = sizeof **bucket + S3_INDEX_NODE_BYTES;
    if (!s3_server__account_acquire(account, charge)) return S3_InsufficientStorage;
    struct s3_bucket *made = calloc(1, sizeof *made);
    if (!made) {
        s3_server__account_release(account, charge);
        return S3_InternalError;
    }
    made->account = account;
    memcpy(made->text, name.data, name.size);
    made->name = hr_slice_bytes(made->text, name.size);
    s3_server__index_init(&made->objects, seeds.objects);
    s3_server__index_init(&made->versions, seeds.versions);
    s3_server__index_init(&made->uploads, seeds.uploads);
    hr_text_copy(made->region, sizeof made->region, region);
    *bucket = made;
    return S3_OK;
}
