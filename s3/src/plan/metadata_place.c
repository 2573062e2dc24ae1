/* The URLs of metadata services, and which of them may be asked. */
#include "metadata_place.h"

#include <arpa/inet.h>
#include <errno.h>

#include <headrace/url.h>

#define CONTAINER_ORIGIN "http://169.254.170.2"
#define IMDS_IPV4        "http://169.254.169.254"
#define IMDS_IPV6        "http://[fd00:ec2::254]"

static int end(struct hr__writer *out, struct hr_error *error) {
    hr__put_byte(out, 0);
    return out->full ? hr_error_set(error, HR_ERR_S3_CREDENTIALS,
                                    "the URL of the metadata service is too long")
                     : 0;
}

/* ---- Containers. */

static bool is_allowed_ipv4(struct in_addr address) {
    uint32_t bits = ntohl(address.s_addr);
    return bits >> 24 == 127 || bits == 0xa9feaa02 || bits == 0xa9feaa17;
}

static bool is_allowed_ipv6(const struct in6_addr *address) {
    static const struct in6_addr eks = {
        {{0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x23}}};
    return IN6_IS_ADDR_LOOPBACK(address) || memcmp(address, &eks, sizeof eks) == 0;
}

static bool is_allowed(const struct hr_url *url) {
    char host[64];
    struct in_addr ipv4;
    struct in6_addr ipv6;
    if (url->tls || hr_slice_equal_nocase(url->host, hr_slice_of("localhost"))) return true;
    if (url->host.size >= sizeof host) return false;
    memcpy(host, url->host.data, url->host.size);
    host[url->host.size] = 0;
    if (url->ipv6) return inet_pton(AF_INET6, host, &ipv6) == 1 && is_allowed_ipv6(&ipv6);
    return inet_pton(AF_INET, host, &ipv4) == 1 && is_allowed_ipv4(ipv4);
}

static int check_container(struct hr_slice text, struct hr_error *error) {
    struct hr_url url;
    struct hr_error why = {.code = 0};
    if (hr_url_parse(text, &why, &url))
        return hr_error_set(error, HR_ERR_S3_CREDENTIALS, "AWS_CONTAINER_CREDENTIALS_FULL_URI: %s",
                            why.message);
    if (is_allowed(&url)) return 0;
    return hr_error_set(error, HR_ERR_S3_CREDENTIALS,
                        "AWS_CONTAINER_CREDENTIALS_FULL_URI: \"%.*s\" may not be asked by HTTP, "
                        "only this machine, 169.254.170.2, 169.254.170.23 and fd00:ec2::23",
                        (int)(url.host.size < 80 ? url.host.size : 80), url.host.data);
}

int hr__container_url(const struct hr__credentials_plan *plan, struct hr__writer *out,
                      struct hr_error *error) {
    const char *relative = plan->settings->variables[HR__VARIABLE_CONTAINER_RELATIVE];
    const char *full = plan->settings->variables[HR__VARIABLE_CONTAINER_FULL];
    if (relative && relative[0] != '/')
        return hr_error_set(error, HR_ERR_S3_CREDENTIALS,
                            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with '/'");
    if (!relative) {
        int err = check_container(hr_slice_of(full), error);
        if (err) return err;
    }
    if (relative) hr__put_text(out, CONTAINER_ORIGIN);
    hr__put_text(out, relative ? relative : full);
    return end(out, error);
}

/* ---- An instance. */

static int check_imds(struct hr_slice text, struct hr_error *error) {
    struct hr_url url;
    struct hr_error why = {.code = 0};
    int err = hr_url_parse(text, &why, &url);
    if (!err && !url.query.data && !url.fragment.data && url.userinfo.size == 0) return 0;
    return hr_error_set(error, HR_ERR_S3_CREDENTIALS, "the endpoint of IMDS: %s",
                        err ? why.message : "it has more than host, port and path");
}

static int put_mode(struct hr_slice mode, struct hr__writer *out, struct hr_error *error) {
    bool ipv6 = hr_slice_equal_nocase(mode, hr_slice_of("ipv6"));
    if (!ipv6 && mode.size > 0 && !hr_slice_equal_nocase(mode, hr_slice_of("ipv4")))
        return hr_error_set(error, HR_ERR_S3_CREDENTIALS,
                            "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE is \"%.*s\", which is neither "
                            "IPv4 nor IPv6",
                            (int)(mode.size < 80 ? mode.size : 80), mode.data);
    hr__put_text(out, ipv6 ? IMDS_IPV6 : IMDS_IPV4);
    return 0;
}

int hr__imds_url(const struct hr__credentials_plan *plan, struct hr__writer *out,
                 struct hr_error *error) {
    struct hr_slice endpoint = hr__credentials_plan_setting(plan, HR__VARIABLE_IMDS_ENDPOINT,
                                                            "ec2_metadata_service_endpoint");
    struct hr_slice mode = hr__credentials_plan_setting(plan, HR__VARIABLE_IMDS_MODE,
                                                        "ec2_metadata_service_endpoint_mode");
    int err = endpoint.size > 0 ? check_imds(endpoint, error) : put_mode(mode, out, error);
    if (err) return err;
    while (endpoint.size > 0 && endpoint.data[endpoint.size - 1] == '/') endpoint.size--;
    hr__put_slice(out, endpoint);
    return end(out, error);
}
