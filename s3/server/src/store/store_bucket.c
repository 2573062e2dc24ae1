/* The store's buckets. */
#include "store_private.h"

#include <assert.h>

enum s3_error s3_server__store_bucket_create(struct s3_store *store, struct hr_slice name,
                                             struct hr_slice region,
                                             const struct s3_bucket_settings *settings,
                                             uint64_t now_ms) {
    if (!s3_server__bucket_name_valid(name)) return S3_InvalidBucketName;
    struct s3_bucket *bucket;
    struct s3_bucket_seeds seeds = {s3_server__store_random(store), s3_server__store_random(store),
                                    s3_server__store_random(store)};
    enum s3_error error = s3_server__bucket_new(&store->account, name, region, seeds, &bucket);
    if (error) return error;
    bucket->created_ms = now_ms;
    if (settings) bucket->settings = *settings;
    void *old = NULL;
    pthread_rwlock_wrlock(&store->lock);
    if (s3_server__store_bucket(store, name))
        error = S3_BucketAlreadyOwnedByYou;
    else if (store->buckets.count >= S3_BUCKETS_MAX)
        error = S3_TooManyBuckets;
    if (!error) {
        bucket->id = ++store->sequence;
        error = s3_server__store_commit_bucket(store, bucket);
    }
    if (!error && s3_server__index_put(&store->buckets, bucket->name, bucket, &old) < 0) {
        if (store->disk) s3_server__disk_remove_bucket(store->disk, bucket);
        error = S3_InternalError;
    }
    pthread_rwlock_unlock(&store->lock);
    if (error) s3_server__bucket_free(bucket);
    return error;
}

/* With its uploads: what a crash leaves of those is of no bucket, and goes at the next start. */
static enum s3_error remove_from_disk(struct s3_store *store, const struct s3_bucket *bucket) {
    if (!store->disk) return S3_OK;
    enum s3_error error = s3_server__disk_remove_bucket(store->disk, bucket);
    for (struct s3_index_node *node = s3_server__index_first(&bucket->uploads); node && !error;
         node = s3_server__index_next(node))
        s3_server__store_void_upload(store, node->value);
    return error;
}

enum s3_error s3_server__store_bucket_delete(struct s3_store *store, struct hr_slice name) {
    enum s3_error error = S3_OK;
    void *removed = NULL;
    pthread_rwlock_wrlock(&store->lock);
    struct s3_bucket *bucket = s3_server__store_bucket(store, name);
    if (!bucket)
        error = S3_NoSuchBucket;
    else if (bucket->objects.count > 0 || bucket->versions.count > 0)
        error = S3_BucketNotEmpty;
    else
        error = remove_from_disk(store, bucket);
    if (!error) removed = s3_server__index_remove(&store->buckets, name);
    pthread_rwlock_unlock(&store->lock);
    assert(error || removed == bucket);
    s3_server__bucket_free(removed);
    return error;
}

enum s3_error s3_server__store_bucket_check(struct s3_store *store, struct hr_slice name) {
    pthread_rwlock_rdlock(&store->lock);
    bool found = s3_server__store_bucket(store, name) != NULL;
    pthread_rwlock_unlock(&store->lock);
    return found ? S3_OK : S3_NoSuchBucket;
}

enum s3_error s3_server__store_bucket_region(struct s3_store *store, struct hr_slice name,
                                             char region[S3_REGION_MAX + 1]) {
    pthread_rwlock_rdlock(&store->lock);
    const struct s3_bucket *bucket = s3_server__store_bucket(store, name);
    if (bucket) memcpy(region, bucket->region, sizeof bucket->region);
    pthread_rwlock_unlock(&store->lock);
    return bucket ? S3_OK : S3_NoSuchBucket;
}

enum s3_error s3_server__store_bucket_list(struct s3_store *store, struct s3_arena *arena,
                                           struct s3_bucket_entry **entries, size_t *count) {
    enum s3_error error = S3_OK;
    size_t made = 0;
    pthread_rwlock_rdlock(&store->lock);
    struct s3_bucket_entry *all =
        s3_server__arena_allocate(arena, (store->buckets.count + 1) * sizeof *all);
    if (!all) error = S3_InternalError;
    for (struct s3_index_node *node = s3_server__index_first(&store->buckets); node && !error;
         node = s3_server__index_next(node)) {
        const struct s3_bucket *bucket = node->value;
        all[made].name = s3_server__arena_copy(arena, bucket->name);
        all[made].created_ms = bucket->created_ms;
        memcpy(all[made].region, bucket->region, sizeof bucket->region);
        if (!all[made++].name.data) error = S3_InternalError;
    }
    pthread_rwlock_unlock(&store->lock);
    if (error) return error;
    *entries = all;
    *count = made;
    return S3_OK;
}
