/* The order in which the addresses of a name are tried. */
#ifndef HR_NET_ADDRESS_ORDER_H
#define HR_NET_ADDRESS_ORDER_H

#include <stdint.h>

#include "address.h"

/* A destination and the address that this host would send from; family 0: it has none for it. */
struct hr_address_route {
    union hr_address to, from;
};

/* Sorts by RFC 6724, section 6, without the rules that need to know more of this host's addresses
 * (3, 4 and 7); stable. Pure. */
void hr__address_sort(struct hr_address_route *routes, unsigned count);

/* Sorts the addresses that a name server has sent. The kernel gives the address to send from for
 * each (by a UDP socket; nothing is sent). */
void hr__addresses_sort(struct hr_addresses *addresses);

/* Arranges `sorted` with its families alternating, beginning with that of the first address (RFC
 * 8305, section 4), and with `port`. Each family is turned by `rotation` places, so that successive
 * lookups spread their load. Pure. */
void hr__addresses_arrange(const struct hr_addresses *sorted, unsigned rotation, uint16_t port,
                           struct hr_addresses *arranged);

/* Moves `address`, where it is among them, behind the others. Pure. */
void hr__addresses_put_last(struct hr_addresses *addresses, const union hr_address *address);

#endif
