#include "store.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include <headrace/text.h>

#include "store_private.h"

/* ---- The store. */

int s3_server__store_init(struct s3_store *store, uint64_t bytes_max) {
    memset(store, 0, sizeof *store);
    store->account.limit = bytes_max;
    /* Upload ids need to be unlike those of an earlier run; no more is asked of them. */
    if (getrandom(&store->seed, sizeof store->seed, 0) != sizeof store->seed) return -ENOMEM;
    pthread_rwlockattr_t attributes;
    if (pthread_rwlockattr_init(&attributes) != 0) return -ENOMEM;
    /* Else a steady stream of GETs would keep every PUT waiting. */
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    int err = pthread_rwlock_init(&store->lock, &attributes);
    pthread_rwlockattr_destroy(&attributes);
    if (err) return -ENOMEM;
    s3_server__index_init(&store->buckets, store->seed);
    return 0;
}

static void bucket_free(void *pointer) {
    struct s3_bucket *bucket = pointer;
    s3_server__index_deinit(&bucket->objects, s3_server__object_release);
    s3_server__index_deinit(&bucket->uploads, s3_server__upload_free);
    s3_server__account_give(bucket->account, sizeof *bucket + S3_INDEX_NODE_BYTES);
    free(bucket);
}

void s3_server__store_deinit(struct s3_store *store) {
    s3_server__index_deinit(&store->buckets, bucket_free);
    pthread_rwlock_destroy(&store->lock);
}

