/* The requests that a scenario consists of. Each checks what it gets where it gets something. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "torture_scenario.h"

#define BUCKET     "torture"
#define BODY_BYTES 200000u
#define KEYS       3
#define TIMEOUT_MS 8000

static const char *body(void) {
    static char bytes[BODY_BYTES];
    if (!bytes[1])
        for (unsigned i = 0; i < BODY_BYTES; i++) bytes[i] = (char)('a' + i % 23 + i / 4096 % 3);
    return bytes;
}

static void check_body(const char *what, const char *data, size_t size) {
    if (size != BODY_BYTES || memcmp(data, body(), size) != 0)
        torture_failed("%s: %zu bytes, and not the ones that were put", what, size);
}

/* The end of a request that may have been refused. */
int torture_end_of(struct hr_request *request, int started, struct hr_error *error) {
    if (started < 0) return hr_error_set(error, started, "%s", hr_error_text(started));
    int result = hr_wait(request);
    if (result != request->result)
        torture_failed("hr_wait says %d, not %d", result, request->result);
    *error = request->error;
    return result;
}

const struct hr_request torture_impatient = {.timeout_ms = TIMEOUT_MS};

static int create_bucket(struct subject *subject, struct hr_error *error) {
    struct hr_s3_bucket_create create = {.request = torture_impatient, .bucket = BUCKET};
    int result =
        torture_end_of(&create.request, hr_s3_bucket_create_start(subject->s3, &create), error);
    bool there = result < 0 && strncmp(error->service_code, "BucketAlready", 13) == 0;
    return there ? 0 : result;
}

static int put(struct subject *subject, const char *key, struct hr_source source,
               struct hr_error *error) {
    struct hr_s3_put put = {.request = torture_impatient,
                            .bucket = BUCKET,
                            .key = key,
                            .body = source,
                            .content_type = "text/plain"};
    int result = torture_end_of(&put.request, hr_s3_put_start(subject->s3, &put), error);
    if (result == 0 && !*put.etag) torture_failed("a put without an ETag");
    return result;
}

static int put_bytes(struct subject *subject, struct hr_error *error) {
    return put(subject, "object", hr_source_bytes(body(), BODY_BYTES), error);
}

static int get_buffer(struct subject *subject, struct hr_error *error) {
    struct hr_buffer buffer = {.data = NULL};
    struct hr_s3_get get = {.request = torture_impatient, .bucket = BUCKET, .key = "object"};
    get.sink = hr_sink_buffer(&buffer, 0);
    int result = torture_end_of(&get.request, hr_s3_get_start(subject->s3, &get), error);
    if (result == 0) check_body("get", buffer.data, buffer.size);
    hr_buffer_deinit(&buffer);
    return result;
}

static int put_file(struct subject *subject, struct hr_error *error) {
    if (pwrite(subject->file, body(), BODY_BYTES, 0) != BODY_BYTES) abort();
    return put(subject, "object",
               hr_source_fd(subject->file, (struct hr_file_range){.size = BODY_BYTES}), error);
}

static int get_file(struct subject *subject, struct hr_error *error) {
    static char read_back[BODY_BYTES];
    if (ftruncate(subject->file, 0) < 0) abort();
    struct hr_s3_get get = {.request = torture_impatient, .bucket = BUCKET, .key = "object"};
    get.sink = hr_sink_fd(subject->file, 0);
    int result = torture_end_of(&get.request, hr_s3_get_start(subject->s3, &get), error);
    if (result < 0) return result;
    ssize_t size = pread(subject->file, read_back, sizeof read_back, 0);
    check_body("get into a file", read_back, size < 0 ? 0 : (size_t)size);
    return 0;
}

static int put_small(struct subject *subject, struct hr_error *error) {
    char key[16];
    subject->all_put = false;
    for (int i = 0; i < KEYS; i++) {
        snprintf(key, sizeof key, "list/%d", i);
        int result = put(subject, key, hr_source_bytes(body(), 10), error);
        if (result < 0) return result;
    }
    subject->all_put = true;
    return 0;
}

static int count_object(struct hr_s3_list *list, const struct hr_s3_object *object) {
    (void)object;
    ++*(unsigned *)list->request.user;
    return 0;
}

