/* A request's body: the claims of its head, its bytes, and their comparison. */
#include "store_body.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include <openssl/crypto.h>

#include <headrace/body.h>
#include <headrace/encode.h>
#include <headrace/text.h>

#define MESSAGE_SIZE 256

__attribute__((format(printf, 3, 4))) static enum s3_error
refuse(char *message, enum s3_error error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, MESSAGE_SIZE, format, arguments);
    va_end(arguments);
    return error;
}

/* ---- The claims of the head. */

static enum s3_error read_md5(struct s3_body *body, const struct s3_body_plan *plan) {
    struct hr_slice text = s3_server__field_of(plan->request, "content-md5");
    if (!text.data) return S3_OK;
    uint8_t bytes[16];
    size_t size;
    if (hr_base64_decode(text, bytes, sizeof bytes, &size) || size != sizeof bytes)
        return refuse(body->message, S3_InvalidDigest,
                      "The Content-MD5 you specified was invalid.");
    memcpy(body->md5, bytes, sizeof bytes);
    body->check_md5 = true;
    return S3_OK;
}

static enum s3_error read_checksum_headers(struct s3_body *body, const struct s3_body_plan *plan) {
    for (size_t i = 0; i < plan->request->field_count; i++) {
        const struct hr_http_field *field = &plan->request->fields[i];
        enum hr_s3_checksum_algorithm kind = hr_s3_checksum_by_header(field->name);
        if (kind == HR_S3_CHECKSUM_NONE) continue;
        if (body->claimed.algorithm != HR_S3_CHECKSUM_NONE)
            return refuse(
                body->message, S3_InvalidRequest,
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not "
                "allowed.");
        if (!s3_server__checksum_parse(kind, field->value, &body->claimed))
            return refuse(body->message, S3_InvalidRequest, "Value for %s header is invalid.",
                          hr_s3_checksum_traits_of(kind)->header);
    }
    return S3_OK;
}

static enum s3_error read_trailer_header(struct s3_body *body, const struct s3_body_plan *plan,
                                         bool has_trailer) {
    struct hr_slice names = s3_server__field_of(plan->request, "x-amz-trailer");
    if (!names.data) return S3_OK;
    body->trailer = hr_s3_checksum_by_header(names);
    if (!has_trailer || body->trailer == HR_S3_CHECKSUM_NONE)
        return refuse(body->message, S3_InvalidRequest,
                      "The value specified in the x-amz-trailer header is not supported");
    if (body->claimed.algorithm != HR_S3_CHECKSUM_NONE)
        return refuse(body->message, S3_InvalidRequest,
                      "Expecting a single x-amz-checksum- header or trailer.");
    return S3_OK;
}

static enum s3_error read_checksums(struct s3_body *body, const struct s3_body_plan *plan,
                                    bool has_trailer) {
    if (plan->ignore_checksums) return S3_OK;
    enum s3_error error = read_checksum_headers(body, plan);
    if (!error) error = read_trailer_header(body, plan, has_trailer);
    if (error) return error;
    struct hr_slice announced = s3_server__field_of(plan->request, "x-amz-sdk-checksum-algorithm");
    if (!announced.data) return S3_OK;
    enum hr_s3_checksum_algorithm kind = hr_s3_checksum_by_name(announced);
    if (kind == HR_S3_CHECKSUM_NONE)
        return refuse(body->message, S3_InvalidRequest,
                      "Value for x-amz-sdk-checksum-algorithm header is invalid.");
    if (kind != body->claimed.algorithm && kind != body->trailer)
        return refuse(
            body->message, S3_InvalidRequest,
            "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* "
            "or x-amz-trailer headers were found.");
    return S3_OK;
}

/* ---- Chunks. */

static enum s3_error append_to_file(struct s3_body *body, const void *data, size_t size) {
    enum s3_error error = s3_server__blob_reserve(body->blob, size);
    if (!error) error = s3_server__file_writer_append(body->writer, data, size);
    if (!error) body->blob->size += size;
    return error;
}

static enum s3_error append(struct s3_body *body, const void *data, size_t size) {
    assert(body->blob->size <= body->size_max);
    if (size > body->size_max - body->blob->size) return S3_EntityTooLarge;
    enum s3_error error = body->writer ? append_to_file(body, data, size)
                                       : s3_server__blob_append(body->blob, data, size);
    if (error) return error;
    return s3_server__digests_update(&body->digests, data, size) < 0 ? S3_InternalError : S3_OK;
}

static enum s3_error on_chunk_data(void *user, const void *data, size_t size) {
    return append(user, data, size);
}

