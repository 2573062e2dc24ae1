/* The store's objects: read and written. */
#include "store_private.h"

#include <assert.h>

#include <headrace/encode.h>

#include "object_version.h"

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

/* The caller holds the lock. */
static enum s3_error find(struct s3_store *store, const struct s3_version_name *name,
                          struct s3_bucket **bucket, struct s3_object **object) {
    *bucket = s3_server__store_bucket(store, name->bucket);
    if (!*bucket) return S3_NoSuchBucket;
    *object = s3_server__version_find(*bucket, name->key, name->id);
    if (*object) return S3_OK;
    return name->id.size > 0 ? S3_NoSuchVersion : S3_NoSuchKey;
}

enum s3_error s3_server__store_version_get(struct s3_store *store,
                                           const struct s3_version_name *name,
                                           struct s3_found *found) {
    struct s3_bucket *bucket;
    struct s3_object *object;
    pthread_rwlock_rdlock(&store->lock);
    enum s3_error error = find(store, name, &bucket, &object);
    if (!error)
        *found = (struct s3_found){.object = s3_server__object_reference(object),
                                   .versioning = bucket->settings.versioning,
                                   .is_latest = s3_server__version_is_latest(bucket, object)};
    pthread_rwlock_unlock(&store->lock);
    return error;
}

static enum s3_error change_found(struct s3_store *store, struct s3_bucket *bucket,
                                  struct s3_object *object, const struct s3_change *change,
                                  struct s3_object **copy) {
    if (object->is_marker) return S3_MethodNotAllowed;
    if (change->needs_lock && !bucket->settings.lock_enabled) return S3_InvalidRequest;
    struct s3_traits traits = object->traits;
    enum s3_error error = change->change(change->user, object, &traits);
    if (!error) error = s3_server__object_copy(object, &traits, copy);
    if (error) return error;
    error = s3_server__store_commit_object(store, bucket, *copy);
    if (error) {
        s3_server__object_release(*copy);
        return error;
    }
    s3_server__version_replace(bucket, object, *copy);
    s3_server__store_void(store, object); /* the later record counts, should this fail */
    return S3_OK;
}

enum s3_error s3_server__store_object_change(struct s3_store *store,
                                             const struct s3_version_name *name,
                                             const struct s3_change *change,
                                             struct s3_object **out) {
    struct s3_bucket *bucket;
    struct s3_object *object, *copy = NULL;
    pthread_rwlock_wrlock(&store->lock);
    enum s3_error error = find(store, name, &bucket, &object);
    if (!error) error = change_found(store, bucket, object, change, &copy);
    if (!error) s3_server__object_reference(copy);
    pthread_rwlock_unlock(&store->lock);
    if (error) return error;
    s3_server__object_release(object);
    *out = copy;
    return S3_OK;
}

/* Later versions sort before earlier ones; what follows the sequence is not to be guessed. */
static void name_version(struct s3_store *store, struct s3_object *object) {
    uint8_t bytes[S3_VERSION_ID_SIZE / 2];
    uint64_t order = UINT64_MAX - ++store->sequence, random = s3_server__store_random(store);
    for (size_t i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(order >> (56 - 8 * i));
        bytes[8 + i] = (uint8_t)(random >> (56 - 8 * i));
    }
    hr_hex_encode(bytes, sizeof bytes, object->version);
}

#define DAY_MS ((uint64_t)86400 * 1000)

static enum s3_error apply_retention(const struct s3_bucket_settings *settings,
                                     struct s3_object *object) {
    struct s3_traits *traits = &object->traits;
    const struct s3_retention_rule *rule = &settings->retention;
    bool is_locked = traits->lock != S3_LOCK_NONE || traits->legal_hold;
    if (is_locked && !settings->lock_enabled) return S3_InvalidRequest;
    if (traits->lock != S3_LOCK_NONE || rule->mode == S3_LOCK_NONE || object->is_marker)
        return S3_OK;
    traits->lock = rule->mode;
    traits->retain_until_ms = object->modified_ms + (rule->days + 365 * rule->years) * DAY_MS;
    return S3_OK;
}

enum s3_error s3_server__store_put_newest(struct s3_store *store, struct s3_bucket *bucket,
                                          struct s3_object *object, struct s3_object **removed) {
    assert(object->version[0] == '\0');
    enum s3_error error = apply_retention(&bucket->settings, object);
    if (error) return error;
    name_version(store, object);
    object->is_null = bucket->settings.versioning != S3_VERSIONING_ENABLED;
    object->in_versions = bucket->settings.versioning != S3_VERSIONING_OFF;
    error = s3_server__store_commit_object(store, bucket, object);
    if (!error) error = s3_server__version_put(bucket, object, removed);
    if (error) {
        s3_server__store_void(store, object);
        object->version[0] = '\0';
        return error;
    }
    /* Of two that cannot be both, the later record counts, should this fail. */
    if (*removed) s3_server__store_void(store, *removed);
    return S3_OK;
}

enum s3_error s3_server__store_object_put(struct s3_store *store, struct hr_slice bucket_name,
                                          const struct s3_conditions *conditions,
                                          struct s3_object *object) {
    struct s3_object *old = NULL;
    enum s3_error error = S3_OK;
    assert(object->references > 0);
    pthread_rwlock_wrlock(&store->lock);
    struct s3_bucket *bucket = s3_server__store_bucket(store, bucket_name);
    if (!bucket) error = S3_NoSuchBucket;
    if (!error && conditions)
        error = s3_server__conditions_write(conditions,
                                            s3_server__index_find(&bucket->objects, object->key));
    if (!error) error = s3_server__store_put_newest(store, bucket, object, &old);
    pthread_rwlock_unlock(&store->lock);
    s3_server__object_release(old);
    return error;
}
