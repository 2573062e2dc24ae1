/* The sender of a request, as far as its signature tells. */
#ifndef S3_SERVER_IDENTITY_H
#define S3_SERVER_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include <headrace/sigv4.h>

#include "keys.h"
#include "store_errors.h"

enum s3_payload {
    S3_PAYLOAD_SIGNED,           /* its SHA-256 is known */
    S3_PAYLOAD_UNSIGNED,         /* UNSIGNED-PAYLOAD */
    S3_PAYLOAD_CHUNKS,           /* STREAMING-AWS4-HMAC-SHA256-PAYLOAD */
    S3_PAYLOAD_CHUNKS_TRAILER,   /* …-TRAILER */
    S3_PAYLOAD_UNSIGNED_TRAILER, /* STREAMING-UNSIGNED-PAYLOAD-TRAILER */
};

struct s3_identity {
    bool is_anonymous;          /* nobody has signed: AccessDenied, unless everybody may do it */
    struct hr_slice access_key; /* claimed, and known here; empty: none */
    const struct s3_key *key;   /* of that name; NULL: nobody's, where any is let in */
    enum s3_payload payload;
    uint8_t sha256[32];                    /* of S3_PAYLOAD_SIGNED */
    uint64_t time_s;                       /* the request's own */
    struct hr_slice region;                /* of the scope */
    char signature[HR_SIGV4_HEX_SIZE + 1]; /* the seed of signed chunks */
    char message[256]; /* on error: in place of the code's own text, where not empty */
    /* On SignatureDoesNotMatch: the texts that this server signed, for the client to compare with
     * its own. The arena's; empty where there are none. */
    struct hr_slice canonical_request, string_to_sign;
    struct hr_slice claimed_access_key, claimed_signature;
};

/* Writes the message. Returns `error`. */
enum s3_error s3_server__identity_refuse(struct s3_identity *identity, enum s3_error error,
                                         const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The value of x-amz-content-sha256 describes the body: fills payload and sha256.
 * InvalidArgument. */
enum s3_error s3_server__identity_read_payload(struct hr_slice text, struct s3_identity *identity);

#endif
