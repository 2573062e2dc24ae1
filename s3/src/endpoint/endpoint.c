/* An endpoint out of a URL or a region, and the host and path of a bucket there. */
#include "endpoint.h"

#include <arpa/inet.h>

#include <headrace/sigv4.h>
#include <headrace/text.h>
#include <headrace/url.h>

#define BUCKET_MARK "{bucket}."

/* The DNS suffix of a region's partition, by the beginning of its name. */
static const struct {
    const char *prefix, *suffix;
} partitions[] = {
    {"cn-", "amazonaws.com.cn"},    {"us-iso-", "c2s.ic.gov"},      {"us-isob-", "sc2s.sgov.gov"},
    {"us-isof-", "csp.hci.ic.gov"}, {"eu-isoe-", "cloud.adc-e.uk"}, {"eusc-", "amazonaws.eu"},
    {"", "amazonaws.com"},
};

static bool is_alnum(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9');
}

/* One DNS label: letters, digits, hyphens inside. */
static bool is_label(struct hr_slice text) {
    if (text.size == 0 || text.size > 63) return false;
    for (size_t i = 0; i < text.size; i++)
        if (!is_alnum(text.data[i]) && text.data[i] != '-') return false;
    return text.data[0] != '-' && text.data[text.size - 1] != '-';
}

static bool ends_with(const char *text, const char *suffix) {
    size_t size = strlen(text), more = strlen(suffix);
    return size >= more && hr_slice_equal_nocase(hr_slice_bytes(text + size - more, more),
                                                 hr_slice_bytes(suffix, more));
}

static bool is_aws(const char *host) {
    for (size_t i = 0; i < sizeof partitions / sizeof partitions[0]; i++) {
        char dotted[32];
        struct hr__writer out = hr__writer(dotted, sizeof dotted - 1);
        hr__put_byte(&out, '.');
        hr__put_text(&out, partitions[i].suffix);
        *out.at = 0;
        if (ends_with(host, dotted) || strcmp(host, partitions[i].suffix) == 0) return true;
    }
    return false;
}

static void default_host(const char *region, struct hr__endpoint *endpoint) {
    struct hr__writer out = hr__writer(endpoint->host, sizeof endpoint->host - 1);
    hr__put_text(&out, "s3.");
    if (strcmp(region, "aws-global") != 0) {
        hr__put_text(&out, region);
        hr__put_byte(&out, '.');
    }
    size_t i = 0;
    while (strncmp(region, partitions[i].prefix, strlen(partitions[i].prefix)) != 0) i++;
    hr__put_text(&out, partitions[i].suffix);
    *out.at = 0;
    endpoint->tls = true;
    endpoint->aws = true;
    endpoint->port = 443;
}

static bool has_control(struct hr_slice text) {
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] <= ' ' || text.data[i] == 0x7f) return true;
    return false;
}

static int refuse(const char *text, const char *source, const char *why, struct hr_error *error) {
    char shown[96];
    return hr_error_set(error, HR_ERR_S3_ENDPOINT_INVALID, "%s \"%s\": %s", source,
                        hr_url_show(hr_slice_of(text), shown, sizeof shown), why);
}

/* Splits what the user gave. The mark "{bucket}." is cut out before, since it is no URL. */
static int split(const char *text, const char *source, struct hr_error *error,
                 struct hr__endpoint *endpoint) {
    char plain[1024];
    struct hr__writer out = hr__writer(plain, sizeof plain);
    const char *mark = strstr(text, "//" BUCKET_MARK);
    if (mark) {
        hr__put(&out, text, (size_t)(mark + 2 - text));
        hr__put_text(&out, mark + 2 + strlen(BUCKET_MARK));
        endpoint->bucket_mark = true;
    } else {
        hr__put_text(&out, text);
    }
    struct hr_url url;
    struct hr_error why = {0};
    if (out.full || hr_url_parse(hr__written(&out), &why, &url) != 0)
        return refuse(text, source, out.full ? "too long" : why.message, error);
    struct hr_slice path = url.path;
    while (path.size > 0 && path.data[path.size - 1] == '/') path.size--;
    const char *problem = NULL;
    if (url.userinfo.size > 0)
        problem = "credentials do not belong in the endpoint";
    else if (url.port == 0)
        problem = "its port is 0, at which no server can listen";
    else if (url.query.data)
        problem = "an endpoint has no query";
    else if (memchr(plain, '#', hr__written(&out).size))
        problem = "an endpoint has no fragment";
    else if (path.size > HR__ENDPOINT_PATH_MAX || has_control(path))
        problem = "its path is too long or has a control byte";
    else if (url.host.size > HR__ENDPOINT_HOST_MAX)
        problem = "its host is too long";
    if (problem) return refuse(text, source, problem, error);
    out = hr__writer(endpoint->host, sizeof endpoint->host - 1);
    if (url.ipv6) hr__put_byte(&out, '[');
    hr__put_slice(&out, url.host);
    if (url.ipv6) hr__put_byte(&out, ']');
    *out.at = 0;
    endpoint->tls = url.tls;
    endpoint->port = url.port;
    /* A port is kept where it was written; the scheme's own is left out, as in Host. */
    out = hr__writer(endpoint->port_suffix, sizeof endpoint->port_suffix - 1);
    if (url.port != (url.tls ? 443 : 80)) {
        hr__put_byte(&out, ':');
        hr__put_u64(&out, url.port);
    }
    *out.at = 0;
    hr_text_copy(endpoint->path, sizeof endpoint->path, path);
    struct in_addr v4;
    endpoint->address = url.ipv6 || inet_pton(AF_INET, endpoint->host, &v4) == 1;
    endpoint->aws = !endpoint->address && is_aws(endpoint->host);
    return 0;
}

