/* Where a bucket is: endpoint, region and addressing. Pure. */
#ifndef HR_S3_ENDPOINT_H
#define HR_S3_ENDPOINT_H

#include <headrace/s3_client.h>

#include "writer.h"

#define HR__BUCKET_MAX        255 /* bytes of a bucket name; DNS-conforming ones have at most 63 */
#define HR__ENDPOINT_HOST_MAX 253
#define HR__ENDPOINT_PATH_MAX 256
#define HR__REGION_NAME_MAX   63

struct hr__endpoint {
    bool tls;
    bool aws;         /* a host of AWS */
    bool address;     /* an IP address: never a virtual host */
    bool bucket_mark; /* written as "{bucket}.host" */
    enum hr_s3_addressing addressing;
    uint16_t port;
    char host[HR__ENDPOINT_HOST_MAX + 3]; /* without port, with brackets */
    char port_suffix[8];                  /* ":9000", or empty as in the endpoint */
    char path[HR__ENDPOINT_PATH_MAX + 1]; /* "/base", or empty; no slash at its end */
    char region[HR__REGION_NAME_MAX + 1]; /* signed for */
};

/* `text` NULL: AWS's endpoint of the region. `region` NULL: us-east-1. HR_ERR_S3_ENDPOINT_INVALID,
 * HR_ERR_S3_REGION_INVALID, with a message that names `source`, which the text came from. */
int hr__endpoint_make(const char *text, const char *source, const char *region,
                      enum hr_s3_addressing addressing, struct hr_error *error,
                      struct hr__endpoint *endpoint);

/* Whether the name may be sent: not empty, at most HR__BUCKET_MAX bytes, no '/',
 * no control byte, not "." or "..". HR_ERR_S3_BUCKET_INVALID. */
int hr__bucket_check(struct hr_slice bucket, struct hr_error *error);

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
