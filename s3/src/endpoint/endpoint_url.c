/* An endpoint out of a URL. */
#include "endpoint_url.h"

#include <arpa/inet.h>

#include <headrace/text.h>
#include <headrace/url.h>

#include "partition.h"

#define BUCKET_MARK "{bucket}."

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

/* Copies the text without the mark "{bucket}.", since that is no URL. True: it had one. */
static bool cut_mark(const char *text, struct hr__writer *out) {
    const char *mark = strstr(text, "//" BUCKET_MARK);
    if (!mark) {
        hr__put_text(out, text);
        return false;
    }
    hr__put(out, text, (size_t)(mark + 2 - text));
    hr__put_text(out, mark + 2 + strlen(BUCKET_MARK));
    return true;
}

static const char *problem_of(struct hr_slice text, const struct hr_url *url) {
    if (url->userinfo.size > 0) return "credentials do not belong in the endpoint";
    if (url->port == 0) return "its port is 0, at which no server can listen";
    if (url->query.data) return "an endpoint has no query";
    if (memchr(text.data, '#', text.size)) return "an endpoint has no fragment";
    if (url->path.size > HR__ENDPOINT_PATH_MAX || has_control(url->path))
        return "its path is too long or has a control byte";
    return url->host.size > HR__ENDPOINT_HOST_MAX ? "its host is too long" : NULL;
}

static void set_host(const struct hr_url *url, struct hr__endpoint *endpoint) {
    struct hr__writer out = hr__writer(endpoint->host, sizeof endpoint->host - 1);
    if (url->ipv6) hr__put_byte(&out, '[');
    hr__put_slice(&out, url->host);
    if (url->ipv6) hr__put_byte(&out, ']');
    *out.at = 0;
    struct in_addr v4;
    endpoint->address = url->ipv6 || inet_pton(AF_INET, endpoint->host, &v4) == 1;
    endpoint->aws = !endpoint->address && hr__partition_has_host(hr_slice_of(endpoint->host));
}

/* A port is kept where it was written; the scheme's own is left out, as in Host. */
static void set_port(const struct hr_url *url, struct hr__endpoint *endpoint) {
    endpoint->port = url->port;
    struct hr__writer out = hr__writer(endpoint->port_suffix, sizeof endpoint->port_suffix - 1);
    if (url->port != (url->tls ? 443 : 80)) {
        hr__put_byte(&out, ':');
        hr__put_u64(&out, url->port);
    }
    *out.at = 0;
}

static void set_path(struct hr_slice path, struct hr__endpoint *endpoint) {
    while (path.size > 0 && path.data[path.size - 1] == '/') path.size--;
    hr_text_copy(endpoint->path, sizeof endpoint->path, path);
}

int hr__endpoint_url_read(const char *text, const char *source, struct hr_error *error,
                          struct hr__endpoint *endpoint) {
    char plain[1024];
    struct hr__writer out = hr__writer(plain, sizeof plain);
    endpoint->bucket_mark = cut_mark(text, &out);
    struct hr_url url;
    struct hr_error why = {0};
    if (out.full) return refuse(text, source, "too long", error);
    if (hr_url_parse(hr__written(&out), &why, &url) != 0)
        return refuse(text, source, why.message, error);
    const char *problem = problem_of(hr__written(&out), &url);
    if (problem) return refuse(text, source, problem, error);
    endpoint->tls = url.tls;
    set_host(&url, endpoint);
    set_port(&url, endpoint);
    set_path(url.path, endpoint);
    return 0;
}
