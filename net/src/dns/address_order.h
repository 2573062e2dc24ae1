/* In which order the addresses of a name are tried. */
#ifndef HR_NET_ADDRESS_ORDER_H
#define HR_NET_ADDRESS_ORDER_H

#include <stdint.h>

#include "address.h"

/* A destination and the address that this host would send from; family 0: it has none for it. */
struct hr_address_route {
    union hr_address to, from;
};

/* RFC 6724, section 6, but for what needs more knowledge of the host's addresses (rules 3, 4 and
 * 7); stable. Pure. */
void hr__address_sort(struct hr_address_route *routes, unsigned count);

/* The same for what a name server has answered; the kernel is asked for the addresses to send from
 * (a UDP socket each, nothing is sent). */
void hr__addresses_sort(struct hr_addresses *addresses);

/* `sorted` with its families alternating, beginning with that of the first (RFC 8305, section 4),
 * each family turned by `rotation` places, so that look-ups one after the other spread their load;
 * with `port`. Pure. */
void hr__addresses_arrange(const struct hr_addresses *sorted, unsigned rotation, uint16_t port,
                           struct hr_addresses *arranged);

#endif
