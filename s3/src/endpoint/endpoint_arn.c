/* Access points of one region, named by their ARN. Multi-region access points (which SigV4A signs),
 * Object Lambda and Outposts are refused by name. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include <headrace/text.h>

#include "arn.h"
#include "aws_host.h"
#include "endpoint_bucket.h"
#include "host_label.h"
#include "partition.h"

/* Refuses an ARN that is too long for a message by its beginning. */
__attribute__((format(printf, 3, 4))) static int
refuse(struct hr_error *error, struct hr_slice bucket, const char *format, ...) {
    char why[160];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    return hr_error_set(error, HR_ERR_S3_BUCKET_INVALID, "bucket \"%.*s\": %s",
                        (int)(bucket.size < 128 ? bucket.size : 128), bucket.data, why);
}

static bool is(struct hr_slice text, const char *word) {
    return hr_slice_equal(text, hr_slice_of(word));
}

/* Kinds of resource that S3 has and this client has not. */
static const char *unsupported(const struct hr__arn *arn) {
    if (is(arn->service, "s3-object-lambda")) return "S3 Object Lambda is not supported";
    if (is(arn->service, "s3-outposts")) return "S3 on Outposts is not supported";
    if (is(arn->service, "s3") && is(arn->resource[0], "accesspoint") && arn->region.size == 0)
        return "multi-region access points need SigV4A, which is not supported: name a bucket of "
               "one region";
    return NULL;
}

/* Whether the ARN has the form arn:PARTITION:s3:REGION:ACCOUNT:accesspoint/NAME. */
static int check_form(const struct hr__arn *arn, struct hr_slice bucket, struct hr_error *error) {
    const char *missing = unsupported(arn);
    if (missing) return refuse(error, bucket, "%s", missing);
    if (!is(arn->service, "s3")) return refuse(error, bucket, "the ARN is not one of S3");
    if (!is(arn->resource[0], "accesspoint"))
        return refuse(error, bucket, "only ARNs of access points name a bucket");
    if (arn->resource_count < 2 || arn->resource[1].size == 0)
        return refuse(error, bucket, "the ARN has no name of an access point");
    if (arn->resource_count > 2)
        return refuse(error, bucket, "the ARN has more than one part behind accesspoint");
    return 0;
}

/* Everything that is put into the host. */
static int check_labels(const struct hr__arn *arn, struct hr_slice bucket, struct hr_error *error) {
    static const char what[] = "is no DNS label (letters, digits, hyphens)";
    if (!hr__host_label(arn->region)) return refuse(error, bucket, "the region %s", what);
    if (!hr__host_label(arn->account)) return refuse(error, bucket, "the account %s", what);
    if (!hr__host_label(arn->resource[1]))
        return refuse(error, bucket, "the name of the access point %s", what);
    return 0;
}

static int check_region(const struct hr__endpoint *endpoint, const struct hr__arn *arn,
                        struct hr_slice bucket, struct hr_error *error) {
    struct hr_slice own = hr_slice_of(endpoint->region);
    bool same = !endpoint->aws_global && hr_slice_equal(arn->region, own);
    if (endpoint->no_arn_region && !same)
        return refuse(error, bucket,
                      "it lies in another region than the client's, %s, and the region of an ARN "
                      "is not to be used",
                      endpoint->aws_global ? "aws-global" : endpoint->region);
    const struct hr__partition *here = hr__partition_of(own),
                               *there = hr__partition_of(arn->region);
    if (here != there)
        return refuse(error, bucket, "it lies in partition %s, and the client's region in %s",
                      there->name, here->name);
    return 0;
}

/* The endpoint and the operation must be able to have an access point. */
static int check_use(const struct hr__endpoint *endpoint, const struct hr__endpoint_use *use,
                     struct hr_slice bucket, struct hr_error *error) {
    if (use->no_access_points) return refuse(error, bucket, "this operation takes no access point");
    if (endpoint->addressing == HR_S3_ADDRESSING_PATH)
        return refuse(error, bucket, "an ARN stands in the host: addressing must not be path");
    if (endpoint->address)
        return refuse(error, bucket, "an ARN stands in the host, and the endpoint is an address");
    if (endpoint->accelerate) return refuse(error, bucket, "access points are not accelerated");
    return 0;
}

static void place_at_aws(const struct hr__arn *arn, struct hr__endpoint *made) {
    struct hr__aws_host host = {
        .service = "s3-accesspoint",
        .region = arn->region,
        .suffix = hr__partition_of(arn->region)->suffix,
        .fips = made->fips,
        .dual_stack = made->dual_stack,
    };
    hr__aws_host_set(&host, made);
}

/* NAME-ACCOUNT in front of AWS's host, or of the one that the user gave. */
static int place(const struct hr__arn *arn, struct hr__endpoint *made) {
    char memory[2 * HR__HOST_LABEL_MAX + 1];
    struct hr__writer name = hr__writer(memory, sizeof memory);
    hr__put_slice(&name, arn->resource[1]);
    hr__put_byte(&name, '-');
    hr__put_slice(&name, arn->account);
    if (!hr__host_label(hr__written(&name))) return -ENAMETOOLONG;
    if (!made->custom) place_at_aws(arn, made);
    hr_text_copy(made->region, sizeof made->region, arn->region);
    made->aws_global = false;
    return hr__endpoint_before(hr__written(&name), made);
}

int hr__endpoint_arn_resolve(const struct hr__endpoint *endpoint, struct hr_slice bucket,
                             const struct hr__endpoint_use *use, struct hr_error *error,
                             struct hr__endpoint *resolved) {
    struct hr__arn arn;
    if (hr__arn_parse(bucket, &arn) != 0)
        return refuse(error, bucket,
                      "it is no ARN: arn:PARTITION:s3:REGION:ACCOUNT:accesspoint/NAME");
    int err = check_form(&arn, bucket, error);
    if (!err) err = check_labels(&arn, bucket, error);
    if (!err) err = check_use(endpoint, use, bucket, error);
    if (!err) err = check_region(endpoint, &arn, bucket, error);
    if (err) return err;
    struct hr__endpoint made = *endpoint;
    if (place(&arn, &made) != 0) return refuse(error, bucket, "the host would be too long");
    *resolved = made;
    return 0;
}
