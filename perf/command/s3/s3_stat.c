/* headrace s3 stat: what the store tells about one object. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <headrace/clock.h>

#include "commands.h"
#include "json_put.h"
#include "s3_foreign.h"
#include "s3_place.h"
#include "s3_read.h"
#include "session.h"

#define METADATA_MAX       128 /* as many as the client takes fields */
#define METADATA_TEXT_SIZE (256u << 10)
#define METADATA_PREFIX    "x-amz-meta-"

/* Further fields that are shown where they are there. */
#define MORE 6
static const struct {
    const char *field, *key, *label;
} more_fields[MORE] = {
    {"cache-control", "cache_control", "cache control"},
    {"content-encoding", "content_encoding", "encoding"},
    {"content-language", "content_language", "language"},
    {"content-disposition", "content_disposition", "disposition"},
    {"expires", "expires", "expires"},
    {"x-amz-server-side-encryption", "encryption", "encryption"},
};

/* The head, copied whole: it is gone when the response is printed, and the strings of the
 * client's info have sizes that a store may exceed. */
struct metadata {
    struct hr_s3_head head;
    const char *etag, *content_type, *version_id, *storage_class; /* "" when absent */
    const char *more[MORE];                                       /* of more_fields */
    const char *names[METADATA_MAX];
    struct hr_slice values[METADATA_MAX];
    size_t count, used;
    char text[METADATA_TEXT_SIZE];
};

/* Two texts in one piece, NUL-terminated; NULL: no room. */
static const char *keep(struct metadata *metadata, struct hr_slice first, struct hr_slice second) {
    if (metadata->used + first.size + second.size + 1 > METADATA_TEXT_SIZE) return NULL;
    char *begin = metadata->text + metadata->used, *at = begin;
    if (first.size) at = mempcpy(at, first.data, first.size);
    if (second.size) at = mempcpy(at, second.data, second.size);
    *at++ = '\0';
    metadata->used += (size_t)(at - begin);
    return begin;
}

/* A field that comes again has its values in one list (RFC 9110 5.3), as S3 itself joins them. */
static int keep_again(struct metadata *metadata, size_t at, struct hr_slice value) {
    static const struct hr_slice comma = {", ", 2};
    struct hr_slice *known = &metadata->values[at];
    size_t size = known->size + comma.size + value.size;
    const char *begin = keep(metadata, *known, comma);
    if (!begin) return HR_ERR_HTTP_HEAD_TOO_LARGE;
    metadata->used--; /* the value goes on where the comma ended */
    if (!keep(metadata, value, hr_slice_bytes(NULL, 0))) return HR_ERR_HTTP_HEAD_TOO_LARGE;
    *known = hr_slice_bytes(begin, size);
    return 0;
}

static int keep_field(struct metadata *metadata, struct hr_slice name, struct hr_slice value) {
    static const struct hr_slice nothing = {NULL, 0};
    for (size_t i = 0; i < metadata->count; i++)
        if (hr_slice_equal_nocase(hr_slice_of(metadata->names[i]), name))
            return keep_again(metadata, i, value);
    if (metadata->count == METADATA_MAX) return HR_ERR_HTTP_HEAD_TOO_LARGE;
    const char *kept = keep(metadata, name, nothing), *text = keep(metadata, value, nothing);
    if (!kept || !text) return HR_ERR_HTTP_HEAD_TOO_LARGE;
    metadata->names[metadata->count] = kept;
    metadata->values[metadata->count++] = hr_slice_bytes(text, value.size);
    return 0;
}

static const char *keep_named(struct metadata *metadata, const struct hr_http_head *response,
                              const char *name) {
    struct hr_slice value = hr_http_head_find(response, name);
    bool quoted = value.size >= 2 && value.data[0] == '"' && value.data[value.size - 1] == '"';
    if (quoted && strcmp(name, "etag") == 0) value = hr_slice_bytes(value.data + 1, value.size - 2);
    const char *kept = keep(metadata, value, hr_slice_bytes(NULL, 0));
    return kept ? kept : "";
}

/* On the reactor. */
static int read_head(struct hr_s3_head *head, const struct hr_http_head *response) {
    struct metadata *metadata = (struct metadata *)(void *)head;
    size_t prefix = strlen(METADATA_PREFIX);
    metadata->count = metadata->used = 0; /* another attempt begins anew */
    metadata->etag = keep_named(metadata, response, "etag");
    metadata->content_type = keep_named(metadata, response, "content-type");
    metadata->version_id = keep_named(metadata, response, "x-amz-version-id");
    metadata->storage_class = keep_named(metadata, response, "x-amz-storage-class");
    for (size_t i = 0; i < MORE; i++)
        metadata->more[i] = keep_named(metadata, response, more_fields[i].field);
    int err = 0;
    for (size_t i = 0; i < response->field_count && !err; i++) {
        struct hr_slice name = response->fields[i].name;
        if (name.size > prefix &&
            hr_slice_equal_nocase(hr_slice_bytes(name.data, prefix), hr_slice_of(METADATA_PREFIX)))
            err = keep_field(metadata, hr_slice_bytes(name.data + prefix, name.size - prefix),
                             response->fields[i].value);
    }
    return err;
}

