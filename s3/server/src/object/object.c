/* Bytes and versions of objects, and the account that they are charged to. */
#include "object.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include <headrace/encode.h>

#include "index.h"

bool s3_server__account_acquire(struct s3_account *account, uint64_t bytes) {
    uint64_t used = __atomic_load_n(&account->used, __ATOMIC_RELAXED);
    do {
        if (bytes > account->limit || used > account->limit - bytes) return false;
    } while (!__atomic_compare_exchange_n(&account->used, &used, used + bytes, true,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return true;
}

void s3_server__account_release(struct s3_account *account, uint64_t bytes) {
    uint64_t before = __atomic_fetch_sub(&account->used, bytes, __ATOMIC_RELAXED);
    assert(before >= bytes);
    (void)before;
}

/* ---- Blobs. */

enum s3_error s3_server__blob_new(struct s3_account *account, uint64_t capacity,
                                  struct s3_blob **blob) {
    uint64_t charge = capacity + sizeof **blob;
    if (charge < capacity || charge > SIZE_MAX || !s3_server__account_acquire(account, charge))
        return S3_InsufficientStorage;
    struct s3_blob *made = malloc(sizeof *made);
    char *data = capacity > 0 ? malloc((size_t)capacity) : NULL;
    if (!made || (capacity > 0 && !data)) {
        free(made);
        free(data);
        s3_server__account_release(account, charge);
        return S3_InternalError;
    }
    *made = (struct s3_blob){
        .account = account, .references = 1, .capacity = (size_t)capacity, .data = data};
    *blob = made;
    return S3_OK;
}

enum s3_error s3_server__blob_of_file(struct s3_account *account, uint64_t capacity,
                                      const struct s3_file *file, struct s3_blob **blob) {
    uint64_t charge = capacity + sizeof **blob;
    if (charge < capacity || charge > SIZE_MAX || !s3_server__account_acquire(account, charge))
        return S3_InsufficientStorage;
    struct s3_blob *made = malloc(sizeof *made);
    if (!made) {
        s3_server__account_release(account, charge);
        return S3_InternalError;
    }
    *made = (struct s3_blob){
        .account = account, .references = 1, .capacity = (size_t)capacity, .file = *file};
    *blob = made;
    return S3_OK;
}

enum s3_error s3_server__blob_reserve(struct s3_blob *blob, size_t size) {
    if (size <= blob->capacity - blob->size) return S3_OK;
    size_t capacity = blob->capacity < 4096 ? 4096 : blob->capacity;
    while (capacity - blob->size < size) {
        if (capacity > SIZE_MAX / 2) return S3_InsufficientStorage;
        capacity *= 2;
    }
    if (!s3_server__account_acquire(blob->account, capacity - blob->capacity))
        return S3_InsufficientStorage;
    bool in_file = blob->file.state != S3_FILE_NONE;
    char *data = in_file ? NULL : realloc(blob->data, capacity);
    if (!data && !in_file) {
        s3_server__account_release(blob->account, capacity - blob->capacity);
        return S3_InternalError;
    }
    blob->data = data;
    blob->capacity = capacity;
    return S3_OK;
}

enum s3_error s3_server__blob_append(struct s3_blob *blob, const void *data, size_t size) {
    if (size == 0) return S3_OK;
    enum s3_error error = s3_server__blob_reserve(blob, size);
    if (error) return error;
    assert(size <= blob->capacity - blob->size && blob->file.state == S3_FILE_NONE);
    memcpy(blob->data + blob->size, data, size);
    blob->size += size;
    return S3_OK;
}

struct s3_blob *s3_server__blob_reference(struct s3_blob *blob) {
    unsigned before = __atomic_fetch_add(&blob->references, 1, __ATOMIC_RELAXED);
    assert(before > 0);
    (void)before;
    return blob;
}

void s3_server__blob_release(struct s3_blob *blob) {
    if (!blob) return;
    unsigned before = __atomic_fetch_sub(&blob->references, 1, __ATOMIC_ACQ_REL);
    assert(before > 0);
    if (before > 1) return;
    if (blob->file.forget) blob->file.forget(&blob->file);
    s3_server__account_release(blob->account, blob->capacity + sizeof *blob);
    free(blob->data);
    free(blob);
}

/* ---- Objects. */

/* Lays out what follows the struct in the same block: first to measure, then to fill. */
struct layout {
    char *base; /* NULL: measure only */
    size_t size;
};

static void *place(struct layout *layout, size_t size, size_t align) {
    layout->size = (layout->size + align - 1) / align * align;
    void *at = layout->base ? layout->base + layout->size : NULL;
    layout->size += size;
    return at;
}

static struct hr_slice place_text(struct layout *layout, struct hr_slice text) {
    char *at = place(layout, text.size, 1);
    if (at && text.size > 0) memcpy(at, text.data, text.size);
    return hr_slice_bytes(at, text.size);
}

static void lay_out(struct layout *layout, const struct s3_object_plan *plan,
                    struct s3_object *object) {
    struct hr_http_field *fields =
        place(layout, plan->field_count * sizeof *fields, _Alignof(struct hr_http_field));
    struct s3_piece *pieces =
        place(layout, plan->piece_count * sizeof *pieces, _Alignof(struct s3_piece));
    uint64_t *sizes = place(layout, plan->part_count * sizeof *sizes, _Alignof(uint64_t));
    size_t checksum_count = plan->part_checksums ? plan->part_count : 0;
    struct hr_s3_checksum *checksums =
        place(layout, checksum_count * sizeof *checksums, _Alignof(struct hr_s3_checksum));
    object->key = place_text(layout, plan->key);
    char *version = place(layout, 1 + S3_VERSION_ID_SIZE + 1, 1);
    object->traits = plan->traits;
    object->traits.tags = place_text(layout, plan->traits.tags);
    object->storage_class = place_text(layout, plan->storage_class);
    object->upload_id = place_text(layout, plan->upload_id);
    for (size_t i = 0; i < plan->field_count; i++) {
        struct hr_slice name = place_text(layout, plan->fields[i].name);
        struct hr_slice value = place_text(layout, plan->fields[i].value);
        if (fields) fields[i] = (struct hr_http_field){name, value};
    }
    if (!layout->base) return;
    if (plan->piece_count > 0) memcpy(pieces, plan->pieces, plan->piece_count * sizeof *pieces);
    if (plan->part_count > 0) memcpy(sizes, plan->part_sizes, plan->part_count * sizeof *sizes);
    memset(version, 0, 1 + S3_VERSION_ID_SIZE + 1);
    object->version = version + 1;
    if (checksum_count > 0) {
        memcpy(checksums, plan->part_checksums, checksum_count * sizeof *checksums);
        object->part_checksums = checksums;
    }
    object->fields = fields;
    object->pieces = pieces;
    object->part_sizes = sizes;
}

enum s3_error s3_server__object_new(struct s3_account *account, const struct s3_object_plan *plan,
                                    struct s3_object **object) {
    struct s3_object measured;
    struct layout layout = {.size = sizeof measured};
    lay_out(&layout, plan, &measured);
    uint64_t charge = layout.size + S3_INDEX_NODE_BYTES; /* for its place in the index, too */
    if (!s3_server__account_acquire(account, charge)) return S3_InsufficientStorage;
    struct s3_object *made = malloc(layout.size);
    if (!made) {
        s3_server__account_release(account, charge);
        return S3_InternalError;
    }
    memset(made, 0, sizeof *made);
    made->charged = charge;
    layout = (struct layout){.base = (char *)made, .size = sizeof *made};
    lay_out(&layout, plan, made);
    assert(layout.size + S3_INDEX_NODE_BYTES == charge);
    made->account = account;
    made->references = 1;
    made->modified_ms = plan->modified_ms;
    snprintf(made->etag, sizeof made->etag, "%s", plan->etag);
    made->checksum = plan->checksum;
    made->checksum_type = plan->checksum_type;
    made->is_marker = plan->is_marker;
    made->part_count = plan->part_count;
    made->field_count = plan->field_count;
    made->piece_count = plan->piece_count;
    for (size_t i = 0; i < plan->piece_count; i++) made->size += plan->pieces[i].size;
    *object = made;
    return S3_OK;
}

enum s3_error s3_server__object_copy(const struct s3_object *object, const struct s3_traits *traits,
                                     struct s3_object **copy) {
    struct s3_object_plan plan = {
        .key = object->key,
        .modified_ms = object->modified_ms,
        .etag = object->etag,
        .checksum = object->checksum,
        .checksum_type = object->checksum_type,
        .part_sizes = object->part_sizes,
        .part_checksums = object->part_checksums,
        .part_count = object->part_count,
        .storage_class = object->storage_class,
        .upload_id = object->upload_id,
        .fields = object->fields,
        .field_count = object->field_count,
        .pieces = object->pieces,
        .piece_count = object->piece_count,
        .traits = *traits,
        .is_marker = object->is_marker,
    };
    enum s3_error error = s3_server__object_new(object->account, &plan, copy);
    if (error) return error;
    for (size_t i = 0; i < object->piece_count; i++)
        s3_server__blob_reference(object->pieces[i].blob);
    memcpy((*copy)->version, object->version, S3_VERSION_ID_SIZE);
    (*copy)->is_null = object->is_null;
    (*copy)->in_versions = object->in_versions;
    return S3_OK;
}

struct hr_slice s3_server__object_version_name(const struct s3_object *object) {
    assert(object->version == object->key.data + object->key.size + 1);
    return hr_slice_bytes(object->key.data, object->key.size + 1 + S3_VERSION_ID_SIZE);
}

struct s3_object *s3_server__object_reference(struct s3_object *object) {
    unsigned before = __atomic_fetch_add(&object->references, 1, __ATOMIC_RELAXED);
    assert(before > 0);
    (void)before;
    return object;
}

void s3_server__object_release(void *pointer) {
    struct s3_object *object = pointer;
    if (!object) return;
    unsigned before = __atomic_fetch_sub(&object->references, 1, __ATOMIC_ACQ_REL);
    assert(before > 0);
    if (before > 1) return;
    for (size_t i = 0; i < object->piece_count; i++)
        s3_server__blob_release(object->pieces[i].blob);
    s3_server__account_release(object->account, object->charged);
    free(object);
}

size_t s3_server__object_cut(const struct s3_object *object, uint64_t offset, uint64_t size,
                             struct s3_piece *pieces, size_t capacity) {
    size_t count = 0;
    for (size_t i = 0; i < object->piece_count && size > 0; i++) {
        const struct s3_piece *piece = &object->pieces[i];
        if (offset >= piece->size) {
            offset -= piece->size;
            continue;
        }
        uint64_t part = piece->size - offset < size ? piece->size - offset : size;
        if (count < capacity)
            pieces[count] = (struct s3_piece){.blob = piece->blob,
                                              .offset = piece->offset + (size_t)offset,
                                              .size = (size_t)part};
        count++;
        size -= part;
        offset = 0;
    }
    return count;
}

void s3_server__etag_print(const uint8_t md5[16], unsigned parts, char etag[S3_ETAG_SIZE]) {
    char hex[32];
    hr_hex_encode(md5, 16, hex);
    if (parts > 0)
        snprintf(etag, S3_ETAG_SIZE, "\"%.32s-%u\"", hex, parts);
    else
        snprintf(etag, S3_ETAG_SIZE, "\"%.32s\"", hex);
}
