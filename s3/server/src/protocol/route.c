/* A request's head taken apart, and which operation it is. */
#include "route.h"

#include <headrace/url.h>

#include "settings.h"

bool s3_server__has_prefix_nocase(struct hr_slice text, const char *prefix) {
    size_t size = strlen(prefix);
    return text.size >= size &&
           hr_slice_equal_nocase(hr_slice_bytes(text.data, size), hr_slice_of(prefix));
}

bool s3_server__percent_decode(struct hr_slice text, bool plus_is_blank, char *out, size_t *size) {
    if (!plus_is_blank) return hr_percent_decode(text, out, text.size, size) == 0;
    for (size_t i = 0; i < text.size; i++) out[i] = text.data[i] == '+' ? ' ' : text.data[i];
    return hr_percent_decode(hr_slice_bytes(out, text.size), out, text.size, size) == 0;
}

static enum s3_error decode(struct s3_arena *arena, struct hr_slice text, bool plus_is_blank,
                            struct hr_slice *out) {
    char *memory = s3_server__arena_allocate(arena, text.size + 1);
    if (!memory) return S3_InternalError;
    size_t size;
    if (!s3_server__percent_decode(text, plus_is_blank, memory, &size)) return S3_InvalidURI;
    memory[size] = '\0';
    *out = hr_slice_bytes(memory, size);
    return S3_OK;
}

/* Origin form or absolute form (RFC 9112 3.2). The HTTP server has put the authority of the latter
 * in the place of Host, so that the signature covers it. */
static enum s3_error split_target(struct hr_slice target, struct hr_slice *path,
                                  struct hr_slice *query) {
    size_t scheme = s3_server__has_prefix_nocase(target, "http://")    ? 7
                    : s3_server__has_prefix_nocase(target, "https://") ? 8
                                                                       : 0;
    if (scheme > 0) {
        const char *slash = memchr(target.data + scheme, '/', target.size - scheme);
        if (!slash) return S3_InvalidURI;
        target = hr_slice_bytes(slash, target.size - (size_t)(slash - target.data));
    }
    if (target.size == 0 || target.data[0] != '/') return S3_InvalidURI;
    const char *mark = memchr(target.data, '?', target.size);
    size_t path_size = mark ? (size_t)(mark - target.data) : target.size;
    *path = hr_slice_bytes(target.data, path_size);
    *query = mark ? hr_slice_bytes(mark + 1, target.size - path_size - 1) : hr_slice_bytes(NULL, 0);
    return S3_OK;
}

static enum s3_error parse_parameter(struct s3_arena *arena, struct hr_slice raw,
                                     struct s3_parameter *parameter) {
    const char *equals = memchr(raw.data, '=', raw.size);
    size_t name_size = equals ? (size_t)(equals - raw.data) : raw.size;
    *parameter = (struct s3_parameter){.raw = raw};
    enum s3_error error =
        decode(arena, hr_slice_bytes(raw.data, name_size), true, &parameter->name);
    if (!error && equals)
        error = decode(arena, hr_slice_bytes(equals + 1, raw.size - name_size - 1), true,
                       &parameter->value);
    return error;
}

static enum s3_error parse_query(struct s3_request *request, struct s3_arena *arena,
                                 struct hr_slice query) {
    if (query.size == 0) return S3_OK;
    size_t count = 1;
    for (size_t i = 0; i < query.size; i++) count += query.data[i] == '&';
    if (count > S3_PARAMETERS_MAX) return S3_InvalidRequest;
    request->parameters = s3_server__arena_allocate(arena, count * sizeof *request->parameters);
    if (!request->parameters) return S3_InternalError;
    for (size_t at = 0; at <= query.size;) {
        const char *end = memchr(query.data + at, '&', query.size - at);
        size_t size = end ? (size_t)(end - query.data) - at : query.size - at;
        if (size > 0) {
            enum s3_error error = parse_parameter(arena, hr_slice_bytes(query.data + at, size),
                                                  &request->parameters[request->parameter_count]);
            if (error) return error;
            request->parameter_count++;
        }
        at += size + 1;
    }
    return S3_OK;
}

static struct hr_slice without_port(struct hr_slice host) {
    const char *colon = memrchr(host.data, ':', host.size);
    if (colon && !memchr(host.data, ']', host.size)) host.size = (size_t)(colon - host.data);
    return host;
}

/* The bucket of the host "BUCKET.domain"; empty for any other host. */
static struct hr_slice bucket_under(struct hr_slice host, struct hr_slice domain) {
    if (domain.size == 0 || host.size < domain.size + 2 || host.data[0] == '.')
        return hr_slice_bytes(NULL, 0);
    size_t size = host.size - domain.size - 1;
    struct hr_slice tail = hr_slice_bytes(host.data + size + 1, domain.size);
    if (host.data[size] != '.' || !hr_slice_equal_nocase(tail, domain))
        return hr_slice_bytes(NULL, 0);
    return hr_slice_bytes(host.data, size);
}

