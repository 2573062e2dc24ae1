/* The aws-chunked decoder: chunk heads, data, trailer lines. */
#include "chunked.h"

#include <assert.h>
#include <errno.h>

#include <openssl/crypto.h>

static const char signature_extension[] = "chunk-signature=";
static const char signature_trailer[] = "x-amz-trailer-signature";

void s3_server__chunked_init(struct s3_chunked *chunked, const struct s3_chunked_options *options) {
    /* The buffers stay as they are: clearing them would cost more than a small body itself. */
    memset(chunked, 0, offsetof(struct s3_chunked, line));
    chunked->trailer_count = 0;
    chunked->text_size = 0;
    chunked->options = *options;
}

static enum s3_error fail(struct s3_chunked *chunked, enum s3_error error, const char *detail) {
    assert(error != S3_OK);
    chunked->state = S3_CHUNKED_FAILED;
    chunked->error = error;
    chunked->detail = detail;
    return error;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* "SIZE" or "SIZE;chunk-signature=HEX". */
static enum s3_error parse_size_line(struct s3_chunked *chunked, uint64_t *size) {
    const char *at = chunked->line, *end = chunked->line + chunked->line_size;
    unsigned digits = 0;
    for (*size = 0; at < end && hex_digit(*at) >= 0; at++) {
        if (++digits > 15) return fail(chunked, S3_InvalidRequest, "The chunk size is too large.");
        *size = *size << 4 | (unsigned)hex_digit(*at);
    }
    if (digits == 0) return fail(chunked, S3_InvalidRequest, "The chunk size is not a hex number.");
    if (!chunked->options.stream) {
        if (at != end && *at != ';')
            return fail(chunked, S3_InvalidRequest, "The chunk size is not a hex number.");
        return S3_OK;
    }
    size_t name_size = sizeof signature_extension - 1;
    if ((size_t)(end - at) != 1 + name_size + HR_SIGV4_HEX_SIZE || *at != ';' ||
        memcmp(at + 1, signature_extension, name_size) != 0)
        return fail(chunked, S3_InvalidRequest, "The chunk has no chunk-signature.");
    memcpy(chunked->signature, at + 1 + name_size, HR_SIGV4_HEX_SIZE);
    return S3_OK;
}

static enum s3_error verify_chunk(struct s3_chunked *chunked) {
    if (!chunked->options.stream) return S3_OK;
    char signature[HR_SIGV4_HEX_SIZE + 1];
    if (hr_sigv4_stream_chunk(chunked->options.stream, signature) < 0)
        return fail(chunked, S3_InternalError, NULL);
    if (CRYPTO_memcmp(signature, chunked->signature, HR_SIGV4_HEX_SIZE) != 0)
        return fail(chunked, S3_SignatureDoesNotMatch, "The signature of a chunk does not match.");
    return S3_OK;
}

static enum s3_error begin_chunk(struct s3_chunked *chunked) {
    assert(chunked->state == S3_CHUNKED_SIZE && chunked->left == 0);
    uint64_t size;
    enum s3_error error = parse_size_line(chunked, &size);
    if (error) return error;
    if (size == 0) {
        chunked->state = S3_CHUNKED_TRAILER;
        return verify_chunk(chunked);
    }
    if (chunked->had_small) return fail(chunked, S3_InvalidChunkSizeError, NULL);
    chunked->had_small = size < S3_CHUNK_SIZE_MIN;
    if (size > chunked->options.decoded_size - chunked->decoded)
        return fail(chunked, S3_IncompleteBody,
                    "The body is longer than x-amz-decoded-content-length.");
    chunked->left = size;
    chunked->state = S3_CHUNKED_DATA;
    return S3_OK;
}

/* Keeps "name:value" for the checksum and the trailer's signature. */
static enum s3_error keep_trailer(struct s3_chunked *chunked, struct hr_slice name,
                                  struct hr_slice value) {
    size_t size = name.size + value.size;
    if (chunked->trailer_count == S3_CHUNK_TRAILERS_MAX ||
        size > sizeof chunked->text - chunked->text_size)
        return fail(chunked, S3_MalformedTrailerError, "The trailer is too large.");
    char *text = chunked->text + chunked->text_size;
    memcpy(text, name.data, name.size);
    if (value.size > 0) memcpy(text + name.size, value.data, value.size);
    chunked->text_size += size;
    assert(chunked->text_size <= sizeof chunked->text);
    chunked->trailers[chunked->trailer_count++] =
        (struct hr_http_field){.name = hr_slice_bytes(text, name.size),
                               .value = hr_slice_bytes(text + name.size, value.size)};
    return S3_OK;
}

static enum s3_error verify_trailer(struct s3_chunked *chunked, struct hr_slice claimed) {
    char signature[HR_SIGV4_HEX_SIZE + 1];
    assert(!chunked->trailer_signed);
    chunked->trailer_signed = true;
    if (!chunked->options.stream) return S3_OK;
    int err = hr_sigv4_stream_trailer(chunked->options.stream, chunked->trailers,
                                      chunked->trailer_count, signature);
    if (err == -ENOMEM) return fail(chunked, S3_InternalError, NULL);
    if (err < 0) return fail(chunked, S3_MalformedTrailerError, NULL);
    if (claimed.size != HR_SIGV4_HEX_SIZE ||
        CRYPTO_memcmp(signature, claimed.data, HR_SIGV4_HEX_SIZE) != 0)
        return fail(chunked, S3_SignatureDoesNotMatch,
                    "The signature of the trailer does not match.");
    return S3_OK;
}

/* A line behind the last chunk. Where the trailer is signed, an empty line before its signature is
 * tolerated: AWS's own example and minio-go end the fields with "\n\r\n". */
static enum s3_error read_trailer_line(struct s3_chunked *chunked) {
    struct hr_slice line = hr_slice_bytes(chunked->line, chunked->line_size);
    bool must_sign = chunked->options.has_trailer && chunked->options.is_signed;
    assert(chunked->state == S3_CHUNKED_TRAILER);
    if (line.size == 0) {
        if (!must_sign || chunked->trailer_signed) chunked->state = S3_CHUNKED_END;
        return S3_OK;
    }
    if (!chunked->options.has_trailer || chunked->trailer_signed)
        return fail(chunked, S3_MalformedTrailerError, NULL);
    const char *colon = memchr(line.data, ':', line.size);
    if (!colon || colon == line.data) return fail(chunked, S3_MalformedTrailerError, NULL);
    size_t name_size = (size_t)(colon - line.data);
    struct hr_slice name = hr_slice_bytes(line.data, name_size);
    struct hr_slice value = hr_slice_trim(hr_slice_bytes(colon + 1, line.size - name_size - 1));
    if (!hr_slice_equal_nocase(name, hr_slice_of(signature_trailer)))
        return keep_trailer(chunked, name, value);
    if (!must_sign) return fail(chunked, S3_MalformedTrailerError, NULL);
    return verify_trailer(chunked, value);
}

/* Collects a line. Sets *complete when its end has come; line and line_size are then without it. */
static size_t collect_line(struct s3_chunked *chunked, const char *data, size_t size,
                           bool *complete) {
    const char *newline = memchr(data, '\n', size);
    size_t part = newline ? (size_t)(newline - data) : size;
    if (part > sizeof chunked->line - chunked->line_size) {
        fail(chunked, S3_InvalidRequest, "A line of the chunked body is too long.");
        return 0;
    }
    memcpy(chunked->line + chunked->line_size, data, part);
    chunked->line_size += part;
    assert(chunked->line_size <= sizeof chunked->line);
    *complete = newline != NULL;
    if (!newline) return size;
    if (chunked->line_size > 0 && chunked->line[chunked->line_size - 1] == '\r')
        chunked->line_size--;
    return part + 1;
}

static size_t feed_line(struct s3_chunked *chunked, const char *data, size_t size) {
    bool complete = false;
    size_t taken = collect_line(chunked, data, size, &complete);
    if (complete) {
        if (chunked->state == S3_CHUNKED_SIZE)
            begin_chunk(chunked);
        else
            read_trailer_line(chunked);
        chunked->line_size = 0;
    }
    return taken;
}

static size_t feed_data(struct s3_chunked *chunked, const char *data, size_t size) {
    if (size > chunked->left) size = (size_t)chunked->left;
    if (chunked->options.stream && hr_sigv4_stream_update(chunked->options.stream, data, size) < 0)
        fail(chunked, S3_InternalError, NULL);
    enum s3_error error = chunked->options.on_data(chunked->options.user, data, size);
    if (error) fail(chunked, error, NULL);
    chunked->left -= size;
    chunked->decoded += size;
    assert(chunked->decoded + chunked->left <= chunked->options.decoded_size);
    if (chunked->left == 0 && chunked->state != S3_CHUNKED_FAILED)
        chunked->state = S3_CHUNKED_DATA_CR;
    return size;
}

static void feed_data_end(struct s3_chunked *chunked, char byte) {
    if (byte != (chunked->state == S3_CHUNKED_DATA_CR ? '\r' : '\n')) {
        fail(chunked, S3_InvalidRequest, "A chunk is longer than its size.");
    } else if (chunked->state == S3_CHUNKED_DATA_CR) {
        chunked->state = S3_CHUNKED_DATA_LF;
    } else {
        chunked->state = S3_CHUNKED_SIZE;
        verify_chunk(chunked);
    }
}

enum s3_error s3_server__chunked_feed(struct s3_chunked *chunked, const void *data, size_t size) {
    const char *at = data;
    while (size > 0) {
        size_t taken = 1;
        switch (chunked->state) {
        case S3_CHUNKED_SIZE:
        case S3_CHUNKED_TRAILER:
            taken = feed_line(chunked, at, size);
            break;
        case S3_CHUNKED_DATA:
            taken = feed_data(chunked, at, size);
            break;
        case S3_CHUNKED_DATA_CR:
        case S3_CHUNKED_DATA_LF:
            feed_data_end(chunked, *at);
            break;
        case S3_CHUNKED_END: /* some clients send one line end too many */
            if (*at != '\r' && *at != '\n')
                fail(chunked, S3_InvalidRequest, "There are bytes behind the last chunk.");
            break;
        case S3_CHUNKED_FAILED:
            return chunked->error;
        }
        if (chunked->state == S3_CHUNKED_FAILED) return chunked->error;
        at += taken;
        size -= taken;
    }
    return S3_OK;
}

enum s3_error s3_server__chunked_finish(struct s3_chunked *chunked) {
    if (chunked->state == S3_CHUNKED_FAILED) return chunked->error;
    if (chunked->state != S3_CHUNKED_END)
        return fail(chunked, S3_IncompleteBody, "The chunked body ends before its last chunk.");
    if (chunked->decoded != chunked->options.decoded_size)
        return fail(chunked, S3_IncompleteBody,
                    "The body is shorter than x-amz-decoded-content-length.");
    return S3_OK;
}
