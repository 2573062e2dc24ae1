/* The encoder of aws-chunked bodies with a checksum behind them. */
#include "chunk_encoder.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include <headrace/encode.h>

#define CRLF_SIZE 2

static uint64_t hex_digits(uint64_t number) {
    uint64_t digits = 1;
    while (number >>= 4) digits++;
    return digits;
}

static uint64_t chunk_wire_size(uint64_t size) {
    return hex_digits(size) + CRLF_SIZE + size + CRLF_SIZE;
}

uint64_t hr__chunk_wire_size(const struct hr__chunk_plan *plan) {
    assert(plan->size <= HR__CHUNKED_MAX && plan->chunk_size >= HR__CHUNK_SIZE_MIN);
    const struct hr_s3_checksum_traits *traits = hr_s3_checksum_traits_of(plan->algorithm);
    uint64_t rest = plan->size % plan->chunk_size;
    uint64_t size = plan->size / plan->chunk_size * chunk_wire_size(plan->chunk_size);
    if (rest > 0) size += chunk_wire_size(rest);
    return size + sizeof "0\r\n:\r\n\r\n" - 1 + strlen(traits->header) +
           hr_base64_size(traits->size);
}

__attribute__((format(printf, 2, 3))) static void append(struct hr__chunk_encoder *encoder,
                                                         const char *format, ...) {
    size_t room = sizeof encoder->text - encoder->text_size;
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(encoder->text + encoder->text_size, room, format, arguments);
    va_end(arguments);
    assert(size > 0 && (size_t)size < room);
    encoder->text_size += (size_t)size;
}

static int append_trailer(struct hr__chunk_encoder *encoder) {
    struct hr_s3_checksum value;
    char text[HR_S3_CHECKSUM_TEXT_MAX];
    int err = hr_s3_hasher_end(&encoder->hasher, &value);
    if (err) return err;
    hr_s3_checksum_format(&value, text);
    append(encoder, "0\r\n%s:%s\r\n\r\n", hr_s3_checksum_traits_of(value.algorithm)->header, text);
    encoder->ended = true;
    return 0;
}

/* The next chunk's head, or what ends the body. */
static int next(struct hr__chunk_encoder *encoder) {
    assert(encoder->chunk_left == 0 && !encoder->ended);
    if (encoder->left == 0) return append_trailer(encoder);
    uint64_t most = encoder->plan.chunk_size;
    encoder->chunk_left = encoder->left < most ? encoder->left : most;
    encoder->left -= encoder->chunk_left;
    append(encoder, "%llx\r\n", (unsigned long long)encoder->chunk_left);
    return 0;
}

int hr__chunk_encoder_begin(struct hr__chunk_encoder *encoder, const struct hr__chunk_plan *plan) {
    if (plan->chunk_size < HR__CHUNK_SIZE_MIN || plan->size > HR__CHUNKED_MAX) return -EINVAL;
    int err = hr_s3_hasher_begin(&encoder->hasher, plan->algorithm);
    if (err) return err;
    encoder->plan = *plan;
    encoder->left = plan->size;
    encoder->chunk_left = 0;
    encoder->ended = false;
    encoder->text_at = encoder->text_size = 0;
    return next(encoder);
}

struct hr_slice hr__chunk_encoder_text(const struct hr__chunk_encoder *encoder) {
    return hr_slice_bytes(encoder->text + encoder->text_at, encoder->text_size - encoder->text_at);
}

void hr__chunk_encoder_advance(struct hr__chunk_encoder *encoder, size_t size) {
    assert(size <= encoder->text_size - encoder->text_at);
    encoder->text_at += size;
    if (encoder->text_at == encoder->text_size) encoder->text_at = encoder->text_size = 0;
}

uint64_t hr__chunk_encoder_wanted(const struct hr__chunk_encoder *encoder) {
    return encoder->text_size == 0 ? encoder->chunk_left : 0;
}

int hr__chunk_encoder_data(struct hr__chunk_encoder *encoder, const void *data, size_t size) {
    assert(size <= hr__chunk_encoder_wanted(encoder));
    if (size == 0) return 0; /* behind the end, too */
    int err = hr_s3_hasher_update(&encoder->hasher, data, size);
    encoder->chunk_left -= size;
    if (err || encoder->chunk_left > 0) return err;
    append(encoder, "\r\n");
    return next(encoder);
}

bool hr__chunk_encoder_done(const struct hr__chunk_encoder *encoder) {
    return encoder->ended && encoder->text_size == 0;
}

void hr__chunk_encoder_deinit(struct hr__chunk_encoder *encoder) {
    hr_s3_hasher_deinit(&encoder->hasher);
}