/* Names under localhost are loopback (RFC 6761 6.3), so that clients in virtual-host style get to
 * http://localhost:PORT by BUCKET.localhost: to read the first segment of such a path as a bucket
 * would make buckets of objects. */
static struct hr_slice bucket_of_host(struct hr_slice host, struct hr_slice domain) {
    host = without_port(host);
    if (hr_slice_equal_nocase(host, domain)) return hr_slice_bytes(NULL, 0);
    struct hr_slice bucket = bucket_under(host, domain);
    return bucket.size > 0 ? bucket : bucket_under(host, hr_slice_of("localhost"));
}

enum s3_error s3_server__request_parse(struct s3_request *request, struct s3_arena *arena,
                                       struct hr_slice domain) {
    struct hr_slice path, query, host = s3_server__field_of(request, "host");
    enum s3_error error = split_target(request->target, &path, &query);
    if (!error) error = decode(arena, path, false, &request->path);
    request->raw_path = path;
    if (!error) error = parse_query(request, arena, query);
    if (error) return error;
    if (!host.data) return S3_InvalidRequest;

    size_t capacity = request->path.size * 3, size;
    char *canonical = s3_server__arena_allocate(arena, capacity);
    if (!canonical) return S3_InternalError;
    if (hr_percent_encode(request->path, HR_PERCENT_PATH, canonical, capacity, &size))
        return S3_InternalError;
    request->canonical_path = hr_slice_bytes(canonical, size);

    struct hr_slice rest = hr_slice_bytes(request->path.data + 1, request->path.size - 1);
    request->bucket = bucket_of_host(host, domain);
    request->virtual_host = request->bucket.size > 0;
    if (!request->virtual_host) {
        const char *slash = memchr(rest.data, '/', rest.size);
        size_t bucket_size = slash ? (size_t)(slash - rest.data) : rest.size;
        request->bucket = hr_slice_bytes(rest.data, bucket_size);
        rest = slash ? hr_slice_bytes(slash + 1, rest.size - bucket_size - 1)
                     : hr_slice_bytes(NULL, 0);
    }
    request->key = rest;
    if (request->bucket.size == 0 && request->key.size > 0) return S3_InvalidURI;
    /* No listing can show a key with a NUL, and uploads are sorted by key, NUL and id. */
    if (request->key.size > 0 && memchr(request->key.data, '\0', request->key.size))
        return S3_InvalidURI;
    return request->key.size > S3_KEY_MAX ? S3_KeyTooLongError : S3_OK;
}

struct hr_slice s3_server__parameter(const struct s3_request *request, const char *name) {
    struct hr_slice wanted = hr_slice_of(name);
    for (size_t i = 0; i < request->parameter_count; i++) {
        const struct s3_parameter *parameter = &request->parameters[i];
        if (!hr_slice_equal(parameter->name, wanted)) continue;
        return parameter->value.data ? parameter->value : hr_slice_bytes("", 0);
    }
    return hr_slice_bytes(NULL, 0);
}

struct hr_slice s3_server__field_of(const struct s3_request *request, const char *name) {
    struct hr_slice wanted = hr_slice_of(name);
    for (size_t i = 0; i < request->field_count; i++)
        if (hr_slice_equal_nocase(request->fields[i].name, wanted))
            return request->fields[i].value.data ? request->fields[i].value : hr_slice_bytes("", 0);
    return hr_slice_bytes(NULL, 0);
}

/* Operations by method and subresource. The first row that fits counts; s3_server__vocabulary_check
 * refuses parameters that the operation does not have. */
struct rule {
    const char *method;
    const char *subresource; /* NULL: none needed */
    enum s3_operation operation;
};

