/* One look-up of a name: the search list, both families. Reactor thread only. */
#ifndef HR_NET_DNS_QUERY_H
#define HR_NET_DNS_QUERY_H

#include "dns_channel.h"

/* 0 with the addresses, in the order of RFC 6724, and the least TTL; HR_ERR_NAME_UNRESOLVED: no
 * such name, or it has no address; HR_ERR_NAME_SERVERS; -ENOMEM. `reason` says more. */
typedef void hr_dns_query_done_fn(void *user, const char *name, int result,
                                  const struct hr_addresses *addresses, uint32_t ttl_s,
                                  const char *reason);

struct hr_dns_wish {
    const char *name;              /* of HR_DNS_NAME_SIZE at most; copied */
    int family;                    /* AF_UNSPEC: both */
    hr_dns_query_done_fn *on_done; /* maybe from inside; not at all when the channel is closed */
    void *user;
};

/* `conf` is borrowed until on_done. -ENOMEM. */
int hr__dns_query(struct hr_dns_channel *channel, const struct hr_resolver_conf *conf,
                  const struct hr_dns_wish *wish);

#endif