static void print_text(const char *uri, const struct metadata *metadata) {
    const struct hr_s3_object_info *info = &metadata->head.info;
    char date[HR_DATE_ISO_SIZE] = "";
    if (info->last_modified_s) hr_date_iso(info->last_modified_s * 1000, date);
    printf("object:        ");
    output_bytes(hr_slice_of(uri));
    if (info->size_unknown)
        printf("\nsize:          not said by the store\n");
    else
        printf("\nsize:          %llu\n", (unsigned long long)info->size_bytes);
    printf("last modified: %s\netag:          %s\n", date, metadata->etag);
    printf("content type:  %s\n", metadata->content_type);
    if (*metadata->version_id) printf("version:       %s\n", metadata->version_id);
    if (*metadata->storage_class) printf("storage class: %s\n", metadata->storage_class);
    for (size_t i = 0; i < MORE; i++)
        if (*metadata->more[i])
            printf("%s: %*s%s\n", more_fields[i].label, (int)(13 - strlen(more_fields[i].label)),
                   "", metadata->more[i]);
    for (size_t i = 0; i < metadata->count; i++) {
        printf("metadata:      ");
        output_bytes(hr_slice_of(metadata->names[i]));
        putchar('=');
        output_bytes(metadata->values[i]);
        putchar('\n');
    }
}

static void print_json(const struct s3_place *place, const struct metadata *metadata) {
    const struct hr_s3_object_info *info = &metadata->head.info;
    struct hr_json_writer json;
    char window[OUTPUT_WINDOW], date[HR_DATE_ISO_SIZE] = "";
    if (info->last_modified_s) hr_date_iso(info->last_modified_s * 1000, date);
    output_json_init(&json, window, stdout);
    hr_json_object(&json);
    const struct {
        const char *key, *value;
    } texts[] = {{"bucket", place->bucket},
                 {"key", place->key},
                 {"last_modified", date[0] ? date : NULL},
                 {"etag", metadata->etag},
                 {"content_type", metadata->content_type},
                 {"version_id", *metadata->version_id ? metadata->version_id : NULL},
                 {"storage_class", *metadata->storage_class ? metadata->storage_class : NULL}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        json_put_text(&json, texts[i].key, texts[i].value);
    }
    for (size_t i = 0; i < MORE; i++)
        json_put_text(&json, more_fields[i].key, *metadata->more[i] ? metadata->more[i] : NULL);
    hr_json_key(&json, "size_bytes");
    if (info->size_unknown)
        hr_json_null(&json);
    else
        hr_json_u64(&json, info->size_bytes);
    json_put_object(&json, "metadata");
    for (size_t i = 0; i < metadata->count; i++) {
        json_put_string(&json, metadata->names[i], metadata->values[i]);
    }
    hr_json_end(&json);
    hr_json_end(&json);
    output_json_finish(&json, stdout);
}

struct values {
    struct s3_values common;
    struct s3_object_values object;
};

static int stat_object(const struct values *values, struct session *session,
                       const struct s3_place *place, const char *uri) {
    static struct metadata metadata; /* too large for a stack; one call a process */
    struct s3_read read;
    int code = s3_read_fill(&values->object, &read);
    if (code) return code;
    struct hr_s3_head *head = &metadata.head;
    *head = (struct hr_s3_head){
        .bucket = place->bucket, .key = place->key, .options = read.options, .on_head = read_head};
    struct hr_error error = {0};
    session_prepare(session, &head->request);
    int started = hr_s3_head_start(session->client, head);
    int result = session_wait(session, &head->request, started, NULL, NULL, &error);
    s3_read_wipe(&read);
    if (!result && values->common.json) print_json(place, &metadata);
    if (!result && !values->common.json) print_text(uri, &metadata);
    return session_end(session, result, &error, "s3 stat %s", uri);
}

static int run(const struct command_call *call) {
    struct s3_place place;
    struct session session;
    int code = s3_place_open(call, S3_PLACE_OBJECT, &place, &session);
    if (code) return code;
    code = stat_object(call->values, &session, &place, call->arguments[0]);
    session_close(&session);
    return code;
}

const struct command command_s3_stat = {
    .path = "s3 stat",
    .arguments = "s3://BUCKET/KEY",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "Show an object's size, type, times and metadata",
    .examples = "headrace s3 stat s3://photos/cat.jpg\n"
                "headrace s3 stat --json s3://photos/cat.jpg\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", s3_table, 0},
               {"Object", s3_object_table, offsetof(struct values, object)},
               CONNECTION_GROUPS},
    .foreign = s3_foreign_option,
    .run = run,
};
