/* The fields that stand in the query of a presigned URL. */
#include "presigned.h"

#include <assert.h>

static const char *const auth_parameters[] = {
    "X-Amz-Algorithm", "X-Amz-Content-Sha256", "X-Amz-Credential",    "X-Amz-Date",
    "X-Amz-Expires",   "X-Amz-Security-Token", "X-Amz-SignedHeaders", "X-Amz-Signature"};
static const char *const auth_parameters_v2[] = {"AWSAccessKeyId", "Expires", "Signature"};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

bool s3_server__is_presigned(const struct s3_request *request) {
    return s3_server__parameter(request, "X-Amz-Algorithm").data != NULL;
}

bool s3_server__is_presigned_v2(const struct s3_request *request) {
    return s3_server__parameter(request, "AWSAccessKeyId").data &&
           s3_server__parameter(request, "Signature").data &&
           !s3_server__field_of(request, "authorization").data && !s3_server__is_presigned(request);
}

bool s3_server__is_auth_parameter(const struct s3_request *request, struct hr_slice name) {
    if (s3_server__is_presigned(request))
        for (size_t i = 0; i < COUNT(auth_parameters); i++)
            if (hr_slice_equal(name, hr_slice_of(auth_parameters[i]))) return true;
    if (s3_server__is_presigned_v2(request))
        for (size_t i = 0; i < COUNT(auth_parameters_v2); i++)
            if (hr_slice_equal(name, hr_slice_of(auth_parameters_v2[i]))) return true;
    return false;
}

bool s3_server__is_hoisted(const struct s3_request *request, struct hr_slice name) {
    bool is_v2 = s3_server__is_presigned_v2(request);
    if (!is_v2 && !s3_server__is_presigned(request)) return false;
    if (is_v2 && (hr_slice_equal_nocase(name, hr_slice_of("content-type")) ||
                  hr_slice_equal_nocase(name, hr_slice_of("content-md5"))))
        return true;
    if (!s3_server__has_prefix_nocase(name, "x-amz-")) return false;
    for (size_t i = 0; !is_v2 && i < COUNT(auth_parameters); i++)
        if (hr_slice_equal_nocase(name, hr_slice_of(auth_parameters[i]))) return false;
    return true;
}

/* RFC 9110 5.6.2. */
static bool is_token(struct hr_slice text) {
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_plain && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c))) return false;
    }
    return text.size > 0;
}

/* RFC 9110 5.5: a control character would become a field of its own when it is sent back. */
static bool is_field_value(struct hr_slice text) {
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) return false;
    }
    return true;
}

enum s3_error s3_server__request_hoist(struct s3_request *request, struct s3_arena *arena,
                                       struct hr_slice *name) {
    if (!s3_server__is_presigned(request) && !s3_server__is_presigned_v2(request)) return S3_OK;
    size_t count = request->field_count;
    struct hr_http_field *fields =
        s3_server__arena_allocate(arena, (count + request->parameter_count) * sizeof *fields);
    if (!fields) return S3_InternalError;
    if (count > 0) memcpy(fields, request->fields, count * sizeof *fields);
    for (size_t i = 0; i < request->parameter_count; i++) {
        const struct s3_parameter *parameter = &request->parameters[i];
        if (!s3_server__is_hoisted(request, parameter->name)) continue;
        *name = parameter->name;
        if (!is_token(parameter->name) || !is_field_value(parameter->value))
            return S3_InvalidArgument;
        bool is_there = false;
        for (size_t k = 0; k < count; k++) {
            if (!hr_slice_equal_nocase(fields[k].name, parameter->name)) continue;
            /* A Content-Type is sent by clients as a matter of course. */
            is_there = hr_slice_equal_nocase(parameter->name, hr_slice_of("content-type")) &&
                       hr_slice_equal(fields[k].value, hr_slice_trim(parameter->value));
            if (!is_there) return S3_InvalidArgument;
        }
        if (is_there) continue;
        fields[count++] = (struct hr_http_field){parameter->name, hr_slice_trim(parameter->value)};
    }
    assert(count <= request->field_count + request->parameter_count);
    request->fields = fields;
    request->field_count = count;
    return S3_OK;
}
