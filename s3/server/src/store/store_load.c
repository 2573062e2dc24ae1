/* A store out of its folder: the records that count become buckets, uploads and objects, and what
 * nobody names any more is removed. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <headrace/encode.h>

#include "object_version.h"
#include "store_private.h"

struct loading {
    struct s3_store *store;
    struct s3_found_files found;
    struct hr_error *error;
};

/* A record on its way into the store. */
struct loaded {
    struct s3_found_file *file;
    struct s3_record record;
    struct s3_bucket *bucket;
    struct s3_arena arena;
};

static int refuse(struct loading *loading, int code, const char *what) {
    return hr_error_set(loading->error, code, "s3 server: store: %s: %s", what,
                        hr_error_text(code));
}

static void note_sequence(struct s3_store *store, uint64_t sequence) {
    if (sequence > store->sequence) store->sequence = sequence;
}

/* ---- Buckets. */

static int add_bucket(struct s3_store *store, const struct s3_record *record) {
    struct s3_bucket_seeds seeds = {s3_server__store_random(store), s3_server__store_random(store),
                                    s3_server__store_random(store)};
    struct s3_bucket *bucket;
    void *old = NULL;
    enum s3_error error =
        s3_server__bucket_new(&store->account, record->bucket, record->region, seeds, &bucket);
    if (error) return -ENOMEM;
    bucket->id = record->bucket_id;
    bucket->created_ms = record->created_ms;
    bucket->settings = record->settings;
    for (unsigned i = 0; i < S3_DOCUMENTS && !error; i++)
        error = s3_server__bucket_set_document(bucket, i, record->documents[i]);
    if (!error && s3_server__index_put(&store->buckets, bucket->name, bucket, &old) < 0)
        error = S3_InternalError;
    if (error) s3_server__bucket_free(bucket);
    note_sequence(store, record->sequence);
    note_sequence(store, record->bucket_id);
    return error ? -ENOMEM : 0;
}

static bool is_of_bucket(const struct s3_record *record, const char *name) {
    return record->kind == S3_RECORD_BUCKET && hr_slice_equal(record->bucket, hr_slice_of(name)) &&
           s3_server__bucket_name_valid(record->bucket);
}

static int load_bucket(struct loading *loading, int folder, const char *name) {
    struct s3_record_data data;
    struct s3_record record;
    struct s3_arena arena;
    char *bytes = NULL;
    size_t size;
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    int err = 0;
    s3_server__arena_init(&arena);
    bool ok = fd >= 0 && s3_server__disk_read_record(fd, &data, &bytes, &size) &&
              s3_server__record_read(hr_slice_bytes(bytes, size), &arena, &record) &&
              is_of_bucket(&record, name);
    if (ok) {
        err = add_bucket(loading->store, &record);
    } else {
        loading->found.damaged++;
        if (renameat(folder, name, loading->store->disk->damaged, name) < 0) err = -errno;
    }
    s3_server__arena_deinit(&arena);
    free(bytes);
    if (fd >= 0) close(fd);
    return err;
}

static int load_buckets(struct loading *loading) {
    DIR *list = s3_server__disk_list(loading->store->disk->buckets, ".");
    if (!list) return -errno;
    const struct dirent *entry;
    int err = 0;
    errno = 0;
    while (!err && (entry = readdir(list))) {
        if (entry->d_name[0] != '.') err = load_bucket(loading, dirfd(list), entry->d_name);
        errno = 0;
    }
    if (!err) err = -errno; /* else objects would be without their bucket */
    closedir(list);
    return err;
}

/* ---- Objects. */

static struct s3_blob *blob_of(struct loading *loading, struct s3_found_file *file) {
    struct s3_file in = s3_server__disk_file(loading->store->disk, file->number, file->has_record);
    in.crc = file->data.crc;
    if (file->blob) return file->blob;
    if (s3_server__blob_of_file(&loading->store->account, file->data.size, &in, &file->blob))
        return NULL;
    file->blob->size = (size_t)file->data.size;
    return file->blob;
}

