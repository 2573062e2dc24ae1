/* Uploads in parts: the parts of one are a sorted array, as there are few of them and they come
 * mostly in order. */
#include <stdlib.h>

#include <headrace/encode.h>

#include "store_private.h"

struct s3_upload {
    struct s3_account *account;
    struct s3_object *head; /* key and fields, no bytes */
    enum s3_checksum checksum;
    enum s3_checksum_type checksum_type;
    struct s3_part_entry *parts; /* sorted by number */
    size_t part_count, part_capacity;
    uint64_t charged;
    size_t name_size;
    char name[]; /* KEY NUL ID */
};

void s3_server__upload_free(void *pointer) {
    struct s3_upload *upload = pointer;
    if (!upload) return;
    for (size_t i = 0; i < upload->part_count; i++)
        s3_server__object_release(upload->parts[i].part);
    free(upload->parts);
    s3_server__object_release(upload->head);
    s3_server__account_give(upload->account, upload->charged);
    free(upload);
}

static enum s3_error upload_new(struct s3_store *store, const struct s3_upload_plan *plan,
                                struct s3_upload **out) {
    size_t name_size = plan->key.size + 1 + S3_UPLOAD_ID_SIZE;
    struct s3_object_plan head = {
        .key = plan->key,
        .modified_ms = plan->now_ms,
        .etag = "",
        .storage_class = plan->storage_class,
        .fields = plan->fields,
        .field_count = plan->field_count,
    };
    uint64_t charge = sizeof **out + name_size;
    if (!s3_server__account_take(&store->account, charge)) return S3_InsufficientStorage;
    struct s3_upload *upload = calloc(1, sizeof *upload + name_size);
    if (!upload) {
        s3_server__account_give(&store->account, charge);
        return S3_InternalError;
    }
    upload->account = &store->account;
    upload->charged = charge;
    upload->checksum = plan->checksum;
    upload->checksum_type = plan->checksum_type;
    upload->name_size = name_size;
    memcpy(upload->name, plan->key.data, plan->key.size);
    uint64_t id[2] = {s3_server__store_random(store), s3_server__store_random(store)};
    hr_hex_encode(id, sizeof id, upload->name + plan->key.size + 1);
    enum s3_error error = s3_server__object_new(&store->account, &head, &upload->head);
    if (error)
        s3_server__upload_free(upload);
    else
        *out = upload;
    return error;
}

enum s3_error s3_server__upload_create(struct s3_store *store, struct hr_slice bucket_name,
                                       const struct s3_upload_plan *plan,
                                       char id[S3_UPLOAD_ID_SIZE + 1]) {
    struct s3_upload *upload;
    enum s3_error error = upload_new(store, plan, &upload);
    if (error) return error;
    memcpy(id, upload->name + plan->key.size + 1, S3_UPLOAD_ID_SIZE);
    id[S3_UPLOAD_ID_SIZE] = '\0';
    void *old = NULL;
    pthread_rwlock_wrlock(&store->lock);
    struct s3_bucket *bucket = s3_server__bucket_find(store, bucket_name);
    if (!bucket)
        error = S3_NoSuchBucket;
    else if (s3_server__index_put(&bucket->uploads, hr_slice_bytes(upload->name, upload->name_size),
                                  upload, &old) < 0)
        error = S3_InternalError;
    pthread_rwlock_unlock(&store->lock);
    if (error) s3_server__upload_free(upload);
    return error;
}

/* "KEY NUL ID" in `memory` of S3_KEY_MAX + 1 + S3_UPLOAD_ID_SIZE bytes; size 0: no such id. */
static struct hr_slice full_name(const struct s3_upload_name *name, char *memory) {
    if (name->id.size != S3_UPLOAD_ID_SIZE || name->key.size > S3_KEY_MAX)
        return hr_slice_bytes(NULL, 0);
    memcpy(memory, name->key.data, name->key.size);
    memory[name->key.size] = '\0';
    memcpy(memory + name->key.size + 1, name->id.data, S3_UPLOAD_ID_SIZE);
    return hr_slice_bytes(memory, name->key.size + 1 + S3_UPLOAD_ID_SIZE);
}

static enum s3_error find(struct s3_store *store, const struct s3_upload_name *name,
                          struct s3_bucket **bucket, struct s3_upload **upload) {
    char memory[S3_KEY_MAX + 1 + S3_UPLOAD_ID_SIZE];
    struct hr_slice full = full_name(name, memory);
    *bucket = s3_server__bucket_find(store, name->bucket);
    if (!*bucket) return S3_NoSuchBucket;
    *upload = full.size > 0 ? s3_server__index_find(&(*bucket)->uploads, full) : NULL;
    return *upload ? S3_OK : S3_NoSuchUpload;
}

