/* The versions of a bucket's keys. */
#include "object_version.h"

#include <assert.h>

static const struct hr_slice null_id = {"null", 4};

struct hr_slice s3_server__version_id(const struct s3_object *object) {
    return object->is_null ? null_id : hr_slice_bytes(object->version, S3_VERSION_ID_SIZE);
}

/* "KEY NUL": the beginning of the names of all versions of a key. */
static struct hr_slice versions_of(struct hr_slice key, char *memory) {
    assert(key.size <= S3_KEY_MAX);
    memcpy(memory, key.data, key.size);
    memory[key.size] = '\0';
    return hr_slice_bytes(memory, key.size + 1);
}

/* The first node of a key's other versions, or NULL. */
static struct s3_index_node *first_other(const struct s3_bucket *bucket, struct hr_slice key) {
    char memory[S3_KEY_MAX + 1];
    if (bucket->versions.count == 0 || key.size > S3_KEY_MAX) return NULL;
    struct s3_index_node *node =
        s3_server__index_seek(&bucket->versions, versions_of(key, memory), 0);
    const struct s3_object *object = node ? node->value : NULL;
    return object && hr_slice_equal(object->key, key) ? node : NULL;
}

struct s3_object *s3_server__version_newest_other(const struct s3_bucket *bucket,
                                                  struct hr_slice key) {
    struct s3_index_node *node = first_other(bucket, key);
    return node ? node->value : NULL;
}

/* The null version is the only one that is not found by its name: its key's versions are walked. */
static struct s3_object *find_null(const struct s3_bucket *bucket, struct hr_slice key) {
    struct s3_object *object = s3_server__index_find(&bucket->objects, key);
    if (object && object->is_null) return object;
    for (struct s3_index_node *node = first_other(bucket, key); node;
         node = s3_server__index_next(node)) {
        object = node->value;
        if (!hr_slice_equal(object->key, key)) break;
        if (object->is_null) return object;
    }
    return NULL;
}

struct hr_slice s3_server__version_name(struct hr_slice key, struct hr_slice id, char *memory) {
    if (id.size != S3_VERSION_ID_SIZE || key.size > S3_KEY_MAX) return hr_slice_bytes(NULL, 0);
    struct hr_slice name = versions_of(key, memory);
    memcpy(memory + name.size, id.data, S3_VERSION_ID_SIZE);
    return hr_slice_bytes(memory, name.size + S3_VERSION_ID_SIZE);
}

static struct s3_object *find_other(const struct s3_bucket *bucket, struct hr_slice key,
                                    struct hr_slice id) {
    char memory[S3_VERSION_NAME_MAX];
    struct hr_slice name = s3_server__version_name(key, id, memory);
    return name.size > 0 ? s3_server__index_find(&bucket->versions, name) : NULL;
}

struct s3_object *s3_server__version_find(const struct s3_bucket *bucket, struct hr_slice key,
                                          struct hr_slice id) {
    struct s3_object *current = s3_server__index_find(&bucket->objects, key);
    if (id.size == 0) return current ? current : s3_server__version_newest_other(bucket, key);
    if (hr_slice_equal(id, null_id)) return find_null(bucket, key);
    if (current && hr_slice_equal(s3_server__version_id(current), id)) return current;
    struct s3_object *other = find_other(bucket, key, id);
    return other && !other->is_null ? other : NULL;
}

bool s3_server__version_is_latest(const struct s3_bucket *bucket, const struct s3_object *object) {
    return s3_server__version_find(bucket, object->key, hr_slice_bytes(NULL, 0)) == object;
}

static enum s3_error keep_other(struct s3_bucket *bucket, struct s3_object *object) {
    void *old;
    struct hr_slice name = s3_server__object_version_name(object);
    if (s3_server__index_put(&bucket->versions, name, object, &old) < 0) return S3_InternalError;
    assert(!old);
    return S3_OK;
}

static void drop_other(struct s3_bucket *bucket, const struct s3_object *object) {
    void *removed =
        s3_server__index_remove(&bucket->versions, s3_server__object_version_name(object));
    assert(removed == object);
    (void)removed;
}

/* A delete marker goes among the versions, and takes the current object's place in the other index
 * away; an object takes it. */
static enum s3_error place_newest(struct s3_bucket *bucket, struct s3_object *object) {
    void *old;
    if (!object->is_marker)
        return s3_server__index_put(&bucket->objects, object->key, object, &old) < 0
                   ? S3_InternalError
                   : S3_OK;
    enum s3_error error = keep_other(bucket, object);
    if (!error) s3_server__index_remove(&bucket->objects, object->key);
    return error;
}

enum s3_error s3_server__version_put(struct s3_bucket *bucket, struct s3_object *object,
                                     struct s3_object **removed) {
    struct s3_object *current = s3_server__index_find(&bucket->objects, object->key);
    struct s3_object *replaced = object->is_null ? find_null(bucket, object->key) : NULL;
    bool keeps = current && current != replaced;
    enum s3_error error = keeps ? keep_other(bucket, current) : S3_OK;
    if (error) return error;
    error = place_newest(bucket, object);
    if (error) {
        if (keeps) drop_other(bucket, current);
        return error;
    }
    if (replaced && replaced != current) drop_other(bucket, replaced);
    *removed = replaced;
    assert(s3_server__version_is_latest(bucket, object));
    return S3_OK;
}

/* The version that becomes current when `object`, the newest of its key, goes. */
static struct s3_object *heir_of(const struct s3_bucket *bucket, const struct s3_object *object) {
    struct s3_index_node *node = first_other(bucket, object->key);
    if (node && node->value == object) node = s3_server__index_next(node);
    struct s3_object *heir = node ? node->value : NULL;
    return heir && hr_slice_equal(heir->key, object->key) && !heir->is_marker ? heir : NULL;
}

enum s3_error s3_server__version_remove(struct s3_bucket *bucket, struct s3_object *object) {
    void *old = NULL;
    bool was_current = s3_server__index_find(&bucket->objects, object->key) == object;
    bool was_latest = s3_server__version_is_latest(bucket, object);
    struct s3_object *heir = was_latest ? heir_of(bucket, object) : NULL;
    if (heir && s3_server__index_put(&bucket->objects, heir->key, heir, &old) < 0)
        return S3_InternalError;
    assert(!heir || old == (was_current ? object : NULL));
    if (heir) drop_other(bucket, heir);
    if (!was_current)
        drop_other(bucket, object);
    else if (!heir)
        s3_server__index_remove(&bucket->objects, object->key);
    return S3_OK;
}

void s3_server__version_replace(struct s3_bucket *bucket, const struct s3_object *object,
                                struct s3_object *copy) {
    void *old = NULL;
    bool is_current = s3_server__index_find(&bucket->objects, object->key) == object;
    int err = is_current ? s3_server__index_put(&bucket->objects, copy->key, copy, &old)
                         : s3_server__index_put(&bucket->versions,
                                                s3_server__object_version_name(copy), copy, &old);
    assert(err == 0 && old == object); /* a node that is there needs no memory */
    (void)err;
}