/* -ENOENT: a file is missing, or too short. The references are those of the pieces that were made.
 */
static int make_pieces(struct loading *loading, const struct s3_record *record,
                       struct s3_piece *pieces, size_t *made) {
    for (*made = 0; *made < record->piece_count; (*made)++) {
        const struct s3_record_piece *piece = &record->pieces[*made];
        struct s3_found_file *file = s3_server__disk_find(&loading->found, piece->number);
        if (!file || piece->offset + piece->size > file->data.size) return -ENOENT;
        struct s3_blob *blob = blob_of(loading, file);
        if (!blob) return -ENOMEM;
        pieces[*made] = (struct s3_piece){.blob = s3_server__blob_reference(blob),
                                          .offset = (size_t)piece->offset,
                                          .size = (size_t)piece->size};
    }
    return 0;
}

static int make_object(struct loading *loading, struct loaded *loaded, struct s3_object **object) {
    struct s3_record *record = &loaded->record;
    struct s3_piece *pieces =
        s3_server__arena_allocate(&loaded->arena, (record->piece_count + 1) * sizeof *pieces);
    size_t made = 0;
    if (!pieces) return -ENOMEM;
    int err = make_pieces(loading, record, pieces, &made);
    record->plan.pieces = pieces;
    record->plan.piece_count = record->piece_count;
    if (!err && s3_server__object_new(&loading->store->account, &record->plan, object))
        err = -ENOMEM;
    if (err) {
        for (size_t i = 0; i < made; i++) s3_server__blob_release(pieces[i].blob);
        return err;
    }
    memcpy((*object)->version, record->version.data, S3_VERSION_ID_SIZE);
    (*object)->is_null = record->is_null;
    (*object)->in_versions = record->in_versions;
    (*object)->record = loaded->file->number;
    return 0;
}

/* The record of what has been replaced does not count any more. */
static void drop(struct loading *loading, struct s3_object *object) {
    if (!object) return;
    struct s3_found_file *file = s3_server__disk_find(&loading->found, object->record);
    if (file) file->is_live = false;
    s3_server__object_release(object);
}

/* An upload that has become an object ends, had its process no time for that. */
static void end_upload(struct loading *loading, const struct loaded *loaded) {
    char memory[S3_UPLOAD_NAME_MAX];
    struct hr_slice id = loaded->record.plan.upload_id;
    struct hr_slice name = s3_server__upload_name(loaded->record.plan.key, id, memory);
    struct s3_upload *upload =
        name.size > 0 ? s3_server__index_remove(&loaded->bucket->uploads, name) : NULL;
    if (!upload) return;
    drop(loading, s3_server__object_reference(upload->head));
    for (size_t i = 0; i < upload->part_count; i++)
        drop(loading, s3_server__object_reference(upload->parts[i].part));
    s3_server__upload_free(upload);
}

/* Objects come from the oldest version to the newest, and of one version from the oldest record. */
static int put_object(struct loading *loading, struct loaded *loaded, struct s3_object *object) {
    struct s3_bucket *bucket = loaded->bucket;
    struct s3_object *same = s3_server__version_find(bucket, object->key,
                                                     s3_server__version_id(object)),
                     *old = same;
    end_upload(loading, loaded);
    if (same && memcmp(same->version, object->version, S3_VERSION_ID_SIZE) == 0)
        s3_server__version_replace(bucket, same, object);
    else if (s3_server__version_put(bucket, object, &old))
        return -ENOMEM;
    drop(loading, old);
    loaded->file->is_live = true;
    return 0;
}

