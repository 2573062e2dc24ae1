/* A client's credentials, and calls that wait for them. */
#ifndef HR_S3_CREDENTIALS_WAIT_H
#define HR_S3_CREDENTIALS_WAIT_H

#include "credentials_cache.h"

struct hr__s3_call;
struct hr_s3_client_s;

/* Of a call. */
struct hr__s3_keys {
    struct hr__credentials *held; /* of the current attempt; NULL: none */
    uint64_t generation;          /* of the last ones held */
    struct hr__credentials_wait wait;
    bool renewed; /* others were asked for once, as the store had refused these */
    void (*on_ready)(struct hr__s3_call *call, int result);
};

/* Makes the cache of a client. As hr_s3_client_new. */
int hr__s3_keys_open(struct hr_s3_client_s *client, const struct hr_s3_client_options *options,
                     struct hr_error *error);
/* The client is made: the provider of the options is its own. */
void hr__s3_keys_own(struct hr_s3_client_s *client, const struct hr_s3_client_options *options);
void hr__s3_keys_close(struct hr_s3_client_s *client);

/* Whether the call has credentials, or needs none. 1; 0: on_ready comes; or an error, with that of
 * the user's request set. */
int hr__s3_keys_wait(struct hr__s3_call *call,
                     void (*on_ready)(struct hr__s3_call *call, int result));
/* For the attempt that begins: those that are there now. 0, or HR_ERR_S3_CREDENTIALS. */
int hr__s3_keys_take(struct hr__s3_call *call);
/* The call is over, or waits no more. */
void hr__s3_keys_drop(struct hr__s3_call *call);
/* The request has ended with `error`. Whether the store refused the credentials as expired, and the
 * request can be made once more with others: then those before are given up, and
 * hr__s3_keys_wait is next. */
bool hr__s3_keys_renew(struct hr__s3_call *call, const struct hr_error *error);

#endif
