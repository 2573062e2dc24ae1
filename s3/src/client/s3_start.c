/* The public start functions: each checks its struct and hands it to a reactor. */
#include <errno.h>

#include <net/source_check.h>

#include "s3_call.h"

static void ended(void *owner) {
    hr__http_client_leave(((hr_s3_client *)owner)->http); /* the client may go now */
}

static uint64_t timeout_ns(const struct hr_request *request) {
    const hr_s3_client *client = request->private_.owner;
    return hr__http_client_timeout_ns(client->http, request->private_.reactor);
}

static const struct hr__s3_class classes[HR__S3_KINDS] = {
#define CLASS(which, type, text)                                                                   \
    [which] = {.base = {text, hr__s3_call_start, hr__s3_call_stop, hr__s3_call_resume, ended,      \
                        timeout_ns},                                                               \
               .kind = which,                                                                      \
               .call_offset = offsetof(struct type, call_)}
    CLASS(HR__S3_PUT, hr_s3_put, "s3 put"),
    CLASS(HR__S3_GET, hr_s3_get, "s3 get"),
    CLASS(HR__S3_HEAD, hr_s3_head, "s3 head"),
    CLASS(HR__S3_DELETE, hr_s3_delete, "s3 delete"),
    CLASS(HR__S3_LIST, hr_s3_list, "s3 list"),
    CLASS(HR__S3_BUCKET_CREATE, hr_s3_bucket_create, "s3 bucket create"),
    CLASS(HR__S3_BUCKET_HEAD, hr_s3_bucket_head, "s3 bucket head"),
    CLASS(HR__S3_BUCKET_DELETE, hr_s3_bucket_delete, "s3 bucket delete"),
    CLASS(HR__S3_BUCKET_LIST, hr_s3_bucket_list, "s3 bucket list"),
#undef CLASS
};

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
    err = hr__request_submit(request, reactor, &classes[kind].base, client);
    if (err) hr__http_client_leave(client->http);
    return err;
}

/* A body that can be hashed and sent: its size is known, and that of a vector is its sum. */
static bool source_usable(const struct hr_source *source) {
    if (hr__source_check(source) != 0) return false;
    if (source->kind == HR_SOURCE_PRODUCER) return source->size != HR_SIZE_UNKNOWN;
    if (source->kind != HR_SOURCE_IOVEC) return true;
    uint64_t size = 0;
    for (size_t i = 0; i < source->iov_count; i++) size += source->iov[i].iov_len;
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