static int put_upload(struct loading *loading, struct loaded *loaded) {
    struct s3_record *record = &loaded->record;
    struct s3_upload_plan plan = {.key = record->plan.key,
                                  .now_ms = record->plan.modified_ms,
                                  .storage_class = record->plan.storage_class,
                                  .fields = record->plan.fields,
                                  .field_count = record->plan.field_count,
                                  .traits = record->plan.traits,
                                  .checksum = record->checksum,
                                  .checksum_type = record->checksum_type};
    uint64_t id[2];
    size_t size;
    struct s3_upload *upload;
    void *old = NULL;
    if (hr_hex_decode(record->upload_id, id, sizeof id, &size) < 0) return -ENOENT;
    if (s3_server__upload_new(&loading->store->account, &plan, id, &upload)) return -ENOMEM;
    upload->head->record = loaded->file->number;
    struct hr_slice name = hr_slice_bytes(upload->name, upload->name_size);
    if (s3_server__index_put(&loaded->bucket->uploads, name, upload, &old) < 0) {
        s3_server__upload_free(upload);
        return -ENOMEM;
    }
    s3_server__upload_free(old);
    loaded->file->is_live = true;
    return 0;
}

/* A part of an upload that is no more has ended with it. */
static int put_part(struct loading *loading, struct loaded *loaded, struct s3_object *part) {
    char memory[S3_UPLOAD_NAME_MAX];
    const struct s3_record *record = &loaded->record;
    struct hr_slice name = s3_server__upload_name(part->key, record->upload_id, memory);
    struct s3_upload *upload =
        name.size > 0 ? s3_server__index_find(&loaded->bucket->uploads, name) : NULL;
    struct s3_object *old = NULL;
    if (!upload) {
        s3_server__object_release(part);
        return 0;
    }
    if (s3_server__upload_insert_part(upload, record->part_number, part, &old)) return -ENOMEM;
    drop(loading, old);
    loaded->file->is_live = true;
    return 0;
}

/* -ENOENT: it is damaged. */
static int put(struct loading *loading, struct loaded *loaded) {
    const struct s3_record *record = &loaded->record;
    struct s3_object *object;
    loaded->bucket = s3_server__store_bucket(loading->store, record->bucket);
    note_sequence(loading->store, record->sequence);
    bool has_bucket = loaded->bucket && loaded->bucket->id == record->bucket_id;
    if (!has_bucket) return record->kind == S3_RECORD_OBJECT ? -ENOENT : 0;
    if (record->kind == S3_RECORD_UPLOAD) return put_upload(loading, loaded);
    int err = make_object(loading, loaded, &object);
    if (err) return err;
    err = record->kind == S3_RECORD_PART ? put_part(loading, loaded, object)
                                         : put_object(loading, loaded, object);
    if (err) s3_server__object_release(object);
    return err;
}

/* ---- Their order. */

struct place {
    enum s3_record_kind kind;
    uint64_t order, sequence; /* of the version, of the record */
    struct s3_found_file *file;
};

static int rank(enum s3_record_kind kind) {
    return kind == S3_RECORD_UPLOAD ? 0 : kind == S3_RECORD_PART ? 1 : 2;
}

static int by_order(const void *left, const void *right) {
    const struct place *a = left, *b = right;
    if (a->kind != b->kind) return rank(a->kind) - rank(b->kind);
    if (a->order != b->order) return a->order < b->order ? -1 : 1;
    return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}

/* Of a version its number in the row: a later one has a smaller name. */
static uint64_t order_of(const struct s3_record *record) {
    uint8_t bytes[S3_VERSION_ID_SIZE / 2];
    uint64_t order = 0;
    size_t size;
    if (record->kind != S3_RECORD_OBJECT ||
        hr_hex_decode(record->version, bytes, sizeof bytes, &size) < 0)
        return 0;
    for (size_t i = 0; i < 8; i++) order = order << 8 | bytes[i];
    return UINT64_MAX - order;
}

static int read_record(struct loaded *loaded) {
    struct hr_slice bytes = hr_slice_bytes(loaded->file->record, loaded->file->record_size);
    return s3_server__record_read(bytes, &loaded->arena, &loaded->record) ? 0 : -ENOMEM;
}

