/* The sender of a request, and whether it has come as it was sent: AWS Signature Version 4 in the
 * Authorization header or in the query. Source: the S3 API Reference, "Authenticating Requests". */
#ifndef S3_SERVER_AUTH_H
#define S3_SERVER_AUTH_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <headrace/sigv4.h>

#include "arena.h"
#include "route.h"
#include "store_errors.h"

#define S3_SKEW_S        (15 * 60)
#define S3_EXPIRES_MAX_S 604800

struct s3_auth_signer;

/* The one identity that is let in. Any thread. */
struct s3_auth {
    struct hr_slice access_key, secret_key; /* borrowed */
    struct hr_slice region;                 /* empty: any */
    bool any;                               /* whoever signs, and with whatever secret */
    bool v2;                                /* the older way of presigning is let in, too */
    pthread_mutex_t lock;                   /* of the list only */
    struct s3_auth_signer *idle; /* signers with their derived keys, one for each thread at work */
};

int s3_server__auth_init(struct s3_auth *auth); /* 0 or -ENOMEM; keys and region are set before */
void s3_server__auth_deinit(struct s3_auth *auth);

enum s3_payload {
    S3_PAYLOAD_SIGNED,           /* its SHA-256 is known */
    S3_PAYLOAD_UNSIGNED,         /* UNSIGNED-PAYLOAD */
    S3_PAYLOAD_CHUNKS,           /* STREAMING-AWS4-HMAC-SHA256-PAYLOAD */
    S3_PAYLOAD_CHUNKS_TRAILER,   /* …-TRAILER */
    S3_PAYLOAD_UNSIGNED_TRAILER, /* STREAMING-UNSIGNED-PAYLOAD-TRAILER */
};

struct s3_identity {
    enum s3_payload payload;
    uint8_t sha256[32];                    /* of S3_PAYLOAD_SIGNED */
    uint64_t time_s;                       /* the request's own */
    struct hr_slice region;                /* of the scope */
    char signature[HR_SIGV4_HEX_SIZE + 1]; /* the seed of signed chunks */
    char message[256]; /* on error: says more than the code's text, where not empty */
    /* On SignatureDoesNotMatch: what was signed here, for the client to compare with what it has
     * signed. The arena's; empty where there is none. */
    struct hr_slice canonical_request, string_to_sign;
    struct hr_slice claimed_access_key, claimed_signature;
};

/* Verifies a parsed request at Unix time `now_s`. S3_OK, or S3's code, identity->message then being
 * what to say. */
enum s3_error s3_server__auth_verify(struct s3_auth *auth, const struct s3_request *request,
                                     uint64_t now_s, struct s3_arena *arena,
                                     struct s3_identity *identity);

/* The field x-amz-content-sha256 describes the body: identity->payload and sha256. InvalidArgument.
 */
enum s3_error s3_server__payload_parse(struct hr_slice text, struct s3_identity *identity);

/* The stream that verifies the chunks of a verified request; NULL where any credentials are let in
 * and nothing can be verified. 0, -EINVAL, -ENOMEM. */
int s3_server__auth_stream(const struct s3_auth *auth, const struct s3_identity *identity,
                           hr_sigv4_stream **stream);

#endif
