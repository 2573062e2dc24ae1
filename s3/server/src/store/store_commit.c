/* Changes of the store on its disk. */
#include "store_private.h"

static enum s3_error commit(struct s3_store *store, struct s3_record_about *about,
                            struct s3_object *object) {
    about->sequence = ++store->sequence;
    return s3_server__disk_commit(store->disk, about, object);
}

enum s3_error s3_server__store_commit_object(struct s3_store *store, const struct s3_bucket *bucket,
                                             struct s3_object *object) {
    struct s3_record_about about = {.kind = S3_RECORD_OBJECT, .bucket = bucket};
    return store->disk ? commit(store, &about, object) : S3_OK;
}

enum s3_error s3_server__store_commit_upload(struct s3_store *store, const struct s3_bucket *bucket,
                                             const struct s3_upload *upload) {
    struct s3_record_about about = {.kind = S3_RECORD_UPLOAD,
                                    .bucket = bucket,
                                    .upload_id = s3_server__upload_id(upload),
                                    .checksum = upload->checksum,
                                    .checksum_type = upload->checksum_type};
    return store->disk ? commit(store, &about, upload->head) : S3_OK;
}

enum s3_error s3_server__store_commit_part(struct s3_store *store, const struct s3_bucket *bucket,
                                           const struct s3_upload *upload, unsigned number,
                                           struct s3_object *part) {
    struct s3_record_about about = {.kind = S3_RECORD_PART,
                                    .bucket = bucket,
                                    .upload_id = s3_server__upload_id(upload),
                                    .part_number = number};
    return store->disk ? commit(store, &about, part) : S3_OK;
}

enum s3_error s3_server__store_commit_bucket(struct s3_store *store,
                                             const struct s3_bucket *bucket) {
    if (!store->disk) return S3_OK;
    return s3_server__disk_put_bucket(store->disk, bucket, ++store->sequence);
}

enum s3_error s3_server__store_void(struct s3_store *store, struct s3_object *object) {
    return store->disk ? s3_server__disk_void(store->disk, object) : S3_OK;
}

enum s3_error s3_server__store_void_upload(struct s3_store *store, struct s3_upload *upload) {
    enum s3_error error = s3_server__store_void(store, upload->head);
    for (size_t i = 0; i < upload->part_count && !error && store->disk; i++)
        if (!s3_server__disk_blob_of(upload->parts[i].part))
            error = s3_server__disk_void(store->disk, upload->parts[i].part);
    return error;
}
