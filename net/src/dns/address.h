/* The addresses of a name. */
#ifndef HR_NET_ADDRESS_H
#define HR_NET_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

/* An IPv4 or IPv6 address; smaller than sockaddr_storage. */
union hr_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* Further addresses of a name are left out. */
#define HR_ADDRESSES_MAX 16

struct hr_addresses {
    unsigned count; /* in the order in which they are to be tried */
    union hr_address list[HR_ADDRESSES_MAX];
};

static inline socklen_t hr__address_size(const union hr_address *address) {
    return address->any.sa_family == AF_INET6 ? sizeof address->v6 : sizeof address->v4;
}

/* Both zeroed before they were filled; of family 0 none equals another. */
static inline bool hr__address_equal(const union hr_address *a, const union hr_address *b) {
    return a->any.sa_family && a->any.sa_family == b->any.sa_family &&
           memcmp(a, b, hr__address_size(a)) == 0;
}

#endif
