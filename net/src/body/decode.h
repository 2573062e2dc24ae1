/* Content codings (RFC 9110 8.4): gzip (zlib), deflate, zstd, br, and chains of up to two.
 * Sans-I/O: bytes in, bytes out, in slices that the caller bounds. */
#ifndef HR_NET_DECODE_H
#define HR_NET_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/slice.h>

struct hr_decoder;

#define HR_DECODE_ACCEPTED "gzip, zstd, br"

/* Whether `coding`, the value of Content-Encoding, is one that can be undone here; identity and ""
 * need no decoder. */
enum hr_decode_need { HR_DECODE_NONE, HR_DECODE_NEEDED, HR_DECODE_UNKNOWN };
enum hr_decode_need hr__decode_need(struct hr_slice coding);

/* The memory that a decoder of this coding takes, at most (windows are bounded: zstd 8 MiB, br 16
 * MiB are refused beyond). */
size_t hr__decoder_cost(struct hr_slice coding);
/* `bytes_max`: of all output. -EINVAL (a coding for which hr__decode_need does not say NEEDED),
 * -ENOMEM. */
int hr__decoder_new(struct hr_slice coding, uint64_t bytes_max, struct hr_decoder **decoder);
void hr__decoder_free(struct hr_decoder *decoder);

/* Decodes a slice. `used`, `made` say how far. Returns 0; HR_ERR_CODING_MALFORMED (also bytes
 * behind the end that are no further gzip member or zstd frame), HR_ERR_CODING_TOO_LARGE, -ENOMEM.
 * Call it again with the rest while `made` is the whole capacity or bytes are left; after an error
 * no more. With an error `made` bytes are good all the same, and `used` tells where it was met. */
struct hr_decode_slice {
    const char *in;
    size_t in_size;
    char *out;
    size_t out_capacity;
    size_t used, made; /* out */
};
int hr__decode(struct hr_decoder *decoder, struct hr_decode_slice *slice);
/* The body has ended: 0, or HR_ERR_CODING_MALFORMED when the coding has not. */
int hr__decode_finish(const struct hr_decoder *decoder);

#endif
