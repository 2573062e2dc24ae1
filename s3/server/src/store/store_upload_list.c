/* Listing uploads: in the order of their keys, those with a delimiter rolled up. */
#include "key_order.h"

#include "store_private.h"
#include <assert.h>

static struct s3_index_node *first_of(const struct s3_index *uploads,
                                      const struct s3_upload_list_query *query, char *memory) {
    struct hr_slice full = s3_server__upload_name(query->key_after, query->id_after, memory);
    if (query->key_after.size == 0 || hr_slice_compare(query->key_after, query->prefix) < 0)
        return s3_server__index_seek(uploads, query->prefix, 0);
    if (full.size > 0) return s3_server__index_seek(uploads, full, 1);
    /* Behind all uploads of that key: their names go on with NUL. */
    memcpy(memory, query->key_after.data, query->key_after.size);
    memory[query->key_after.size] = '\1';
    return s3_server__index_seek(uploads, hr_slice_bytes(memory, query->key_after.size + 1), 0);
}

static enum s3_error fill_entry(const struct s3_upload *upload, struct hr_slice rolled,
                                struct s3_arena *arena, struct s3_upload_entry *entry) {
    *entry = (struct s3_upload_entry){.created_ms = upload->head->modified_ms};
    entry->name = s3_server__arena_copy(arena, rolled.size > 0 ? rolled : upload->head->key);
    entry->storage_class = s3_server__arena_copy(arena, upload->head->storage_class);
    if (rolled.size == 0) entry->id = s3_server__arena_copy(arena, s3_server__upload_id(upload));
    bool ok = entry->name.data && entry->storage_class.data && (rolled.size > 0 || entry->id.data);
    return ok ? S3_OK : S3_InternalError;
}

static enum s3_error fill_list(const struct s3_index *uploads,
                               const struct s3_upload_list_query *query, struct s3_arena *arena,
                               struct s3_upload_entry *entries, size_t *count, bool *truncated) {
    char memory[S3_UPLOAD_NAME_MAX];
    struct s3_index_node *node = query->count_max > 0 ? first_of(uploads, query, memory) : NULL;
    while (node) {
        const struct s3_upload *upload = node->value;
        struct hr_slice key = upload->head->key;
        if (!s3_server__key_begins(key, query->prefix)) break;
        struct hr_slice rolled = s3_server__key_roll_up(key, query->prefix, query->delimiter);
        bool passed = rolled.size > 0 && hr_slice_equal(rolled, query->key_after);
        if (!passed && *count == query->count_max) {
            *truncated = true;
            break;
        }
        if (!passed) {
            assert(*count < query->count_max);
            enum s3_error error = fill_entry(upload, rolled, arena, &entries[*count]);
            if (error) return error;
            (*count)++;
        }
        struct hr_slice behind;
        if (rolled.size == 0)
            node = s3_server__index_next(node);
        else if (s3_server__key_behind(rolled, memory, &behind))
            node = s3_server__index_seek(uploads, behind, 0);
        else
            node = NULL;
    }
    return S3_OK;
}

enum s3_error s3_server__store_uploads(struct s3_store *store, struct hr_slice bucket_name,
                                       const struct s3_upload_list_query *query,
                                       struct s3_arena *arena, struct s3_upload_entry **entries,
                                       size_t *count, bool *truncated) {
    if (query->key_after.size > S3_KEY_MAX) return S3_InvalidArgument;
    enum s3_error error = S3_NoSuchBucket;
    *count = 0;
    *truncated = false;
    pthread_rwlock_rdlock(&store->lock);
    struct s3_bucket *bucket = s3_server__store_bucket(store, bucket_name);
    if (bucket) {
        size_t most =
            bucket->uploads.count < query->count_max ? bucket->uploads.count : query->count_max;
        *entries = s3_server__arena_allocate(arena, (most + 1) * sizeof **entries);
        error = *entries ? fill_list(&bucket->uploads, query, arena, *entries, count, truncated)
                         : S3_InternalError;
    }
    pthread_rwlock_unlock(&store->lock);
    return error;
}
