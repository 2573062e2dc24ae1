/* Listing of versions: the indexes of current objects and of all other versions are walked side by
 * side, by key; of one key the current object comes first. */
#include <assert.h>

#include "key_order.h"
#include "object_version.h"
#include "store_private.h"

/* Where the listing is in both indexes. */
struct walk {
    const struct s3_bucket *bucket;
    struct s3_index_node *current, *other;
    struct hr_slice last_key; /* of the entry before: its versions are not the latest */
};

/* Both from the first key that is not before `key`. */
static void seek(struct walk *walk, struct hr_slice key) {
    walk->current = s3_server__index_seek(&walk->bucket->objects, key, 0);
    walk->other = s3_server__index_seek(&walk->bucket->versions, key, 0);
}

/* Behind all versions of a key: their names go on with NUL. */
static void seek_behind_key(struct walk *walk, struct hr_slice key) {
    char memory[S3_KEY_MAX + 1];
    memcpy(memory, key.data, key.size);
    memory[key.size] = '\1';
    walk->current = s3_server__index_seek(&walk->bucket->objects, key, 1);
    walk->other =
        s3_server__index_seek(&walk->bucket->versions, hr_slice_bytes(memory, key.size + 1), 0);
}

static void seek_behind_prefix(struct walk *walk, struct hr_slice prefix) {
    char memory[S3_KEY_MAX];
    struct hr_slice behind;
    if (s3_server__key_behind(prefix, memory, &behind))
        seek(walk, behind);
    else
        walk->current = walk->other = NULL;
}

static struct s3_object *peek(const struct walk *walk, bool *is_current) {
    struct s3_object *current = walk->current ? walk->current->value : NULL;
    struct s3_object *other = walk->other ? walk->other->value : NULL;
    *is_current = current && (!other || hr_slice_compare(current->key, other->key) <= 0);
    return *is_current ? current : other;
}

static void step(struct walk *walk, bool is_current) {
    struct s3_index_node **node = is_current ? &walk->current : &walk->other;
    *node = s3_server__index_next(*node);
}

/* Behind a version, which may have been deleted meanwhile: its id tells where it was, as later ids
 * sort before earlier ones. The current object is still to come where it is an older one, that has
 * become current since. */
static enum s3_error seek_behind_version(struct walk *walk, const struct s3_version_query *query) {
    const struct s3_object *object =
        s3_server__version_find(walk->bucket, query->key_after, query->id_after);
    char memory[S3_VERSION_NAME_MAX];
    struct hr_slice name = object
                               ? s3_server__object_version_name(object)
                               : s3_server__version_name(query->key_after, query->id_after, memory);
    if (name.size == 0) return S3_InvalidArgument;
    struct s3_object *current = s3_server__index_find(&walk->bucket->objects, query->key_after);
    bool is_to_come =
        current && hr_slice_compare(s3_server__object_version_name(current), name) > 0;
    walk->current = s3_server__index_seek(&walk->bucket->objects, query->key_after, !is_to_come);
    walk->other = s3_server__index_seek(&walk->bucket->versions, name, 1);
    if (!is_to_come) walk->last_key = query->key_after;
    return S3_OK;
}

static enum s3_error start(struct walk *walk, const struct s3_version_query *query) {
    bool goes_on =
        query->key_after.size > 0 && hr_slice_compare(query->key_after, query->prefix) >= 0;
    if (!goes_on) {
        seek(walk, query->prefix);
        return S3_OK;
    }
    if (query->id_after.size > 0) return seek_behind_version(walk, query);
    seek_behind_key(walk, query->key_after);
    return S3_OK;
}

static enum s3_error add_prefix(struct s3_version_page *page, struct s3_arena *arena,
                                struct hr_slice rolled) {
    struct s3_version_entry *entry = &page->entries[page->count];
    *entry = (struct s3_version_entry){.name = s3_server__arena_copy(arena, rolled)};
    if (!entry->name.data) return S3_InternalError;
    page->count++;
    return S3_OK;
}

static void add_version(struct s3_version_page *page, struct walk *walk, struct s3_object *object) {
    page->entries[page->count++] = (struct s3_version_entry){
        .object = s3_server__object_reference(object),
        .name = object->key,
        .is_latest = !walk->last_key.data || !hr_slice_equal(walk->last_key, object->key),
    };
    walk->last_key = object->key;
}

static enum s3_error fill(struct walk *walk, const struct s3_version_query *query,
                          struct s3_arena *arena, struct s3_version_page *page) {
    bool is_current;
    struct s3_object *object;
    while (query->count_max > 0 && (object = peek(walk, &is_current)) &&
           s3_server__key_begins(object->key, query->prefix)) {
        struct hr_slice rolled =
            s3_server__key_roll_up(object->key, query->prefix, query->delimiter);
        bool passed = rolled.size > 0 && hr_slice_equal(rolled, query->key_after);
        if (!passed && page->count == query->count_max) {
            page->truncated = true;
            break;
        }
        if (rolled.size > 0) {
            enum s3_error error = passed ? S3_OK : add_prefix(page, arena, rolled);
            if (error) return error;
            seek_behind_prefix(walk, rolled);
        } else {
            add_version(page, walk, object);
            step(walk, is_current);
        }
    }
    return S3_OK;
}

static enum s3_error list(const struct s3_bucket *bucket, const struct s3_version_query *query,
                          struct s3_arena *arena, struct s3_version_page *page) {
    size_t all = bucket->objects.count + bucket->versions.count;
    size_t most = query->count_max < all ? query->count_max : all;
    struct walk walk = {.bucket = bucket};
    page->entries = s3_server__arena_allocate(arena, (most + 1) * sizeof *page->entries);
    if (!page->entries) return S3_InternalError;
    enum s3_error error = start(&walk, query);
    return error ? error : fill(&walk, query, arena, page);
}

enum s3_error s3_server__store_version_list(struct s3_store *store, struct hr_slice bucket_name,
                                            const struct s3_version_query *query,
                                            struct s3_arena *arena, struct s3_version_page *page) {
    struct s3_version_page made = {.count = 0};
    enum s3_error error = S3_NoSuchBucket;
    if (query->key_after.size > S3_KEY_MAX) return S3_InvalidArgument;
    pthread_rwlock_rdlock(&store->lock);
    struct s3_bucket *bucket = s3_server__store_bucket(store, bucket_name);
    if (bucket) error = list(bucket, query, arena, &made);
    pthread_rwlock_unlock(&store->lock);
    if (error)
        s3_server__store_version_list_release(&made);
    else
        *page = made;
    return error;
}

void s3_server__store_version_list_release(struct s3_version_page *page) {
    for (size_t i = 0; i < page->count; i++) s3_server__object_release(page->entries[i].object);
    page->count = 0;
}
