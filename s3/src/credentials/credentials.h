/* Credentials in memory of their own, and those that a client's options name. */
#ifndef HR_S3_CREDENTIALS_COPY_H
#define HR_S3_CREDENTIALS_COPY_H

#include <headrace/s3_client.h>
#include <headrace/s3_credentials.h>
#include <headrace/sigv4.h>

#define HR__CREDENTIALS_TOKEN_MAX   16384 /* bytes of a session token */
#define HR__CREDENTIALS_ACCOUNT_MAX 64    /* bytes of an account's id */

/* A copy, in one block of memory. Counted by whoever shares it on one thread. */
struct hr__credentials {
    struct hr_sigv4_credentials keys;
    struct hr_slice account_id;
    uint64_t expires_s; /* 0: never */
    bool used_expired;
    uint64_t generation; /* of the cache that published it */
    unsigned uses;
    size_t size; /* of memory */
    char memory[];
};

/* Whether they can be sent in header fields. HR_ERR_S3_CREDENTIALS, and `error` names what cannot,
 * with `whose` before it. */
int hr__credentials_check(const struct hr_s3_credentials *credentials, const char *whose,
                          struct hr_error *error);
/* A copy of checked ones, used once. -ENOMEM. */
int hr__credentials_copy(const struct hr_s3_credentials *from, struct hr__credentials **copy);
/* The same as it is handed out. */
struct hr_s3_credentials hr__credentials_view(const struct hr__credentials *credentials);
/* One user less; the last one's wipes and frees. NULL: nothing. */
void hr__credentials_release(struct hr__credentials *credentials);

/* The keys of the options, never mixed with those of another place. 1: `credentials` is filled, and
 * borrows from them; 0: the options have none. HR_ERR_S3_CREDENTIALS: `error` names what is missing
 * or malformed. */
int hr__credentials_of_options(const struct hr_s3_client_options *options, struct hr_error *error,
                               struct hr_s3_credentials *credentials);

#endif
