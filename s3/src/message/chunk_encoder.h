/* A body as aws-chunked: chunks, with signatures or without, and perhaps its checksum behind them.
 *
 *   SIZE [;chunk-signature=…] CRLF data CRLF … 0 [;chunk-signature=…] CRLF
 *   [x-amz-checksum-…:VALUE CRLF [x-amz-trailer-signature:… CRLF]] CRLF
 *
 * Pure: of each chunk the encoder is shown the bytes, and gives the text before and behind them.
 * Source: the S3 API Reference, "Signature calculations: transferring payload in multiple chunks",
 * with and without trailing headers. */
#ifndef HR_S3_CHUNK_ENCODER_H
#define HR_S3_CHUNK_ENCODER_H

#include <sys/uio.h>

#include <headrace/s3_checksum.h>
#include <headrace/sigv4.h>

#define HR__CHUNK_SIZE       131072
#define HR__CHUNK_SIZE_MIN   8192                /* S3's: of every chunk but the last one */
#define HR__CHUNKED_MAX      ((uint64_t)1 << 53) /* bytes of a body */
#define HR__CHUNK_BEFORE_MAX 112
#define HR__CHUNK_BEHIND_MAX 320

struct hr__chunk_plan {
    uint64_t size;       /* of the body, in bytes: x-amz-decoded-content-length */
    uint64_t chunk_size; /* in bytes */
    enum hr_s3_checksum_algorithm algorithm; /* NONE: no checksum behind it */
    bool is_signed;
};

/* Exactly what the encoder will give: Content-Length. */
uint64_t hr__chunk_wire_size(const struct hr__chunk_plan *plan);

/* Zeroed is valid; deinit frees. One thread at a time. */
struct hr__chunk_encoder {
    struct hr_s3_hasher hasher;
    struct hr__chunk_plan plan;
    hr_sigv4_stream *stream; /* the encoder's; NULL: nothing is signed */
    uint64_t left;           /* of the body */
    bool ended;
    struct hr_s3_checksum value; /* once it has ended, with an algorithm */
    size_t before_size, behind_size;
    char before[HR__CHUNK_BEFORE_MAX], behind[HR__CHUNK_BEHIND_MAX];
};

/* Begins, for a second time too (a body that is sent again). `stream` signs, and is the encoder's
 * from here on, whatever is returned; NULL where the plan is unsigned. 0; -EINVAL: neither
 * signature nor algorithm, a chunk size under the minimum, a body over the limit; -ENOMEM,
 * -ENOTSUP. */
int hr__chunk_encoder_begin(struct hr__chunk_encoder *encoder, const struct hr__chunk_plan *plan,
                            hr_sigv4_stream *stream);
/* Bytes of the body in the next chunk; 0: of an empty body, or all is done. */
size_t hr__chunk_encoder_next(const struct hr__chunk_encoder *encoder);
/* The next chunk's bytes, as many as hr__chunk_encoder_next said, or none of an empty body: makes
 * `before` and `behind`, which stay until the next call. 0 or -ENOMEM. */
int hr__chunk_encoder_add(struct hr__chunk_encoder *encoder, const struct iovec *pieces,
                          unsigned count);
struct hr_slice hr__chunk_encoder_before(const struct hr__chunk_encoder *encoder);
struct hr_slice hr__chunk_encoder_behind(const struct hr__chunk_encoder *encoder);
/* Wipes the signing key; nothing but begin and deinit follows. */
void hr__chunk_encoder_end(struct hr__chunk_encoder *encoder);
void hr__chunk_encoder_deinit(struct hr__chunk_encoder *encoder);

#endif