static int list_keys(struct subject *subject, struct hr_error *error) {
    unsigned seen = 0;
    struct hr_s3_list list = {.request = torture_impatient,
                              .bucket = BUCKET,
                              .prefix = "list/",
                              .page_size = 2,
                              .on_object = count_object};
    list.request.user = &seen;
    int result = torture_end_of(&list.request, hr_s3_list_start(subject->s3, &list), error);
    if (result == 0 && subject->all_put && (seen != KEYS || list.objects != KEYS))
        torture_failed("a list of %u keys, not %d", seen, KEYS);
    return result;
}

static int head_and_delete(struct subject *subject, struct hr_error *error) {
    struct hr_s3_head head = {.request = torture_impatient, .bucket = BUCKET, .key = "list/0"};
    int result = torture_end_of(&head.request, hr_s3_head_start(subject->s3, &head), error);
    if (result < 0) return result;
    if (head.info.size_bytes != 10) torture_failed("head: a wrong size");
    struct hr_s3_delete gone = {.request = torture_impatient, .bucket = BUCKET, .key = "list/0"};
    return torture_end_of(&gone.request, hr_s3_delete_start(subject->s3, &gone), error);
}

/* The HTTP client: what is asked is signed in the URL. */

static int http_ask(struct subject *subject, const char *method, struct hr_source source,
                    struct hr_sink sink, struct hr_error *error) {
    static char url[16384];
    struct hr_s3_presign_options options = {
        .method = method, .bucket = BUCKET, .key = "http", .expires_s = 600};
    int result = hr_s3_presign(subject->s3, &options, url, sizeof url);
    if (result < 0) return hr_error_set(error, result, "%s", hr_error_text(result));
    struct hr_http_request ask = {
        .request = torture_impatient, .method = method, .url = url, .body = source, .sink = sink};
    result = torture_end_of(&ask.request, hr_http_request_start(subject->http, &ask), error);
    if (result == 0 && ask.status != 200) torture_failed("%s: status %d", method, ask.status);
    return result;
}

static int http_put(struct subject *subject, struct hr_error *error) {
    return http_ask(subject, "PUT", hr_source_bytes(body(), BODY_BYTES), hr_sink_discard(), error);
}

struct slow_consumer {
    char bytes[BODY_BYTES];
    size_t size;
};

static ssize_t consume(void *user, const void *data, size_t size) {
    struct slow_consumer *consumer = user;
    if (size > sizeof consumer->bytes - consumer->size) return -EFBIG;
    memcpy(consumer->bytes + consumer->size, data, size);
    consumer->size += size;
    return (ssize_t)size;
}

static int http_get(struct subject *subject, struct hr_error *error) {
    static struct slow_consumer consumer;
    consumer.size = 0;
    int result =
        http_ask(subject, "GET", hr_source_none(), hr_sink_consumer(consume, &consumer), error);
    if (result == 0) check_body("HTTP get", consumer.bytes, consumer.size);
    return result;
}

/* Driven by a loop of the caller's, and cancelled on the way. */

static void note_done(struct hr_request *request) {
    *(bool *)request->user = true;
}

static void drive(struct subject *subject, const bool *done) {
    while (!*done) {
        struct pollfd wait = {.fd = hr_engine_fd(subject->engine), .events = POLLIN};
        if (wait.fd >= 0 && poll(&wait, 1, TIMEOUT_MS + 2000) == 0)
            torture_failed("nothing wakes the loop");
        hr_engine_poll(subject->engine, 0);
    }
}

static int cancelled_get(struct subject *subject, struct hr_error *error) {
    bool done = false;
    struct hr_s3_get get = {.request = torture_impatient, .bucket = BUCKET, .key = "object"};
    get.request.on_done = note_done;
    get.request.user = &done;
    get.sink = hr_sink_discard();
    int result = hr_s3_get_start(subject->s3, &get);
    if (result < 0) return hr_error_set(error, result, "%s", hr_error_text(result));
    for (int i = 0; i < 3 && !done; i++) hr_engine_poll(subject->engine, 10);
    hr_cancel(&get.request);
    drive(subject, &done);
    *error = get.request.error;
    return get.request.result == -ECANCELED ? 0 : get.request.result;
}

