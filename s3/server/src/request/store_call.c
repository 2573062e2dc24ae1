/* A request's state, and what all operations read from it and add to it. */
#include "store_call.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <headrace/clock.h>

/* ---- The request. */

uint64_t s3_server__now_ms(const struct s3_call *call) {
    return hr_clock_wall_ns() / 1000000 + call->server->time_offset_s * 1000;
}

const char *s3_server__region(const struct s3_call *call) {
    return call->server->region ? call->server->region : S3_REGION_DEFAULT;
}

const char *s3_server__bucket_region_of(struct s3_call *call) {
    char *region = call->bucket_region;
    if (s3_server__store_bucket_region(&call->server->store, call->request.bucket, region))
        return NULL;
    return region[0] ? region : s3_server__region(call);
}

struct hr_slice s3_server__header(const struct s3_call *call, const char *name) {
    return s3_server__field_of(&call->request, name);
}

/* ---- Fields and elements of the response. */

void s3_server__add_field(struct s3_call *call, struct hr_slice name, struct hr_slice value) {
    if (call->field_count == call->field_capacity) {
        size_t capacity = call->field_capacity ? call->field_capacity * 2 : 24;
        struct hr_http_field *fields =
            s3_server__arena_allocate(&call->arena, capacity * sizeof *fields);
        if (!fields) return;
        if (call->field_count > 0) memcpy(fields, call->fields, call->field_count * sizeof *fields);
        call->fields = fields;
        call->field_capacity = capacity;
    }
    assert(!call->responded && call->field_count < call->field_capacity);
    call->fields[call->field_count++] = (struct hr_http_field){.name = name, .value = value};
}

void s3_server__add(struct s3_call *call, const char *name, struct hr_slice value) {
    s3_server__add_field(call, hr_slice_of(name), value);
}

void s3_server__add_text(struct s3_call *call, const char *name, const char *value) {
    s3_server__add_field(call, hr_slice_of(name), hr_slice_of(value));
}

void s3_server__add_modified(struct s3_call *call, const struct s3_object *object) {
    char *date = s3_server__arena_allocate(&call->arena, HR_DATE_HTTP_SIZE);
    if (!date) return;
    hr_date_http(object->modified_ms / 1000, date);
    s3_server__add_text(call, "Last-Modified", date);
}

void s3_server__add_checksum(struct s3_call *call, const struct s3_object *object) {
    if (object->checksum.algorithm == HR_S3_CHECKSUM_NONE) return;
    char text[HR_S3_CHECKSUM_TEXT_MAX];
    hr_s3_checksum_format(&object->checksum, text);
    s3_server__add(call, hr_s3_checksum_traits_of(object->checksum.algorithm)->header,
                   s3_server__arena_copy(&call->arena, hr_slice_of(text)));
    s3_server__add_text(call, "x-amz-checksum-type",
                        hr_s3_checksum_type_name(object->checksum_type));
}

/* ---- Refusals. */

enum s3_error s3_server__refuse(struct s3_call *call, enum s3_error error, const char *format,
                                ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(call->message, sizeof call->message, format, arguments);
    va_end(arguments);
    return error;
}

void s3_server__add_detail(struct s3_call *call, const char *name, struct hr_slice value) {
    if (call->detail_count == S3_DETAILS_MAX) return;
    assert(name && !call->responded);
    call->details[call->detail_count].name = name;
    call->details[call->detail_count++].value = value;
}

enum s3_error s3_server__refuse_document(struct s3_call *call, enum s3_error error,
                                         struct hr_slice unknown) {
    if (error != S3_NotImplemented) return error;
    s3_server__add_detail(call, "Element", unknown);
    return s3_server__refuse(call, error,
                             "An element you provided implies functionality that is not "
                             "implemented: %.*s",
                             (int)unknown.size, unknown.data);
}

/* ---- The end. */

void s3_server__call_end(void *user, int result) {
    struct s3_call *call = user;
    s3_server__record_end(call, result);
    s3_server__file_reader_close(call->reader);
    s3_server__object_release(call->object);
    s3_server__object_release(call->upload.head);
    s3_server__xml_deinit(&call->xml);
    s3_server__body_deinit(&call->body);
    s3_server__arena_deinit(&call->arena);
    free(call);
}