static const struct rule bucket_rules[] = {
    {"GET", "location", S3_GET_BUCKET_LOCATION},
    {"GET", "uploads", S3_LIST_MULTIPART_UPLOADS},
    {"GET", "versioning", S3_GET_BUCKET_VERSIONING},
    {"GET", "versions", S3_LIST_OBJECT_VERSIONS},
    {"GET", "tagging", S3_GET_BUCKET_TAGGING},
    {"GET", "acl", S3_GET_BUCKET_ACL},
    {"GET", "ownershipControls", S3_GET_BUCKET_OWNERSHIP},
    {"GET", "object-lock", S3_GET_LOCK_RULE},
    {"GET", "cors", S3_GET_BUCKET_CORS},
    {"GET", "list-type", S3_LIST_OBJECTS_V2},
    {"GET", NULL, S3_LIST_OBJECTS},
    {"PUT", "versioning", S3_PUT_BUCKET_VERSIONING},
    {"PUT", "tagging", S3_PUT_BUCKET_TAGGING},
    {"PUT", "acl", S3_PUT_BUCKET_ACL},
    {"PUT", "object-lock", S3_PUT_LOCK_RULE},
    {"PUT", "cors", S3_PUT_BUCKET_CORS},
    {"PUT", NULL, S3_CREATE_BUCKET},
    {"HEAD", NULL, S3_HEAD_BUCKET},
    {"DELETE", "tagging", S3_DELETE_BUCKET_TAGGING},
    {"DELETE", "cors", S3_DELETE_BUCKET_CORS},
    {"DELETE", NULL, S3_DELETE_BUCKET},
    {"POST", "delete", S3_DELETE_OBJECTS},
};

static const struct rule object_rules[] = {
    {"GET", "uploadId", S3_LIST_PARTS},
    {"GET", "tagging", S3_GET_OBJECT_TAGGING},
    {"GET", "acl", S3_GET_OBJECT_ACL},
    {"GET", "legal-hold", S3_GET_LEGAL_HOLD},
    {"GET", "retention", S3_GET_RETENTION},
    {"GET", "attributes", S3_GET_OBJECT_ATTRIBUTES},
    {"GET", NULL, S3_GET_OBJECT},
    {"HEAD", NULL, S3_HEAD_OBJECT},
    {"PUT", "uploadId", S3_UPLOAD_PART},
    {"PUT", "tagging", S3_PUT_OBJECT_TAGGING},
    {"PUT", "acl", S3_PUT_OBJECT_ACL},
    {"PUT", "legal-hold", S3_PUT_LEGAL_HOLD},
    {"PUT", "retention", S3_PUT_RETENTION},
    {"PUT", NULL, S3_PUT_OBJECT},
    {"DELETE", "uploadId", S3_ABORT_MULTIPART_UPLOAD},
    {"DELETE", "tagging", S3_DELETE_OBJECT_TAGGING},
    {"DELETE", NULL, S3_DELETE_OBJECT},
    {"POST", "uploads", S3_CREATE_MULTIPART_UPLOAD},
    {"POST", "uploadId", S3_COMPLETE_MULTIPART_UPLOAD},
};

static enum s3_error find_rule(const struct s3_request *request, const struct rule *rules,
                               size_t count, enum s3_operation *operation) {
    for (size_t i = 0; i < count; i++) {
        if (!hr_slice_equal(request->method, hr_slice_of(rules[i].method))) continue;
        if (rules[i].subresource && !s3_server__parameter(request, rules[i].subresource).data)
            continue;
        *operation = rules[i].operation;
        return S3_OK;
    }
    /* A POST to a bucket is a browser's form; to an object it is an operation that is not here. */
    return hr_slice_equal(request->method, hr_slice_of("POST")) ? S3_NotImplemented
                                                                : S3_MethodNotAllowed;
}

enum s3_error s3_server__route(const struct s3_request *request, enum s3_operation *operation) {
    if (request->bucket.size == 0) {
        *operation = S3_LIST_BUCKETS;
        return hr_slice_equal(request->method, hr_slice_of("GET")) ? S3_OK : S3_MethodNotAllowed;
    }
    bool has_key = request->key.size > 0;
    if (hr_slice_equal(request->method, hr_slice_of("GET")) && s3_server__setting(request)) {
        *operation = S3_GET_BUCKET_SETTING;
        return S3_OK;
    }
    if (!has_key)
        return find_rule(request, bucket_rules, sizeof bucket_rules / sizeof bucket_rules[0],
                         operation);
    enum s3_error error =
        find_rule(request, object_rules, sizeof object_rules / sizeof object_rules[0], operation);
    if (error) return error;
    if (s3_server__field_of(request, "x-amz-copy-source").data) {
        if (*operation == S3_PUT_OBJECT) *operation = S3_COPY_OBJECT;
        if (*operation == S3_UPLOAD_PART) *operation = S3_UPLOAD_PART_COPY;
    }
    return S3_OK;
}

static bool is_lower_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool s3_server__bucket_name_valid(struct hr_slice name) {
    if (name.size < 3 || name.size > 63) return false;
    bool only_digits = true;
    unsigned dots = 0;
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        bool at_end = i == 0 || i == name.size - 1;
        if (!is_lower_or_digit(c) && (at_end || (c != '.' && c != '-'))) return false;
        if (c == '.' && name.data[i - 1] == '.') return false;
        dots += c == '.';
        only_digits &= c == '.' || (c >= '0' && c <= '9');
    }
    return !(only_digits && dots == 3); /* like an IPv4 address */
}
