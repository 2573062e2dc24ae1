/* Names of buckets. */
#include "bucket_name.h"

#include <string.h>

#include <base/lanes.h>

#include "arn.h"
#include "host_label.h"

#define OUTPOST_MIN 50 /* bytes of the shortest alias of a bucket on an outpost */

static bool ends_with(struct hr_slice text, const char *suffix) {
    size_t size = strlen(suffix);
    return text.size >= size && memcmp(text.data + text.size - size, suffix, size) == 0;
}

enum hr__bucket_kind hr__bucket_kind(struct hr_slice bucket) {
    if (hr__arn_begins(bucket)) return HR__BUCKET_ARN;
    if (!ends_with(bucket, "-s3")) return HR__BUCKET_PLAIN;
    if (ends_with(bucket, "--x-s3")) return HR__BUCKET_EXPRESS;
    if (ends_with(bucket, "--xa-s3")) return HR__BUCKET_EXPRESS_POINT;
    bool outpost = bucket.size >= OUTPOST_MIN && ends_with(bucket, "--op-s3");
    return outpost ? HR__BUCKET_OUTPOST : HR__BUCKET_PLAIN;
}

static hr_lanes_mask is_control(hr_lanes lanes) {
    return (lanes < ' ') | (lanes == 0x7f);
}

static bool has_control(struct hr_slice text) {
    return !hr__lanes_none(text, is_control);
}

static const char *problem_of(struct hr_slice bucket) {
    if (bucket.size == 0) return "is empty";
    if (bucket.size > HR__BUCKET_MAX) return "is longer than 255 bytes";
    if (!hr__arn_begins(bucket) && memchr(bucket.data, '/', bucket.size)) return "has a slash";
    if (hr_slice_equal(bucket, hr_slice_bytes(".", 1)) ||
        hr_slice_equal(bucket, hr_slice_bytes("..", 2)))
        return "is a dot segment";
    return has_control(bucket) ? "has a control byte" : NULL;
}

int hr__bucket_check(struct hr_slice bucket, struct hr_error *error) {
    const char *problem = problem_of(bucket);
    if (!problem) return 0;
    return hr_error_set(error, HR_ERR_S3_BUCKET_INVALID, "the bucket name \"%.*s\" %s",
                        (int)(bucket.size < 80 ? bucket.size : 80), bucket.size ? bucket.data : "",
                        problem);
}

static bool has_upper(struct hr_slice text) {
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] >= 'A' && text.data[i] <= 'Z') return true;
    return false;
}

static bool are_labels(struct hr_slice text) {
    size_t begin = 0;
    for (size_t i = 0; i <= text.size; i++) {
        if (i < text.size && text.data[i] != '.') continue;
        if (!hr__host_label(hr_slice_bytes(text.data + begin, i - begin))) return false;
        begin = i + 1;
    }
    return true;
}

bool hr__bucket_is_host(struct hr_slice bucket, bool dots) {
    if (bucket.size < 3 || bucket.size > HR__HOST_LABEL_MAX || has_upper(bucket)) return false;
    if (!dots) return hr__host_label(bucket);
    return are_labels(bucket) && !hr__host_label_like_ipv4(bucket);
}

bool hr__bucket_express(struct hr_slice bucket) {
    enum hr__bucket_kind kind = hr__bucket_kind(bucket);
    return kind == HR__BUCKET_EXPRESS || kind == HR__BUCKET_EXPRESS_POINT;
}
