/* The addresses in a DNS message (RFC 1035), read by c-ares. Pure. */
#ifndef HR_NET_DNS_ANSWER_H
#define HR_NET_DNS_ANSWER_H

#include <stdint.h>

#include <headrace/slice.h>

#include "address.h"

/* Appends those of `family` (ports 0) and lowers `*ttl_s` to the least TTL of them and of the
 * aliases that lead to them. 0; HR_ERR_NAME_UNRESOLVED: the message has none;
 * HR_ERR_NAME_SERVERS: it is not well-formed; -ENOMEM. Beyond HR_ADDRESSES_MAX in all they are
 * left out. */
int hr__dns_answer_read(struct hr_slice message, int family, struct hr_addresses *addresses,
                        uint32_t *ttl_s);

#endif
