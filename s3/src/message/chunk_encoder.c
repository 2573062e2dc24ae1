/* The encoder of aws-chunked bodies. */
#include "chunk_encoder.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include <headrace/encode.h>

#define CRLF_SIZE         2
#define SIGNATURE_NAME    ";chunk-signature="
#define SIGNATURE_SIZE    (sizeof SIGNATURE_NAME - 1 + HR_SIGV4_HEX_SIZE)
#define TRAILER_SIGNATURE "x-amz-trailer-signature:"

/* ---- Sizes. */

static uint64_t hex_digits(uint64_t number) {
    uint64_t digits = 1;
    while (number >>= 4) digits++;
    return digits;
}

static uint64_t head_size(const struct hr__chunk_plan *plan, uint64_t size) {
    return hex_digits(size) + (plan->is_signed ? SIGNATURE_SIZE : 0) + CRLF_SIZE;
}

static uint64_t chunk_wire_size(const struct hr__chunk_plan *plan, uint64_t size) {
    return head_size(plan, size) + size + CRLF_SIZE;
}

static uint64_t trailer_size(const struct hr__chunk_plan *plan) {
    if (plan->algorithm == HR_S3_CHECKSUM_NONE) return 0;
    const struct hr_s3_checksum_traits *traits = hr_s3_checksum_traits_of(plan->algorithm);
    uint64_t size = strlen(traits->header) + 1 + hr_base64_size(traits->size) + CRLF_SIZE;
    if (!plan->is_signed) return size;
    return size + sizeof TRAILER_SIGNATURE - 1 + HR_SIGV4_HEX_SIZE + CRLF_SIZE;
}

uint64_t hr__chunk_wire_size(const struct hr__chunk_plan *plan) {
    assert(plan->size <= HR__CHUNKED_MAX && plan->chunk_size >= HR__CHUNK_SIZE_MIN);
    uint64_t rest = plan->size % plan->chunk_size;
    uint64_t size = plan->size / plan->chunk_size * chunk_wire_size(plan, plan->chunk_size);
    if (rest > 0) size += chunk_wire_size(plan, rest);
    return size + head_size(plan, 0) + trailer_size(plan) + CRLF_SIZE;
}

/* ---- Texts. */

__attribute__((format(printf, 2, 3))) static void append_behind(struct hr__chunk_encoder *encoder,
                                                                const char *format, ...) {
    size_t room = sizeof encoder->behind - encoder->behind_size;
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(encoder->behind + encoder->behind_size, room, format, arguments);
    va_end(arguments);
    assert(size > 0 && (size_t)size < room);
    encoder->behind_size += (size_t)size;
}

/* The signature of the chunk whose bytes the stream has seen, with its name; empty: unsigned. */
static int sign_chunk(struct hr__chunk_encoder *encoder, char text[SIGNATURE_SIZE + 1]) {
    char signature[HR_SIGV4_HEX_SIZE + 1];
    text[0] = '\0';
    if (!encoder->stream) return 0;
    int err = hr_sigv4_stream_chunk(encoder->stream, signature);
    if (!err) snprintf(text, SIGNATURE_SIZE + 1, SIGNATURE_NAME "%s", signature);
    return err;
}

static int append_trailer_signature(struct hr__chunk_encoder *encoder,
                                    const struct hr_http_field *field) {
    char signature[HR_SIGV4_HEX_SIZE + 1];
    int err = hr_sigv4_stream_trailer(encoder->stream, field, 1, signature);
    if (!err) append_behind(encoder, TRAILER_SIGNATURE "%s\r\n", signature);
    return err;
}

static int append_trailer(struct hr__chunk_encoder *encoder) {
    char text[HR_S3_CHECKSUM_TEXT_MAX];
    int err = hr_s3_hasher_end(&encoder->hasher, &encoder->value);
    if (err) return err;
    hr_s3_checksum_format(&encoder->value, text);
    const char *name = hr_s3_checksum_traits_of(encoder->value.algorithm)->header;
    append_behind(encoder, "%s:%s\r\n", name, text);
    struct hr_http_field field = {hr_slice_of(name), hr_slice_of(text)};
    return encoder->stream ? append_trailer_signature(encoder, &field) : 0;
}

