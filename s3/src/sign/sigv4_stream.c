/* Signatures of aws-chunked bodies.
 * Source: the S3 API Reference, "Signature calculations: transferring payload in multiple chunks"
 * and "… including trailing headers". */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include <openssl/crypto.h>

#include <headrace/encode.h>
#include <headrace/sigv4.h>

#include "digest.h"
#include "sigv4_canonical.h"
#include "sigv4_scope.h"

#define TRAILER_MAX 8192 /* bytes of canonical trailer fields */

struct hr_sigv4_stream_s {
    struct hr__hmac hmac;
    struct hr__sha256 hash; /* of the chunk in progress */
    struct hr__scope scope;
    char previous[HR_SIGV4_HEX_SIZE];
};

int hr_sigv4_stream_new(struct hr_slice secret_key, const struct hr_sigv4_options *options,
                        struct hr_slice seed, hr_sigv4_stream **stream) {
    if (seed.size != HR_SIGV4_HEX_SIZE) return -EINVAL;
    hr_sigv4_stream *new = calloc(1, sizeof *new);
    if (!new) return -ENOMEM;
    uint8_t key[HR__SHA256_SIZE];
    struct hr_slice service = options->service.size > 0 ? options->service : hr_slice_of("s3");
    int err = hr__scope_make(options, &new->scope);
    if (!err)
        err = hr_sigv4_key(
            secret_key,
            &(struct hr_sigv4_scope){hr_slice_bytes(new->scope.date, 8), options->region, service},
            key);
    if (err) {
        hr_sigv4_stream_free(new);
        return err;
    }
    hr__hmac_set_key(&new->hmac, hr_slice_bytes((const char *)key, sizeof key));
    OPENSSL_cleanse(key, sizeof key);
    hr__sha256_begin(&new->hash);
    memcpy(new->previous, seed.data, seed.size);
    *stream = new;
    return 0;
}

void hr_sigv4_stream_free(hr_sigv4_stream *stream) {
    if (!stream) return;
    hr__hmac_deinit(&stream->hmac);
    free(stream);
}

int hr_sigv4_stream_update(hr_sigv4_stream *stream, const void *data, size_t size) {
    hr__sha256_update(&stream->hash, data, size);
    return 0;
}

/* Signs `algorithm`, time, scope, the signature before and what `middle` and the hash say. */
static void sign_link(hr_sigv4_stream *stream, const char *algorithm, const char *middle,
                      char signature[HR_SIGV4_HEX_SIZE + 1]) {
    uint8_t digest[HR__SHA256_SIZE];
    char hex[HR__HEX_SIZE], memory[640];
    hr__sha256_end(&stream->hash, digest);
    hr_hex_encode(digest, sizeof digest, hex);
    struct hr__writer out = hr__writer(memory, sizeof memory);
    hr__put_text(&out, algorithm);
    hr__put_byte(&out, '\n');
    hr__put(&out, stream->scope.date, 16);
    hr__put_byte(&out, '\n');
    hr__put(&out, stream->scope.text, stream->scope.size);
    hr__put_byte(&out, '\n');
    hr__put(&out, stream->previous, sizeof stream->previous);
    hr__put_byte(&out, '\n');
    hr__put_text(&out, middle);
    hr__put(&out, hex, sizeof hex);
    assert(!out.full);
    hr__hmac_sign(&stream->hmac, hr__written(&out), digest);
    hr_hex_encode(digest, sizeof digest, stream->previous);
    memcpy(signature, stream->previous, sizeof stream->previous);
    signature[HR_SIGV4_HEX_SIZE] = 0;
    hr__sha256_begin(&stream->hash);
}

int hr_sigv4_stream_chunk(hr_sigv4_stream *stream, char signature[HR_SIGV4_HEX_SIZE + 1]) {
    sign_link(stream, "AWS4-HMAC-SHA256-PAYLOAD", HR__SHA256_EMPTY "\n", signature);
    return 0;
}

int hr_sigv4_stream_trailer(hr_sigv4_stream *stream, const struct hr_http_field *fields,
                            size_t field_count, char signature[HR_SIGV4_HEX_SIZE + 1]) {
    if (field_count > HR_SIGV4_FIELDS_MAX || (field_count > 0 && !fields)) return -EINVAL;
    struct hr_http_field sorted[HR_SIGV4_FIELDS_MAX];
    char memory[TRAILER_MAX];
    size_t count = 0;
    for (size_t i = 0; i < field_count; i++) {
        if (!hr__canonical_field_valid(&fields[i])) return -EINVAL;
        if (hr_slice_equal_nocase(fields[i].name, hr_slice_of("x-amz-trailer-signature"))) continue;
        sorted[count++] = fields[i];
    }
    hr__canonical_sort_fields(sorted, count);
    struct hr__writer out = hr__writer(memory, sizeof memory);
    for (size_t i = 0; i < count; i++) {
        hr__canonical_put_name(&out, sorted[i].name);
        hr__put_byte(&out, ':');
        hr__canonical_put_value(&out, sorted[i].value);
        hr__put_byte(&out, '\n');
    }
    if (out.full) return -EMSGSIZE;
    hr__sha256_begin(&stream->hash);
    hr__sha256_update(&stream->hash, out.begin, (size_t)(out.at - out.begin));
    sign_link(stream, "AWS4-HMAC-SHA256-TRAILER", "", signature);
    return 0;
}
