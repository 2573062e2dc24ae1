/* An upload in parts: the parts are a sorted array, as there are few of them and they come mostly
 * in order. */
#include "upload.h"

#include <assert.h>
#include <stdlib.h>

#include <headrace/encode.h>

void s3_server__upload_free(void *pointer) {
    struct s3_upload *upload = pointer;
    if (!upload) return;
    for (size_t i = 0; i < upload->part_count; i++)
        s3_server__object_release(upload->parts[i].part);
    free(upload->parts);
    s3_server__object_release(upload->head);
    s3_server__account_release(upload->account, upload->charged);
    free(upload);
}

enum s3_error s3_server__upload_new(struct s3_account *account, const struct s3_upload_plan *plan,
                                    const uint64_t id[2], struct s3_upload **out) {
    size_t name_size = plan->key.size + 1 + S3_UPLOAD_ID_SIZE;
    struct s3_object_plan head = {
        .key = plan->key,
        .modified_ms = plan->now_ms,
        .etag = "",
        .storage_class = plan->storage_class,
        .fields = plan->fields,
        .field_count = plan->field_count,
        .traits = plan->traits,
    };
    uint64_t charge = sizeof **out + name_size;
    if (!s3_server__account_acquire(account, charge)) return S3_InsufficientStorage;
    struct s3_upload *upload = calloc(1, sizeof *upload + name_size);
    if (!upload) {
        s3_server__account_release(account, charge);
        return S3_InternalError;
    }
    upload->account = account;
    upload->charged = charge;
    upload->checksum = plan->checksum;
    upload->checksum_type = plan->checksum_type;
    upload->name_size = name_size;
    memcpy(upload->name, plan->key.data, plan->key.size);
    hr_hex_encode(id, S3_UPLOAD_ID_SIZE / 2, upload->name + plan->key.size + 1);
    enum s3_error error = s3_server__object_new(account, &head, &upload->head);
    if (error)
        s3_server__upload_free(upload);
    else
        *out = upload;
    return error;
}

struct hr_slice s3_server__upload_id(const struct s3_upload *upload) {
    return hr_slice_bytes(upload->name + upload->name_size - S3_UPLOAD_ID_SIZE, S3_UPLOAD_ID_SIZE);
}

struct hr_slice s3_server__upload_name(struct hr_slice key, struct hr_slice id, char *memory) {
    if (id.size != S3_UPLOAD_ID_SIZE || key.size > S3_KEY_MAX) return hr_slice_bytes(NULL, 0);
    memcpy(memory, key.data, key.size);
    memory[key.size] = '\0';
    memcpy(memory + key.size + 1, id.data, S3_UPLOAD_ID_SIZE);
    return hr_slice_bytes(memory, key.size + 1 + S3_UPLOAD_ID_SIZE);
}

size_t s3_server__upload_part_place(const struct s3_upload *upload, unsigned number) {
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

enum s3_error s3_server__upload_insert_part(struct s3_upload *upload, unsigned number,
                                            struct s3_object *part, struct s3_object **old) {
    *old = NULL;
    size_t at = s3_server__upload_part_place(upload, number);
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
    assert(at == 0 || upload->parts[at - 1].number < number);
    assert(at + 1 == upload->part_count || upload->parts[at + 1].number > number);
    return S3_OK;
}
