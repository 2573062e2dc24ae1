/* The examples of RFC 6724, section 10.2, as far as they need no rule that is left out. */
#include "address_order.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static union hr_address address_of(const char *text) {
    union hr_address address;
    memset(&address, 0, sizeof address);
    if (!*text) return address;
    address.any.sa_family = strchr(text, ':') ? AF_INET6 : AF_INET;
    void *bytes = strchr(text, ':') ? (void *)&address.v6.sin6_addr : &address.v4.sin_addr;
    cr_assert_eq(inet_pton(address.any.sa_family, text, bytes), 1, "%s", text);
    return address;
}

static bool same(const union hr_address *a, const char *text) {
    union hr_address b = address_of(text);
    return memcmp(a, &b, sizeof b) == 0;
}

struct pair {
    const char *to, *from; /* "": there is none */
};

/* In the order that is right; given in both orders, it has to come out so. */
static void expect_order(const char *what, struct pair first, struct pair second) {
    for (unsigned turned = 0; turned < 2; turned++) {
        struct hr_address_route routes[2];
        routes[turned] = (struct hr_address_route){address_of(first.to), address_of(first.from)};
        routes[!turned] = (struct hr_address_route){address_of(second.to), address_of(second.from)};
        hr__address_sort(routes, 2);
        cr_expect(same(&routes[0].to, first.to), "%s, turned %u", what, turned);
        cr_expect(same(&routes[1].to, second.to), "%s, turned %u", what, turned);
        cr_expect(same(&routes[0].from, first.from), "the route goes with its destination");
    }
}

Test(address_order, examples_of_rfc_6724) {
    expect_order("prefer matching scope: v6", (struct pair){"2001:db8:1::1", "2001:db8:1::2"},
                 (struct pair){"198.51.100.121", "169.254.13.78"});
    expect_order("prefer matching scope: v4", (struct pair){"198.51.100.121", "198.51.100.117"},
                 (struct pair){"2001:db8:1::1", "fe80::1"});
    expect_order("prefer higher precedence", (struct pair){"2001:db8:1::1", "2001:db8:1::2"},
                 (struct pair){"10.1.2.3", "10.1.2.4"});
    expect_order("prefer smaller scope", (struct pair){"fe80::1", "fe80::2"},
                 (struct pair){"2001:db8:1::1", "2001:db8:1::2"});
    expect_order("prefer matching label", (struct pair){"2002:c633:6401::1", "2002:c633:6401::2"},
                 (struct pair){"2001:db8:1::1", "2002:c633:6401::2"});
    expect_order("prefer higher precedence than 6to4",
                 (struct pair){"2001:db8:1::1", "2001:db8:1::2"},
                 (struct pair){"2002:c633:6401::1", "2002:c633:6401::2"});
    expect_order("avoid unusable destinations", (struct pair){"198.51.100.1", "198.51.100.2"},
                 (struct pair){"2001:db8::1", ""});
}

Test(address_order, other_rules) {
    expect_order("the longer common prefix", (struct pair){"2001:db8:3ffe::1", "2001:db8:3f44::2"},
                 (struct pair){"2001:db8:1::1", "2001:db8:3f44::2"});
    expect_order("the loopback", (struct pair){"::1", "::1"},
                 (struct pair){"127.0.0.1", "127.0.0.1"});
    expect_order("a private network behind IPv4", (struct pair){"192.0.2.1", "192.0.2.2"},
                 (struct pair){"fc00::1", "fc00::2"});
    expect_order("Teredo at last", (struct pair){"192.0.2.1", "192.0.2.2"},
                 (struct pair){"2001::1", "2001::2"});
}

/* Rule 10: what nothing tells apart stays as the name server gave it. */
Test(address_order, it_is_stable) {
    struct hr_address_route routes[HR_ADDRESSES_MAX];
    char text[32];
    for (unsigned i = 0; i < HR_ADDRESSES_MAX; i++) {
        snprintf(text, sizeof text, "192.0.2.%u", (i * 7 + 3) % 16);
        routes[i] = (struct hr_address_route){address_of(text), address_of("192.0.2.100")};
    }
    hr__address_sort(routes, HR_ADDRESSES_MAX);
    for (unsigned i = 0; i < HR_ADDRESSES_MAX; i++) {
        snprintf(text, sizeof text, "192.0.2.%u", (i * 7 + 3) % 16);
        cr_assert(same(&routes[i].to, text), "place %u", i);
    }
}
