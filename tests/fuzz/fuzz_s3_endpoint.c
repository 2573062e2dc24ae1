/* Endpoints, regions and buckets of any bytes: whatever is accepted has a host of letters, digits,
 * dots, hyphens and brackets, and below the endpoint's own where that is fixed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "endpoint_bucket.h"
#include "provider.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
    if (!holds) abort();
}

/* The next line of the input, NUL-terminated; NULL where it is empty. */
static char *next_line(char **rest) {
    char *line = *rest, *end = line + strcspn(line, "\n");
    *rest = *end ? end + 1 : end;
    *end = 0;
    return line[0] ? line : NULL;
}

static struct hr__endpoint_settings settings_of(char **rest, uint8_t bits) {
    struct hr__endpoint_settings settings = {.url = next_line(rest), .source = "endpoint"};
    settings.region = next_line(rest);
    settings.addressing = (enum hr_s3_addressing)(bits & 3);
    settings.fips = bits & 4;
    settings.dual_stack = bits & 8;
    settings.accelerate = bits & 16;
    settings.global = bits & 32;
    settings.no_arn_region = bits & 64;
    return settings;
}

/* What AWS's host is made of cannot lead to another one. */
static void check_host(const struct hr__endpoint *endpoint, const char *suffix) {
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
    size_t size = strlen(endpoint->host), end = strlen(suffix);
    check(size <= HR__ENDPOINT_HOST_MAX && size >= end);
    check(strcmp(endpoint->host + size - end, suffix) == 0);
    if (!endpoint->custom) check(strspn(endpoint->host, good) == size && endpoint->tls);
    check(strlen(endpoint->region) > 0);
}

static void check_bucket(const struct hr__endpoint *endpoint, struct hr_slice bucket,
                         uint8_t bits) {
    struct hr__endpoint_use use = {bits & 1, bits & 2, bits & 4, bits & 8};
    struct hr__endpoint resolved;
    struct hr_error error = {0};
    if (hr__bucket_check(bucket, &error) != 0) return;
    int err = hr__endpoint_bucket_resolve(endpoint, bucket, &use, &error, &resolved);
    check(err == 0 || error.message[0]);
    if (err) return;
    check(resolved.tls == endpoint->tls);
    check_host(&resolved, endpoint->custom ? endpoint->host : "");
    char text[4096];
    struct hr__writer out = hr__writer(text, sizeof text);
    hr__endpoint_put_host(&resolved, bucket, &out);
    check(hr__written(&out).size <= HR__ENDPOINT_HOST_MAX + 2);
    hr__endpoint_put_path(&resolved, bucket, &out);
    check(!out.full);
    if (hr__endpoint_bucket_plain(endpoint, bucket))
        check(strcmp(resolved.host, endpoint->host) == 0);
}

/* The words of a provider. */
static void check_words(const struct hr__endpoint *endpoint, const char *words) {
    struct hr__quirks quirks;
    struct hr_error error = {0};
    int err = hr__provider_quirks(words, endpoint, &error, &quirks);
    check(err == 0 || (err == -EINVAL && error.message[0]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2 || memchr(data, 0, size)) return 0;
    char *text = strndup((const char *)data + 2, size - 2), *rest = text;
    struct hr__endpoint_settings settings = settings_of(&rest, data[0]);
    struct hr__endpoint endpoint, moved;
    if (hr__endpoint_make(&settings, NULL, &endpoint) == 0) {
        check_host(&endpoint, "");
        const char *line = next_line(&rest);
        check_bucket(&endpoint, hr_slice_of(line ? line : ""), data[1]);
        check_words(&endpoint, rest);
        struct hr_slice region = hr_slice_of(rest);
        if (hr__endpoint_in_region(&endpoint, region, &moved) == 0) {
            check(moved.tls == endpoint.tls);
            check_host(&moved, endpoint.custom ? endpoint.host : "");
        }
    }
    free(text);
    return 0;
}