static int polled_get(struct subject *subject, struct hr_error *error) {
    bool done = false;
    struct hr_s3_get get = {.request = torture_impatient, .bucket = BUCKET, .key = "object"};
    get.request.on_done = note_done;
    get.request.user = &done;
    get.sink = hr_sink_discard();
    int result = hr_s3_get_start(subject->s3, &get);
    if (result < 0) return hr_error_set(error, result, "%s", hr_error_text(result));
    drive(subject, &done);
    *error = get.request.error;
    return get.request.result;
}

/* The options that it has already, but for a time-out that is not reached. */
static int adjust_clients(struct subject *subject, struct hr_error *error) {
    struct hr_s3_client_options options = {.http.pool.connections_max = CONNECTIONS_MAX / 2,
                                           .http.timeouts.pool_timeout_ms = 20000,
                                           .http.retry.attempts_max = 2,
                                           .http.retry.backoff_base_ms = 1,
                                           .http.retry.backoff_max_ms = 1};
    int result = hr_s3_client_adjust(subject->s3, &options, error);
    if (result < 0) return result;
    options.http.retry = (struct hr_http_retry_options){.attempts_max = 0};
    return hr_http_client_adjust(subject->http, &options.http, error);
}

const struct scenario scenario_before = {
    .name = "what the others find",
    .mode = HR_ENGINE_CALLER,
    .handles = true,
    .host = "127.0.0.1",
    .steps = {create_bucket, put_bytes, put_small, http_put},
};

const struct scenario scenarios[] = {
    {.name = "engine", .mode = HR_ENGINE_CALLER},
    {.name = "engine threads", .mode = HR_ENGINE_THREADS},
    {.name = "S3 put, get",
     .mode = HR_ENGINE_CALLER,
     .handles = true,
     .host = "127.0.0.1",
     .steps = {create_bucket, put_bytes, adjust_clients, get_buffer}},
    {.name = "S3 files",
     .mode = HR_ENGINE_CALLER,
     .handles = true,
     .host = "127.0.0.1",
     .steps = {put_file, get_file}},
    {.name = "S3 list, head, delete",
     .mode = HR_ENGINE_CALLER,
     .handles = true,
     .host = "127.0.0.1",
     .steps = {put_small, list_keys, head_and_delete}},
    {.name = "S3 copies, tags, attributes",
     .mode = HR_ENGINE_CALLER,
     .handles = true,
     .host = "127.0.0.1",
     .steps = {put_bytes, step_copy, step_tags, step_attributes, step_restore, step_delete_many,
               step_pass}},
    {.name = "S3 uploads",
     .mode = HR_ENGINE_CALLER,
     .handles = true,
     .host = "127.0.0.1",
     .steps = {put_bytes, step_upload, step_abort, step_upload_list}},
    {.name = "S3 transfers",
     .mode = HR_ENGINE_CALLER,
     .handles = true,
     .host = "127.0.0.1",
     .steps = {step_transfer_up, step_transfer_copy, step_transfer_down}},
    {.name = "S3 buckets, versions",
     .mode = HR_ENGINE_CALLER,
     .handles = true,
     .host = "127.0.0.1",
     .steps = {step_versions, step_bucket_looks, step_bucket_delete}},
    {.name = "HTTP put, get by name",
     .mode = HR_ENGINE_CALLER,
     .handles = true,
     .host = "localhost",
     .steps = {http_put, http_get}},
    {.name = "polled and cancelled",
     .mode = HR_ENGINE_CALLER,
     .handles = true,
     .host = "127.0.0.1",
     .steps = {cancelled_get, polled_get}},
    {.name = "threads",
     .mode = HR_ENGINE_THREADS,
     .handles = true,
     .host = "127.0.0.1",
     .steps = {put_bytes, adjust_clients, get_buffer}},
    {.name = "server and client",
     .mode = HR_ENGINE_CALLER,
     .handles = true,
     .own_server = true,
     .host = "127.0.0.1",
     .steps = {create_bucket, put_bytes, get_buffer, put_small, list_keys, head_and_delete}},
    {.name = "TLS by a name that is asked for",
     .mode = HR_ENGINE_CALLER,
     .secure = true,
     .steps = {secure_get, secure_get, secure_posted}},
    {.name = "log", .mode = HR_ENGINE_THREADS, .steps = {write_log}},
};
const unsigned scenario_count = sizeof scenarios / sizeof *scenarios;