int hr__endpoint_make(const char *text, const char *source, const char *region,
                      enum hr_s3_addressing addressing, struct hr_error *error,
                      struct hr__endpoint *endpoint) {
    struct hr__endpoint made = {.addressing = addressing};
    if (!region) region = "us-east-1";
    if (!is_label(hr_slice_of(region)))
        return hr_error_set(error, HR_ERR_S3_REGION_INVALID,
                            "region \"%.80s\" is not a DNS label (letters, digits, hyphens)",
                            region);
    if (addressing > HR_S3_ADDRESSING_VIRTUAL)
        return hr_error_set(error, HR_ERR_S3_ENDPOINT_INVALID,
                            "addressing %d is none of auto, path and virtual", (int)addressing);
    if (!text) {
        default_host(region, &made);
    } else {
        int err = split(text, source, error, &made);
        if (err) return err;
    }
    const char *signed_region = strcmp(region, "aws-global") == 0 ? "us-east-1" : region;
    hr_text_copy(made.region, sizeof made.region, hr_slice_of(signed_region));
    *endpoint = made;
    return 0;
}

int hr__bucket_check(struct hr_slice bucket, struct hr_error *error) {
    const char *problem = NULL;
    if (bucket.size == 0)
        problem = "is empty";
    else if (bucket.size > HR__BUCKET_MAX)
        problem = "is longer than 255 bytes";
    else if (memchr(bucket.data, '/', bucket.size))
        problem = "has a slash";
    else if (hr_slice_equal(bucket, hr_slice_bytes(".", 1)) ||
             hr_slice_equal(bucket, hr_slice_bytes("..", 2)))
        problem = "is a dot segment";
    for (size_t i = 0; !problem && i < bucket.size; i++)
        if ((unsigned char)bucket.data[i] < ' ' || bucket.data[i] == 0x7f)
            problem = "has a control byte";
    if (!problem) return 0;
    return hr_error_set(error, HR_ERR_S3_BUCKET_INVALID, "the bucket name \"%.*s\" %s",
                        (int)(bucket.size < 80 ? bucket.size : 80), bucket.size ? bucket.data : "",
                        problem);
}

/* Whether the name may stand in front of a host: S3's own rules, lower case, 3 to 63 bytes, labels,
 * not like an IPv4 address. With TLS a certificate's wildcard covers one label only: no dots. */
static bool is_host_name(struct hr_slice bucket, bool dots) {
    if (bucket.size < 3 || bucket.size > 63) return false;
    bool letter = false;
    size_t begin = 0;
    for (size_t i = 0; i <= bucket.size; i++) {
        if (i < bucket.size && bucket.data[i] != '.') {
            if (bucket.data[i] >= 'A' && bucket.data[i] <= 'Z') return false;
            letter |= bucket.data[i] < '0' || bucket.data[i] > '9';
            continue;
        }
        if (i < bucket.size && !dots) return false;
        if (!is_label(hr_slice_bytes(bucket.data + begin, i - begin))) return false;
        begin = i + 1;
    }
    return letter || !memchr(bucket.data, '.', bucket.size);
}

bool hr__endpoint_virtual(const struct hr__endpoint *endpoint, struct hr_slice bucket) {
    if (bucket.size == 0 || endpoint->address || endpoint->addressing == HR_S3_ADDRESSING_PATH)
        return false;
    if (endpoint->addressing == HR_S3_ADDRESSING_AUTO && !endpoint->aws && !endpoint->bucket_mark)
        return false;
    return is_host_name(bucket, !endpoint->tls) &&
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
    if (bucket.size == 0 || hr__endpoint_virtual(endpoint, bucket)) return;
    hr__put_byte(out, '/');
    hr__put_percent(out, bucket, HR_PERCENT_STRICT);
}
