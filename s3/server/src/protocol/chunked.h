/* The aws-chunked decoder, without I/O: bytes in, bytes of body out. Three forms:
 *
 * - STREAMING-AWS4-HMAC-SHA256-PAYLOAD: chunks "SIZE;chunk-signature=S CRLF data CRLF", the last of
 *   them of size 0, then CRLF.
 *
 * - STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER: the same chunks, then trailer fields and their
 *   signature.
 *
 * - STREAMING-UNSIGNED-PAYLOAD-TRAILER: chunks "SIZE CRLF data CRLF", "0 CRLF", then trailer
 * fields.
 *
 * Source: the S3 API Reference, "Signature calculations … transferring payload in multiple chunks",
 * with and without trailers. */
#ifndef S3_SERVER_CHUNKED_H
#define S3_SERVER_CHUNKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/http_message.h>
#include <headrace/sigv4.h>

#include "store_errors.h"

#define S3_CHUNK_SIZE_MIN     8192 /* of every chunk but the last one that has data */
#define S3_CHUNK_LINE_MAX     1024
#define S3_CHUNK_TRAILERS_MAX 8
#define S3_CHUNK_TRAILER_TEXT 2048

/* Receives body bytes. S3_OK, or the error with which the decoder then ends. */
typedef enum s3_error s3_chunked_data_fn(void *user, const void *data, size_t size);

struct s3_chunked_options {
    bool has_trailer;
    bool is_signed; /* the framing has signatures; without a stream they are not compared */
    hr_sigv4_stream *stream; /* borrowed; NULL: no signature is compared */
    uint64_t decoded_size;   /* x-amz-decoded-content-length */
    s3_chunked_data_fn *on_data;
    void *user;
};

enum s3_chunked_state {
    S3_CHUNKED_SIZE,
    S3_CHUNKED_DATA,
    S3_CHUNKED_DATA_CR,
    S3_CHUNKED_DATA_LF,
    S3_CHUNKED_TRAILER,
    S3_CHUNKED_END,
    S3_CHUNKED_FAILED,
};

struct s3_chunked {
    struct s3_chunked_options options;
    enum s3_chunked_state state;
    enum s3_error error;
    const char *detail; /* a message in place of the error's own; static storage, or NULL */
    uint64_t left;      /* of the chunk in progress */
    uint64_t decoded;   /* body bytes passed to on_data */
    bool had_small;     /* a chunk under the minimum has come: it must be the last with data */
    bool trailer_signed;
    char signature[HR_SIGV4_HEX_SIZE]; /* claimed by the chunk in progress */
    size_t line_size;
    char line[S3_CHUNK_LINE_MAX];
    struct hr_http_field trailers[S3_CHUNK_TRAILERS_MAX]; /* after the end */
    size_t trailer_count, text_size;
    char text[S3_CHUNK_TRAILER_TEXT];
};

void s3_server__chunked_init(struct s3_chunked *chunked, const struct s3_chunked_options *options);
/* Decodes all of the bytes. S3_OK, or why not: SignatureDoesNotMatch, InvalidChunkSizeError,
 * IncompleteBody (longer than the decoded size), InvalidRequest (framing), MalformedTrailerError,
 * InternalError, or what on_data returned. After an error every call returns it. */
enum s3_error s3_server__chunked_feed(struct s3_chunked *chunked, const void *data, size_t size);
/* The body has ended: S3_OK, or IncompleteBody where the framing or the decoded size wants more. */
enum s3_error s3_server__chunked_finish(struct s3_chunked *chunked);

#endif
