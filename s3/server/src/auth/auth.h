/* Whether a request comes from who it claims, and as it was sent: AWS Signature Version 4 in the
 * Authorization header or in the query. Source: the S3 API Reference, "Authenticating Requests". */
#ifndef S3_SERVER_AUTH_H
#define S3_SERVER_AUTH_H

#include "claim.h"
#include "signers.h"

/* Any thread. */
struct s3_auth {
    struct s3_auth_rules rules;
    struct s3_signers signers;
};

/* Verifies a parsed request at Unix time `now_s`. S3_OK, or S3's code and the message in
 * identity->message. */
enum s3_error s3_server__auth_verify(struct s3_auth *auth, const struct s3_request *request,
                                     uint64_t now_s, struct s3_arena *arena,
                                     struct s3_identity *identity);

/* Temporary credentials count together with their token alone. S3_OK, InvalidAccessKeyId (`token`
 * has no data), InvalidToken. */
enum s3_error s3_server__token_check(const struct s3_auth *auth, struct hr_slice token);

/* The stream that verifies the chunks of a verified request; NULL where any credentials are let in
 * and nothing can be verified. 0, -EINVAL, -ENOMEM. */
int s3_server__auth_stream(const struct s3_auth *auth, const struct s3_identity *identity,
                           hr_sigv4_stream **stream);

#endif