static int find_place(struct s3_store *store, struct place *place) {
    struct loaded loaded = {.file = place->file};
    s3_server__arena_init(&loaded.arena);
    int err = read_record(&loaded);
    if (!err) {
        place->kind = loaded.record.kind;
        place->sequence = loaded.record.sequence;
        place->order = order_of(&loaded.record);
        note_sequence(store, place->order);
    }
    s3_server__arena_deinit(&loaded.arena);
    return err;
}

static int put_placed(struct loading *loading, const struct place *place) {
    struct loaded loaded = {.file = place->file};
    s3_server__arena_init(&loaded.arena);
    int err = read_record(&loaded);
    if (!err) err = put(loading, &loaded);
    s3_server__arena_deinit(&loaded.arena);
    if (err != -ENOENT) return err;
    loading->found.damaged++;
    return 0;
}

static int put_all(struct loading *loading) {
    struct s3_found_files *found = &loading->found;
    struct place *places = calloc(found->count + 1, sizeof *places);
    size_t count = 0;
    int err = places ? 0 : -ENOMEM;
    for (size_t i = 0; i < found->count && !err; i++) {
        if (!found->files[i].record) continue;
        places[count].file = &found->files[i];
        err = find_place(loading->store, &places[count++]);
    }
    if (!err && count > 0) qsort(places, count, sizeof *places, by_order);
    for (size_t i = 0; i < count && !err; i++) err = put_placed(loading, &places[i]);
    free(places);
    return err;
}

/* ---- What nobody names. */

/* A record that does not count is made void, so that it never does again. */
static int settle(struct loading *loading, struct s3_found_file *file) {
    struct s3_disk *disk = loading->store->disk;
    bool is_used = file->blob && file->blob->references > 1;
    if (file->is_live || (is_used && !file->has_record)) return 0;
    if (is_used) {
        char from[S3_DISK_NAME_MAX], to[S3_DISK_NAME_MAX];
        s3_server__disk_name(file->number, true, from);
        s3_server__disk_name(file->number, false, to);
        file->blob->file.state = S3_FILE_DATA;
        return renameat(disk->objects, from, disk->objects, to) < 0 ? -errno : 0;
    }
    if (file->blob) file->blob->file.forget = NULL;
    /* It may be all that is left of a record that is damaged. */
    return loading->found.damaged > 0 ? s3_server__disk_set_aside(disk, file)
                                      : s3_server__disk_remove(disk, file);
}

static int settle_all(struct loading *loading, int err) {
    for (size_t i = 0; i < loading->found.count; i++) {
        struct s3_found_file *file = &loading->found.files[i];
        if (!err) err = settle(loading, file);
        s3_server__blob_release(file->blob);
    }
    return err;
}

static int load(struct loading *loading, const struct s3_scan_options *scan) {
    struct s3_store *store = loading->store;
    uint64_t limit = store->account.limit;
    int err = s3_server__disk_scan(store->disk, scan, &loading->found, loading->error);
    if (err) return err;
    store->account.limit = UINT64_MAX; /* what is there is let in, however little is allowed now */
    err = load_buckets(loading);
    if (!err) err = put_all(loading);
    store->disk->closing = true; /* of a load that fails, no file is touched */
    if (!err) store->disk->closing = false;
    err = settle_all(loading, err);
    store->account.limit = limit;
    return err ? refuse(loading, err, "loading") : 0;
}

int s3_server__store_open(struct s3_store *store, const struct s3_store_folder *folder,
                          uint64_t *damaged, struct hr_error *error) {
    struct loading loading = {.store = store, .error = error};
    assert(!store->disk && store->buckets.count == 0);
    store->disk = calloc(1, sizeof *store->disk);
    if (!store->disk) return hr_error_set(error, -ENOMEM, "s3 server: out of memory");
    int err = s3_server__disk_open(store->disk, &folder->disk, error);
    if (err) {
        free(store->disk);
        store->disk = NULL;
        return err;
    }
    err = load(&loading, &folder->scan);
    *damaged = loading.found.damaged;
    s3_server__disk_found_free(&loading.found);
    return err;
}
