/* The users' request structs: read at the start, filled in at the head and the end. */
#include "s3_call.h"

#include <assert.h>

static const struct hr__s3_class *class_of(const struct hr_request *request) {
    return hr__container_of(request->private_.class_, struct hr__s3_class, base);
}

enum hr__s3_kind hr__s3_request_kind(const struct hr_request *request) {
    return class_of(request)->kind;
}

static struct hr__s3_call **slot(const struct hr_request *request) {
    return (struct hr__s3_call **)(uintptr_t)((const char *)request +
                                              class_of(request)->call_offset);
}

void hr__s3_request_set_call(struct hr_request *request, struct hr__s3_call *call) {
    assert(!call || call->request == request);
    *slot(request) = call;
}

struct hr__s3_call *hr__s3_request_call(const struct hr_request *request) {
    return *slot(request);
}

/* ---- In. */

static void read_put(struct hr_s3_put *put, struct hr__s3_parameters *parameters) {
    put->etag[0] = 0;
    put->sent_bytes = 0;
    parameters->bucket = hr_slice_of(put->bucket);
    parameters->key = hr_slice_of(put->key);
    parameters->content_type = hr_slice_of(put->content_type);
    parameters->metadata = put->metadata;
    parameters->metadata_count = put->metadata_count;
    parameters->fields = put->fields;
    parameters->field_count = put->field_count;
}

static void read_get(struct hr_s3_get *get, struct hr__s3_parameters *parameters) {
    memset(&get->info, 0, sizeof get->info);
    get->body_bytes = 0;
    parameters->bucket = hr_slice_of(get->bucket);
    parameters->key = hr_slice_of(get->key);
    parameters->ranged = get->ranged;
    parameters->range_first = get->range_first;
    parameters->range_last = get->range_last;
    parameters->fields = get->fields;
    parameters->field_count = get->field_count;
}

static void read_head(struct hr_s3_head *head, struct hr__s3_parameters *parameters) {
    memset(&head->info, 0, sizeof head->info);
    parameters->bucket = hr_slice_of(head->bucket);
    parameters->key = hr_slice_of(head->key);
    parameters->fields = head->fields;
    parameters->field_count = head->field_count;
}

static void read_list(struct hr_s3_list *list, struct hr__s3_parameters *parameters) {
    list->objects = list->prefixes = list->pages = 0;
    list->truncated = false;
    parameters->bucket = hr_slice_of(list->bucket);
    parameters->prefix = hr_slice_of(list->prefix);
    parameters->delimiter = hr_slice_of(list->delimiter);
    parameters->start_after = hr_slice_of(list->start_after);
    parameters->page_size = list->page_size;
}

static void read_delete(const struct hr_s3_delete *del, struct hr__s3_parameters *parameters) {
    parameters->bucket = hr_slice_of(del->bucket);
    parameters->key = hr_slice_of(del->key);
}

static void read_bucket_head(struct hr_s3_bucket_head *head, struct hr__s3_parameters *parameters) {
    head->region[0] = 0;
    parameters->bucket = hr_slice_of(head->bucket);
}

static void clear_bucket_list(struct hr_s3_bucket_list *list) {
    list->buckets = 0;
    list->walk_ = (struct hr_s3_walk){.pages = 0};
}

void hr__s3_request_read(struct hr_request *request, struct hr__s3_parameters *parameters) {
    parameters->kind = hr__s3_request_kind(request);
    switch (parameters->kind) {
    case HR__S3_PUT:
        read_put(hr__container_of(request, struct hr_s3_put, request), parameters);
        break;
    case HR__S3_GET:
        read_get(hr__container_of(request, struct hr_s3_get, request), parameters);
        break;
    case HR__S3_HEAD:
        read_head(hr__container_of(request, struct hr_s3_head, request), parameters);
        break;
    case HR__S3_LIST:
        read_list(hr__container_of(request, struct hr_s3_list, request), parameters);
        break;
    case HR__S3_DELETE:
        read_delete(hr__container_of(request, struct hr_s3_delete, request), parameters);
        break;
    case HR__S3_BUCKET_CREATE:
        parameters->bucket =
            hr_slice_of(hr__container_of(request, struct hr_s3_bucket_create, request)->bucket);
        break;
    case HR__S3_BUCKET_HEAD:
        read_bucket_head(hr__container_of(request, struct hr_s3_bucket_head, request), parameters);
        break;
    case HR__S3_BUCKET_DELETE:
        parameters->bucket =
            hr_slice_of(hr__container_of(request, struct hr_s3_bucket_delete, request)->bucket);
        break;
    case HR__S3_BUCKET_LIST:
        clear_bucket_list(hr__container_of(request, struct hr_s3_bucket_list, request));
        break;
    case HR__S3_KINDS:
        break;
    }
}

/* ---- Out. */

static int fill_get(struct hr_s3_get *get, const struct hr_http_head *head,
                    struct hr_error *error) {
    int err = hr__s3_response_range(head, get, error);
    if (!err) err = hr__s3_response_object(head, error, &get->info);
    return !err && get->on_head ? get->on_head(get, head) : err;
}

static int fill_head(struct hr_s3_head *request, const struct hr_http_head *head,
                     struct hr_error *error) {
    int err = hr__s3_response_object(head, error, &request->info);
    return !err && request->on_head ? request->on_head(request, head) : err;
}

int hr__s3_request_fill_head(struct hr__s3_call *call, const struct hr_http_head *head,
                             struct hr_error *error) {
    struct hr_request *request = call->request;
    int err = 0;
    assert(!call->attempt.bad_status);
    if (call->parameters.kind == HR__S3_PUT) {
        struct hr_s3_put *put = hr__container_of(request, struct hr_s3_put, request);
        hr__copy_whole(put->etag, sizeof put->etag, hr__unquote(hr_http_head_find(head, "etag")));
    } else if (call->parameters.kind == HR__S3_GET) {
        err = fill_get(hr__container_of(request, struct hr_s3_get, request), head, error);
    } else if (call->parameters.kind == HR__S3_HEAD) {
        err = fill_head(hr__container_of(request, struct hr_s3_head, request), head, error);
    } else if (call->parameters.kind == HR__S3_BUCKET_HEAD) {
        struct hr_s3_bucket_head *bucket =
            hr__container_of(request, struct hr_s3_bucket_head, request);
        hr__copy_whole(bucket->region, sizeof bucket->region,
                       hr_slice_of(call->attempt.ids.region));
    }
    return err < 0 ? err : 0;
}

void hr__s3_request_fill_end(struct hr__s3_call *call) {
    struct hr_request *request = call->request;
    if (call->parameters.kind == HR__S3_PUT)
        hr__container_of(request, struct hr_s3_put, request)->sent_bytes = call->http.sent_bytes;
    /* The body of an error is not the object's. */
    if (call->parameters.kind == HR__S3_GET && !call->attempt.bad_status)
        hr__container_of(request, struct hr_s3_get, request)->body_bytes = call->http.body_bytes;
}
