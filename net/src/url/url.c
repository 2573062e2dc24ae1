/* http and https URLs (RFC 3986, RFC 9110 4.2): split and checked, never decoded or normalised. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#include <headrace/text.h>
#include <headrace/url.h>

#include "url_authority.h"

enum { NAME = 1, USERINFO = 2 };

/* unreserved and sub-delims make a registered name; user information may hold ':' and '%' too. */
static unsigned class_of(char byte) {
    if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
        (byte >= '0' && byte <= '9'))
        return NAME | USERINFO;
    switch (byte) {
    case '-':
    case '.':
    case '_':
    case '~':
    case '!':
    case '$':
    case '&':
    case '\'':
    case '(':
    case ')':
    case '*':
    case '+':
    case ',':
    case ';':
    case '=':
        return NAME | USERINFO;
    case ':':
    case '%':
        return USERINFO;
    default:
        return 0;
    }
}

static size_t span_of(struct hr_slice text, unsigned class) {
    size_t size = 0;
    while (size < text.size && (class_of(text.data[size]) & class)) size++;
    return size;
}

static struct hr_slice from(struct hr_slice text, size_t offset) {
    return hr_slice_bytes(text.data + offset, text.size - offset);
}

/* RFC 6874: "%25" and unreserved or percent-encoded bytes. Which interface that is, the host that
 * connects knows. */
static const char *check_zone(struct hr_slice zone) {
    if (zone.size < 2 || memcmp(zone.data, "25", 2) != 0)
        return "the zone of an IPv6 address begins with %25 (RFC 6874)";
    if (zone.size == 2) return "the zone of an IPv6 address is empty";
    for (size_t i = 2; i < zone.size; i++) {
        char byte = zone.data[i];
        if (byte == '%') {
            char decoded;
            size_t size;
            if (zone.size - i < 3 ||
                hr_percent_decode(hr_slice_bytes(zone.data + i, 3), &decoded, 1, &size))
                return "a '%' in the zone of an IPv6 address without two hexadecimal digits";
            i += 2;
        } else if (!(class_of(byte) & NAME) || strchr("!$&'()*+,;=", byte)) {
            return "a byte that is not allowed in the zone of an IPv6 address";
        }
    }
    return NULL;
}

static const char *parse_ipv6(struct hr_slice text, struct hr_authority *authority, size_t *end) {
    const char *close = memchr(text.data, ']', text.size);
    if (!close) return "the '[' of an IPv6 address is not closed";
    struct hr_slice host = hr_slice_bytes(text.data + 1, (size_t)(close - text.data) - 1);
    struct hr_slice bare = hr__host_without_zone(host);
    char literal[INET6_ADDRSTRLEN];
    unsigned char address[16];
    /* A literal with NUL inside would look shorter to inet_pton. */
    if (bare.size == 0 || bare.size >= sizeof literal || memchr(bare.data, 0, bare.size))
        return "not an IPv6 address";
    memcpy(literal, bare.data, bare.size);
    literal[bare.size] = 0;
    if (inet_pton(AF_INET6, literal, address) != 1) return "not an IPv6 address";
    authority->zone = bare.size < host.size;
    const char *wrong = authority->zone ? check_zone(from(host, bare.size + 1)) : NULL;
    if (wrong) return wrong;
    authority->host = host;
    authority->ipv6 = true;
    *end = host.size + 2;
    return NULL;
}

const char *hr__authority_parse(struct hr_slice text, struct hr_authority *authority, size_t *at) {
    struct hr_authority out = {.ipv6 = false};
    size_t end = 0;
    *at = 0;
    if (text.size > 0 && text.data[0] == '[') {
        const char *wrong = parse_ipv6(text, &out, &end);
        if (wrong) return wrong;
    } else {
        end = span_of(text, NAME);
        out.host = hr_slice_bytes(text.data, end);
    }
    *at = end;
    if (end < text.size && text.data[end] == '%')
        return "a percent-encoded byte in the host name, which is not decoded";
    if (end < text.size && text.data[end] != ':')
        return out.ipv6 ? "something behind the ']' that is no port"
                        : "a byte that is not allowed in a host name";
    if (out.host.size == 0) return "no host";
    /* "host:" is allowed by RFC 3986 and means the scheme's own port. */
    if (end + 1 < text.size) {
        uint64_t port;
        *at = end + 1;
        if (hr_text_u64(from(text, end + 1), UINT16_MAX, &port)) return "not a port number";
        out.has_port = true;
        out.port = (uint16_t)port;
    }
    *authority = out;
    return NULL;
}

size_t hr__authority_print(struct hr_slice host, uint16_t port, char *out, size_t capacity) {
    bool ipv6 = host.size > 0 && memchr(host.data, ':', host.size);
    int size =
        snprintf(out, capacity, ipv6 ? "[%.*s]:%u" : "%.*s:%u", (int)host.size, host.data, port);
    return (size_t)size;
}

static bool all_of(struct hr_slice text, bool hexadecimal) {
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.data[i];
        bool digit = byte >= '0' && byte <= '9';
        bool letter = (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
        if (!digit && !(hexadecimal && letter)) return false;
    }
    return true;
}

/* A host whose last label is a number is an IPv4 address or a mistake: no top-level domain is one
 * (RFC 3696 2). Resolvers read 0x7f.1 and 017700000001 as 127.0.0.1, which a check of the text
 * would not have seen. */
