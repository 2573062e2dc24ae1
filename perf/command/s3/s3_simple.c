/* The small ones: headrace s3 rm, mb, rb, presign. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "json_put.h"
#include "s3_foreign.h"
#include "s3_place.h"
#include "session.h"

#define URL_SIZE (16u << 10)

/* "VERB VALUE", or {NAME: VALUE}. */
static void print_result(bool json, const char *verb, const char *name, const char *value) {
    if (!json) {
        printf("%s ", verb);
        output_bytes(hr_slice_of(value));
        putchar('\n');
        return;
    }
    struct hr_json_writer writer;
    char window[OUTPUT_WINDOW];
    output_json_init(&writer, window, stdout);
    hr_json_object(&writer);
    json_put_text(&writer, name, value);
    hr_json_end(&writer);
    output_json_finish(&writer, stdout);
}

/* Any of the requests that name a bucket, and a key or none. */
union simple_request {
    struct hr_request request;
    struct hr_s3_delete object_delete;
    struct hr_s3_bucket_create bucket_create;
    struct hr_s3_bucket_delete bucket_delete;
};

typedef int start_fn(hr_s3_client *client, union simple_request *any, const struct s3_place *place);

static int start_rm(hr_s3_client *client, union simple_request *any, const struct s3_place *place) {
    any->object_delete.bucket = place->bucket;
    any->object_delete.key = place->key;
    return hr_s3_delete_start(client, &any->object_delete);
}

static int start_mb(hr_s3_client *client, union simple_request *any, const struct s3_place *place) {
    any->bucket_create.bucket = place->bucket;
    return hr_s3_bucket_create_start(client, &any->bucket_create);
}

static int start_rb(hr_s3_client *client, union simple_request *any, const struct s3_place *place) {
    any->bucket_delete.bucket = place->bucket;
    return hr_s3_bucket_delete_start(client, &any->bucket_delete);
}

static int run_simple(const struct command_call *call, enum s3_place_need need, start_fn *start,
                      const char *done) {
    const struct s3_values *values = call->values;
    const char *uri = call->arguments[0];
    struct s3_place place;
    struct session session;
    int code = s3_place_open(call, need, &place, &session);
    if (code) return code;
    union simple_request any;
    memset(&any, 0, sizeof any);
    struct hr_error error = {0};
    session_prepare(&session, &any.request);
    int started = start(session.client, &any, &place);
    int result = session_wait(&session, &any.request, started, NULL, NULL, &error);
    if (!result) print_result(values->json, done, done, uri);
    code = session_end(&session, result, &error, "%s %s", call->command->path, uri);
    session_close(&session);
    return code;
}

static int run_rm(const struct command_call *call) {
    return run_simple(call, S3_PLACE_REMOVAL, start_rm, "removed");
}

static int run_mb(const struct command_call *call) {
    return run_simple(call, S3_PLACE_BUCKET, start_mb, "created");
}

static int run_rb(const struct command_call *call) {
    return run_simple(call, S3_PLACE_BUCKET, start_rb, "removed");
}

const struct command command_s3_rm = {
    .path = "s3 rm",
    .arguments = "s3://BUCKET/KEY",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "Remove one object",
    .details = "As S3 does, it succeeds too when there is no such object.",
    .examples = "headrace s3 rm s3://photos/cat.jpg\n",
    .values_size = sizeof(struct s3_values),
    .groups = {{"Options", s3_table, 0}, CONNECTION_GROUPS},
    .foreign = s3_foreign_option,
    .run = run_rm,
};

const struct command command_s3_mb = {
    .path = "s3 mb",
    .arguments = "s3://BUCKET",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "Make a bucket",
    .examples = "headrace s3 mb s3://photos\n"
                "headrace s3 mb --endpoint http://127.0.0.1:9000 s3://photos\n",
    .values_size = sizeof(struct s3_values),
    .groups = {{"Options", s3_table, 0}, CONNECTION_GROUPS},
    .foreign = s3_foreign_option,
    .run = run_mb,
};

const struct command command_s3_rb = {
    .path = "s3 rb",
    .arguments = "s3://BUCKET",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "Remove an empty bucket",
    .examples = "headrace s3 rb s3://photos\n",
    .values_size = sizeof(struct s3_values),
    .groups = {{"Options", s3_table, 0}, CONNECTION_GROUPS},
    .foreign = s3_foreign_option,
    .run = run_rb,
};

struct presign_values {
    struct s3_values common;
    int method;
    uint64_t expires_ms;
};

#define PRESIGN(field) offsetof(struct presign_values, field)
static const char *const methods[] = {"GET", "PUT", "HEAD", "DELETE"};
static const struct option presign_table[] = {
    {"method", "METHOD", OPTION_CHOICE, PRESIGN(method), .choices = "GET|PUT|HEAD|DELETE",
     .standard = "GET", .help = "GET, PUT, HEAD or DELETE"},
    {"expires", "DURATION", OPTION_SECONDS, PRESIGN(expires_ms), .standard = "1h", .min = 1000,
     .max = 604800000, .aliases = "expires-in",
     .help = "How long the URL is good: 1s to 168h; a bare number is seconds"},
    {"json", NULL, OPTION_FLAG, PRESIGN(common.json), .help = "Print one JSON object"},
    {.name = NULL}};

static int run_presign(const struct command_call *call) {
    const struct presign_values *values = call->values;
    const char *uri = call->arguments[0];
    struct s3_place place;
    struct session session;
    int code = s3_place_open(call, S3_PLACE_OBJECT, &place, &session);
    if (code) return code;
    char *url = malloc(URL_SIZE);
    struct hr_s3_presign_options options = {.method = methods[values->method],
                                            .bucket = place.bucket,
                                            .key = place.key,
                                            .expires_s = (uint32_t)(values->expires_ms / 1000)};
    int err = url ? hr_s3_presign(session.client, &options, url, URL_SIZE) : -ENOMEM;
    if (err) {
        struct hr_error error = {0};
        hr_error_set(&error, err, "%s", hr_error_text(err));
        code = session_end(&session, err, &error, "s3 presign %s", uri);
    } else if (values->common.json) {
        print_result(true, "", "url", url);
    } else {
        puts(url);
    }
    free(url);
    session_close(&session);
    return code;
}

const struct command command_s3_presign = {
    .path = "s3 presign",
    .arguments = "s3://BUCKET/KEY",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "Print a URL that needs no credentials for a while",
    .examples = "headrace s3 presign --expires 1h s3://photos/cat.jpg\n"
                "headrace s3 presign --method PUT s3://photos/new.jpg\n",
    .values_size = sizeof(struct presign_values),
    .groups = {{"Options", presign_table, 0}, CONNECTION_GROUPS},
    .foreign = s3_foreign_option,
    .run = run_presign,
};
