/* headrace s3 stat: what the store tells about one object. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <headrace/clock.h>

#include "commands.h"
#include "session.h"

#define METADATA_MAX       64
#define METADATA_TEXT_SIZE (16u << 10)
#define METADATA_PREFIX    "x-amz-meta-"

struct values {
    struct connection_options connection;
    bool json;
};

static const struct option table[] = {
    {"json", NULL, OPTION_FLAG, offsetof(struct values, json), .help = "Print one JSON object"},
    {.name = NULL}};

/* The fields x-amz-meta-*, copied: the head is gone when the answer is printed. */
struct metadata {
    struct hr_s3_head head;
    struct hr_slice names[METADATA_MAX], values[METADATA_MAX];
    size_t count, used;
    char text[METADATA_TEXT_SIZE];
};

static struct hr_slice keep(struct metadata *metadata, struct hr_slice bytes) {
    char *at = metadata->text + metadata->used;
    if (bytes.size) memcpy(at, bytes.data, bytes.size);
    metadata->used += bytes.size;
    return hr_slice_bytes(at, bytes.size);
}

/* On the reactor. */
static int read_head(struct hr_s3_head *head, const struct hr_http_head *answer) {
    struct metadata *metadata = (struct metadata *)(void *)head;
    size_t prefix = strlen(METADATA_PREFIX);
    metadata->count = metadata->used = 0; /* another attempt begins anew */
    for (size_t i = 0; i < answer->field_count; i++) {
        const struct hr_http_field *field = &answer->fields[i];
        if (field->name.size <= prefix ||
            !hr_slice_equal_nocase(hr_slice_bytes(field->name.data, prefix),
                                   hr_slice_of(METADATA_PREFIX)))
            continue;
        struct hr_slice name = hr_slice_bytes(field->name.data + prefix, field->name.size - prefix);
        if (metadata->count == METADATA_MAX ||
            metadata->used + name.size + field->value.size > METADATA_TEXT_SIZE)
            return HR_ERR_HTTP_HEAD_TOO_LARGE;
        metadata->names[metadata->count] = keep(metadata, name);
        metadata->values[metadata->count++] = keep(metadata, field->value);
    }
    return 0;
}

static void print_text(const char *uri, const struct metadata *metadata) {
    const struct hr_s3_object_info *info = &metadata->head.info;
    char date[HR_DATE_ISO_SIZE] = "";
    if (info->last_modified_s) hr_date_iso(info->last_modified_s * 1000, date);
    printf("object:        ");
    output_bytes(hr_slice_of(uri));
    printf("\nsize:          %llu\n", (unsigned long long)info->size_bytes);
    printf("last modified: %s\netag:          %s\n", date, info->etag);
    printf("content type:  %s\n", info->content_type);
    if (info->version_id[0]) printf("version:       %s\n", info->version_id);
    if (info->storage_class[0]) printf("storage class: %s\n", info->storage_class);
    for (size_t i = 0; i < metadata->count; i++) {
        printf("metadata:      ");
        output_bytes(metadata->names[i]);
        putchar('=');
        output_bytes(metadata->values[i]);
        putchar('\n');
    }
}

static void print_json(const struct s3_place *place, const struct metadata *metadata) {
    const struct hr_s3_object_info *info = &metadata->head.info;
    struct hr_json_writer json;
    char window[OUTPUT_WINDOW], date[HR_DATE_ISO_SIZE] = "", name[256];
    if (info->last_modified_s) hr_date_iso(info->last_modified_s * 1000, date);
    output_json_init(&json, window, stdout);
    hr_json_object(&json);
    const struct {
        const char *key, *value;
    } texts[] = {{"bucket", place->bucket},
                 {"key", place->key},
                 {"last_modified", date[0] ? date : NULL},
                 {"etag", info->etag},
                 {"content_type", info->content_type},
                 {"version_id", info->version_id[0] ? info->version_id : NULL},
                 {"storage_class", info->storage_class[0] ? info->storage_class : NULL}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        hr_json_key(&json, texts[i].key);
        hr_json_text(&json, texts[i].value);
    }
    hr_json_key(&json, "size_bytes");
    hr_json_u64(&json, info->size_bytes);
    hr_json_key(&json, "metadata");
    hr_json_object(&json);
    for (size_t i = 0; i < metadata->count; i++) {
        snprintf(name, sizeof name, "%.*s", (int)metadata->names[i].size, metadata->names[i].data);
        hr_json_key(&json, name);
        hr_json_string(&json, metadata->values[i]);
    }
    hr_json_end(&json);
    hr_json_end(&json);
    output_json_finish(&json, stdout);
}

static int run(const struct command_call *call) {
    static struct metadata metadata; /* too large for a stack; one call a process */
    const struct values *values = call->values;
    const char *uri = call->arguments[0];
    struct s3_place place;
    struct session session;
    int code = s3_place_read(uri, S3_PLACE_OBJECT, &place);
    if (!code) code = session_open(&session, &values->connection, values->json);
    if (code) return code;
    struct hr_s3_head *head = &metadata.head;
    *head = (struct hr_s3_head){.bucket = place.bucket, .key = place.key, .on_head = read_head};
    struct hr_error error = {0};
    session_prepare(&session, &head->request);
    int started = hr_s3_head_start(session.client, head);
    int result = session_wait(&session, &head->request, started, NULL, NULL, &error);
    if (!result && values->json) print_json(&place, &metadata);
    if (!result && !values->json) print_text(uri, &metadata);
    code = session_end(&session, result, &error, "s3 stat %s", uri);
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
    .groups = {{"Options", table, 0}, CONNECTION_GROUPS},
    .run = run,
};
