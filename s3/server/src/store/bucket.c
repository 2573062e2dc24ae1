/* A bucket's memory. */
#include "bucket.h"

#include <assert.h>
#include <stdlib.h>

#include <headrace/text.h>

#include "upload.h"

void s3_server__bucket_free(void *pointer) {
    struct s3_bucket *bucket = pointer;
    if (!bucket) return;
    s3_server__index_deinit(&bucket->objects, s3_server__object_release);
    s3_server__index_deinit(&bucket->uploads, s3_server__upload_free);
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
    s3_server__index_init(&made->uploads, seeds.uploads);
    hr_text_copy(made->region, sizeof made->region, region);
    *bucket = made;
    return S3_OK;
}
