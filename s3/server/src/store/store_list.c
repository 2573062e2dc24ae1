/* Listing: one seek, then a step for each entry; a rolled-up prefix costs one more seek, however
 * many keys it stands for. */
#include "key_order.h"

#include "store_private.h"
#include <assert.h>

static struct s3_index_node *first_of(const struct s3_index *objects,
                                      const struct s3_list_query *query) {
    if (hr_slice_compare(query->after, query->prefix) >= 0 && query->after.size > 0)
        return s3_server__index_seek(objects, query->after, 1);
    return s3_server__index_seek(objects, query->prefix, 0);
}

static struct s3_index_node *behind_all(const struct s3_index *objects, struct hr_slice prefix) {
    char memory[S3_KEY_MAX];
    struct hr_slice behind;
    if (!s3_server__key_behind(prefix, memory, &behind)) return NULL;
    return s3_server__index_seek(objects, behind, 0);
}

static enum s3_error fill_page(const struct s3_index *objects, const struct s3_list_query *query,
                               struct s3_arena *arena, struct s3_list_page *page) {
    size_t most = query->count_max < objects->count ? query->count_max : objects->count;
    page->entries = s3_server__arena_allocate(arena, (most + 1) * sizeof *page->entries);
    if (!page->entries) return S3_InternalError;
    struct s3_index_node *node = query->count_max > 0 ? first_of(objects, query) : NULL;
    while (node && s3_server__key_begins(node->key, query->prefix)) {
        struct hr_slice rolled = s3_server__key_roll_up(node->key, query->prefix, query->delimiter);
        if (rolled.size > 0 && hr_slice_equal(rolled, query->after)) {
            node = behind_all(objects, rolled);
            continue;
        }
        if (page->count == query->count_max) {
            page->truncated = true;
            break;
        }
        struct s3_list_entry *entry = &page->entries[page->count];
        assert(page->count < most);
        if (rolled.size > 0) {
            entry->object = NULL;
            entry->name = s3_server__arena_copy(arena, rolled);
            if (!entry->name.data) return S3_InternalError;
            node = behind_all(objects, rolled);
        } else {
            entry->object = s3_server__object_reference(node->value);
            entry->name = entry->object->key;
            node = s3_server__index_next(node);
        }
        page->count++;
    }
    return S3_OK;
}

enum s3_error s3_server__store_list(struct s3_store *store, struct hr_slice bucket_name,
                                    const struct s3_list_query *query, struct s3_arena *arena,
                                    struct s3_list_page *page) {
    struct s3_list_page made = {.entries = NULL};
    enum s3_error error = S3_NoSuchBucket;
    pthread_rwlock_rdlock(&store->lock);
    struct s3_bucket *bucket = s3_server__store_bucket(store, bucket_name);
    if (bucket) error = fill_page(&bucket->objects, query, arena, &made);
    pthread_rwlock_unlock(&store->lock);
    if (error)
        s3_server__store_list_release(&made);
    else
        *page = made;
    return error;
}

void s3_server__store_list_release(struct s3_list_page *page) {
    for (size_t i = 0; i < page->count; i++) s3_server__object_release(page->entries[i].object);
    page->count = 0;
}
