/* The small ones: headrace s3 mb and presign. */
#include "s3_simple.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "commands.h"
#include "json_put.h"
#include "s3_api_words.h"
#include "s3_foreign.h"

#define URL_SIZE (64u << 10)

void s3_print_result(bool json, const char *verb, const char *name, const char *value) {
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

static int run_mb(const struct command_call *call) {
    const struct s3_values *values = call->values;
    struct s3_place place;
    struct session session;
    int code = s3_place_open(call, S3_PLACE_BUCKET, &place, &session);
    if (code) return code;
    struct hr_s3_bucket_create create = {.bucket = place.bucket};
    struct hr_error error = {0};
    session_prepare(&session, &create.request);
    int started = hr_s3_bucket_create_start(session.client, &create);
    int result = session_wait(&session, &create.request, started, NULL, NULL, &error);
    if (!result) s3_print_result(values->json, "created", "created", call->arguments[0]);
    code = session_end(&session, result, &error, "s3 mb %s", call->arguments[0]);
    session_close(&session);
    return code;
}

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

struct presign_values {
    struct s3_values common;
    struct option_list query, headers;
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
    {"query", "NAME[=VALUE]", OPTION_LIST, PRESIGN(query), .check = s3_api_query_check,
     .of_call = true, .help = "A parameter of the URL, not encoded; may be repeated"},
    {"header", "LINE", OPTION_LIST, PRESIGN(headers), .check = s3_api_header_check, .of_call = true,
     .short_name = 'H',
     .help = "A header field, 'Name: value', that has to be sent with the URL; may be repeated"},
    {"json", NULL, OPTION_FLAG, PRESIGN(common.json), .help = "Print one JSON object"},
    {.name = NULL}};

/* Parameters and fields that are signed beside the object. */
struct presigned_words {
    struct hr_s3_query query[HR_S3_QUERY_COUNT_MAX];
    struct hr_http_field fields[OPTION_LIST_MAX];
};

static int sign(hr_s3_client *client, const struct presign_values *values,
                const struct s3_place *place, char *url) {
    struct presigned_words words;
    if (values->query.count > HR_S3_QUERY_COUNT_MAX) return -EINVAL;
    s3_api_query_read(&values->query, words.query);
    s3_api_headers_read(&values->headers, words.fields);
    const struct hr_s3_presign_options options = {
        .method = methods[values->method],
        .bucket = place->bucket,
        .key = place->key,
        .expires_s = (uint32_t)(values->expires_ms / 1000),
        .query = words.query,
        .query_count = values->query.count,
        .fields = words.fields,
        .field_count = values->headers.count,
    };
    return hr_s3_presign(client, &options, url, URL_SIZE);
}

static int run_presign(const struct command_call *call) {
    const struct presign_values *values = call->values;
    const char *uri = call->arguments[0];
    struct s3_place place;
    struct session session;
    int code = s3_place_open(call, S3_PLACE_OBJECT, &place, &session);
    if (code) return code;
    char *url = malloc(URL_SIZE);
    int err = url ? sign(session.client, values, &place, url) : -ENOMEM;
    if (err) {
        struct hr_error error = {0};
        hr_error_set(&error, err, "%s", hr_error_text(err));
        code = session_end(&session, err, &error, "s3 presign %s", uri);
    } else if (values->common.json) {
        s3_print_result(true, "", "url", url);
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
    .examples =
        "headrace s3 presign --expires 1h s3://photos/cat.jpg\n"
        "headrace s3 presign --method PUT -H 'Content-Type: image/jpeg' s3://photos/new.jpg\n"
        "headrace s3 presign --query response-content-type=image/jpeg s3://photos/cat\n",
    .values_size = sizeof(struct presign_values),
    .groups = {{"Options", presign_table, 0}, CONNECTION_GROUPS},
    .foreign = s3_foreign_option,
    .run = run_presign,
};
