/* The body of a put whose checksum follows it: aws-chunked, unsigned, with one trailer field.
 *
 *   SIZE CRLF data CRLF … 0 CRLF x-amz-checksum-…:VALUE CRLF CRLF
 *
 * Pure: the encoder says which bytes of framing go next and how many of the body, and sees those
 * pass. Source: the S3 API Reference, "Signature calculations … with trailing headers". */
#ifndef HR_S3_CHUNK_ENCODER_H
#define HR_S3_CHUNK_ENCODER_H

#include <headrace/s3_checksum.h>

#define HR__CHUNK_SIZE     65536
#define HR__CHUNK_SIZE_MIN 8192                /* S3's: of every chunk but the last one */
#define HR__CHUNKED_MAX    ((uint64_t)1 << 53) /* bytes of a body */
#define HR__CHUNK_TEXT_MAX 192 /* framing between two pieces of the body, or behind the last */

struct hr__chunk_plan {
    uint64_t size;       /* of the body, in bytes: x-amz-decoded-content-length */
    uint64_t chunk_size; /* in bytes */
    enum hr_s3_checksum_algorithm algorithm;
};

/* Exactly what the encoder will give: Content-Length. */
uint64_t hr__chunk_wire_size(const struct hr__chunk_plan *plan);

/* Zeroed is valid; deinit frees. One thread at a time. */
struct hr__chunk_encoder {
    struct hr_s3_hasher hasher;
    struct hr__chunk_plan plan;
    uint64_t left;       /* of the body, behind the chunk in progress */
    uint64_t chunk_left; /* of the chunk in progress */
    bool ended;          /* `text` is the last one */
    size_t text_at, text_size;
    char text[HR__CHUNK_TEXT_MAX];
};

/* Begins, for a second time too (a body that is sent again). 0; -EINVAL: no algorithm, a chunk size
 * under the minimum, a body over the limit; -ENOMEM, -ENOTSUP. */
int hr__chunk_encoder_begin(struct hr__chunk_encoder *encoder, const struct hr__chunk_plan *plan);
/* The framing that goes next; empty: bytes of the body do, or all is done. */
struct hr_slice hr__chunk_encoder_text(const struct hr__chunk_encoder *encoder);
/* `size` bytes of the framing have been taken. */
void hr__chunk_encoder_advance(struct hr__chunk_encoder *encoder, size_t size);
/* How many bytes of the body go next; 0: framing does, or all is done. */
uint64_t hr__chunk_encoder_wanted(const struct hr__chunk_encoder *encoder);
/* These bytes of the body, at most as many as are wanted, have been taken. 0 or -ENOMEM. */
int hr__chunk_encoder_data(struct hr__chunk_encoder *encoder, const void *data, size_t size);
bool hr__chunk_encoder_done(const struct hr__chunk_encoder *encoder);
void hr__chunk_encoder_deinit(struct hr__chunk_encoder *encoder);

#endif