static bool is_bad_address(struct hr_slice host) {
    struct hr_slice label = host;
    if (label.data[label.size - 1] == '.') label.size--;
    size_t begin = label.size;
    while (begin > 0 && label.data[begin - 1] != '.') begin--;
    label = from(label, begin);
    bool hexadecimal = label.size >= 2 && label.data[0] == '0' && (label.data[1] | 0x20) == 'x';
    if (hexadecimal) label = from(label, 2);
    if (!all_of(label, hexadecimal) || (label.size == 0 && !hexadecimal)) return false;
    char literal[INET_ADDRSTRLEN];
    unsigned char address[4];
    if (host.size >= sizeof literal) return true;
    memcpy(literal, host.data, host.size);
    literal[host.size] = 0;
    return inet_pton(AF_INET, literal, address) != 1;
}

static int malformed(struct hr_error *error, const char *what, size_t offset) {
    return hr_error_set(error, HR_ERR_URL_MALFORMED, "malformed URL: %s (at byte %zu)", what,
                        offset);
}

/* Blanks, control characters and bytes of other scripts are refused wherever they stand, the
 * fragment included: a URL that has one was put together wrongly or by an enemy. */
int hr__url_check_bytes(struct hr_slice text, struct hr_error *error) {
    if (text.size > HR__URL_BYTES_MAX)
        return malformed(error, "longer than 64 KiB", HR__URL_BYTES_MAX);
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte > ' ' && byte < 0x7f) continue;
        /* It may be a password's, which no message shows a byte of. */
        if (memchr(text.data + i, '@', text.size - i))
            return malformed(error, "a byte that has to be percent-encoded", i);
        return hr_error_set(error, HR_ERR_URL_MALFORMED,
                            "malformed URL: byte 0x%02x at %zu has to be percent-encoded%s", byte,
                            i, byte > 0x7f ? " (in a host name: punycode, xn--…)" : "");
    }
    return 0;
}

/* Behind "scheme:". */
static int parse_scheme(struct hr_slice text, struct hr_error *error, struct hr_url *url,
                        size_t *end) {
    static const char plain[] = "http:", tls[] = "https:";
    if (text.size >= 5 && hr_slice_equal_nocase(hr_slice_bytes(text.data, 5), hr_slice_of(plain))) {
        *end = 5;
    } else if (text.size >= 6 &&
               hr_slice_equal_nocase(hr_slice_bytes(text.data, 6), hr_slice_of(tls))) {
        *end = 6;
        url->tls = true;
    } else {
        return hr_error_set(error, HR_ERR_URL_SCHEME,
                            "the URL begins with neither http:// nor https://");
    }
    return 0;
}

static int parse_authority(const char *origin, struct hr_error *error, struct hr_url *url) {
    struct hr_slice text = url->authority;
    size_t begin = (size_t)(text.data - origin);
    const char *sign = memchr(text.data, '@', text.size);
    if (sign) {
        url->userinfo = hr_slice_bytes(text.data, (size_t)(sign - text.data));
        size_t good = span_of(url->userinfo, USERINFO);
        if (good < url->userinfo.size)
            return malformed(error, "a byte that is not allowed in user information", begin + good);
        url->authority = text = from(text, url->userinfo.size + 1);
        begin += url->userinfo.size + 1;
    }
    struct hr_authority parts;
    size_t at;
    const char *wrong = hr__authority_parse(text, &parts, &at);
    if (wrong) return malformed(error, wrong, begin + at);
    if (!parts.ipv6 && is_bad_address(parts.host))
        return malformed(error, "a host that ends in a number has to be an IPv4 address, a.b.c.d",
                         begin);
    url->host = parts.host;
    url->ipv6 = parts.ipv6;
    url->port = parts.has_port ? parts.port : (uint16_t)(url->tls ? 443 : 80);
    return 0;
}

int hr_url_parse(struct hr_slice text, struct hr_error *error, struct hr_url *url) {
    return hr__url_parse_from(text, text.data, error, url);
}

int hr__url_parse_from(struct hr_slice text, const char *origin, struct hr_error *error,
                       struct hr_url *url) {
    struct hr_url out;
    memset(&out, 0, sizeof out);
    size_t offset = 0;
    if (text.size == 0) return malformed(error, "it is empty", 0);
    int err = hr__url_check_bytes(text, error);
    if (!err) err = parse_scheme(text, error, &out, &offset);
    if (err) return err;
    if (text.size < offset + 2 || memcmp(text.data + offset, "//", 2) != 0)
        return malformed(error, "no // behind the scheme", offset);
    offset += 2;

    struct hr_slice rest = from(text, offset);
    const char *fragment = memchr(rest.data, '#', rest.size);
    if (fragment) {
        size_t before = (size_t)(fragment - rest.data);
        out.fragment = from(rest, before + 1);
        rest.size = before;
    }
    size_t end = 0;
    while (end < rest.size && rest.data[end] != '/' && rest.data[end] != '?') end++;
    out.authority = hr_slice_bytes(rest.data, end);
    err = parse_authority(origin, error, &out);
    if (err) return err;

    out.path = out.target = from(rest, end);
    const char *mark = memchr(out.path.data, '?', out.path.size);
    if (mark) {
        size_t path_size = (size_t)(mark - out.path.data);
        out.query = from(out.path, path_size + 1);
        out.path.size = path_size;
    }
    *url = out;
    return 0;
}
