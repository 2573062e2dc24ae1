/* One object: put, get, head, delete. */
#include <errno.h>

#include "object_options.h"
#include "s3_prepare.h"

/* ---- Put. */

int hr__s3_put_check(struct hr_request *request) {
    struct hr_s3_put *put = hr__container_of(request, struct hr_s3_put, request);
    int err = hr__s3_check_source(request, &put->body);
    if (!err) err = hr__s3_check_metadata(request, put->metadata, put->metadata_count);
    if (!err) err = hr__s3_check_fields(request, put->fields, put->field_count);
    if (!err) err = hr__s3_check_algorithm(request, put->checksum_algorithm);
    return err ? err : hr__s3_check_payload(request, put->payload);
}

/* S3 wants a checksum of an object that cannot be written again. */
static int wish_checksum(struct hr__s3_call *call, const struct hr_s3_put *put) {
    const struct hr_s3_lock *lock = &put->options.lock;
    const struct hr_s3_conditions *conditions = &put->conditions;
    const struct hr__s3_body_wish wish = {
        .algorithm = put->checksum_algorithm,
        .value = put->checksum,
        .fields = put->fields,
        .field_count = put->field_count,
        .is_default = true,
        .is_required = lock->mode || lock->legal_hold,
        .is_conditional = conditions->if_match || conditions->if_none_match,
    };
    return hr__s3_body_wish(call, &wish);
}

int hr__s3_put_prepare(struct hr__s3_call *call) {
    struct hr_s3_put *put = hr__container_of(call->request, struct hr_s3_put, request);
    struct hr__s3_parameters *parameters = &call->parameters;
    struct hr__s3_adder add = hr__s3_request_adder(call);
    put->etag[0] = put->version_id[0] = 0;
    memset(&put->sent_checksum, 0, sizeof put->sent_checksum);
    put->sent_bytes = 0;
    parameters->content_type = hr_slice_of(
        hr__s3_content_type(put->content_type, &put->body, put->fields, put->field_count));
    parameters->metadata = put->metadata;
    parameters->metadata_count = put->metadata_count;
    parameters->fields = put->fields;
    parameters->field_count = put->field_count;
    call->http.expect_continue = put->expect_continue;
    hr__s3_request_body(call, &put->body, put->payload);
    int err = wish_checksum(call, put);
    if (err) return err;
    hr__add_object_options(&add, &put->options);
    hr__add_conditions(&add, &hr__conditions_write, &put->conditions);
    return add.err;
}

int hr__s3_put_head(struct hr__s3_call *call, const struct hr_http_head *head,
                    struct hr_error *error) {
    struct hr_s3_put *put = hr__container_of(call->request, struct hr_s3_put, request);
    (void)error;
    hr__copy_whole(put->etag, sizeof put->etag, hr__unquote(hr_http_head_find(head, "etag")));
    hr__copy_whole(put->version_id, sizeof put->version_id,
                   hr_http_head_find(head, "x-amz-version-id"));
    return 0;
}

void hr__s3_put_end(struct hr__s3_call *call) {
    struct hr_s3_put *put = hr__container_of(call->request, struct hr_s3_put, request);
    put->sent_bytes = call->http.sent_bytes;
    put->sent_checksum = hr__s3_body_sent(call);
}

/* ---- Get. */

static int check_part(struct hr_request *request, const struct hr_s3_read_options *options,
                      bool ranged) {
    if (options->part_number > HR_S3_PART_NUMBER_MAX)
        return hr__request_refuse(request, -EINVAL, "part_number %u is more than the limit of %d",
                                  options->part_number, HR_S3_PART_NUMBER_MAX);
    if (!options->part_number || !ranged) return 0;
    return hr__request_refuse(request, -EINVAL, "part_number and a range: one of them");
}

/* Of the texts the first byte is enough: they are most of a request's memory. */
static void clear_info(struct hr_s3_object_info *info) {
    info->size_bytes = info->last_modified_s = 0;
    info->etag[0] = info->content_type[0] = info->version_id[0] = info->storage_class[0] = 0;
    info->cut = info->size_unknown = false;
    info->parts = 0;
}

int hr__s3_get_check(struct hr_request *request) {
    struct hr_s3_get *get = hr__container_of(request, struct hr_s3_get, request);
    int err = hr__s3_check_fields(request, get->fields, get->field_count);
    return err ? err : check_part(request, &get->options, get->ranged);
}

