/* Attributes of objects; restoring them; the location and versioning of buckets. */
#include <errno.h>

#include "object_options.h"
#include "s3_prepare.h"

/* ---- GetObjectAttributes. */

static struct hr_s3_attributes *of(const struct hr_request *request) {
    return hr__container_of(request, struct hr_s3_attributes, request);
}

int hr__s3_attributes_prepare(struct hr__s3_call *call) {
    struct hr_s3_attributes *attributes = of(call->request);
    struct hr__s3_adder add = hr__s3_request_adder(call);
    attributes->etag[0] = attributes->storage_class[0] = attributes->version_id_found[0] = 0;
    attributes->size_bytes = attributes->last_modified_s = 0;
    attributes->parts_total = attributes->next_part_number_after = 0;
    attributes->parts_truncated = attributes->size_unknown = false;
    hr__add_query_text(&add, "versionId", attributes->version_id);
    hr__add_field_text(&add, "x-amz-object-attributes",
                       "ETag,Checksum,ObjectParts,StorageClass,ObjectSize");
    if (attributes->parts_max) hr__add_field_u64(&add, "x-amz-max-parts", attributes->parts_max);
    if (attributes->part_number_after)
        hr__add_field_u64(&add, "x-amz-part-number-marker", attributes->part_number_after);
    hr__add_customer_key(&add, attributes->customer_key);
    hr__add_payer(&add, attributes->request_payer, attributes->expected_owner);
    return add.err;
}

int hr__s3_attributes_head(struct hr__s3_call *call, const struct hr_http_head *head,
                           struct hr_error *error) {
    struct hr_s3_attributes *attributes = of(call->request);
    struct hr_s3_object_info info = {0};
    int err = hr__s3_response_object(head, error, &info);
    if (err) return err;
    attributes->last_modified_s = info.last_modified_s;
    memcpy(attributes->version_id_found, info.version_id, sizeof attributes->version_id_found);
    return 0;
}

static int on_part(void *user, const struct hr_s3_part_info *part) {
    struct hr_s3_attributes *attributes = user;
    return attributes->on_part ? attributes->on_part(attributes, part) : 0;
}

static int show_attributes(struct hr_s3_attributes *attributes, const struct hr__attributes *read) {
    hr__copy_whole(attributes->etag, sizeof attributes->etag, read->etag);
    hr__copy_whole(attributes->storage_class, sizeof attributes->storage_class,
                   read->storage_class);
    attributes->size_bytes = read->size_bytes;
    attributes->size_unknown = !read->has_size;
    attributes->parts_total = (uint32_t)read->parts_total;
    attributes->parts_truncated = read->parts_truncated;
    attributes->next_part_number_after = (uint32_t)read->next_part_marker;
    return attributes->on_checksums ? attributes->on_checksums(attributes, &read->checksums) : 0;
}

int hr__s3_attributes_body(struct hr__s3_call *call, struct hr_error *error) {
    struct hr_s3_attributes *attributes = of(call->request);
    const struct hr__parts_sink sink = {on_part, attributes};
    struct hr__texts texts = {NULL};
    struct hr__attributes read;
    int err = hr__read_attributes(hr__s3_request_answer(call), &texts, &sink, error, &read);
    if (!err) err = show_attributes(attributes, &read);
    hr__texts_free(&texts);
    return err;
}

/* ---- RestoreObject. */

int hr__s3_restore_prepare(struct hr__s3_call *call) {
    struct hr_s3_restore *restore = hr__container_of(call->request, struct hr_s3_restore, request);
    struct hr__s3_adder add = hr__s3_request_adder(call);
    restore->under_way = false;
    hr__add_query_text(&add, "versionId", restore->version_id);
    hr__add_payer(&add, restore->request_payer, restore->expected_owner);
    const struct hr__restore wanted = {restore->days, restore->tier};
    size_t size = 0;
    int err = hr__write_restore(&wanted, (struct hr__memory){NULL, 0}, add.error, &size);
    struct hr__memory memory = hr__s3_request_memory(&add, err, size);
    if (!memory.data) return add.err;
    hr__write_restore(&wanted, memory, add.error, &size);
    hr__s3_request_document(call, hr_slice_bytes(memory.data, size));
    return add.err;
}

int hr__s3_restore_head(struct hr__s3_call *call, const struct hr_http_head *head,
                        struct hr_error *error) {
    (void)error;
    hr__container_of(call->request, struct hr_s3_restore, request)->under_way = head->status == 202;
    return 0;
}

/* ---- Buckets. */

int hr__s3_location_prepare(struct hr__s3_call *call) {
    struct hr_s3_bucket_location *location =
        hr__container_of(call->request, struct hr_s3_bucket_location, request);
    struct hr__s3_adder add = hr__s3_request_adder(call);
    location->region[0] = 0;
    hr__add_payer(&add, false, location->expected_owner);
    return add.err;
}

int hr__s3_location_body(struct hr__s3_call *call, struct hr_error *error) {
    struct hr_s3_bucket_location *location =
        hr__container_of(call->request, struct hr_s3_bucket_location, request);
    struct hr__texts texts = {NULL};
    struct hr__location read;
    int err = hr__read_location(hr__s3_request_answer(call), &texts, error, &read);
    if (!err && !hr__copy_whole(location->region, sizeof location->region, read.region))
        err = hr_error_set(error, HR_ERR_S3_RESPONSE, "the region has %zu bytes, the limit is %zu",
                           read.region.size, sizeof location->region - 1);
    hr__texts_free(&texts);
    return err;
}

int hr__s3_versioning_get_prepare(struct hr__s3_call *call) {
    struct hr_s3_versioning_get *get =
        hr__container_of(call->request, struct hr_s3_versioning_get, request);
    struct hr__s3_adder add = hr__s3_request_adder(call);
    get->status = HR_S3_VERSIONING_OFF;
    get->mfa_delete = false;
    hr__add_payer(&add, false, get->expected_owner);
    return add.err;
}

int hr__s3_versioning_get_body(struct hr__s3_call *call, struct hr_error *error) {
    struct hr_s3_versioning_get *get =
        hr__container_of(call->request, struct hr_s3_versioning_get, request);
    struct hr__versioning read;
    int err = hr__read_versioning(hr__s3_request_answer(call), error, &read);
    if (err) return err;
    get->status = read.status;
    get->mfa_delete = read.mfa_delete;
    return 0;
}

int hr__s3_versioning_put_prepare(struct hr__s3_call *call) {
    struct hr_s3_versioning_put *put =
        hr__container_of(call->request, struct hr_s3_versioning_put, request);
    struct hr__s3_adder add = hr__s3_request_adder(call);
    hr__add_mfa(&add, put->mfa);
    hr__add_payer(&add, false, put->expected_owner);
    size_t size = 0;
    int err = hr__write_versioning(put->status, (struct hr__memory){NULL, 0}, add.error, &size);
    struct hr__memory memory = hr__s3_request_memory(&add, err, size);
    if (!memory.data) return add.err;
    hr__write_versioning(put->status, memory, add.error, &size);
    hr__s3_request_summed_document(call, &add, hr_slice_bytes(memory.data, size));
    return add.err;
}
