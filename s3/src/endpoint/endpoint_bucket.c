/* The place of one bucket. */
#include "endpoint_bucket.h"

#include <assert.h>

#include "aws_host.h"
#include "partition.h"

/* The suffixes mean something at AWS, and where the user says that buckets stand in the host. */
static enum hr__bucket_kind kind_at(const struct hr__endpoint *endpoint, struct hr_slice bucket) {
    enum hr__bucket_kind kind = hr__bucket_kind(bucket);
    bool suffixes = !endpoint->custom || endpoint->aws || endpoint->bucket_mark ||
                    endpoint->addressing == HR_S3_ADDRESSING_VIRTUAL;
    return suffixes || kind == HR__BUCKET_ARN ? kind : HR__BUCKET_PLAIN;
}

bool hr__endpoint_bucket_plain(const struct hr__endpoint *endpoint, struct hr_slice bucket) {
    return !endpoint->accelerate && kind_at(endpoint, bucket) == HR__BUCKET_PLAIN;
}

bool hr__endpoint_bucket_express(const struct hr__endpoint *endpoint, struct hr_slice bucket) {
    enum hr__bucket_kind kind = kind_at(endpoint, bucket);
    return kind == HR__BUCKET_EXPRESS || kind == HR__BUCKET_EXPRESS_POINT;
}

static int refuse(struct hr_error *error, int code, struct hr_slice bucket, const char *why) {
    return hr_error_set(error, code, "bucket \"%.*s\" %s",
                        (int)(bucket.size < 128 ? bucket.size : 128), bucket.data, why);
}

/* The one rule with a region in an accelerated host is that of aws-global with dual stack. */
static int accelerate(struct hr_slice bucket, struct hr__endpoint *made) {
    struct hr_slice region = hr_slice_of(made->region), none = hr_slice_bytes(NULL, 0);
    struct hr__aws_host host = {
        .service = "s3-accelerate",
        .region = made->aws_global && made->dual_stack ? region : none,
        .suffix = hr__partition_of(region)->suffix,
        .dual_stack = made->dual_stack,
    };
    hr__aws_host_set(&host, made);
    return hr__endpoint_before(bucket, made);
}

static int resolve_plain(const struct hr__endpoint *endpoint, struct hr_slice bucket,
                         const struct hr__endpoint_use *use, struct hr_error *error,
                         struct hr__endpoint *resolved) {
    struct hr__endpoint made = *endpoint;
    /* S3 accelerates no operation on the bucket itself, nor the list of buckets. */
    if (endpoint->accelerate && bucket.size > 0 && !use->bucket_itself) {
        if (!hr__bucket_is_host(bucket, false))
            return refuse(error, HR_ERR_S3_ENDPOINT_INVALID, bucket,
                          "cannot be accelerated: its name is not one DNS label");
        const struct hr__partition *own = hr__partition_of(hr_slice_of(endpoint->region));
        if (strcmp(own->name, "aws-cn") == 0)
            return refuse(error, HR_ERR_S3_ENDPOINT_INVALID, bucket,
                          "cannot be accelerated: AWS has no acceleration in China");
        if (accelerate(bucket, &made) != 0)
            return refuse(error, HR_ERR_S3_BUCKET_INVALID, bucket, "makes the host too long");
    }
    *resolved = made;
    return 0;
}

int hr__endpoint_bucket_resolve(const struct hr__endpoint *endpoint, struct hr_slice bucket,
                                const struct hr__endpoint_use *use, struct hr_error *error,
                                struct hr__endpoint *resolved) {
    assert(!endpoint->placed);
    if (bucket.size == 0 && use->bucket_itself)
        return hr__endpoint_express_resolve(endpoint, bucket, use, error, resolved);
    switch (kind_at(endpoint, bucket)) {
    case HR__BUCKET_ARN:
        return hr__endpoint_arn_resolve(endpoint, bucket, use, error, resolved);
    case HR__BUCKET_EXPRESS:
    case HR__BUCKET_EXPRESS_POINT:
        return hr__endpoint_express_resolve(endpoint, bucket, use, error, resolved);
    case HR__BUCKET_OUTPOST:
        return refuse(error, HR_ERR_S3_BUCKET_INVALID, bucket,
                      "is on an outpost, which this client does not support");
    case HR__BUCKET_PLAIN:
        break;
    }
    return resolve_plain(endpoint, bucket, use, error, resolved);
}
