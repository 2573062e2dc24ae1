/* One object: put, get, head. */
#include <errno.h>

#include "s3_prepare.h"

/* ---- Put. */

static int check_metadata(struct hr_s3_put *put) {
    if (put->metadata_count == 0) return 0;
    if (!put->metadata)
        return hr__request_refuse(&put->request, -EINVAL,
                                  "metadata is NULL, and metadata_count is not 0");
    for (size_t i = 0; i < put->metadata_count; i++)
        if (!put->metadata[i].name || !put->metadata[i].value)
            return hr__request_refuse(&put->request, -EINVAL, "metadata[%zu] has no %s", i,
                                      put->metadata[i].name ? "value" : "name");
    return 0;
}

int hr__s3_put_check(struct hr_request *request) {
    struct hr_s3_put *put = hr__container_of(request, struct hr_s3_put, request);
    int err = hr__s3_check_source(request, &put->body);
    if (!err) err = check_metadata(put);
    if (!err) err = hr__s3_check_fields(request, put->fields, put->field_count);
    return err ? err : hr__s3_check_payload(request, put->payload);
}

int hr__s3_put_prepare(struct hr__s3_call *call) {
    struct hr_s3_put *put = hr__container_of(call->request, struct hr_s3_put, request);
    struct hr__s3_parameters *parameters = &call->parameters;
    put->etag[0] = 0;
    put->sent_bytes = 0;
    parameters->content_type = hr_slice_of(put->content_type);
    parameters->metadata = put->metadata;
    parameters->metadata_count = put->metadata_count;
    parameters->fields = put->fields;
    parameters->field_count = put->field_count;
    call->http.expect_continue = put->expect_continue;
    hr__s3_request_body(call, &put->body, put->payload);
    return 0;
}

int hr__s3_put_head(struct hr__s3_call *call, const struct hr_http_head *head,
                    struct hr_error *error) {
    struct hr_s3_put *put = hr__container_of(call->request, struct hr_s3_put, request);
    (void)error;
    hr__copy_whole(put->etag, sizeof put->etag, hr__unquote(hr_http_head_find(head, "etag")));
    return 0;
}

void hr__s3_put_end(struct hr__s3_call *call) {
    hr__container_of(call->request, struct hr_s3_put, request)->sent_bytes = call->http.sent_bytes;
}

/* ---- Get. */

int hr__s3_get_check(struct hr_request *request) {
    struct hr_s3_get *get = hr__container_of(request, struct hr_s3_get, request);
    return hr__s3_check_fields(request, get->fields, get->field_count);
}

int hr__s3_get_prepare(struct hr__s3_call *call) {
    struct hr_s3_get *get = hr__container_of(call->request, struct hr_s3_get, request);
    struct hr__s3_parameters *parameters = &call->parameters;
    memset(&get->info, 0, sizeof get->info);
    get->body_bytes = 0;
    parameters->ranged = get->ranged;
    parameters->range_first = get->range_first;
    parameters->range_last = get->range_last;
    parameters->fields = get->fields;
    parameters->field_count = get->field_count;
    call->sink = &get->sink;
    return 0;
}

int hr__s3_get_head(struct hr__s3_call *call, const struct hr_http_head *head,
                    struct hr_error *error) {
    struct hr_s3_get *get = hr__container_of(call->request, struct hr_s3_get, request);
    int err = hr__s3_response_range(head, get, error);
    if (!err) err = hr__s3_response_object(head, error, &get->info);
    return !err && get->on_head ? get->on_head(get, head) : err;
}

/* The body of an error is not the object's. */
void hr__s3_get_end(struct hr__s3_call *call) {
    if (call->attempt.bad_status) return;
    hr__container_of(call->request, struct hr_s3_get, request)->body_bytes = call->http.body_bytes;
}

/* ---- Head. */

int hr__s3_head_check(struct hr_request *request) {
    struct hr_s3_head *head = hr__container_of(request, struct hr_s3_head, request);
    return hr__s3_check_fields(request, head->fields, head->field_count);
}

int hr__s3_head_prepare(struct hr__s3_call *call) {
    struct hr_s3_head *head = hr__container_of(call->request, struct hr_s3_head, request);
    memset(&head->info, 0, sizeof head->info);
    call->parameters.fields = head->fields;
    call->parameters.field_count = head->field_count;
    return 0;
}

int hr__s3_head_head(struct hr__s3_call *call, const struct hr_http_head *response,
                     struct hr_error *error) {
    struct hr_s3_head *head = hr__container_of(call->request, struct hr_s3_head, request);
    int err = hr__s3_response_object(response, error, &head->info);
    return !err && head->on_head ? head->on_head(head, response) : err;
}
