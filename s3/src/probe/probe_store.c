/* The requests of a probe. */
#include "probe_store.h"

#include <stdio.h>
#include <string.h>

#define TIMEOUT_MS  10000
#define LISTING_MAX 65536

const struct hr_slice hr__probe_content = {"headrace probes", 15};

const char *hr__probe_key(struct hr__probe *probe, const char *name) {
    snprintf(probe->key, sizeof probe->key, "%s%s", probe->prefix, name);
    return probe->key;
}

static struct hr_request request_of(const struct hr__probe *probe) {
    uint32_t timeout_ms = probe->user->timeout_ms;
    return (struct hr_request){.timeout_ms = timeout_ms ? timeout_ms : TIMEOUT_MS};
}

static int wait_for(struct hr__probe *probe, int started, struct hr_request *request) {
    int result = started ? started : hr_wait(request);
    probe->error = request->error;
    return result;
}

/* The pass-through sends the field and no other checksum. */
int hr__probe_put(struct hr__probe *probe, const char *name, const struct hr_http_field *field) {
    struct hr_s3_request put = {.request = request_of(probe),
                                .operation = "PutObject",
                                .method = "PUT",
                                .bucket = probe->user->bucket,
                                .key = hr__probe_key(probe, name),
                                .fields = field,
                                .field_count = field ? 1 : 0,
                                .body =
                                    hr_source_bytes(hr__probe_content.data, hr__probe_content.size),
                                .payload = HR_S3_PAYLOAD_SIGNED,
                                .sink = hr_sink_discard()};
    return wait_for(probe, hr_s3_request_start(probe->client, &put), &put.request);
}

/* A body that is streamed: what is in memory goes out whole. */
static ssize_t produce(void *user, void *buffer, size_t capacity) {
    size_t *at = user, left = hr__probe_content.size - *at;
    size_t size = left < capacity ? left : capacity;
    memcpy(buffer, hr__probe_content.data + *at, size);
    *at += size;
    return (ssize_t)size;
}

static int rewind_content(void *user) {
    *(size_t *)user = 0;
    return 0;
}

static int is_there(struct hr__probe *probe) {
    char bytes[4096]; /* chunks and their signatures would have room, too */
    struct hr_s3_get get = {.request = request_of(probe),
                            .bucket = probe->user->bucket,
                            .key = probe->key,
                            .sink = hr_sink_bytes(bytes, sizeof bytes)};
    int result = wait_for(probe, hr_s3_get_start(probe->client, &get), &get.request);
    if (result) return result;
    return !hr_slice_equal(hr_slice_bytes(bytes, get.body_bytes), hr__probe_content);
}

int hr__probe_put_trailer(struct hr__probe *probe, const char *name,
                          enum hr_s3_checksum_algorithm algorithm, bool tls) {
    size_t at = 0;
    struct hr_s3_put put = {
        .request = request_of(probe),
        .bucket = probe->user->bucket,
        .key = hr__probe_key(probe, name),
        .body = hr_source_producer(produce, rewind_content, &at, hr__probe_content.size),
        .payload = tls ? HR_S3_PAYLOAD_STREAMING_UNSIGNED : HR_S3_PAYLOAD_STREAMING_SIGNED,
        .checksum_algorithm = algorithm};
    int result = wait_for(probe, hr_s3_put_start(probe->client, &put), &put.request);
    return result ? result : is_there(probe);
}

void hr__probe_remove(struct hr__probe *probe, const char *name) {
    struct hr_error error = probe->error;
    struct hr_s3_delete gone = {.request = request_of(probe),
                                .bucket = probe->user->bucket,
                                .key = hr__probe_key(probe, name)};
    wait_for(probe, hr_s3_delete_start(probe->client, &gone), &gone.request);
    probe->error = error;
}

bool hr__probe_listing_has(struct hr__probe *probe, bool encoded, const char *needle) {
    const struct hr_s3_query query[] = {{hr_slice_of("list-type"), hr_slice_of("2")},
                                        {hr_slice_of("max-keys"), hr_slice_of("1")},
                                        {hr_slice_of("prefix"), hr_slice_of(probe->prefix)},
                                        {hr_slice_of("encoding-type"), hr_slice_of("url")}};
    struct hr_buffer body = {.data = NULL};
    struct hr_s3_request list = {.request = request_of(probe),
                                 .operation = "ListObjectsV2",
                                 .bucket = probe->user->bucket,
                                 .query = query,
                                 .query_count = encoded ? 4 : 3,
                                 .sink = hr_sink_buffer(&body, LISTING_MAX)};
    int result = wait_for(probe, hr_s3_request_start(probe->client, &list), &list.request);
    bool has = result == 0 && body.data && memmem(body.data, body.size, needle, strlen(needle));
    hr_buffer_deinit(&body);
    return has;
}

/* ---- An upload of one part. */

static void abandon(struct hr__probe *probe, const struct hr_s3_upload_create *create) {
    struct hr_error error = probe->error;
    struct hr_s3_upload_abort stop = {.request = request_of(probe),
                                      .bucket = create->bucket,
                                      .key = create->key,
                                      .upload_id = create->upload_id};
    wait_for(probe, hr_s3_upload_abort_start(probe->client, &stop), &stop.request);
    probe->error = error;
}

static int send_part(struct hr__probe *probe, struct hr_s3_upload_part *part) {
    return wait_for(probe, hr_s3_upload_part_start(probe->client, part), &part->request);
}

static int complete(struct hr__probe *probe, const struct hr_s3_upload_part *part, char *etag) {
    const struct hr_s3_completed_part parts[] = {{.part_number = 1, .etag = part->etag}};
    struct hr_s3_upload_complete whole = {.request = request_of(probe),
                                          .bucket = part->bucket,
                                          .key = part->key,
                                          .upload_id = part->upload_id,
                                          .parts = parts,
                                          .part_count = 1};
    int result =
        wait_for(probe, hr_s3_upload_complete_start(probe->client, &whole), &whole.request);
    if (result == 0) memcpy(etag, whole.etag, sizeof whole.etag);
    return result;
}

int hr__probe_upload(struct hr__probe *probe, const char *name, char *etag) {
    struct hr_s3_upload_create create = {.request = request_of(probe),
                                         .bucket = probe->user->bucket,
                                         .key = hr__probe_key(probe, name)};
    int err = wait_for(probe, hr_s3_upload_create_start(probe->client, &create), &create.request);
    if (err) return err;
    struct hr_s3_upload_part part = {
        .request = request_of(probe),
        .bucket = create.bucket,
        .key = create.key,
        .upload_id = create.upload_id,
        .part_number = 1,
        .body = hr_source_bytes(hr__probe_content.data, hr__probe_content.size)};
    err = send_part(probe, &part);
    if (!err) err = complete(probe, &part, etag);
    if (err) abandon(probe, &create);
    return err;
}