static enum s3_error begin_chunks(struct s3_body *body, const struct s3_body_plan *plan,
                                  bool is_signed, bool has_trailer) {
    struct hr_slice text = s3_server__field_of(plan->request, "x-amz-decoded-content-length");
    if (!text.data)
        return refuse(body->message, S3_MissingContentLength,
                      "You must provide the x-amz-decoded-content-length HTTP header.");
    if (hr_text_u64(text, INT64_MAX, &body->expected) < 0)
        return refuse(body->message, S3_InvalidArgument,
                      "x-amz-decoded-content-length is not a number of bytes.");
    body->chunked = s3_server__arena_allocate(plan->arena, sizeof *body->chunked);
    if (!body->chunked ||
        (is_signed && s3_server__auth_stream(plan->auth, plan->identity, &body->stream) < 0))
        return S3_InternalError;
    struct s3_chunked_options options = {.has_trailer = has_trailer,
                                         .is_signed = is_signed,
                                         .stream = body->stream,
                                         .decoded_size = body->expected,
                                         .on_data = on_chunk_data,
                                         .user = body};
    s3_server__chunked_init(body->chunked, &options);
    return S3_OK;
}

/* Without chunks there is nothing to decode, so a size that was meant for chunks must be the body's
 * own: else chunks would be kept as if they were the object. */
static enum s3_error check_decoded_size(struct s3_body *body, const struct s3_body_plan *plan) {
    struct hr_slice text = s3_server__field_of(plan->request, "x-amz-decoded-content-length");
    uint64_t size;
    if (!text.data || (hr_text_u64(text, INT64_MAX, &size) == 0 && size == plan->wire_size))
        return S3_OK;
    return refuse(
        body->message, S3_InvalidArgument,
        "x-amz-decoded-content-length is not the size of the body, which does not come in "
        "chunks.");
}

/* ---- The way of a body. */

static enum s3_error read_claims(struct s3_body *body, const struct s3_body_plan *plan) {
    enum s3_payload payload = plan->identity->payload;
    bool has_trailer =
        payload == S3_PAYLOAD_CHUNKS_TRAILER || payload == S3_PAYLOAD_UNSIGNED_TRAILER;
    bool is_chunked = has_trailer || payload == S3_PAYLOAD_CHUNKS;
    enum s3_error error = read_md5(body, plan);
    if (!error) error = read_checksums(body, plan, has_trailer);
    if (!error && is_chunked)
        error = begin_chunks(body, plan, payload != S3_PAYLOAD_UNSIGNED_TRAILER, has_trailer);
    if (error) return error;
    if (!is_chunked) {
        body->expected = plan->wire_size;
        error = check_decoded_size(body, plan);
        if (error) return error;
    }
    if (payload == S3_PAYLOAD_SIGNED) {
        body->check_sha256 = true;
        memcpy(body->sha256, plan->identity->sha256, sizeof body->sha256);
    }
    return S3_OK;
}

static enum s3_error allocate(struct s3_body *body, const struct s3_body_plan *plan) {
    bool known = body->expected != HR_SIZE_UNKNOWN;
    bool has_header = s3_server__field_of(plan->request, "content-length").data || body->chunked;
    if (plan->needs_length && (!known || !has_header)) return S3_MissingContentLength;
    if (known && body->expected > plan->size_max) return S3_EntityTooLarge;
    unsigned wanted = plan->digests | 1u << body->claimed.algorithm | 1u << body->trailer;
    if (body->check_md5) wanted |= S3_DIGEST_MD5;
    if (body->check_sha256) wanted |= S3_DIGEST_SHA256;
    if (plan->disk) wanted |= S3_DIGEST_CRC32C;
    if (s3_server__digests_init(&body->digests, wanted) < 0) return S3_InternalError;
    uint64_t capacity = known ? body->expected : 0;
    if (!plan->disk) return s3_server__blob_new(plan->account, capacity, &body->blob);
    enum s3_error error = s3_server__disk_create(plan->disk, plan->account, capacity, &body->blob);
    if (error) return error;
    body->writer =
        s3_server__file_writer_new(body->blob, plan->disk->fsync, plan->on_ready, plan->user);
    return body->writer ? S3_OK : S3_InternalError;
}

enum s3_error s3_server__body_begin(struct s3_body *body, const struct s3_body_plan *plan) {
    memset(body, 0, sizeof *body);
    body->message = plan->message;
    body->size_max = plan->size_max;
    enum s3_error error = read_claims(body, plan);
    if (!error) error = allocate(body, plan);
    if (error) s3_server__body_deinit(body);
    return error;
}

