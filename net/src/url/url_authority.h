/* host[:port] as it stands in a URL and in a Host field (RFC 3986 3.2, RFC 9110 7.2), and a URL's
 * parts checked one by one. */
#ifndef HR_NET_URL_AUTHORITY_H
#define HR_NET_URL_AUTHORITY_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <headrace/error.h>
#include <headrace/slice.h>
#include <headrace/url.h>

/* Longer URLs serve no known server (nginx and Apache stop at 8 KiB) and are most likely an error.
 */
#define HR__URL_BYTES_MAX 65536

struct hr_authority {
    struct hr_slice host; /* an IPv6 literal without its brackets, with its zone */
    bool ipv6;
    bool zone; /* it has one ("%25eth0", RFC 6874) */
    bool has_port;
    uint16_t port;
};

/* NULL, or what is wrong with it (static text); `*at` is then the offset. No user information. */
const char *hr__authority_parse(struct hr_slice text, struct hr_authority *authority, size_t *at);

/* "host:port" or "[v6]:port" of a host without brackets, cut to `capacity` bytes with its NUL.
 * Returns the size without a cut. */
size_t hr__authority_print(struct hr_slice host, uint16_t port, char *out, size_t capacity);

/* Bytes that no URL has, and the limit of its size. The error's offset counts in `text`. */
int hr__url_check_bytes(struct hr_slice text, struct hr_error *error);
/* As hr_url_parse; the error's offset counts from `origin`, which points into `text`. */
int hr__url_parse_from(struct hr_slice text, const char *origin, struct hr_error *error,
                       struct hr_url *url);

/* Only an IPv6 address has a '%': the host without its zone, which means nothing to the peer. */
static inline struct hr_slice hr__host_without_zone(struct hr_slice host) {
    const char *sign = host.size > 0 ? (const char *)memchr(host.data, '%', host.size) : NULL;
    return sign ? hr_slice_bytes(host.data, (size_t)(sign - host.data)) : host;
}

#endif
