/* The means of a signature without a request: the place of an object, keys, and the time there. */
#ifndef HR_S3_GRANT_H
#define HR_S3_GRANT_H

#include "s3_call.h"

struct hr__s3_grant {
    struct hr__s3_parameters parameters; /* of a GET of the object */
    const struct hr__endpoint *endpoint;
    const struct hr_sigv4_credentials *credentials;
    uint64_t time_s; /* by the store's clock */
    /* Held until hr__s3_grant_close. */
    struct hr__s3_place *place;
    struct hr__credentials *keys;
    bool session; /* the keys are those of a session of S3 Express */
};

/* HR_ERR_S3_CREDENTIALS (anonymous, or there are none yet: of a directory bucket until a request
 * has asked for its session), HR_ERR_S3_BUCKET_INVALID, HR_ERR_S3_KEY_INVALID,
 * HR_ERR_S3_ENDPOINT_INVALID, -ENOMEM. Any thread. */
int hr__s3_grant_open(hr_s3_client *client, const char *bucket, const char *key,
                      struct hr__s3_grant *grant);
void hr__s3_grant_close(struct hr__s3_grant *grant);

#endif
