/* AWS Signature Version 4, as pure functions: usable alone, without an engine.
 * Source: the S3 API Reference, "Authenticating Requests (AWS Signature Version 4)". */
#ifndef HEADRACE_SIGV4_H
#define HEADRACE_SIGV4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/error.h>
#include <headrace/http_message.h>
#include <headrace/slice.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HR_SIGV4_HEX_SIZE 64 /* a SHA-256 in hex, without NUL */

struct hr_sigv4_credentials {
    struct hr_slice access_key;
    struct hr_slice secret_key;
    struct hr_slice session_token; /* empty: none */
};

/* Differs between services. Zeroed with service "s3" is right for S3. */
struct hr_sigv4_options {
    struct hr_slice region;
    struct hr_slice service; /* empty is "s3" */
    uint64_t time_s;         /* Unix seconds */
    uint32_t expires_s;      /* of a presigned query, 1 to 604800; 0: the head is signed */
    bool normalize_path;     /* remove dot segments and doubled slashes (not for S3) */
    bool double_uri_encode;  /* encode the path once more (not for S3) */
    bool omit_session_token; /* the token is added after signing */
    bool add_content_sha256; /* add x-amz-content-sha256 to what is signed (S3 requires it) */
    bool as_given; /* sign exactly `fields` and `query`: nothing is added, nothing left out. For a
                      server that verifies: it gives the fields that SignedHeaders names and the
                      query without X-Amz-Signature. Header signing and canonical request only */
    uint64_t reserved[4];
};

/* The request to be signed. `path` and `query` are bytes as sent (query without '?'). Fields that
 * must not be signed (connection, expect, user-agent, …) are left out by the signer. Host must be
 * among the fields. */
struct hr_sigv4_request {
    struct hr_slice method;
    struct hr_slice path;
    struct hr_slice query;
    const struct hr_http_field *fields;
    size_t field_count;
    struct hr_slice payload_hash; /* hex SHA-256, UNSIGNED-PAYLOAD or STREAMING-…; empty: that of an
                                     empty body, when presigning for S3 UNSIGNED-PAYLOAD */
    uint64_t reserved[2];
};

#define HR_SIGV4_FIELDS_MAX     128   /* header fields of a request */
#define HR_SIGV4_PARAMETERS_MAX 128   /* parameters of a query */
#define HR_SIGV4_SECRET_MAX     256   /* bytes of a secret key */
#define HR_SIGV4_CANONICAL_MAX  65536 /* bytes of a canonical request */

/* A signing key and what it was made for: derived again only when day, region, service or secret
 * change, so that a signature costs two hashes and no allocation. One thread at a time. */
struct hr_sigv4_signer_s;
typedef struct hr_sigv4_signer_s hr_sigv4_signer;

/* Heap. -ENOMEM. */
HR_API int hr_sigv4_signer_new(hr_sigv4_signer **signer);
/* Wipes the keys. NULL: nothing. */
HR_API void hr_sigv4_signer_free(hr_sigv4_signer *signer);

/* The results of signing, text in memory of the caller. */
struct hr_sigv4_result {
    char date[17]; /* YYYYMMDDTHHMMSSZ */
    char signature[HR_SIGV4_HEX_SIZE + 1];
    size_t size; /* bytes written to `authorization` or `query` */
    uint64_t reserved[2];
};

/* Header signing: writes the value of Authorization (no NUL) into `authorization`. The fields that
 * the caller must send besides: x-amz-date (result->date), x-amz-security-token and, with
 * add_content_sha256, x-amz-content-sha256 (payload_hash); the signer signs them itself and they
 * must not be among `fields`. -ENOBUFS when `capacity` is too small (512 + the names of the signed
 * fields always do), -EINVAL (the request, a field or an option malformed, expires_s given, or more
 * than the limits above), -EMSGSIZE (HR_SIGV4_CANONICAL_MAX). */