int hr__s3_get_prepare(struct hr__s3_call *call) {
    struct hr_s3_get *get = hr__container_of(call->request, struct hr_s3_get, request);
    struct hr__s3_parameters *parameters = &call->parameters;
    clear_info(&get->info);
    get->body_bytes = 0;
    get->verified = HR_S3_CHECKSUM_NONE;
    hr__s3_validate_prepare(call, get->fields, get->field_count);
    parameters->ranged = get->ranged;
    parameters->range_first = get->range_first;
    parameters->range_last = get->range_last;
    parameters->fields = get->fields;
    parameters->field_count = get->field_count;
    call->sink = &get->sink;
    struct hr__s3_adder add = hr__s3_request_adder(call);
    hr__add_read_options(&add, &get->options);
    return add.err;
}

int hr__s3_get_head(struct hr__s3_call *call, const struct hr_http_head *head,
                    struct hr_error *error) {
    struct hr_s3_get *get = hr__container_of(call->request, struct hr_s3_get, request);
    int err = call->attempt.empty ? 0 : hr__s3_response_range(head, get, error);
    if (!err) err = hr__s3_response_object(head, error, &get->info);
    if (call->attempt.empty) {
        get->info.size_bytes = 0;
        get->info.size_unknown = false;
    }
    if (!err && !call->attempt.empty) err = hr__s3_validate_head(call, head, get, error);
    if (get->options.part_number) get->info.parts = hr__s3_response_parts(head);
    if (!err && !call->attempt.empty) hr__s3_resume_note(call, head, get);
    return !err && get->on_head ? get->on_head(get, head) : err;
}

void hr__s3_get_end(struct hr__s3_call *call) {
    struct hr_s3_get *get = hr__container_of(call->request, struct hr_s3_get, request);
    get->body_bytes = hr__s3_resume_bytes(call);
}

/* ---- Head. */

int hr__s3_head_check(struct hr_request *request) {
    struct hr_s3_head *head = hr__container_of(request, struct hr_s3_head, request);
    int err = hr__s3_check_fields(request, head->fields, head->field_count);
    return err ? err : check_part(request, &head->options, false);
}

int hr__s3_head_prepare(struct hr__s3_call *call) {
    struct hr_s3_head *head = hr__container_of(call->request, struct hr_s3_head, request);
    clear_info(&head->info);
    call->parameters.fields = head->fields;
    call->parameters.field_count = head->field_count;
    struct hr__s3_adder add = hr__s3_request_adder(call);
    hr__add_read_options(&add, &head->options);
    return add.err;
}

int hr__s3_head_head(struct hr__s3_call *call, const struct hr_http_head *response,
                     struct hr_error *error) {
    struct hr_s3_head *head = hr__container_of(call->request, struct hr_s3_head, request);
    int err = hr__s3_response_object(response, error, &head->info);
    if (head->options.part_number) head->info.parts = hr__s3_response_parts(response);
    return !err && head->on_head ? head->on_head(head, response) : err;
}

/* ---- Delete. */

int hr__s3_delete_prepare(struct hr__s3_call *call) {
    struct hr_s3_delete *del = hr__container_of(call->request, struct hr_s3_delete, request);
    struct hr__s3_adder add = hr__s3_request_adder(call);
    del->delete_marker = false;
    del->deleted_version_id[0] = 0;
    hr__add_query_text(&add, "versionId", del->version_id);
    hr__add_etag(&add, "If-Match", del->if_match);
    if (del->bypass_governance)
        hr__add_field_text(&add, "x-amz-bypass-governance-retention", "true");
    hr__add_mfa(&add, del->mfa);
    hr__add_payer(&add, del->request_payer, del->expected_owner);
    return add.err;
}

int hr__s3_delete_head(struct hr__s3_call *call, const struct hr_http_head *head,
                       struct hr_error *error) {
    struct hr_s3_delete *del = hr__container_of(call->request, struct hr_s3_delete, request);
    (void)error;
    struct hr_slice marker = hr_http_head_find(head, "x-amz-delete-marker");
    del->delete_marker = hr_slice_equal_nocase(marker, hr_slice_of("true"));
    hr__copy_whole(del->deleted_version_id, sizeof del->deleted_version_id,
                   hr_http_head_find(head, "x-amz-version-id"));
    return 0;
}
