/* The store's uploads in parts: from their creation to their end. */
#include <assert.h>

#include "store_private.h"

enum s3_error s3_server__store_upload_create(struct s3_store *store, struct hr_slice bucket_name,
                                             const struct s3_upload_plan *plan,
                                             char id[S3_UPLOAD_ID_SIZE + 1]) {
    struct s3_upload *upload;
    uint64_t bits[2] = {s3_server__store_random(store), s3_server__store_random(store)};
    enum s3_error error = s3_server__upload_new(&store->account, plan, bits, &upload);
    if (error) return error;
    memcpy(id, s3_server__upload_id(upload).data, S3_UPLOAD_ID_SIZE);
    id[S3_UPLOAD_ID_SIZE] = '\0';
    void *old = NULL;
    pthread_rwlock_wrlock(&store->lock);
    struct s3_bucket *bucket = s3_server__store_bucket(store, bucket_name);
    if (!bucket)
        error = S3_NoSuchBucket;
    else
        error = s3_server__store_commit_upload(store, bucket, upload);
    if (!error &&
        s3_server__index_put(&bucket->uploads, hr_slice_bytes(upload->name, upload->name_size),
                             upload, &old) < 0) {
        s3_server__store_void(store, upload->head);
        error = S3_InternalError;
    }
    pthread_rwlock_unlock(&store->lock);
    if (error) s3_server__upload_free(upload);
    return error;
}

static enum s3_error find(struct s3_store *store, const struct s3_upload_name *name,
                          struct s3_bucket **bucket, struct s3_upload **upload) {
    char memory[S3_UPLOAD_NAME_MAX];
    struct hr_slice full = s3_server__upload_name(name->key, name->id, memory);
    *bucket = s3_server__store_bucket(store, name->bucket);
    if (!*bucket) return S3_NoSuchBucket;
    *upload = full.size > 0 ? s3_server__index_find(&(*bucket)->uploads, full) : NULL;
    return *upload ? S3_OK : S3_NoSuchUpload;
}

enum s3_error s3_server__store_upload_get(struct s3_store *store, const struct s3_upload_name *name,
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

enum s3_error s3_server__store_upload_put_part(struct s3_store *store,
                                               const struct s3_upload_name *name, unsigned number,
                                               struct s3_object *part) {
    struct s3_bucket *bucket;
    struct s3_upload *upload;
    struct s3_object *old = NULL;
    pthread_rwlock_wrlock(&store->lock);
    enum s3_error error = find(store, name, &bucket, &upload);
    if (!error) error = s3_server__store_commit_part(store, bucket, upload, number, part);
    if (!error) {
        error = s3_server__upload_insert_part(upload, number, part, &old);
        struct s3_object *gone = error ? part : old;
        if (gone) s3_server__store_void(store, gone);
    }
    pthread_rwlock_unlock(&store->lock);
    s3_server__object_release(old);
    return error;
}

enum s3_error s3_server__store_upload_parts(struct s3_store *store,
                                            const struct s3_upload_name *name, unsigned after,
                                            size_t count_max, struct s3_arena *arena,
                                            struct s3_part_entry **parts, size_t *count,
                                            bool *truncated) {
    struct s3_bucket *bucket;
    struct s3_upload *upload;
    struct s3_part_entry *all = NULL;
    size_t made = 0;
    pthread_rwlock_rdlock(&store->lock);
    enum s3_error error = find(store, name, &bucket, &upload);
    if (!error) {
        size_t first = s3_server__upload_part_place(upload, after + 1),
               left = upload->part_count - first;
        *truncated = left > count_max && count_max > 0; /* nothing to go on from behind nothing */
        if (left > count_max) left = count_max;
        all = s3_server__arena_allocate(arena, (left + 1) * sizeof *all);
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

void s3_server__store_upload_parts_release(struct s3_part_entry *parts, size_t count) {
    for (size_t i = 0; i < count; i++) s3_server__object_release(parts[i].part);
}

enum s3_error s3_server__store_upload_end(struct s3_store *store, const struct s3_upload_name *name,
                                          const struct s3_conditions *conditions,
                                          struct s3_object *object) {
    struct s3_bucket *bucket;
    struct s3_upload *upload = NULL;
    struct s3_object *old = NULL;
    pthread_rwlock_wrlock(&store->lock);
    enum s3_error error = find(store, name, &bucket, &upload);
    if (!error && object && conditions)
        error = s3_server__conditions_write(conditions,
                                            s3_server__index_find(&bucket->objects, object->key));
    if (!error && object) error = s3_server__store_put_newest(store, bucket, object, &old);
    /* The object says which upload it is made of: that cannot come again, should this fail. */
    if (!error) {
        enum s3_error voided = s3_server__store_void_upload(store, upload);
        if (!object) error = voided;
    }
    if (!error) {
        struct hr_slice full = hr_slice_bytes(upload->name, upload->name_size);
        void *removed = s3_server__index_remove(&bucket->uploads, full);
        assert(removed == upload);
        (void)removed;
    }
    pthread_rwlock_unlock(&store->lock);
    s3_server__object_release(old);
    if (!error) s3_server__upload_free(upload);
    return error;
}
