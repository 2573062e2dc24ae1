/* An object as described by the request that writes it. */
#include "store_call.h"

#include <assert.h>
#include <errno.h>

#include <headrace/text.h>

#define META_PREFIX "x-amz-meta-"

static bool is_kept(struct hr_slice name) {
    static const char *const kept[] = {"content-type",        "cache-control",
                                       "content-disposition", "content-encoding",
                                       "content-language",    "expires"};
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (hr_slice_equal_nocase(name, hr_slice_of(kept[i]))) return true;
    return s3_server__has_prefix_nocase(name, META_PREFIX) || s3_server__is_encryption_field(name);
}

static enum s3_error read_storage_class(struct s3_call *call) {
    static const char *const classes[] = {
        "STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA",  "ONEZONE_IA", "INTELLIGENT_TIERING",
        "GLACIER",  "GLACIER_IR",         "DEEP_ARCHIVE", "OUTPOSTS",   "EXPRESS_ONEZONE"};
    struct hr_slice given = s3_server__header(call, "x-amz-storage-class");
    if (!given.data) return S3_OK;
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (!hr_slice_equal(given, hr_slice_of(classes[i]))) continue;
        call->plan.storage_class = i == 0 ? hr_slice_bytes(NULL, 0) : given;
        return S3_OK;
    }
    return S3_InvalidStorageClass;
}

/* "aws-chunked" describes how the body was sent, not what it is. */
static struct hr_slice without_aws_chunked(struct s3_call *call, struct hr_slice value) {
    char *out = s3_server__arena_allocate(&call->arena, value.size + 1);
    if (!out) return value;
    size_t size = 0;
    struct hr_slice one;
    while (hr_slice_cut(&value, ',', &one)) {
        one = hr_slice_trim(one);
        if (one.size == 0 || hr_slice_equal_nocase(one, hr_slice_of("aws-chunked"))) continue;
        if (size > 0) out[size++] = ',';
        memcpy(out + size, one.data, one.size);
        size += one.size;
    }
    return hr_slice_bytes(out, size);
}

enum s3_error s3_server__read_metadata(struct s3_call *call) {
    enum s3_error error = read_storage_class(call);
    if (!error) error = s3_server__check_encryption(call);
    if (!error) error = s3_server__read_traits(call);
    if (error) return error;
    struct hr_http_field *fields =
        s3_server__arena_allocate(&call->arena, (call->request.field_count + 1) * sizeof *fields);
    if (!fields) return S3_InternalError;
    size_t count = 0, metadata_size = 0;
    bool has_type = false;
    for (size_t i = 0; i < call->request.field_count; i++) {
        struct hr_http_field field = call->request.fields[i];
        if (!is_kept(field.name)) continue;
        if (s3_server__has_prefix_nocase(field.name, META_PREFIX))
            metadata_size += field.name.size - strlen(META_PREFIX) + field.value.size;
        if (hr_slice_equal_nocase(field.name, hr_slice_of("content-encoding")))
            field.value = without_aws_chunked(call, field.value);
        has_type |= hr_slice_equal_nocase(field.name, hr_slice_of("content-type"));
        if (field.value.size == 0 && !s3_server__has_prefix_nocase(field.name, META_PREFIX))
            continue;
        field.name = s3_server__arena_lower(&call->arena, field.name);
        if (!field.name.data) return S3_InternalError;
        fields[count++] = field;
    }
    if (!has_type)
        fields[count++] =
            (struct hr_http_field){hr_slice_of("content-type"), hr_slice_of("binary/octet-stream")};
    call->plan.key = call->request.key;
    assert(count <= call->request.field_count + 1);
    call->plan.fields = fields;
    call->plan.field_count = count;
    return metadata_size > S3_METADATA_MAX ? S3_MetadataTooLarge : S3_OK;
}
