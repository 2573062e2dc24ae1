/* A bucket's settings and the documents that are kept as the client's text. */
#include "store_private.h"

enum s3_error s3_server__store_settings_get(struct s3_store *store, struct hr_slice name,
                                            struct s3_bucket_settings *settings) {
    pthread_rwlock_rdlock(&store->lock);
    const struct s3_bucket *bucket = s3_server__store_bucket(store, name);
    if (bucket) *settings = bucket->settings;
    pthread_rwlock_unlock(&store->lock);
    return bucket ? S3_OK : S3_NoSuchBucket;
}

enum s3_error s3_server__store_settings_change(
    struct s3_store *store, struct hr_slice name,
    enum s3_error (*change)(void *user, struct s3_bucket_settings *settings), void *user) {
    pthread_rwlock_wrlock(&store->lock);
    struct s3_bucket *bucket = s3_server__store_bucket(store, name);
    enum s3_error error = S3_NoSuchBucket;
    if (bucket) {
        struct s3_bucket_settings changed = bucket->settings;
        error = change(user, &changed);
        struct s3_bucket as_changed = *bucket;
        as_changed.settings = changed;
        if (!error) error = s3_server__store_commit_bucket(store, &as_changed);
        if (!error) bucket->settings = changed;
    }
    pthread_rwlock_unlock(&store->lock);
    return error;
}

static enum s3_error put_document(struct s3_store *store, struct s3_bucket *bucket,
                                  enum s3_document kind, struct hr_slice text) {
    struct s3_bucket as_changed = *bucket;
    as_changed.documents[kind] = text;
    enum s3_error error = s3_server__store_commit_bucket(store, &as_changed);
    if (error) return error;
    error = s3_server__bucket_set_document(bucket, kind, text);
    if (error) s3_server__store_commit_bucket(store, bucket); /* as it was */
    return error;
}

enum s3_error s3_server__store_document_put(struct s3_store *store, struct hr_slice name,
                                            enum s3_document kind, struct hr_slice text) {
    pthread_rwlock_wrlock(&store->lock);
    struct s3_bucket *bucket = s3_server__store_bucket(store, name);
    enum s3_error error = bucket ? put_document(store, bucket, kind, text) : S3_NoSuchBucket;
    pthread_rwlock_unlock(&store->lock);
    return error;
}

enum s3_error s3_server__store_document_get(struct s3_store *store, struct hr_slice name,
                                            enum s3_document kind, struct s3_arena *arena,
                                            struct hr_slice *text) {
    enum s3_error error = S3_NoSuchBucket;
    struct hr_slice copy = {NULL, 0};
    pthread_rwlock_rdlock(&store->lock);
    const struct s3_bucket *bucket = s3_server__store_bucket(store, name);
    if (bucket) {
        error = S3_OK;
        if (bucket->documents[kind].data) {
            copy = s3_server__arena_copy(arena, bucket->documents[kind]);
            if (!copy.data) error = S3_InternalError;
        }
    }
    pthread_rwlock_unlock(&store->lock);
    if (!error) *text = copy;
    return error;
}
