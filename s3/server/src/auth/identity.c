/* The sender of a request: refusals, and what the sender says of the body. */
#include "identity.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include <headrace/encode.h>

enum s3_error s3_server__identity_refuse(struct s3_identity *identity, enum s3_error error,
                                         const char *format, ...) {
    assert(error != S3_OK);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(identity->message, sizeof identity->message, format, arguments);
    va_end(arguments);
    return error;
}

enum s3_error s3_server__identity_read_payload(struct hr_slice text, struct s3_identity *identity) {
    static const struct {
        const char *text;
        enum s3_payload payload;
    } kinds[] = {
        {"UNSIGNED-PAYLOAD", S3_PAYLOAD_UNSIGNED},
        {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", S3_PAYLOAD_CHUNKS},
        {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", S3_PAYLOAD_CHUNKS_TRAILER},
        {"STREAMING-UNSIGNED-PAYLOAD-TRAILER", S3_PAYLOAD_UNSIGNED_TRAILER},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!hr_slice_equal(text, hr_slice_of(kinds[i].text))) continue;
        identity->payload = kinds[i].payload;
        return S3_OK;
    }
    identity->payload = S3_PAYLOAD_SIGNED;
    size_t size;
    if (text.size == HR_SIGV4_HEX_SIZE &&
        hr_hex_decode(text, identity->sha256, sizeof identity->sha256, &size) == 0)
        return S3_OK;
    return s3_server__identity_refuse(
        identity, S3_InvalidArgument,
        "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, "
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-UNSIGNED-PAYLOAD-TRAILER, or "
        "a valid sha256 value.");
}
