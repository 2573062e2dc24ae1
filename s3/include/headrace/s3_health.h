/* Two questions to a store: whether it can be used, and whether it has an object. */
#ifndef HEADRACE_S3_HEALTH_H
#define HEADRACE_S3_HEALTH_H

#include <headrace/s3_client.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HR_S3_HEALTH_TIMEOUT_MS   5000 /* of all of it, where request.timeout_ms is 0 */
#define HR_S3_HEALTH_ENDPOINT_MAX 784  /* with the NUL */

enum hr_s3_health_status {
    HR_S3_UNHEALTHY = 0,
    HR_S3_HEALTHY = 1,
};

/* ListBuckets; HeadBucket of `bucket` instead where the store does not allow that (403
 * AccessDenied, 405, 501), or where the client is anonymous. */
struct hr_s3_health {
    struct hr_request request;
    const char *bucket; /* NULL: none, and the store has to allow ListBuckets */
    /* Out. request.error says why a store is unhealthy; request.result is 0 where it is healthy. */
    enum hr_s3_health_status status;
    double latency_ms; /* from the start to the answer, with all attempts; 0: unhealthy */
    char endpoint[HR_S3_HEALTH_ENDPOINT_MAX]; /* the URL that was given, or "aws" */
    char region[64];                          /* that is signed for */
    void *call_;
    uint64_t reserved[4];
};

/* HeadObject. Behind a 404 HeadBucket tells whether it is the bucket that is missing, which is an
 * error with the service_code NoSuchBucket. A refusal (403) is an error, too, and never a no. */
struct hr_s3_exists {
    struct hr_request request;
    const char *bucket;
    const char *key;
    const char *version_id;   /* NULL: the current one, which a delete marker is not */
    const void *customer_key; /* as in struct hr_s3_encryption */
    bool request_payer;
    const char *expected_owner; /* of the bucket: an account id */
    bool exists;                /* out; false wherever request.result is not 0 */
    void *call_;
    uint64_t reserved[4];
};

/* Start one of them. Refused at once: -EINVAL (a NULL bucket or key of exists, reserved),
 * -ESHUTDOWN, -ENOBUFS; everything else arrives in the callback. Any thread. */
HR_API int hr_s3_health_start(hr_s3_client *client, struct hr_s3_health *health);
HR_API int hr_s3_exists_start(hr_s3_client *client, struct hr_s3_exists *exists);

/* "healthy", "unhealthy"; "unknown" for another value. Static storage. Any thread. */
HR_API const char *hr_s3_health_status_name(enum hr_s3_health_status status);

#ifdef __cplusplus
}
#endif

#endif
