/* Uploads in parts: create, part, abort. */
#include <errno.h>

#include "object_options.h"
#include "s3_prepare.h"

int hr__s3_check_part(struct hr_request *request, const char *upload_id, uint32_t part_number) {
    if (!upload_id || !*upload_id)
        return hr__request_refuse(request, -EINVAL, "upload_id is NULL or empty");
    if (part_number >= 1 && part_number <= HR_S3_PART_NUMBER_MAX) return 0;
    return hr__request_refuse(request, -EINVAL, "part_number is %u: it is 1 to %d", part_number,
                              HR_S3_PART_NUMBER_MAX);
}

/* ---- Create. */

static struct hr_s3_upload_create *create_of(const struct hr_request *request) {
    return hr__container_of(request, struct hr_s3_upload_create, request);
}

int hr__s3_upload_create_check(struct hr_request *request) {
    struct hr_s3_upload_create *create = create_of(request);
    int err = hr__s3_check_metadata(request, create->metadata, create->metadata_count);
    if (!err) err = hr__s3_check_algorithm(request, create->checksum_algorithm);
    if (!err) err = hr__s3_check_type(request, create->checksum_algorithm, create->checksum_type);
    return err ? err : hr__s3_check_fields(request, create->fields, create->field_count);
}

int hr__s3_upload_create_prepare(struct hr__s3_call *call) {
    struct hr_s3_upload_create *create = create_of(call->request);
    struct hr__s3_parameters *parameters = &call->parameters;
    struct hr__s3_adder add = hr__s3_request_adder(call);
    create->upload_id[0] = 0;
    parameters->content_type = hr_slice_of(create->content_type);
    parameters->metadata = create->metadata;
    parameters->metadata_count = create->metadata_count;
    parameters->fields = create->fields;
    parameters->field_count = create->field_count;
    hr__add_object_options(&add, &create->options);
    hr__add_checksum_algorithm(&add, create->checksum_algorithm);
    if (create->checksum_type)
        hr__add_field_text(&add, "x-amz-checksum-type",
                           hr_s3_checksum_type_name(create->checksum_type));
    return add.err;
}

int hr__s3_upload_create_body(struct hr__s3_call *call, struct hr_error *error) {
    struct hr_s3_upload_create *create = create_of(call->request);
    struct hr__texts texts = {NULL};
    struct hr__upload_created created;
    hr__s3_request_mend_answer(call);
    int err = hr__read_upload_created(hr__s3_request_answer(call), &texts, error, &created);
    if (!err && !hr__copy_whole(create->upload_id, sizeof create->upload_id, created.upload_id))
        err =
            hr_error_set(error, HR_ERR_S3_RESPONSE, "the upload id has %zu bytes, the limit is %d",
                         created.upload_id.size, HR_S3_UPLOAD_ID_MAX);
    hr__texts_free(&texts);
    return err;
}

/* ---- Part. */

static struct hr_s3_upload_part *part_of(const struct hr_request *request) {
    return hr__container_of(request, struct hr_s3_upload_part, request);
}

int hr__s3_upload_part_check(struct hr_request *request) {
    struct hr_s3_upload_part *part = part_of(request);
    int err = hr__s3_check_part(request, part->upload_id, part->part_number);
    if (!err) err = hr__s3_check_source(request, &part->body);
    if (!err) err = hr__s3_check_fields(request, part->fields, part->field_count);
    if (!err) err = hr__s3_check_algorithm(request, part->checksum_algorithm);
    return err ? err : hr__s3_check_payload(request, part->payload);
}

int hr__s3_upload_part_prepare(struct hr__s3_call *call) {
    struct hr_s3_upload_part *part = part_of(call->request);
    struct hr__s3_adder add = hr__s3_request_adder(call);
    part->etag[0] = 0;
    memset(&part->sent_checksum, 0, sizeof part->sent_checksum);
    part->sent_bytes = 0;
    call->parameters.fields = part->fields;
    call->parameters.field_count = part->field_count;
    hr__add_query_u64(&add, "partNumber", part->part_number);
    hr__add_query_text(&add, "uploadId", part->upload_id);
    hr__add_customer_key(&add, part->customer_key);
    hr__add_payer(&add, part->request_payer, part->expected_owner);
    hr__s3_request_body(call, &part->body, part->payload);
    const struct hr__s3_body_wish wish = {
        .algorithm = part->checksum_algorithm,
        .value = part->checksum,
        .fields = part->fields,
        .field_count = part->field_count,
        .is_default = true,
    };
    return add.err ? add.err : hr__s3_body_wish(call, &wish);
}

int hr__s3_upload_part_head(struct hr__s3_call *call, const struct hr_http_head *head,
                            struct hr_error *error) {
    struct hr_s3_upload_part *part = part_of(call->request);
    (void)error;
    hr__copy_whole(part->etag, sizeof part->etag, hr__unquote(hr_http_head_find(head, "etag")));
    return 0;
}

void hr__s3_upload_part_end(struct hr__s3_call *call) {
    struct hr_s3_upload_part *part = part_of(call->request);
    part->sent_bytes = call->http.sent_bytes;
    part->sent_checksum = hr__s3_body_sent(call);
}

/* ---- Abort. */

int hr__s3_upload_abort_check(struct hr_request *request) {
    struct hr_s3_upload_abort *abort =
        hr__container_of(request, struct hr_s3_upload_abort, request);
    return hr__s3_check_part(request, abort->upload_id, 1);
}

int hr__s3_upload_abort_prepare(struct hr__s3_call *call) {
    struct hr_s3_upload_abort *abort =
        hr__container_of(call->request, struct hr_s3_upload_abort, request);
    struct hr__s3_adder add = hr__s3_request_adder(call);
    hr__add_query_text(&add, "uploadId", abort->upload_id);
    hr__add_payer(&add, abort->request_payer, abort->expected_owner);
    return add.err;
}
