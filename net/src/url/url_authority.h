/* host[:port] as it stands in a URL and in a Host field (RFC 3986 3.2, RFC 9110 7.2). */
#ifndef HR_NET_URL_AUTHORITY_H
#define HR_NET_URL_AUTHORITY_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <headrace/slice.h>

struct hr_authority {
    struct hr_slice host; /* an IPv6 literal without its brackets, with its zone */
    bool ipv6;
    bool zone; /* it has one ("%25eth0", RFC 6874) */
    bool has_port;
    uint16_t port;
};

/* NULL, or what is wrong with it (static text); `*at` is then the offset. No user information. */
const char *hr__authority_parse(struct hr_slice text, struct hr_authority *authority, size_t *at);

/* Only an IPv6 address has a '%': the host without its zone, which means nothing to the peer. */
static inline struct hr_slice hr__host_without_zone(struct hr_slice host) {
    const char *sign = host.size > 0 ? (const char *)memchr(host.data, '%', host.size) : NULL;
    return sign ? hr_slice_bytes(host.data, (size_t)(sign - host.data)) : host;
}

#endif
