/* The store's objects: read, written and deleted. */
#include "store_private.h"

#include <assert.h>

enum s3_error s3_server__store_object_get(struct s3_store *store, struct hr_slice bucket_name,
                                          struct hr_slice key, struct s3_object **object) {
    enum s3_error error = S3_OK;
    struct s3_object *found = NULL;
    pthread_rwlock_rdlock(&store->lock);
    struct s3_bucket *bucket = s3_server__store_bucket(store, bucket_name);
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
    *bucket = s3_server__store_bucket(store, bucket_name);
    if (!*bucket) return S3_NoSuchBucket;
    if (!conditions) return S3_OK;
    return s3_server__conditions_write(conditions, s3_server__index_find(&(*bucket)->objects, key));
}

enum s3_error s3_server__store_object_put(struct s3_store *store, struct hr_slice bucket_name,
                                          const struct s3_conditions *conditions,
                                          struct s3_object *object) {
    struct s3_bucket *bucket;
    void *old = NULL;
    assert(object->references > 0);
    pthread_rwlock_wrlock(&store->lock);
    enum s3_error error = bucket_to_write(store, bucket_name, object->key, conditions, &bucket);
    if (!error && s3_server__index_put(&bucket->objects, object->key, object, &old) < 0)
        error = S3_InternalError;
    pthread_rwlock_unlock(&store->lock);
    s3_server__object_release(old);
    return error;
}

enum s3_error s3_server__store_object_delete(struct s3_store *store, struct hr_slice bucket_name,
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
