/* The public request structs: starting them, and what goes in and out of each. */
#include <errno.h>

#include "s3_call.h"

static void ended(void *owner) {
    hr__http_client_leave(((hr_s3_client *)owner)->http); /* the client may go now */
}

const struct hr_request_class hr__s3_classes[HR__S3_KINDS] = {
#define CLASS(kind, text)                                                                          \
    [kind] = {text, hr__s3_call_start, hr__s3_call_stop, hr__s3_call_resume, ended, NULL}
    CLASS(HR__S3_PUT, "s3 put"),
    CLASS(HR__S3_GET, "s3 get"),
    CLASS(HR__S3_HEAD, "s3 head"),
    CLASS(HR__S3_DELETE, "s3 delete"),
    CLASS(HR__S3_LIST, "s3 list"),
    CLASS(HR__S3_BUCKET_CREATE, "s3 bucket create"),
    CLASS(HR__S3_BUCKET_HEAD, "s3 bucket head"),
    CLASS(HR__S3_BUCKET_DELETE, "s3 bucket delete"),
    CLASS(HR__S3_BUCKET_LIST, "s3 bucket list"),
#undef CLASS
};

static const size_t call_offsets[HR__S3_KINDS] = {
    [HR__S3_PUT] = offsetof(struct hr_s3_put, call_),
    [HR__S3_GET] = offsetof(struct hr_s3_get, call_),
    [HR__S3_HEAD] = offsetof(struct hr_s3_head, call_),
    [HR__S3_DELETE] = offsetof(struct hr_s3_delete, call_),
    [HR__S3_LIST] = offsetof(struct hr_s3_list, call_),
    [HR__S3_BUCKET_CREATE] = offsetof(struct hr_s3_bucket_create, call_),
    [HR__S3_BUCKET_HEAD] = offsetof(struct hr_s3_bucket_head, call_),
    [HR__S3_BUCKET_DELETE] = offsetof(struct hr_s3_bucket_delete, call_),
    [HR__S3_BUCKET_LIST] = offsetof(struct hr_s3_bucket_list, call_),
};

enum hr__s3_kind hr__s3_kind_of(const struct hr_request *request) {
    return (enum hr__s3_kind)(request->private_.class_ - hr__s3_classes);
}

static struct hr__s3_call **slot(const struct hr_request *request) {
    size_t offset = call_offsets[hr__s3_kind_of(request)];
    return (struct hr__s3_call **)(uintptr_t)((const char *)request + offset);
}

void hr__s3_set_call(struct hr_request *request, struct hr__s3_call *call) {
    *slot(request) = call;
}

struct hr__s3_call *hr__s3_get_call(const struct hr_request *request) {
    return *slot(request);
}

/* ---- In. */

