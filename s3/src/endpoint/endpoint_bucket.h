/* The place of a bucket that is no plain name in front of a host: ARNs of access points, directory
 * buckets of S3 Express, acceleration. Pure. */
#ifndef HR_S3_ENDPOINT_BUCKET_H
#define HR_S3_ENDPOINT_BUCKET_H

#include "endpoint.h"

/* The operation that asks. */
struct hr__endpoint_use {
    bool bucket_itself;    /* it creates, deletes or configures the bucket, or lists the directory
                              buckets */
    bool no_access_points; /* CreateBucket */
    bool no_session;       /* CreateSession, and copies: signed with the client's own keys */
    bool configures;       /* S3 Express: settings of the bucket, at the regional endpoint */
};

/* Whether the endpoint itself is the place of the bucket. Costs a few comparisons.
 * Stores that are not AWS's and have buckets in the path by default have no special names. */
bool hr__endpoint_bucket_plain(const struct hr__endpoint *endpoint, struct hr_slice bucket);

/* Whether the endpoint has a directory bucket of S3 Express, or an access point of one, under this
 * name. */
bool hr__endpoint_bucket_express(const struct hr__endpoint *endpoint, struct hr_slice bucket);

/* The endpoint for this one bucket, as the rules have it; a plain one gets the endpoint itself. An
 * empty one that is used itself is the list of directory buckets.
 * HR_ERR_S3_BUCKET_INVALID (the name, or the ARN), HR_ERR_S3_ENDPOINT_INVALID (the endpoint cannot
 * have it): the error names what is wrong, or what this client does not support. */
int hr__endpoint_bucket_resolve(const struct hr__endpoint *endpoint, struct hr_slice bucket,
                                const struct hr__endpoint_use *use, struct hr_error *error,
                                struct hr__endpoint *resolved);

/* Below: parts of it, in files of their own. */

/* endpoint_arn.c: the access point that an ARN names. */
int hr__endpoint_arn_resolve(const struct hr__endpoint *endpoint, struct hr_slice bucket,
                             const struct hr__endpoint_use *use, struct hr_error *error,
                             struct hr__endpoint *resolved);

/* endpoint_express.c: directory buckets and their access points; bucket empty: the list of them. */
int hr__endpoint_express_resolve(const struct hr__endpoint *endpoint, struct hr_slice bucket,
                                 const struct hr__endpoint_use *use, struct hr_error *error,
                                 struct hr__endpoint *resolved);

#endif
