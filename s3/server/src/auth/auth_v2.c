/* The check of URLs that are presigned in the older way. */
#include "auth_v2.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <headrace/encode.h>
#include <headrace/text.h>

#include "presigned.h"
#include "settings.h"

#define SHA1_SIZE 20

/* The parameters that are part of the resource and so of what is signed. */
static const char *const signed_parameters[] = {"accelerate",
                                                "acl",
                                                "analytics",
                                                "cors",
                                                "defaultObjectAcl",
                                                "delete",
                                                "inventory",
                                                "lifecycle",
                                                "location",
                                                "logging",
                                                "metrics",
                                                "notification",
                                                "object-lock",
                                                "partNumber",
                                                "policy",
                                                "replication",
                                                "requestPayment",
                                                "response-cache-control",
                                                "response-content-disposition",
                                                "response-content-encoding",
                                                "response-content-language",
                                                "response-content-type",
                                                "response-expires",
                                                "restore",
                                                "select",
                                                "select-type",
                                                "storageClass",
                                                "tagging",
                                                "torrent",
                                                "uploadId",
                                                "uploads",
                                                "versionId",
                                                "versioning",
                                                "versions",
                                                "website"};

static bool is_signed(struct hr_slice name) {
    for (size_t i = 0; i < sizeof signed_parameters / sizeof signed_parameters[0]; i++)
        if (hr_slice_equal(name, hr_slice_of(signed_parameters[i]))) return true;
    return false;
}

static int compare_parameters(const void *left, const void *right) {
    const struct s3_parameter *a = left, *b = right;
    return hr_slice_compare(a->name, b->name);
}

static int compare_fields(const void *left, const void *right) {
    const struct hr_http_field *a = left, *b = right;
    return hr_slice_compare(a->name, b->name);
}

/* Text in memory that was measured before. */
struct writer {
    char *text;
    size_t size;
};

static void put(struct writer *out, struct hr_slice text) {
    if (text.size > 0) memcpy(out->text + out->size, text.data, text.size);
    out->size += text.size;
}

static void put_line(struct writer *out, struct hr_slice text) {
    put(out, text);
    put(out, hr_slice_of("\n"));
}

/* "name:value" of each x-amz-… field, sorted; those of one name are one, with commas. */
static enum s3_error put_fields(struct writer *out, const struct s3_request *request,
                                struct s3_arena *arena) {
    struct hr_http_field *fields =
        s3_server__arena_allocate(arena, (request->field_count + 1) * sizeof *fields);
    if (!fields) return S3_InternalError;
    size_t count = 0;
    for (size_t i = 0; i < request->field_count; i++) {
        if (!s3_server__has_prefix_nocase(request->fields[i].name, "x-amz-")) continue;
        fields[count] = request->fields[i];
        fields[count].name = s3_server__arena_lower(arena, request->fields[i].name);
        if (!fields[count++].name.data) return S3_InternalError;
    }
    qsort(fields, count, sizeof *fields, compare_fields);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && hr_slice_equal(fields[i].name, fields[i - 1].name)) {
            out->size--; /* the line goes on */
            put(out, hr_slice_of(","));
        } else {
            put(out, fields[i].name);
            put(out, hr_slice_of(":"));
        }
        put_line(out, fields[i].value);
    }
    return S3_OK;
}

/* A bucket's resource ends in a slash, whether its path does or not. */
static enum s3_error put_resource(struct writer *out, const struct s3_request *request,
                                  struct s3_arena *arena) {
    if (request->virtual_host) {
        put(out, hr_slice_of("/"));
        put(out, request->bucket);
    }
    put(out, request->raw_path);
    bool ends_so = out->text[out->size - 1] == '/';
    if (request->bucket.size > 0 && request->key.size == 0 && !ends_so) put(out, hr_slice_of("/"));
    struct s3_parameter *parameters =
        s3_server__arena_allocate(arena, (request->parameter_count + 1) * sizeof *parameters);
    if (!parameters) return S3_InternalError;
    size_t count = 0;
    for (size_t i = 0; i < request->parameter_count; i++)
        if (is_signed(request->parameters[i].name)) parameters[count++] = request->parameters[i];
    qsort(parameters, count, sizeof *parameters, compare_parameters);
    for (size_t i = 0; i < count; i++) {
        put(out, hr_slice_of(i == 0 ? "?" : "&"));
        put(out, parameters[i].name);
        if (!parameters[i].value.data) continue;
        put(out, hr_slice_of("="));
        put(out, parameters[i].value);
    }
    return S3_OK;
}

