/* Where buckets are: a client's endpoint, and the place of one bucket there. Pure.
 * Source: the rule set of S3's endpoints (endpoint-rule-set-1.json of botocore, Aug 2026). */
#ifndef HR_S3_ENDPOINT_H
#define HR_S3_ENDPOINT_H

#include <headrace/s3_client.h>

#include "bucket_name.h"
#include "writer.h"

#define HR__ENDPOINT_HOST_MAX 253
#define HR__ENDPOINT_PATH_MAX 256
#define HR__REGION_NAME_MAX   63

/* The settings of options and variables that make one. */
struct hr__endpoint_settings {
    const char *url;    /* NULL: AWS's endpoint of the region */
    const char *source; /* where the URL comes from, for errors */
    const char *region;
    enum hr_s3_addressing addressing;
    bool fips, dual_stack, accelerate;
    bool global;        /* AWS's old endpoint without a region in place of us-east-1's */
    bool no_arn_region; /* an access point lies in the client's own region, or is refused */
    bool no_session;    /* S3 Express: each request is signed with the client's own keys */
};

struct hr__endpoint {
    bool tls;
    bool aws;         /* a host of AWS */
    bool address;     /* an IP address: never a virtual host */
    bool bucket_mark; /* written as "{bucket}.host" */
    bool placed;      /* the bucket stands in host and path already */
    bool session;     /* signed with the keys of an S3 Express session (sigv4-s3express) */
    enum hr_s3_addressing addressing;
    uint16_t port;
    const char *service;                  /* signed for: "s3" or "s3express" */
    char host[HR__ENDPOINT_HOST_MAX + 3]; /* without port, with brackets */
    char port_suffix[8];                  /* ":9000", or empty as in the endpoint */
    char path[HR__ENDPOINT_PATH_MAX + 1]; /* "/base", or empty; no slash at its end */
    char region[HR__REGION_NAME_MAX + 1]; /* signed for */
    /* How it was asked for: another endpoint is derived from this one alike. */
    bool custom; /* a URL was given */
    bool fips, dual_stack, accelerate, global, no_arn_region, no_session;
    bool aws_global; /* the region is aws-global, which is signed for as us-east-1 */
};

/* HR_ERR_S3_ENDPOINT_INVALID, HR_ERR_S3_REGION_INVALID, with a message that names the setting. */
int hr__endpoint_make(const struct hr__endpoint_settings *settings, struct hr_error *error,
                      struct hr__endpoint *endpoint);

/* The same endpoint for another region: AWS's own gets the host of that region, one that was given
 * by a URL keeps its host and is signed for the region. The scheme stays.
 * HR_ERR_S3_REGION_INVALID: no host label, or a region of another partition. */
int hr__endpoint_in_region(const struct hr__endpoint *endpoint, struct hr_slice region,
                           struct hr__endpoint *moved);

/* Puts NAME and a dot in front of the host, which then is the bucket's. -ENAMETOOLONG. */
int hr__endpoint_before(struct hr_slice name, struct hr__endpoint *endpoint);

/* Whether requests for this bucket go to bucket.host instead of host/bucket. */
bool hr__endpoint_virtual(const struct hr__endpoint *endpoint, struct hr_slice bucket);

/* The host for a bucket, with brackets where it has them; bucket empty: the endpoint's own. The
 * port_suffix stands behind it. */
void hr__endpoint_put_host(const struct hr__endpoint *endpoint, struct hr_slice bucket,
                           struct hr__writer *out);
/* The path up to and without the slash before the key. */
void hr__endpoint_put_path(const struct hr__endpoint *endpoint, struct hr_slice bucket,
                           struct hr__writer *out);

#endif
