/* S3 Express: directory buckets, their access points, and the endpoint that creates them. */
#include <errno.h>

#include <headrace/text.h>

#include "aws_host.h"
#include "endpoint_bucket.h"
#include "partition.h"

#define EXPRESS_SUFFIX 6 /* bytes of --x-s3 */
#define POINT_SUFFIX   7 /* … of --xa-s3 */

static int refuse(struct hr_error *error, struct hr_slice bucket, const char *why) {
    return hr_error_set(error, HR_ERR_S3_BUCKET_INVALID, "bucket \"%.*s\": %s",
                        (int)(bucket.size < 128 ? bucket.size : 128), bucket.data, why);
}

/* The zone in NAME--ZONE--x-s3. Zones have names of these lengths, and may have a double hyphen
 * inside, so the shortest one with a double hyphen before it counts. */
static bool find_zone(struct hr_slice bucket, size_t suffix, struct hr_slice *zone) {
    static const size_t sizes[] = {8, 9, 13, 14, 20};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t back = suffix + sizes[i];
        if (bucket.size < back + 2) return false;
        const char *begin = bucket.data + bucket.size - back;
        if (memcmp(begin - 2, "--", 2) != 0) continue;
        *zone = hr_slice_bytes(begin, sizes[i]);
        return true;
    }
    return false;
}

static struct hr__aws_host host_of(const struct hr__endpoint *endpoint, const char *service) {
    struct hr_slice region = hr_slice_of(endpoint->region);
    return (struct hr__aws_host){.service = service,
                                 .region = region,
                                 .suffix = hr__partition_of(region)->suffix,
                                 .fips = endpoint->fips,
                                 .dual_stack = endpoint->dual_stack};
}

/* The regional endpoint, with the bucket in the path. */
static void place_control(struct hr__endpoint *made) {
    struct hr__aws_host host = host_of(made, "s3express-control");
    made->addressing = HR_S3_ADDRESSING_PATH;
    made->session = false;
    hr__aws_host_set(&host, made);
}

/* An address cannot have a name before it: the bucket comes first in the path. */
static int place_in_path(struct hr_slice bucket, struct hr__endpoint *made) {
    char path[sizeof made->path];
    struct hr__writer out = hr__writer(path, sizeof path - 1);
    hr__put_byte(&out, '/');
    hr__put_percent(&out, bucket, HR_PERCENT_STRICT);
    hr__put_text(&out, made->path);
    if (out.full) return -ENAMETOOLONG;
    made->placed = true;
    hr_text_copy(made->path, sizeof made->path, hr__written(&out));
    return 0;
}

/* The zone's endpoint. */
static int place_zone(struct hr_slice bucket, struct hr_slice zone, struct hr__endpoint *made) {
    struct hr__aws_host host = host_of(made, "s3express");
    host.zone = zone;
    hr__aws_host_set(&host, made);
    return hr__endpoint_before(bucket, made);
}

/* Objects of the bucket; made->custom tells whose endpoint. */
static int place_bucket(struct hr_slice bucket, struct hr_error *error, struct hr__endpoint *made) {
    bool point = hr__bucket_kind(bucket) == HR__BUCKET_EXPRESS_POINT;
    struct hr_slice zone;
    if (!made->address && !hr__bucket_is_host(bucket, false))
        return refuse(error, bucket, "the name of a directory bucket must be one DNS label");
    int err;
    if (made->address)
        err = place_in_path(bucket, made);
    else if (made->custom)
        err = hr__endpoint_before(bucket, made);
    else if (find_zone(bucket, point ? POINT_SUFFIX : EXPRESS_SUFFIX, &zone))
        err = place_zone(bucket, zone, made);
    else
        return refuse(error, bucket, "no zone stands in the name: NAME--ZONE--x-s3");
    return err ? refuse(error, bucket, "host or path would be too long") : 0;
}

int hr__endpoint_express_resolve(const struct hr__endpoint *endpoint, struct hr_slice bucket,
                                 const struct hr__endpoint_use *use, struct hr_error *error,
                                 struct hr__endpoint *resolved) {
    struct hr__endpoint made = *endpoint;
    int err = 0;
    if (endpoint->accelerate && bucket.size > 0)
        return refuse(error, bucket, "S3 Express has no acceleration");
    made.service = "s3express";
    made.session = bucket.size > 0 && !endpoint->no_session && !use->no_session;
    bool point = hr__bucket_kind(bucket) == HR__BUCKET_EXPRESS_POINT;
    if ((use->bucket_itself || use->configures) && !made.custom && !point)
        place_control(&made);
    else if (bucket.size > 0)
        err = place_bucket(bucket, error, &made);
    if (err) return err;
    *resolved = made;
    return 0;
}