static void take_put(struct hr_s3_put *put, struct hr__s3_parameters *parameters) {
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

static void take_get(struct hr_s3_get *get, struct hr__s3_parameters *parameters) {
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

static void take_head(struct hr_s3_head *head, struct hr__s3_parameters *parameters) {
    memset(&head->info, 0, sizeof head->info);
    parameters->bucket = hr_slice_of(head->bucket);
    parameters->key = hr_slice_of(head->key);
    parameters->fields = head->fields;
    parameters->field_count = head->field_count;
}

static void take_list(struct hr_s3_list *list, struct hr__s3_parameters *parameters) {
    list->objects = list->prefixes = list->pages = 0;
    list->truncated = false;
    parameters->bucket = hr_slice_of(list->bucket);
    parameters->prefix = hr_slice_of(list->prefix);
    parameters->delimiter = hr_slice_of(list->delimiter);
    parameters->start_after = hr_slice_of(list->start_after);
    parameters->page_size = list->page_size;
}

void hr__s3_take_parameters(struct hr_request *request, struct hr__s3_parameters *parameters) {
    void *any = request;
    parameters->kind = hr__s3_kind_of(request);
    switch (parameters->kind) {
    case HR__S3_PUT:
        take_put(any, parameters);
        break;
    case HR__S3_GET:
        take_get(any, parameters);
        break;
    case HR__S3_HEAD:
        take_head(any, parameters);
        break;
    case HR__S3_LIST:
        take_list(any, parameters);
        break;
    case HR__S3_DELETE:
        parameters->bucket = hr_slice_of(((struct hr_s3_delete *)any)->bucket);
        parameters->key = hr_slice_of(((struct hr_s3_delete *)any)->key);
        break;
    case HR__S3_BUCKET_CREATE:
        parameters->bucket = hr_slice_of(((struct hr_s3_bucket_create *)any)->bucket);
        break;
    case HR__S3_BUCKET_HEAD:
        ((struct hr_s3_bucket_head *)any)->region[0] = 0;
        parameters->bucket = hr_slice_of(((struct hr_s3_bucket_head *)any)->bucket);
        break;
    case HR__S3_BUCKET_DELETE:
        parameters->bucket = hr_slice_of(((struct hr_s3_bucket_delete *)any)->bucket);
        break;
    case HR__S3_BUCKET_LIST:
        ((struct hr_s3_bucket_list *)any)->buckets = 0;
        ((struct hr_s3_bucket_list *)any)->walk_ = (struct hr_s3_walk){.pages = 0};
        break;
    case HR__S3_KINDS:
        break;
    }
}

/* ---- Out. */

int hr__s3_give_head(struct hr__s3_call *call, const struct hr_http_head *head,
                     struct hr_error *error) {
    void *any = call->request;
    int err = 0;
    if (call->parameters.kind == HR__S3_PUT) {
        struct hr_s3_put *put = any;
        hr__copy_whole(put->etag, sizeof put->etag, hr__unquote(hr_http_head_find(head, "etag")));
    } else if (call->parameters.kind == HR__S3_GET) {
        struct hr_s3_get *get = any;
        err = hr__answer_range(head, get, error);
        if (!err) err = hr__answer_object(head, error, &get->info);
        if (!err && get->on_head) err = get->on_head(get, head);
    } else if (call->parameters.kind == HR__S3_HEAD) {
        struct hr_s3_head *asked = any;
        err = hr__answer_object(head, error, &asked->info);
        if (!err && asked->on_head) err = asked->on_head(asked, head);
    } else if (call->parameters.kind == HR__S3_BUCKET_HEAD) {
        struct hr_s3_bucket_head *asked = any;
        hr__copy_whole(asked->region, sizeof asked->region, hr_slice_of(call->ids.region));
    }
    return err < 0 ? err : 0;
}

void hr__s3_give_end(struct hr__s3_call *call) {
    void *any = call->request;
    if (call->parameters.kind == HR__S3_PUT)
        ((struct hr_s3_put *)any)->sent_bytes = call->http.sent_bytes;
    /* The body of an error is not the object's. */
    if (call->parameters.kind == HR__S3_GET && !call->bad_status)
        ((struct hr_s3_get *)any)->body_bytes = call->http.body_bytes;
}

/* ---- Starting. */

/* The reactor is chosen by the host that the request will go to: it has connections there. */
static int start(hr_s3_client *client, enum hr__s3_kind kind, struct hr_request *request,
                 const char *bucket) {
    int err = hr__http_client_enter(client->http);
    if (err) return hr__request_refuse(request, err, "the client is closing");
    const struct hr__endpoint *endpoint = &client->endpoint;
    struct hr_slice name = hr_slice_of(bucket), host = hr_slice_of(endpoint->host);
    char memory[HR__ENDPOINT_HOST_MAX + 1];
    if (hr__endpoint_virtual(endpoint, name)) {
        struct hr__writer out = hr__writer(memory, sizeof memory);
        hr__put_slice(&out, name);
        hr__put_byte(&out, '.');
        hr__put_slice(&out, host);
        host = hr__written(&out);
    } else if (host.data[0] == '[') {
        host = hr_slice_bytes(host.data + 1, host.size - 2);
    }
    struct hr_reactor *reactor = hr__http_client_pick(client->http, host, endpoint->port);
    err = hr__request_submit(request, reactor, &hr__s3_classes[kind], client);
    if (err) hr__http_client_leave(client->http);
    return err;
}

/* A body that cannot be hashed or sent at all. */
static bool source_usable(const struct hr_source *source) {
    switch (source->kind) {
    case HR_SOURCE_NONE:
        return true;
    case HR_SOURCE_BYTES:
        return source->data || source->size == 0;
    case HR_SOURCE_FD:
        return source->fd >= 0 && source->size != HR_SIZE_UNKNOWN;
    case HR_SOURCE_PRODUCER:
        return source->produce && source->size != HR_SIZE_UNKNOWN;
    case HR_SOURCE_IOVEC:
        break;
    default:
        return false;
    }
    uint64_t size = 0;
    if (!source->iov && source->iov_count > 0) return false;
    for (size_t i = 0; i < source->iov_count; i++) {
        if (!source->iov[i].iov_base && source->iov[i].iov_len > 0) return false;
        size += source->iov[i].iov_len;
    }
    return size == source->size;
}

static int refuse(struct hr_request *request, const char *why) {
    return hr__request_refuse(request, -EINVAL, "%s", why);
}

/* The parameters that several operations have; "" stands for one that an operation has not. */
static int check(const hr_s3_client *client, struct hr_request *request, const char *bucket,
                 const char *key) {
    if (!client) return refuse(request, "client is NULL");
    if (!bucket) return refuse(request, "bucket is NULL");
    return key ? 0 : refuse(request, "key is NULL");
}

static int check_fields(struct hr_request *request, const struct hr_http_field *fields,
                        size_t count) {
    return count > 0 && !fields ? refuse(request, "fields is NULL, and field_count is not 0") : 0;
}

static int check_metadata(struct hr_s3_put *put) {
    if (put->metadata_count == 0) return 0;
    if (!put->metadata)
        return refuse(&put->request, "metadata is NULL, and metadata_count is not 0");
    for (size_t i = 0; i < put->metadata_count; i++)
        if (!put->metadata[i].name || !put->metadata[i].value)
            return hr__request_refuse(&put->request, -EINVAL, "metadata[%zu] has no %s", i,
                                      put->metadata[i].name ? "value" : "name");
    return 0;
}

int hr_s3_put_start(hr_s3_client *client, struct hr_s3_put *put) {
    if (!put) return -EINVAL;
    struct hr_request *request = &put->request;
    int err = check(client, request, put->bucket, put->key);
    if (!err && !source_usable(&put->body))
        err = refuse(request, "body is not a source that can be sent: its size has to be known");
    if (!err) err = check_metadata(put);
    if (!err) err = check_fields(request, put->fields, put->field_count);
    if (!err && (unsigned)put->payload > HR_S3_PAYLOAD_UNSIGNED)
        err = hr__request_refuse(
            request, -EINVAL, "payload is %d, which enum hr_s3_payload has not", (int)put->payload);
    return err ? err : start(client, HR__S3_PUT, request, put->bucket);
}

int hr_s3_get_start(hr_s3_client *client, struct hr_s3_get *get) {
    if (!get) return -EINVAL;
    int err = check(client, &get->request, get->bucket, get->key);
    if (!err) err = check_fields(&get->request, get->fields, get->field_count);
    return err ? err : start(client, HR__S3_GET, &get->request, get->bucket);
}

int hr_s3_head_start(hr_s3_client *client, struct hr_s3_head *head) {
    if (!head) return -EINVAL;
    int err = check(client, &head->request, head->bucket, head->key);
    if (!err) err = check_fields(&head->request, head->fields, head->field_count);
    return err ? err : start(client, HR__S3_HEAD, &head->request, head->bucket);
}

int hr_s3_delete_start(hr_s3_client *client, struct hr_s3_delete *del) {
    if (!del) return -EINVAL;
    int err = check(client, &del->request, del->bucket, del->key);
    return err ? err : start(client, HR__S3_DELETE, &del->request, del->bucket);
}

int hr_s3_list_start(hr_s3_client *client, struct hr_s3_list *list) {
    if (!list) return -EINVAL;
    int err = check(client, &list->request, list->bucket, "");
    return err ? err : start(client, HR__S3_LIST, &list->request, list->bucket);
}

int hr_s3_bucket_create_start(hr_s3_client *client, struct hr_s3_bucket_create *create) {
    if (!create) return -EINVAL;
    int err = check(client, &create->request, create->bucket, "");
    return err ? err : start(client, HR__S3_BUCKET_CREATE, &create->request, create->bucket);
}

int hr_s3_bucket_head_start(hr_s3_client *client, struct hr_s3_bucket_head *head) {
    if (!head) return -EINVAL;
    int err = check(client, &head->request, head->bucket, "");
    return err ? err : start(client, HR__S3_BUCKET_HEAD, &head->request, head->bucket);
}

int hr_s3_bucket_delete_start(hr_s3_client *client, struct hr_s3_bucket_delete *del) {
    if (!del) return -EINVAL;
    int err = check(client, &del->request, del->bucket, "");
    return err ? err : start(client, HR__S3_BUCKET_DELETE, &del->request, del->bucket);
}

int hr_s3_bucket_list_start(hr_s3_client *client, struct hr_s3_bucket_list *list) {
    if (!list) return -EINVAL;
    int err = check(client, &list->request, "", "");
    return err ? err : start(client, HR__S3_BUCKET_LIST, &list->request, NULL);
}