/* SplitMix64. */
uint64_t s3_server__store_random(struct s3_store *store) {
    const uint64_t step = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = __atomic_add_fetch(&store->seed, step, __ATOMIC_RELAXED);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* ---- Buckets. */

struct s3_bucket *s3_server__bucket_find(const struct s3_store *store, struct hr_slice name) {
    return s3_server__index_find(&store->buckets, name);
}

static enum s3_error bucket_new(struct s3_store *store, struct hr_slice name, uint64_t now_ms,
                                struct s3_bucket **bucket) {
    uint64_t charge = sizeof **bucket + S3_INDEX_NODE_BYTES;
    if (!s3_server__account_take(&store->account, charge)) return S3_InsufficientStorage;
    struct s3_bucket *made = calloc(1, sizeof *made);
    if (!made) {
        s3_server__account_give(&store->account, charge);
        return S3_InternalError;
    }
    made->account = &store->account;
    made->created_ms = now_ms;
    memcpy(made->text, name.data, name.size);
    made->name = hr_slice_bytes(made->text, name.size);
    s3_server__index_init(&made->objects, s3_server__store_random(store));
    s3_server__index_init(&made->uploads, s3_server__store_random(store));
    *bucket = made;
    return S3_OK;
}

enum s3_error s3_server__bucket_create(struct s3_store *store, struct hr_slice name,
                                       struct hr_slice region, uint64_t now_ms) {
    if (!s3_server__bucket_name_valid(name)) return S3_InvalidBucketName;
    struct s3_bucket *bucket;
    enum s3_error error = bucket_new(store, name, now_ms, &bucket);
    if (error) return error;
    hr_text_copy(bucket->region, sizeof bucket->region, region);
    void *old = NULL;
    pthread_rwlock_wrlock(&store->lock);
    if (s3_server__bucket_find(store, name))
        error = S3_BucketAlreadyOwnedByYou;
    else if (store->buckets.count >= S3_BUCKETS_MAX)
        error = S3_TooManyBuckets;
    else if (s3_server__index_put(&store->buckets, bucket->name, bucket, &old) < 0)
        error = S3_InternalError;
    pthread_rwlock_unlock(&store->lock);
    if (error) bucket_free(bucket);
    return error;
}

enum s3_error s3_server__bucket_delete(struct s3_store *store, struct hr_slice name) {
    enum s3_error error = S3_OK;
    pthread_rwlock_wrlock(&store->lock);
    struct s3_bucket *bucket = s3_server__bucket_find(store, name);
    if (!bucket)
        error = S3_NoSuchBucket;
    else if (bucket->objects.count > 0)
        error = S3_BucketNotEmpty;
    else
        s3_server__index_remove(&store->buckets, name);
    pthread_rwlock_unlock(&store->lock);
    if (!error) bucket_free(bucket);
    return error;
}

enum s3_error s3_server__bucket_check(struct s3_store *store, struct hr_slice name) {
    pthread_rwlock_rdlock(&store->lock);
    bool found = s3_server__bucket_find(store, name) != NULL;
    pthread_rwlock_unlock(&store->lock);
    return found ? S3_OK : S3_NoSuchBucket;
}

enum s3_error s3_server__bucket_region(struct s3_store *store, struct hr_slice name,
                                       char region[S3_REGION_MAX + 1]) {
    pthread_rwlock_rdlock(&store->lock);
    const struct s3_bucket *bucket = s3_server__bucket_find(store, name);
    if (bucket) memcpy(region, bucket->region, sizeof bucket->region);
    pthread_rwlock_unlock(&store->lock);
    return bucket ? S3_OK : S3_NoSuchBucket;
}

enum s3_error s3_server__bucket_list(struct s3_store *store, struct s3_arena *arena,
                                     struct s3_bucket_entry **entries, size_t *count) {
    enum s3_error error = S3_OK;
    size_t made = 0;
    pthread_rwlock_rdlock(&store->lock);
    struct s3_bucket_entry *all =
        s3_server__arena_take(arena, (store->buckets.count + 1) * sizeof *all);
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

/* ---- Objects. */

enum s3_error s3_server__object_get(struct s3_store *store, struct hr_slice bucket_name,
                                    struct hr_slice key, struct s3_object **object) {
    enum s3_error error = S3_OK;
    struct s3_object *found = NULL;
    pthread_rwlock_rdlock(&store->lock);
    struct s3_bucket *bucket = s3_server__bucket_find(store, bucket_name);
    if (!bucket)
        error = S3_NoSuchBucket;
    else if (!(found = s3_server__index_find(&bucket->objects, key)))
        error = S3_NoSuchKey;
    else
        s3_server__object_reference(found);
    pthread_rwlock_unlock(&store->lock);
    if (!error) *object = found;
    return error;
}

/* The bucket in which `key` may be written under `conditions` (NULL: none). The caller holds the
 * lock for writing. */
static enum s3_error bucket_to_write(struct s3_store *store, struct hr_slice bucket_name,
                                     struct hr_slice key, const struct s3_conditions *conditions,
                                     struct s3_bucket **bucket) {
    *bucket = s3_server__bucket_find(store, bucket_name);
    if (!*bucket) return S3_NoSuchBucket;
    if (!conditions) return S3_OK;
    return s3_server__conditions_write(conditions, s3_server__index_find(&(*bucket)->objects, key));
}

enum s3_error s3_server__object_put(struct s3_store *store, struct hr_slice bucket_name,
                                    const struct s3_conditions *conditions,
                                    struct s3_object *object) {
    struct s3_bucket *bucket;
    void *old = NULL;
    pthread_rwlock_wrlock(&store->lock);
    enum s3_error error = bucket_to_write(store, bucket_name, object->key, conditions, &bucket);
    if (!error && s3_server__index_put(&bucket->objects, object->key, object, &old) < 0)
        error = S3_InternalError;
    pthread_rwlock_unlock(&store->lock);
    s3_server__object_release(old);
    return error;
}

enum s3_error s3_server__object_delete(struct s3_store *store, struct hr_slice bucket_name,
                                       struct hr_slice key,
                                       const struct s3_conditions *conditions) {
    struct s3_bucket *bucket;
    void *old = NULL;
    pthread_rwlock_wrlock(&store->lock);
    enum s3_error error = bucket_to_write(store, bucket_name, key, conditions, &bucket);
    if (!error) old = s3_server__index_remove(&bucket->objects, key);
    pthread_rwlock_unlock(&store->lock);
    s3_server__object_release(old);
    return error;
}
