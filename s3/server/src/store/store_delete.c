/* Deletion: of the current object, of a version, or by a delete marker. */
#include "store_private.h"

#include <assert.h>
#include <stdio.h>

#include "object_version.h"

static bool is_locked(const struct s3_object *object, const struct s3_removal *removal) {
    const struct s3_traits *traits = &object->traits;
    if (traits->legal_hold) return true;
    if (traits->lock == S3_LOCK_NONE || traits->retain_until_ms <= removal->now_ms) return false;
    return traits->lock == S3_LOCK_COMPLIANCE || !removal->bypass;
}

static void tell(const struct s3_object *object, struct s3_removed *removed) {
    struct hr_slice id = s3_server__version_id(object);
    snprintf(removed->id, sizeof removed->id, "%.*s", (int)id.size, id.data);
    removed->is_marker = object->is_marker;
}

/* Takes a version out for good. */
static enum s3_error remove_version(struct s3_store *store, struct s3_bucket *bucket,
                                    struct s3_object *object, const struct s3_removal *removal,
                                    struct s3_removed *removed, struct s3_object **old) {
    if (is_locked(object, removal)) return S3_AccessDenied;
    enum s3_error error = s3_server__store_void(store, object);
    if (!error) error = s3_server__version_remove(bucket, object);
    if (error) return error;
    if (removal->name.id.size > 0) tell(object, removed);
    *old = object;
    return S3_OK;
}

static enum s3_error put_marker(struct s3_store *store, struct s3_bucket *bucket,
                                const struct s3_removal *removal, struct s3_removed *removed,
                                struct s3_object **old) {
    struct s3_object_plan plan = {
        .key = removal->name.key, .modified_ms = removal->now_ms, .etag = "", .is_marker = true};
    struct s3_object *marker;
    enum s3_error error = s3_server__object_new(&store->account, &plan, &marker);
    if (error) return error;
    error = s3_server__store_put_newest(store, bucket, marker, old);
    if (error)
        s3_server__object_release(marker);
    else
        tell(marker, removed);
    return error;
}

/* The caller holds the lock for writing. */
static enum s3_error delete_locked(struct s3_store *store, const struct s3_removal *removal,
                                   struct s3_removed *removed, struct s3_object **old) {
    struct s3_bucket *bucket = s3_server__store_bucket(store, removal->name.bucket);
    if (!bucket) return S3_NoSuchBucket;
    const struct s3_version_name *name = &removal->name;
    struct s3_object *object = name->id.size > 0
                                   ? s3_server__version_find(bucket, name->key, name->id)
                                   : s3_server__index_find(&bucket->objects, name->key);
    bool has_bytes = object && !object->is_marker;
    enum s3_error error = S3_OK;
    if (removal->conditions)
        error = s3_server__conditions_write(removal->conditions, has_bytes ? object : NULL);
    if (error) return error;
    if (name->id.size == 0 && bucket->settings.versioning != S3_VERSIONING_OFF)
        return put_marker(store, bucket, removal, removed, old);
    return object ? remove_version(store, bucket, object, removal, removed, old) : S3_OK;
}

enum s3_error s3_server__store_object_delete(struct s3_store *store,
                                             const struct s3_removal *removal,
                                             struct s3_removed *removed) {
    struct s3_object *old = NULL;
    struct s3_removed made = {.is_marker = false};
    pthread_rwlock_wrlock(&store->lock);
    enum s3_error error = delete_locked(store, removal, &made, &old);
    pthread_rwlock_unlock(&store->lock);
    s3_server__object_release(old);
    if (!error && made.id[0] == '\0')
        snprintf(made.id, sizeof made.id, "%.*s", (int)removal->name.id.size,
                 removal->name.id.data);
    if (!error) *removed = made;
    return error;
}
