/* Numeric addresses as they are written: IPv4, IPv6 without brackets, and IPv6 with a zone (RFC
 * 4007, section 11; in URLs RFC 6874). */
#ifndef HR_NET_ADDRESS_TEXT_H
#define HR_NET_ADDRESS_TEXT_H

#include <stdbool.h>

#include <headrace/slice.h>

#include "address.h"

/* Reads an address; its port is 0. With `in_url` the zone is "%25eth0", percent-encoded, else
 * "%eth0". 0; -EINVAL: no numeric address; -ENODEV: this host has no interface of that zone. */
int hr__address_read(struct hr_slice text, bool in_url, union hr_address *address);

void hr__address_set_port(union hr_address *address, uint16_t port);

#endif
