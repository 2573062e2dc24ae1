/* host[:port] as it stands in a URL and in a Host field (RFC 3986 3.2, RFC 9110 7.2). */
#ifndef HR_NET_URL_AUTHORITY_H
#define HR_NET_URL_AUTHORITY_H

#include <stdbool.h>
#include <stdint.h>

#include <headrace/slice.h>

struct hr_authority {
    struct hr_slice host; /* an IPv6 literal without its brackets */
    bool ipv6;
    bool has_port;
    uint16_t port;
};

/* NULL, or what is wrong with it (static text); `*at` is then the offset. No user information. */
const char *hr__authority_parse(struct hr_slice text, struct hr_authority *authority, size_t *at);

#endif
