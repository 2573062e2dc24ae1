/* Addresses out of a DNS message. */
#include "dns_answer.h"

#include <ares.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include <headrace/error.h>

static void append(struct hr_addresses *addresses, int family, const void *bytes) {
    union hr_address address;
    if (addresses->count == HR_ADDRESSES_MAX) return;
    memset(&address, 0, sizeof address);
    address.any.sa_family = (sa_family_t)family;
    if (family == AF_INET6)
        memcpy(&address.v6.sin6_addr, bytes, 16);
    else
        memcpy(&address.v4.sin_addr, bytes, 4);
    addresses->list[addresses->count++] = address;
}

/* A TTL with its highest bit set counts as 0 (RFC 2181, section 8). */
static void lower(uint32_t *ttl_s, int ttl) {
    uint32_t value = ttl > 0 ? (uint32_t)ttl : 0;
    if (value < *ttl_s) *ttl_s = value;
}

static int of_status(int status, int found) {
    switch (status) {
    case ARES_SUCCESS:
        return found > 0 ? 0 : HR_ERR_NAME_UNRESOLVED;
    case ARES_ENODATA:
        return HR_ERR_NAME_UNRESOLVED;
    case ARES_ENOMEM:
        return -ENOMEM;
    default:
        return HR_ERR_NAME_SERVERS;
    }
}

int hr__dns_answer_read(struct hr_slice message, int family, struct hr_addresses *addresses,
                        uint32_t *ttl_s) {
    const unsigned char *bytes = (const unsigned char *)message.data;
    /* c-ares accepts messages with a response code that it does not know. */
    if (message.size > INT_MAX || message.size < 4 || (bytes[3] & 15) != 0)
        return HR_ERR_NAME_SERVERS;
    int size = (int)message.size, found = HR_ADDRESSES_MAX;
    if (family == AF_INET6) {
        struct ares_addr6ttl list[HR_ADDRESSES_MAX];
        int status = ares_parse_aaaa_reply(bytes, size, NULL, list, &found);
        int result = of_status(status, found);
        for (int i = 0; result == 0 && i < found; i++) {
            append(addresses, AF_INET6, &list[i].ip6addr);
            lower(ttl_s, list[i].ttl);
        }
        return result;
    }
    struct ares_addrttl list[HR_ADDRESSES_MAX];
    int status = ares_parse_a_reply(bytes, size, NULL, list, &found);
    int result = of_status(status, found);
    for (int i = 0; result == 0 && i < found; i++) {
        append(addresses, AF_INET, &list[i].ipaddr);
        lower(ttl_s, list[i].ttl);
    }
    return result;
}