enum s3_error s3_server__upload_get(struct s3_store *store, const struct s3_upload_name *name,
                                    struct s3_upload_info *info) {
    struct s3_bucket *bucket;
    struct s3_upload *upload;
    pthread_rwlock_rdlock(&store->lock);
    enum s3_error error = find(store, name, &bucket, &upload);
    if (!error)
        *info = (struct s3_upload_info){.head = s3_server__object_reference(upload->head),
                                        .checksum = upload->checksum,
                                        .checksum_type = upload->checksum_type};
    pthread_rwlock_unlock(&store->lock);
    return error;
}

/* The first part whose number is not below `number`. */
static size_t part_place(const struct s3_upload *upload, unsigned number) {
    size_t low = 0, high = upload->part_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (upload->parts[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum s3_error insert_part(struct s3_upload *upload, unsigned number, struct s3_object *part,
                                 struct s3_object **old) {
    size_t at = part_place(upload, number);
    if (at < upload->part_count && upload->parts[at].number == number) {
        *old = upload->parts[at].part;
        upload->parts[at].part = part;
        return S3_OK;
    }
    if (upload->part_count == upload->part_capacity) {
        size_t capacity = upload->part_capacity ? upload->part_capacity * 2 : 16;
        struct s3_part_entry *parts = realloc(upload->parts, capacity * sizeof *parts);
        if (!parts) return S3_InternalError;
        upload->parts = parts;
        upload->part_capacity = capacity;
    }
    memmove(&upload->parts[at + 1], &upload->parts[at],
            (upload->part_count - at) * sizeof upload->parts[0]);
    upload->parts[at] = (struct s3_part_entry){.number = number, .part = part};
    upload->part_count++;
    return S3_OK;
}

enum s3_error s3_server__upload_put_part(struct s3_store *store, const struct s3_upload_name *name,
                                         unsigned number, struct s3_object *part) {
    struct s3_bucket *bucket;
    struct s3_upload *upload;
    struct s3_object *old = NULL;
    pthread_rwlock_wrlock(&store->lock);
    enum s3_error error = find(store, name, &bucket, &upload);
    if (!error) error = insert_part(upload, number, part, &old);
    pthread_rwlock_unlock(&store->lock);
    s3_server__object_release(old);
    return error;
}

enum s3_error s3_server__upload_parts(struct s3_store *store, const struct s3_upload_name *name,
                                      unsigned after, size_t count_max, struct s3_arena *arena,
                                      struct s3_part_entry **parts, size_t *count,
                                      bool *truncated) {
    struct s3_bucket *bucket;
    struct s3_upload *upload;
    struct s3_part_entry *all = NULL;
    size_t made = 0;
    pthread_rwlock_rdlock(&store->lock);
    enum s3_error error = find(store, name, &bucket, &upload);
    if (!error) {
        size_t first = part_place(upload, after + 1), left = upload->part_count - first;
        *truncated = left > count_max && count_max > 0; /* nothing to go on from behind nothing */
        if (left > count_max) left = count_max;
        all = s3_server__arena_take(arena, (left + 1) * sizeof *all);
        if (!all) error = S3_InternalError;
        for (; made < left && !error; made++) {
            all[made] = upload->parts[first + made];
            s3_server__object_reference(all[made].part);
        }
    }
    pthread_rwlock_unlock(&store->lock);
    if (error) return error;
    *parts = all;
    *count = made;
    return S3_OK;
}

void s3_server__upload_parts_release(struct s3_part_entry *parts, size_t count) {
    for (size_t i = 0; i < count; i++) s3_server__object_release(parts[i].part);
}

enum s3_error s3_server__upload_end(struct s3_store *store, const struct s3_upload_name *name,
                                    const struct s3_conditions *conditions,
                                    struct s3_object *object) {
    struct s3_bucket *bucket;
    struct s3_upload *upload = NULL;
    void *old = NULL;
    pthread_rwlock_wrlock(&store->lock);
    enum s3_error error = find(store, name, &bucket, &upload);
    if (!error && object && conditions)
        error = s3_server__conditions_write(conditions,
                                            s3_server__index_find(&bucket->objects, object->key));
    if (!error && object && s3_server__index_put(&bucket->objects, object->key, object, &old) < 0)
        error = S3_InternalError;
    if (!error)
        s3_server__index_remove(&bucket->uploads, hr_slice_bytes(upload->name, upload->name_size));
    pthread_rwlock_unlock(&store->lock);
    s3_server__object_release(old);
    if (!error) s3_server__upload_free(upload);
    return error;
}

/* ---- Listing uploads. */

static struct s3_index_node *first_of(const struct s3_index *uploads,
                                      const struct s3_upload_list_query *query, char *memory) {
    struct s3_upload_name name = {.key = query->key_after, .id = query->id_after};
    struct hr_slice full = full_name(&name, memory);
    if (query->key_after.size == 0 || s3_server__index_compare(query->key_after, query->prefix) < 0)
        return s3_server__index_seek(uploads, query->prefix, 0);
    if (full.size > 0) return s3_server__index_seek(uploads, full, 1);
    /* Behind all uploads of that key: their names go on with NUL. */
    memcpy(memory, query->key_after.data, query->key_after.size);
    memory[query->key_after.size] = '\1';
    return s3_server__index_seek(uploads, hr_slice_bytes(memory, query->key_after.size + 1), 0);
}

static enum s3_error fill_entry(const struct s3_upload *upload, struct hr_slice rolled,
                                struct s3_arena *arena, struct s3_upload_entry *entry) {
    size_t key_size = upload->head->key.size;
    struct hr_slice id = hr_slice_bytes(upload->name + key_size + 1, S3_UPLOAD_ID_SIZE);
    *entry = (struct s3_upload_entry){.created_ms = upload->head->modified_ms};
    entry->name = s3_server__arena_copy(arena, rolled.size > 0 ? rolled : upload->head->key);
    entry->storage_class = s3_server__arena_copy(arena, upload->head->storage_class);
    if (rolled.size == 0) entry->id = s3_server__arena_copy(arena, id);
    bool ok = entry->name.data && entry->storage_class.data && (rolled.size > 0 || entry->id.data);
    return ok ? S3_OK : S3_InternalError;
}

static enum s3_error fill_list(const struct s3_index *uploads,
                               const struct s3_upload_list_query *query, struct s3_arena *arena,
                               struct s3_upload_entry *entries, size_t *count, bool *truncated) {
    char memory[S3_KEY_MAX + 1 + S3_UPLOAD_ID_SIZE];
    struct s3_index_node *node = query->count_max > 0 ? first_of(uploads, query, memory) : NULL;
    while (node) {
        const struct s3_upload *upload = node->value;
        struct hr_slice key = upload->head->key;
        if (!s3_server__text_begins(key, query->prefix)) break;
        struct hr_slice rolled = s3_server__text_roll_up(key, query->prefix, query->delimiter);
        bool passed = rolled.size > 0 && hr_slice_equal(rolled, query->key_after);
        if (!passed && *count == query->count_max) {
            *truncated = true;
            break;
        }
        if (!passed) {
            enum s3_error error = fill_entry(upload, rolled, arena, &entries[*count]);
            if (error) return error;
            (*count)++;
        }
        struct hr_slice behind;
        if (rolled.size == 0)
            node = s3_server__index_next(node);
        else if (s3_server__text_behind(rolled, memory, &behind))
            node = s3_server__index_seek(uploads, behind, 0);
        else
            node = NULL;
    }
    return S3_OK;
}

enum s3_error s3_server__upload_list(struct s3_store *store, struct hr_slice bucket_name,
                                     const struct s3_upload_list_query *query,
                                     struct s3_arena *arena, struct s3_upload_entry **entries,
                                     size_t *count, bool *truncated) {
    if (query->key_after.size > S3_KEY_MAX) return S3_InvalidArgument;
    enum s3_error error = S3_NoSuchBucket;
    *count = 0;
    *truncated = false;
    pthread_rwlock_rdlock(&store->lock);
    struct s3_bucket *bucket = s3_server__bucket_find(store, bucket_name);
    if (bucket) {
        size_t most =
            bucket->uploads.count < query->count_max ? bucket->uploads.count : query->count_max;
        *entries = s3_server__arena_take(arena, (most + 1) * sizeof **entries);
        error = *entries ? fill_list(&bucket->uploads, query, arena, *entries, count, truncated)
                         : S3_InternalError;
    }
    pthread_rwlock_unlock(&store->lock);
    return error;
}
