/* A client's endpoint out of its settings, and the host and path of a plain bucket there. */
#include "endpoint.h"

#include <assert.h>
#include <errno.h>

#include <headrace/sigv4.h>
#include <headrace/text.h>

#include "aws_host.h"
#include "endpoint_url.h"
#include "host_label.h"
#include "partition.h"

static int refuse(struct hr_error *error, const char *why) {
    return hr_error_set(error, HR_ERR_S3_ENDPOINT_INVALID, "%s", why);
}

static int check_region(const char *region, struct hr_error *error) {
    if (!region) return hr_error_set(error, HR_ERR_S3_REGION_INVALID, "no region is set");
    if (hr__host_label(hr_slice_of(region))) return 0;
    return hr_error_set(error, HR_ERR_S3_REGION_INVALID,
                        "region \"%.80s\" is not a DNS label (letters, digits, hyphens)", region);
}

/* Kinds of endpoint that exclude each other. */
static int check_kinds(const struct hr__endpoint_settings *settings, struct hr_error *error) {
    if (settings->accelerate && settings->fips)
        return refuse(error, "acceleration has no FIPS endpoints: ask for one of the two");
    if (settings->accelerate && settings->addressing == HR_S3_ADDRESSING_PATH)
        return refuse(error, "acceleration needs the bucket in the host: addressing must not be "
                             "path");
    if (settings->fips && !hr__partition_of(hr_slice_of(settings->region))->fips)
        return hr_error_set(error, HR_ERR_S3_ENDPOINT_INVALID,
                            "region \"%.63s\" has no FIPS endpoint of S3", settings->region);
    return 0;
}

/* A URL names one host: it cannot be another kind of endpoint too. */
static int check_url(const struct hr__endpoint_settings *settings, struct hr_error *error) {
    const char *kind = settings->dual_stack   ? "dual stack"
                       : settings->fips       ? "FIPS"
                       : settings->accelerate ? "acceleration"
                                              : NULL;
    if (!settings->url || !kind) return 0;
    char shown[96];
    return hr_error_set(error, HR_ERR_S3_ENDPOINT_INVALID,
                        "%s \"%s\" and %s: give the URL of that endpoint, or none",
                        settings->source,
                        hr_url_show(hr_slice_of(settings->url), shown, sizeof shown), kind);
}

static int check(const struct hr__endpoint_settings *settings, struct hr_error *error) {
    if ((unsigned)settings->addressing > HR_S3_ADDRESSING_VIRTUAL)
        return hr_error_set(error, HR_ERR_S3_ENDPOINT_INVALID,
                            "addressing %d is none of auto, path and virtual",
                            (int)settings->addressing);
    int err = check_region(settings->region, error);
    if (!err) err = check_url(settings, error);
    return err ? err : check_kinds(settings, error);
}

/* aws-global is a name for no region in particular, which is signed for as us-east-1. */
static void set_region(struct hr_slice region, struct hr__endpoint *endpoint) {
    endpoint->aws_global = hr_slice_equal(region, hr_slice_of("aws-global"));
    if (endpoint->aws_global) region = hr_slice_of("us-east-1");
    hr_text_copy(endpoint->region, sizeof endpoint->region, region);
}

static struct hr__endpoint of_settings(const struct hr__endpoint_settings *settings) {
    struct hr__endpoint made = {
        .addressing = settings->addressing,
        .service = "s3",
        .custom = settings->url != NULL,
        .fips = settings->fips,
        .dual_stack = settings->dual_stack,
        .accelerate = settings->accelerate,
        .global = settings->global,
        .no_arn_region = settings->no_arn_region,
        .no_session = settings->no_session,
    };
    set_region(hr_slice_of(settings->region), &made);
    return made;
}

int hr__endpoint_make(const struct hr__endpoint_settings *settings, struct hr_error *error,
                      struct hr__endpoint *endpoint) {
    int err = check(settings, error);
    if (err) return err;
    struct hr__endpoint made = of_settings(settings);
    if (settings->url)
        err = hr__endpoint_url_read(settings->url, settings->source, error, &made);
    else
        hr__aws_host_default(&made);
    if (err) return err;
    *endpoint = made;
    return 0;
}

int hr__endpoint_in_region(const struct hr__endpoint *endpoint, struct hr_slice region,
                           struct hr__endpoint *moved) {
    assert(!endpoint->placed);
    if (!hr__host_label(region)) return HR_ERR_S3_REGION_INVALID;
    if (endpoint->aws &&
        hr__partition_of(region) != hr__partition_of(hr_slice_of(endpoint->region)))
        return HR_ERR_S3_REGION_INVALID;
    struct hr__endpoint made = *endpoint;
    set_region(region, &made);
    if (!made.custom) hr__aws_host_default(&made);
    *moved = made;
    return 0;
}

int hr__endpoint_before(struct hr_slice name, struct hr__endpoint *endpoint) {
    char host[sizeof endpoint->host];
    struct hr__writer out = hr__writer(host, HR__ENDPOINT_HOST_MAX);
    assert(!endpoint->placed && !endpoint->address);
    hr__put_slice(&out, name);
    hr__put_byte(&out, '.');
    hr__put_text(&out, endpoint->host);
    if (out.full) return -ENAMETOOLONG;
    hr_text_copy(endpoint->host, sizeof endpoint->host, hr__written(&out));
    endpoint->placed = true;
    return 0;
}

bool hr__endpoint_virtual(const struct hr__endpoint *endpoint, struct hr_slice bucket) {
    if (bucket.size == 0 || endpoint->address || endpoint->placed ||
        endpoint->addressing == HR_S3_ADDRESSING_PATH)
        return false;
    if (endpoint->addressing == HR_S3_ADDRESSING_AUTO && !endpoint->aws && !endpoint->bucket_mark)
        return false;
    return hr__bucket_is_host(bucket, !endpoint->tls) &&
           bucket.size + 1 + strlen(endpoint->host) <= HR__ENDPOINT_HOST_MAX;
}

void hr__endpoint_put_host(const struct hr__endpoint *endpoint, struct hr_slice bucket,
                           struct hr__writer *out) {
    if (hr__endpoint_virtual(endpoint, bucket)) {
        hr__put_slice(out, bucket);
        hr__put_byte(out, '.');
    }
    hr__put_text(out, endpoint->host);
}

void hr__endpoint_put_path(const struct hr__endpoint *endpoint, struct hr_slice bucket,
                           struct hr__writer *out) {
    hr__put_text(out, endpoint->path);
    if (bucket.size == 0 || endpoint->placed || hr__endpoint_virtual(endpoint, bucket)) return;
    hr__put_byte(out, '/');
    hr__put_percent(out, bucket, HR_PERCENT_STRICT);
}
