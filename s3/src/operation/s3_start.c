/* The public start functions: each checks its struct and hands it to a reactor. */
#include <errno.h>

#include "s3_prepare.h"
#include "s3_rows.h"

static const char *text_at(const struct hr_request *request, size_t at) {
    return *(const char *const *)(const void *)((const char *)request + at);
}

/* The reactor is chosen by the host that the request will go to: it has connections there. */
int hr__s3_submit(hr_s3_client *client, const struct hr_request_class *class_,
                  struct hr_request *request, const char *bucket) {
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
    err = hr__request_submit(request, reactor, class_, client);
    if (err) hr__http_client_leave(client->http);
    return err;
}

static int check(const hr_s3_client *client, const struct hr__s3_row *row,
                 struct hr_request *request) {
    const struct hr__s3_given given = {
        .client = client,
        .bucket = row->operation.bucket ? text_at(request, row->bucket_at) : "",
        .key = row->operation.key ? text_at(request, row->key_at) : "",
        .reserved = (const void *)((const char *)request + row->reserved_at),
    };
    int err = hr__s3_check_given(request, &given);
    return err || !row->check ? err : row->check(request);
}

int hr__s3_begin(hr_s3_client *client, enum hr__s3_kind kind, struct hr_request *request) {
    const struct hr__s3_row *row = &hr__s3_rows[kind];
    int err = check(client, row, request);
    if (err) return err;
    hr__http_client_hold(client->http);
    hr__request_submit_part(request, &row->base, client);
    return 0;
}

static int start(hr_s3_client *client, enum hr__s3_kind kind, struct hr_request *request) {
    const struct hr__s3_row *row = &hr__s3_rows[kind];
    int err = check(client, row, request);
    if (err) return err;
    const char *bucket = row->operation.bucket ? text_at(request, row->bucket_at) : NULL;
    return hr__s3_submit(client, &row->base, request, bucket);
}

/* The pass-through has a bucket where its struct has. */
static int start_request(hr_s3_client *client, struct hr_s3_request *request) {
    const struct hr__s3_row *row = &hr__s3_rows[HR__S3_REQUEST];
    int err = check(client, row, &request->request);
    return err ? err : hr__s3_submit(client, &row->base, &request->request, request->bucket);
}

/* A struct that is NULL has no place for a reason. */
#define START(name, kind)                                                                          \
    int hr_s3_##name##_start(hr_s3_client *client, struct hr_s3_##name *request) {                 \
        return request ? start(client, kind, &request->request) : -EINVAL;                         \
    }

START(put, HR__S3_PUT)
START(get, HR__S3_GET)
START(head, HR__S3_HEAD)
START(delete, HR__S3_DELETE)
START(delete_many, HR__S3_DELETE_MANY)
START(copy, HR__S3_COPY)
START(tags_get, HR__S3_TAGS_GET)
START(tags_put, HR__S3_TAGS_PUT)
START(tags_delete, HR__S3_TAGS_DELETE)
START(attributes, HR__S3_ATTRIBUTES)
START(restore, HR__S3_RESTORE)
START(upload_create, HR__S3_UPLOAD_CREATE)
START(upload_part, HR__S3_UPLOAD_PART)
START(upload_part_copy, HR__S3_UPLOAD_PART_COPY)
START(upload_complete, HR__S3_UPLOAD_COMPLETE)
START(upload_abort, HR__S3_UPLOAD_ABORT)
START(part_list, HR__S3_PART_LIST)
START(upload_list, HR__S3_UPLOAD_LIST)
START(version_list, HR__S3_VERSION_LIST)
START(list, HR__S3_LIST)
START(bucket_create, HR__S3_BUCKET_CREATE)
START(bucket_head, HR__S3_BUCKET_HEAD)
START(bucket_delete, HR__S3_BUCKET_DELETE)
START(bucket_list, HR__S3_BUCKET_LIST)
START(bucket_location, HR__S3_BUCKET_LOCATION)
START(versioning_get, HR__S3_VERSIONING_GET)
START(versioning_put, HR__S3_VERSIONING_PUT)
START(health, HR__S3_HEALTH)
START(exists, HR__S3_EXISTS)

int hr_s3_request_start(hr_s3_client *client, struct hr_s3_request *request) {
    return request ? start_request(client, request) : -EINVAL;
}
