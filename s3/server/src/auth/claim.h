/* The claim that a signature of version 4 makes, read from the header or from the query. Pure. */
#ifndef S3_SERVER_CLAIM_H
#define S3_SERVER_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

#include "identity.h"
#include "route.h"

#define S3_SKEW_S        (15 * 60)
#define S3_EXPIRES_MAX_S 604800

/* The rules of who is let in. */
struct s3_auth_rules {
    const struct s3_key *keys; /* borrowed */
    size_t key_count;
    struct hr_slice session_token; /* empty: any, or none */
    struct hr_slice region;        /* empty: any */
    bool any;                      /* whoever signs, and with whatever secret */
    bool v2;                       /* the older way of presigning is let in, too */
};

struct s3_claim {
    bool in_query;
    struct hr_slice credential, signed_names, signature;
    struct hr_slice access_key, date, region, service; /* of the credential */
    uint64_t time_s;
    uint64_t expires_s; /* in_query */
    struct hr_slice payload_hash;
};

/* Of the Authorization header, or of a presigned query. S3_OK, or S3's code with the identity's
 * message. */
enum s3_error s3_server__claim_of_header(const struct s3_request *request, struct s3_claim *claim,
                                         struct s3_identity *identity);
enum s3_error s3_server__claim_of_query(const struct s3_request *request, struct s3_claim *claim,
                                        struct s3_identity *identity);
/* Reads claim->credential into its members. */
enum s3_error s3_server__claim_credential(struct s3_claim *claim, struct s3_identity *identity);
/* Sets the identity's key by its name. InvalidAccessKeyId: it has none, and not everybody is let
 * in.
 */
enum s3_error s3_server__claim_key(const struct s3_auth_rules *rules, struct hr_slice access_key,
                                   struct s3_identity *identity);
/* Whether access key, date, region and age are let in at Unix time `now_s`; sets the identity's
 * key. */
enum s3_error s3_server__claim_check(const struct s3_auth_rules *rules,
                                     const struct s3_claim *claim, uint64_t now_s,
                                     struct s3_identity *identity);
/* S3 names the mistakes of header and query differently: refuses by the code of the claim's form.
 */
enum s3_error s3_server__claim_malformed(const struct s3_claim *claim, struct s3_identity *identity,
                                         const char *what);

#endif
