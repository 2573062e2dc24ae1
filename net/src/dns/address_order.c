/* The order of addresses: RFC 6724, then the families in turn. */
#include "address_order.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define DISCARD_PORT 9

/* Scopes as in RFC 4291, section 2.7. */
enum { SCOPE_LINK = 2, SCOPE_SITE = 5, SCOPE_GLOBAL = 14 };

static struct in6_addr as_v6(const union hr_address *address) {
    if (address->any.sa_family == AF_INET6) return address->v6.sin6_addr;
    struct in6_addr mapped = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
    memcpy(mapped.s6_addr + 12, &address->v4.sin_addr, 4);
    return mapped;
}

static int scope_of(const union hr_address *address) {
    struct in6_addr v6 = as_v6(address);
    const uint8_t *byte = v6.s6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&v6)) {
        bool link = byte[12] == 127 || (byte[12] == 169 && byte[13] == 254);
        return link ? SCOPE_LINK : SCOPE_GLOBAL;
    }
    if (IN6_IS_ADDR_MULTICAST(&v6)) return byte[1] & 15;
    if (IN6_IS_ADDR_LOOPBACK(&v6) || IN6_IS_ADDR_LINKLOCAL(&v6)) return SCOPE_LINK;
    return IN6_IS_ADDR_SITELOCAL(&v6) ? SCOPE_SITE : SCOPE_GLOBAL;
}

/* RFC 6724, section 2.1, the longest prefix first. */
static const struct policy {
    uint8_t prefix[16];
    uint8_t bits, precedence, label;
} policies[] = {
    {{[15] = 1}, 128, 50, 0},                /* ::1 */
    {{[10] = 0xff, [11] = 0xff}, 96, 35, 4}, /* ::ffff:0:0/96 */
    {{0}, 96, 1, 3},                         /* ::/96 */
    {{0x20, 0x01}, 32, 5, 5},                /* 2001::/32 */
    {{0x20, 0x02}, 16, 30, 2},               /* 2002::/16 */
    {{0x3f, 0xfe}, 16, 1, 12},               /* 3ffe::/16 */
    {{0xfe, 0xc0}, 10, 1, 11},               /* fec0::/10 */
    {{0xfc}, 7, 3, 13},                      /* fc00::/7 */
    {{0}, 0, 40, 1},                         /* ::/0 */
};

static unsigned common_bits(const uint8_t *a, const uint8_t *b) {
    for (unsigned i = 0; i < 16; i++)
        if (a[i] != b[i]) return i * 8 + (unsigned)__builtin_clz((unsigned)(a[i] ^ b[i])) - 24;
    return 128;
}

static const struct policy *policy_of(const union hr_address *address) {
    struct in6_addr v6 = as_v6(address);
    const struct policy *policy = policies;
    while (common_bits(policy->prefix, v6.s6_addr) < policy->bits) policy++;
    return policy;
}

/* Below 0: `a` goes first. */
static int compare(const struct hr_address_route *a, const struct hr_address_route *b) {
    bool a_usable = a->from.any.sa_family != 0, b_usable = b->from.any.sa_family != 0;
    if (a_usable != b_usable) return a_usable ? -1 : 1; /* rule 1 */
    const struct policy *a_policy = policy_of(&a->to), *b_policy = policy_of(&b->to);
    if (a_usable) {
        bool a_same = scope_of(&a->to) == scope_of(&a->from); /* rule 2 */
        bool b_same = scope_of(&b->to) == scope_of(&b->from);
        if (a_same != b_same) return a_same ? -1 : 1;
        a_same = a_policy->label == policy_of(&a->from)->label; /* rule 5 */
        b_same = b_policy->label == policy_of(&b->from)->label;
        if (a_same != b_same) return a_same ? -1 : 1;
    }
    if (a_policy->precedence != b_policy->precedence) /* rule 6 */
        return b_policy->precedence - a_policy->precedence;
    if (scope_of(&a->to) != scope_of(&b->to)) /* rule 8 */
        return scope_of(&a->to) - scope_of(&b->to);
    if (a_usable && a->to.any.sa_family == AF_INET6 && b->to.any.sa_family == AF_INET6) {
        unsigned a_bits = common_bits(a->to.v6.sin6_addr.s6_addr, a->from.v6.sin6_addr.s6_addr);
        unsigned b_bits = common_bits(b->to.v6.sin6_addr.s6_addr, b->from.v6.sin6_addr.s6_addr);
        if (a_bits != b_bits) return (int)b_bits - (int)a_bits; /* rule 9 */
    }
    return 0; /* rule 10 */
}

void hr__address_sort(struct hr_address_route *routes, unsigned count) {
    for (unsigned i = 1; i < count; i++) {
        struct hr_address_route route = routes[i];
        unsigned at = i;
        for (; at > 0 && compare(&route, &routes[at - 1]) < 0; at--) routes[at] = routes[at - 1];
        routes[at] = route;
    }
}

static void find_source(struct hr_address_route *route) {
    union hr_address to = route->to, from;
    socklen_t size = sizeof from;
    memset(&route->from, 0, sizeof route->from);
    if (to.any.sa_family == AF_INET6)
        to.v6.sin6_port = htons(DISCARD_PORT);
    else
        to.v4.sin_port = htons(DISCARD_PORT);
    int fd = socket(to.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);
    if (fd < 0) return;
    if (connect(fd, &to.any, hr__address_size(&to)) == 0 && getsockname(fd, &from.any, &size) == 0)
        route->from = from;
    close(fd);
}

void hr__addresses_sort(struct hr_addresses *addresses) {
    struct hr_address_route routes[HR_ADDRESSES_MAX];
    if (addresses->count < 2) return;
    for (unsigned i = 0; i < addresses->count; i++) {
        routes[i].to = addresses->list[i];
        find_source(&routes[i]);
    }
    hr__address_sort(routes, addresses->count);
    for (unsigned i = 0; i < addresses->count; i++) addresses->list[i] = routes[i].to;
}

void hr__addresses_arrange(const struct hr_addresses *sorted, unsigned rotation, uint16_t port,
                           struct hr_addresses *arranged) {
    struct {
        unsigned count, taken;
        uint8_t at[HR_ADDRESSES_MAX];
    } sides[2] = {{0}};
    for (unsigned i = 0; i < sorted->count; i++) {
        bool first = sorted->list[i].any.sa_family == sorted->list[0].any.sa_family;
        sides[!first].at[sides[!first].count++] = (uint8_t)i;
    }
    unsigned side = 0;
    for (unsigned i = 0; i < sorted->count; i++, side = !side) {
        if (sides[side].taken == sides[side].count) side = !side;
        unsigned place = (rotation + sides[side].taken++) % sides[side].count;
        union hr_address *address = &arranged->list[i];
        *address = sorted->list[sides[side].at[place]];
        if (address->any.sa_family == AF_INET6)
            address->v6.sin6_port = htons(port);
        else
            address->v4.sin_port = htons(port);
    }
    arranged->count = sorted->count;
}

void hr__addresses_put_last(struct hr_addresses *addresses, const union hr_address *address) {
    unsigned at = 0;
    while (at < addresses->count && !hr__address_equal(&addresses->list[at], address)) at++;
    if (at == addresses->count) return;
    union hr_address last = addresses->list[at];
    for (; at + 1 < addresses->count; at++) addresses->list[at] = addresses->list[at + 1];
    addresses->list[at] = last;
}
