/* The S3 driver: what callbacks and sinks were told. */
#include "s3_driver.h"

#define BODY_TEXT_MAX 65536u

static struct hr_buffer body;

int s3_entry_append(json_t *result, const struct s3_member *table, const void *entry) {
    json_t *object = json_object();
    s3_members_write(table, entry, object);
    return json_array_append_new(json_object_get(result, "entries"), object);
}

int s3_fields_append(json_t *result, const struct hr_http_head *head) {
    for (size_t i = 0; i < head->field_count; i++)
        json_array_append_new(json_object_get(result, "fields"),
                              json_pack("[o, o]", s3_json_bytes(head->fields[i].name),
                                        s3_json_bytes(head->fields[i].value)));
    return 0;
}

struct hr_sink s3_body_sink(void) {
    return (struct hr_sink){.kind = HR_SINK_BUFFER, .fd = -1, .buffer = &body};
}

void s3_body_finish(json_t *result) {
    struct hr_s3_checksum value = {0};
    char text[HR_S3_CHECKSUM_TEXT_MAX];
    hr_s3_checksum_compute(HR_S3_CHECKSUM_SHA256, body.data ? body.data : "", body.size, &value);
    hr_s3_checksum_format(&value, text);
    json_object_set_new(result, "body_sha256", json_string(text));
    json_object_set_new(result, "body_size", json_integer((json_int_t)body.size));
    if (body.size <= BODY_TEXT_MAX)
        json_object_set_new(result, "body", s3_json_bytes(hr_slice_bytes(body.data, body.size)));
    hr_buffer_deinit(&body);
    body = (struct hr_buffer){0};
}