bool s3_server__body_is_full(const struct s3_body *body) {
    return body->writer && !body->error && s3_server__file_writer_is_full(body->writer);
}

void s3_server__body_feed(struct s3_body *body, const void *data, size_t size) {
    assert(!body->finished && body->blob);
    if (body->error || size == 0) return;
    body->error = body->chunked ? s3_server__chunked_feed(body->chunked, data, size)
                                : append(body, data, size);
}

static enum s3_error read_trailer(struct s3_body *body) {
    for (size_t i = 0; i < body->chunked->trailer_count; i++) {
        const struct hr_http_field *field = &body->chunked->trailers[i];
        enum hr_s3_checksum_algorithm kind = hr_s3_checksum_by_header(field->name);
        if (kind == HR_S3_CHECKSUM_NONE || kind != body->trailer ||
            body->claimed.algorithm != HR_S3_CHECKSUM_NONE)
            return S3_MalformedTrailerError;
        if (!s3_server__checksum_parse(kind, field->value, &body->claimed))
            return refuse(body->message, S3_InvalidRequest,
                          "Value for %s trailing header is invalid.",
                          hr_s3_checksum_traits_of(kind)->header);
    }
    return body->claimed.algorithm == body->trailer ? S3_OK : S3_MalformedTrailerError;
}

static enum s3_error finish_chunks(struct s3_body *body) {
    enum s3_error error = s3_server__chunked_finish(body->chunked);
    if (error && body->chunked->detail)
        return refuse(body->message, error, "%s", body->chunked->detail);
    /* A field that was not announced is refused, too: it may be a checksum that nobody would
     * compare. */
    if (!error && (body->trailer != HR_S3_CHECKSUM_NONE || body->chunked->trailer_count > 0))
        error = read_trailer(body);
    return error;
}

static enum s3_error compare(struct s3_body *body) {
    const struct s3_digests *digests = &body->digests;
    const uint8_t *sha256 = digests->values[HR_S3_CHECKSUM_SHA256].bytes;
    if (body->check_sha256 && CRYPTO_memcmp(sha256, body->sha256, 32) != 0)
        return S3_XAmzContentSHA256Mismatch;
    if (body->check_md5 && memcmp(s3_server__digests_md5(digests), body->md5, 16) != 0)
        return refuse(body->message, S3_BadDigest,
                      "The Content-MD5 you specified did not match what we received.");
    if (body->claimed.algorithm == HR_S3_CHECKSUM_NONE) return S3_OK;
    struct hr_s3_checksum computed;
    s3_server__digests_value(digests, body->claimed.algorithm, &computed);
    if (!hr_s3_checksum_equal(&computed, &body->claimed))
        return refuse(body->message, S3_BadDigest,
                      "The %s you specified did not match the calculated checksum.",
                      hr_s3_checksum_traits_of(computed.algorithm)->name);
    return S3_OK;
}

static uint32_t crc_of(const struct s3_digests *digests) {
    const uint8_t *bytes = digests->values[HR_S3_CHECKSUM_CRC32C].bytes;
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

enum s3_error s3_server__body_finish(struct s3_body *body) {
    if (body->finished) return body->error;
    assert(body->blob);
    body->finished = true;
    if (body->chunked) { /* returns its own errors again, and their detail */
        enum s3_error error = finish_chunks(body);
        if (!body->error || body->chunked->error) body->error = error;
    }
    if (!body->error && body->expected != HR_SIZE_UNKNOWN && body->blob->size != body->expected)
        body->error = S3_IncompleteBody;
    if (!body->error && s3_server__digests_finish(&body->digests) < 0)
        body->error = S3_InternalError;
    if (!body->error) body->error = compare(body);
    if (!body->error && body->writer) body->blob->file.crc = crc_of(&body->digests);
    return body->error;
}

bool s3_server__body_flush(struct s3_body *body, enum s3_error *error) {
    *error = S3_OK;
    if (!body->writer) return true;
    if (!s3_server__file_writer_flush(body->writer)) return false;
    *error = s3_server__file_writer_error(body->writer);
    return true;
}

void s3_server__body_deinit(struct s3_body *body) {
    s3_server__file_writer_close(body->writer);
    body->writer = NULL;
    s3_server__blob_release(body->blob);
    s3_server__digests_deinit(&body->digests);
    hr_sigv4_stream_free(body->stream);
    body->blob = NULL;
    body->stream = NULL;
}