static enum s3_error string_to_sign(const struct s3_request *request, struct hr_slice expires,
                                    struct s3_arena *arena, struct hr_slice *string) {
    size_t capacity = 64 + request->method.size + request->bucket.size + request->raw_path.size;
    for (size_t i = 0; i < request->field_count; i++)
        capacity += request->fields[i].name.size + request->fields[i].value.size + 2;
    for (size_t i = 0; i < request->parameter_count; i++)
        capacity += request->parameters[i].raw.size + 2;
    struct writer out = {.text = s3_server__arena_allocate(arena, capacity)};
    if (!out.text) return S3_InternalError;
    put_line(&out, request->method);
    put_line(&out, s3_server__field_of(request, "content-md5"));
    put_line(&out, s3_server__field_of(request, "content-type"));
    put_line(&out, expires);
    enum s3_error error = put_fields(&out, request, arena);
    if (!error) error = put_resource(&out, request, arena);
    *string = hr_slice_bytes(out.text, out.size);
    return error;
}

static bool is_right(struct hr_slice secret_key, struct hr_slice string, struct hr_slice given) {
    uint8_t digest[SHA1_SIZE];
    char text[32];
    unsigned size = sizeof digest;
    if (!HMAC(EVP_sha1(), secret_key.data, (int)secret_key.size, (const unsigned char *)string.data,
              string.size, digest, &size))
        return false;
    hr_base64_encode(digest, sizeof digest, text);
    return given.size == hr_base64_size(sizeof digest) &&
           CRYPTO_memcmp(text, given.data, given.size) == 0;
}

/* Whoever has the URL may add parameters that are not signed. One that only turns a page of a
 * listing does no harm; one that makes the request another operation is refused. */
static bool has_unsigned_setting(const struct s3_request *request) {
    const struct s3_setting *setting = s3_server__setting(request);
    return setting && !is_signed(hr_slice_of(setting->name));
}

/* The older way does not sign the body; its hash and framing still count where they are given. */
static enum s3_error read_payload(const struct s3_request *request, struct s3_identity *identity) {
    struct hr_slice text = s3_server__field_of(request, "x-amz-content-sha256");
    identity->payload = S3_PAYLOAD_UNSIGNED;
    enum s3_error error = text.data ? s3_server__identity_read_payload(text, identity) : S3_OK;
    bool chunks_are_signed =
        identity->payload == S3_PAYLOAD_CHUNKS || identity->payload == S3_PAYLOAD_CHUNKS_TRAILER;
    if (error || !chunks_are_signed) return error;
    return s3_server__identity_refuse(identity, S3_InvalidRequest,
                                      "Chunks cannot be signed by a URL of the older way.");
}

enum s3_error s3_server__auth_verify_v2(const struct s3_auth_rules *rules,
                                        const struct s3_request *request, uint64_t now_s,
                                        struct s3_arena *arena, struct s3_identity *identity) {
    struct hr_slice key = s3_server__parameter(request, "AWSAccessKeyId");
    struct hr_slice expires = s3_server__parameter(request, "Expires");
    struct hr_slice signature = s3_server__parameter(request, "Signature"), name, string;
    struct s3_request whole = *request; /* with the fields that stand in the query */
    uint64_t expires_s;
    if (hr_text_u64(expires, INT64_MAX, &expires_s) < 0) return S3_AccessDenied;
    enum s3_error error = s3_server__claim_key(rules, key, identity);
    if (!error) error = s3_server__request_hoist(&whole, arena, &name);
    if (!error) error = string_to_sign(&whole, expires, arena, &string);
    if (error) return error;
    if (!rules->any && !is_right(identity->key->secret_key, string, signature)) {
        identity->string_to_sign = string;
        identity->claimed_access_key = key;
        identity->claimed_signature = signature;
        return S3_SignatureDoesNotMatch;
    }
    if (expires_s < now_s)
        return s3_server__identity_refuse(identity, S3_AccessDenied, "Request has expired");
    identity->time_s = now_s;
    return has_unsigned_setting(request) ? S3_AccessDenied : read_payload(&whole, identity);
}
