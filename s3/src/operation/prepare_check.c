/* Checks before a start that several operations share. */
#include <errno.h>

#include <net/source_check.h>

#include "s3_prepare.h"

int hr__s3_check_fields(struct hr_request *request, const struct hr_http_field *fields,
                        size_t count) {
    if (count == 0 || fields) return 0;
    return hr__request_refuse(request, -EINVAL, "fields is NULL, and field_count is not 0");
}

int hr__s3_check_metadata(struct hr_request *request, const struct hr_s3_metadata *metadata,
                          size_t count) {
    if (count > 0 && !metadata)
        return hr__request_refuse(request, -EINVAL,
                                  "metadata is NULL, and metadata_count is not 0");
    for (size_t i = 0; i < count; i++)
        if (!metadata[i].name || !metadata[i].value)
            return hr__request_refuse(request, -EINVAL, "metadata[%zu] has no %s", i,
                                      metadata[i].name ? "value" : "name");
    return 0;
}

int hr__s3_check_payload(struct hr_request *request, enum hr_s3_payload payload) {
    if ((unsigned)payload <= HR_S3_PAYLOAD_STREAMING_UNSIGNED) return 0;
    return hr__request_refuse(request, -EINVAL, "payload is %d, which enum hr_s3_payload has not",
                              (int)payload);
}

int hr__s3_check_algorithm(struct hr_request *request, enum hr_s3_checksum_algorithm algorithm) {
    if ((unsigned)algorithm < HR_S3_CHECKSUM_ALGORITHMS) return 0;
    return hr__request_refuse(
        request, -EINVAL, "checksum_algorithm is %d, which enum hr_s3_checksum_algorithm has not",
        (int)algorithm);
}

/* As S3 words it. */
int hr__s3_check_type(struct hr_request *request, enum hr_s3_checksum_algorithm algorithm,
                      enum hr_s3_checksum_type type) {
    if (!type) return 0;
    if (!*hr_s3_checksum_type_name(type))
        return hr__request_refuse(request, -EINVAL,
                                  "checksum_type is %d, which enum hr_s3_checksum_type has not",
                                  (int)type);
    if (!algorithm)
        return hr__request_refuse(request, -EINVAL,
                                  "checksum_type is %s and checksum_algorithm is NONE: they go "
                                  "together",
                                  hr_s3_checksum_type_name(type));
    if (hr_s3_checksum_allows(algorithm, type)) return 0;
    return hr__request_refuse(request, -EINVAL, "checksum_type %s cannot be used with %s",
                              hr_s3_checksum_type_name(type),
                              hr_s3_checksum_traits_of(algorithm)->name);
}

int hr__s3_check_given(struct hr_request *request, const struct hr__s3_given *given) {
    const uint64_t *reserved = given->reserved;
    if (!given->client) return hr__request_refuse(request, -EINVAL, "client is NULL");
    if (!given->bucket) return hr__request_refuse(request, -EINVAL, "bucket is NULL");
    if (!given->key) return hr__request_refuse(request, -EINVAL, "key is NULL");
    if (!(reserved[0] | reserved[1] | reserved[2] | reserved[3])) return 0;
    return hr__request_refuse(request, -EINVAL,
                              "reserved is not zero: the struct was not cleared before its use");
}

static bool has_field(const struct hr_http_field *fields, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (hr_slice_equal_nocase(fields[i].name, hr_slice_of(name))) return true;
    return false;
}

const char *hr__s3_content_type(const char *given, const struct hr_source *body,
                                const struct hr_http_field *fields, size_t field_count) {
    if (given || body->kind != HR_SOURCE_BYTES || has_field(fields, field_count, "content-type"))
        return given;
    return "application/octet-stream";
}

/* A body that can be hashed and sent: its size is known, and that of a vector is its sum. */
static bool source_usable(const struct hr_source *source) {
    if (hr__source_check(source) != 0) return false;
    if (source->kind == HR_SOURCE_PRODUCER) return source->size != HR_SIZE_UNKNOWN;
    if (source->kind != HR_SOURCE_IOVEC) return true;
    uint64_t size = 0;
    for (size_t i = 0; i < source->iov_count; i++) size += source->iov[i].iov_len;
    return size == source->size;
}

int hr__s3_check_source(struct hr_request *request, const struct hr_source *source) {
    if (source_usable(source)) return 0;
    return hr__request_refuse(request, -EINVAL,
                              "body is not a source that can be sent: its size has to be known");
}