/* The chunk of no bytes and what follows it. */
static int append_end(struct hr__chunk_encoder *encoder) {
    char signature[SIGNATURE_SIZE + 1];
    int err = sign_chunk(encoder, signature);
    if (err) return err;
    append_behind(encoder, "0%s\r\n", signature);
    if (encoder->plan.algorithm != HR_S3_CHECKSUM_NONE) err = append_trailer(encoder);
    if (!err) append_behind(encoder, "\r\n");
    encoder->ended = true;
    return err;
}

/* ---- Chunks. */

static int check(const struct hr__chunk_plan *plan, const hr_sigv4_stream *stream) {
    bool useful = plan->is_signed || plan->algorithm != HR_S3_CHECKSUM_NONE;
    bool sized = plan->chunk_size >= HR__CHUNK_SIZE_MIN && plan->size <= HR__CHUNKED_MAX;
    return useful && sized && plan->is_signed == (stream != NULL) ? 0 : -EINVAL;
}

int hr__chunk_encoder_begin(struct hr__chunk_encoder *encoder, const struct hr__chunk_plan *plan,
                            hr_sigv4_stream *stream) {
    hr_sigv4_stream_free(encoder->stream);
    encoder->stream = stream;
    int err = check(plan, stream);
    if (!err && plan->algorithm != HR_S3_CHECKSUM_NONE)
        err = hr_s3_hasher_begin(&encoder->hasher, plan->algorithm);
    if (err) return err;
    encoder->plan = *plan;
    encoder->left = plan->size;
    encoder->ended = false;
    return 0;
}

size_t hr__chunk_encoder_next(const struct hr__chunk_encoder *encoder) {
    uint64_t most = encoder->plan.chunk_size;
    return (size_t)(encoder->left < most ? encoder->left : most);
}

static int absorb(struct hr__chunk_encoder *encoder, const struct iovec *piece) {
    int err = 0;
    if (encoder->plan.algorithm != HR_S3_CHECKSUM_NONE)
        err = hr_s3_hasher_update(&encoder->hasher, piece->iov_base, piece->iov_len);
    if (!err && encoder->stream)
        err = hr_sigv4_stream_update(encoder->stream, piece->iov_base, piece->iov_len);
    return err;
}

static int put_head(struct hr__chunk_encoder *encoder, size_t size) {
    char signature[SIGNATURE_SIZE + 1];
    int err = sign_chunk(encoder, signature);
    if (err) return err;
    int length = snprintf(encoder->before, sizeof encoder->before, "%zx%s\r\n", size, signature);
    assert(length > 0 && (size_t)length < sizeof encoder->before);
    encoder->before_size = (size_t)length;
    append_behind(encoder, "\r\n");
    return 0;
}

int hr__chunk_encoder_add(struct hr__chunk_encoder *encoder, const struct iovec *pieces,
                          unsigned count) {
    size_t size = 0;
    int err = 0;
    assert(!encoder->ended);
    encoder->before_size = encoder->behind_size = 0;
    for (unsigned i = 0; i < count && !err; i++) {
        size += pieces[i].iov_len;
        err = absorb(encoder, &pieces[i]);
    }
    assert(size == hr__chunk_encoder_next(encoder));
    if (!err && size > 0) err = put_head(encoder, size);
    encoder->left -= size;
    return !err && encoder->left == 0 ? append_end(encoder) : err;
}

struct hr_slice hr__chunk_encoder_before(const struct hr__chunk_encoder *encoder) {
    return hr_slice_bytes(encoder->before, encoder->before_size);
}

struct hr_slice hr__chunk_encoder_behind(const struct hr__chunk_encoder *encoder) {
    return hr_slice_bytes(encoder->behind, encoder->behind_size);
}

void hr__chunk_encoder_end(struct hr__chunk_encoder *encoder) {
    hr_sigv4_stream_free(encoder->stream);
    encoder->stream = NULL;
}

void hr__chunk_encoder_deinit(struct hr__chunk_encoder *encoder) {
    hr__chunk_encoder_end(encoder);
    hr_s3_hasher_deinit(&encoder->hasher);
}
