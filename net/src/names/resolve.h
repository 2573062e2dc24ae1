/* Names to addresses: a static table, numeric addresses, localhost. Pure; nothing blocks. */
#ifndef HR_NET_RESOLVE_H
#define HR_NET_RESOLVE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <headrace/error.h>
#include <headrace/http_options.h>
#include <headrace/slice.h>

/* IPv4 or IPv6, no larger than it must be. */
union hr_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* Of a name with more, so many are tried. */
#define HR_ADDRESSES_MAX 16

struct hr_addresses {
    unsigned count; /* in the order in which they are to be tried */
    union hr_address list[HR_ADDRESSES_MAX];
};

static inline socklen_t hr__address_size(const union hr_address *address) {
    return address->any.sa_family == AF_INET6 ? sizeof address->v6 : sizeof address->v4;
}

struct hr_resolve_table;

/* Copies and checks the entries. -EINVAL (`error` names the entry), -ENOMEM. */
int hr__resolve_table_new(const struct hr_resolve_entry *entries, size_t count,
                          struct hr_error *error, struct hr_resolve_table **table);
void hr__resolve_table_free(struct hr_resolve_table *table);

/* The table first (the first entry that matches), then numeric addresses (IPv6 without brackets),
 * then localhost and the names below it (RFC 6761): 127.0.0.1, then ::1. `table` may be NULL.
 * HR_ERR_NAME_UNRESOLVED. */
int hr__resolve(const struct hr_resolve_table *table, struct hr_slice host, uint16_t port,
                struct hr_addresses *addresses);

#endif
