/* The addresses of a name. */
#ifndef HR_NET_ADDRESS_H
#define HR_NET_ADDRESS_H

#include <netinet/in.h>
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

#endif