HR_API int hr_sigv4_sign(hr_sigv4_signer *signer, const struct hr_sigv4_credentials *credentials,
                         const struct hr_sigv4_options *options,
                         const struct hr_sigv4_request *request, char *authorization,
                         size_t capacity, struct hr_sigv4_result *result);

/* Query signing (presign): writes the complete new query (no '?', no NUL), the given one included,
 * sorted and encoded anew, good for options->expires_s. -EINVAL without expires_s or with more than
 * 604800, or with as_given. The other errors as above. */
HR_API int hr_sigv4_presign(hr_sigv4_signer *signer, const struct hr_sigv4_credentials *credentials,
                            const struct hr_sigv4_options *options,
                            const struct hr_sigv4_request *request, char *query, size_t capacity,
                            struct hr_sigv4_result *result);

/* A signing key is derived for this, beside the secret. */
struct hr_sigv4_scope {
    struct hr_slice date; /* YYYYMMDD */
    struct hr_slice region;
    struct hr_slice service;
};

/* The steps, for tests and for servers that verify. Each writes text (no NUL) and its size. Errors
 * as above; -ENOBUFS when `capacity` is too small. Any thread. */

/* That of a head, or with options->expires_s that of a presigned query. `credentials` may be NULL
 * for a head: no session token. */
HR_API int hr_sigv4_canonical_request(const struct hr_sigv4_credentials *credentials,
                                      const struct hr_sigv4_options *options,
                                      const struct hr_sigv4_request *request, char *text,
                                      size_t capacity, size_t *size);
HR_API int hr_sigv4_string_to_sign(const struct hr_sigv4_options *options,
                                   struct hr_slice canonical_request, char *text, size_t capacity,
                                   size_t *size);
/* The 32-byte signing key; wipe it after use. */
HR_API int hr_sigv4_key(struct hr_slice secret_key, const struct hr_sigv4_scope *scope,
                        uint8_t key[32]);

/* The signatures of an aws-chunked body (STREAMING-AWS4-HMAC-SHA256-PAYLOAD and …-TRAILER): each
 * one signs its chunk and the signature before it. For the client that sends and the server that
 * verifies. One thread at a time. */
struct hr_sigv4_stream_s;
typedef struct hr_sigv4_stream_s hr_sigv4_stream;

/* Heap. `seed` is the signature of the head, 64 hex digits; of `options` region, service and time_s
 * are those that the head was signed with. -EINVAL, -ENOMEM. */
HR_API int hr_sigv4_stream_new(struct hr_slice secret_key, const struct hr_sigv4_options *options,
                               struct hr_slice seed, hr_sigv4_stream **stream);
/* Wipes the key. NULL: nothing. */
HR_API void hr_sigv4_stream_free(hr_sigv4_stream *stream);
/* Adds bytes to the chunk in progress, as they come. Returns 0. */
HR_API int hr_sigv4_stream_update(hr_sigv4_stream *stream, const void *data, size_t size);
/* Ends the chunk: writes its signature, NUL-terminated, and begins the next chunk. The last chunk
 * of a body is an empty one. Returns 0. */
HR_API int hr_sigv4_stream_chunk(hr_sigv4_stream *stream, char signature[HR_SIGV4_HEX_SIZE + 1]);
/* The signature of the trailer fields (x-amz-trailer-signature left out), after the last chunk.
 * -EINVAL (a malformed field, more than HR_SIGV4_FIELDS_MAX), -EMSGSIZE (over 8 KiB). */
HR_API int hr_sigv4_stream_trailer(hr_sigv4_stream *stream, const struct hr_http_field *fields,
                                   size_t field_count, char signature[HR_SIGV4_HEX_SIZE + 1]);

/* Hex SHA-256 of `data`, NUL-terminated. */
HR_API int hr_sigv4_payload_hash(const void *data, size_t size, char hex[HR_SIGV4_HEX_SIZE + 1]);

#ifdef __cplusplus
}
#endif

#endif
