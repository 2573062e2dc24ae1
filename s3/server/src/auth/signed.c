/* The parts of a request that its signature covers. */
#include "signed.h"

#include <assert.h>

static bool is_signed(struct hr_slice names, struct hr_slice name) {
    struct hr_slice one;
    while (hr_slice_cut(&names, ';', &one))
        if (hr_slice_equal_nocase(one, name)) return true;
    return false;
}

bool s3_server__signed_all_sent(const struct s3_request *request, struct hr_slice names) {
    struct hr_slice one;
    while (hr_slice_cut(&names, ';', &one)) {
        bool found = false;
        for (size_t i = 0; i < request->field_count && !found; i++)
            found = hr_slice_equal_nocase(request->fields[i].name, one);
        if (!found) return false;
    }
    return true;
}

/* Two fields of one name are signed as one, with a comma between: somebody on the way could split a
 * field whose value has a comma, and a reader of the first would get another value. Metadata is
 * kept whole. */
static bool is_split(const struct s3_request *request, size_t at) {
    struct hr_slice name = request->fields[at].name;
    if (!s3_server__has_prefix_nocase(name, "x-amz-") ||
        s3_server__has_prefix_nocase(name, "x-amz-meta-"))
        return false;
    for (size_t i = 0; i < at; i++)
        if (hr_slice_equal_nocase(request->fields[i].name, name)) return true;
    return false;
}

enum s3_error s3_server__signed_fields(const struct s3_request *request,
                                       const struct s3_claim *claim, struct hr_http_field *fields,
                                       size_t *count, struct s3_identity *identity) {
    *count = 0;
    for (size_t i = 0; i < request->field_count; i++) {
        struct hr_slice name = request->fields[i].name;
        if (is_split(request, i))
            return s3_server__identity_refuse(identity, S3_InvalidRequest,
                                              "A header was given more than once: %.*s",
                                              name.size < 64 ? (int)name.size : 64, name.data);
        if (is_signed(claim->signed_names, name)) {
            fields[(*count)++] = request->fields[i];
        } else if (hr_slice_equal_nocase(name, hr_slice_of("host")) ||
                   (s3_server__has_prefix_nocase(name, "x-amz-") &&
                    !(claim->in_query &&
                      hr_slice_equal_nocase(name, hr_slice_of("x-amz-content-sha256"))))) {
            return s3_server__identity_refuse(
                identity, S3_AccessDenied,
                "There were headers present in the request which were not signed: %.*s",
                name.size < 64 ? (int)name.size : 64, name.data);
        }
    }
    return S3_OK;
}

/* A plus is read as a blank, so it counts as one here, too: else somebody on the way could turn a
 * plus that was signed into a blank. */
static size_t put_parameter(struct hr_slice raw, char *out) {
    size_t size = 0;
    for (size_t i = 0; i < raw.size; i++) {
        if (raw.data[i] == '+') {
            memcpy(out + size, "%20", 3);
            size += 3;
        } else {
            out[size++] = raw.data[i];
        }
    }
    return size;
}

enum s3_error s3_server__signed_query(const struct s3_request *request,
                                      const struct s3_claim *claim, struct s3_arena *arena,
                                      struct hr_slice *query) {
    *query = hr_slice_bytes(NULL, 0);
    size_t capacity = 0;
    for (size_t i = 0; i < request->parameter_count; i++)
        capacity += 3 * request->parameters[i].raw.size + 1;
    char *text = s3_server__arena_allocate(arena, capacity);
    if (!text) return S3_InternalError;
    size_t size = 0;
    for (size_t i = 0; i < request->parameter_count; i++) {
        const struct s3_parameter *parameter = &request->parameters[i];
        if (claim->in_query && hr_slice_equal(parameter->name, hr_slice_of("X-Amz-Signature")))
            continue;
        if (size > 0) text[size++] = '&';
        size += put_parameter(parameter->raw, text + size);
    }
    assert(size <= capacity);
    *query = hr_slice_bytes(text, size);
    return S3_OK;
}
