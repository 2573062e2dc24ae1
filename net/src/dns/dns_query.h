/* The query of a name at the name servers: the search list, both families (RFC 8305, section 3).
 * Reactor thread only. */
#ifndef HR_NET_DNS_QUERY_H
#define HR_NET_DNS_QUERY_H

#include "dns_channel.h"

/* How long the addresses of IPv4 wait for those of IPv6: RFC 8305's Resolution Delay. */
#define HR_DNS_DELAY_NS (50 * UINT64_C(1000000))

struct hr_dns_result {
    int result; /* 0 with addresses; HR_ERR_NAME_UNRESOLVED: no such name, or it has no address;
                   HR_ERR_NAME_SERVERS; -ENOMEM */
    const char *reason;                   /* more about that; NULL with 0 */
    const struct hr_addresses *addresses; /* in the order of RFC 6724 */
    uint32_t ttl_s;                       /* the least */
    bool partial;                         /* of one family; the other is still asked for */
    bool unsure; /* no name server said anything useful about one of the families */
};

struct hr_dns_wish {
    const char *name; /* of HR_DNS_NAME_SIZE at most; copied */
    int family;       /* AF_UNSPEC: both */
    /* Possibly called from inside; not at all when the channel is closed. Twice where the first
     * result is partial: it comes when one family has answered and the other has not within the
     * delay, or at once where that is IPv6. */
    void (*on_done)(void *user, const char *name, const struct hr_dns_result *result);
    void *user;
    struct hr_reactor *reactor;
    const struct hr_resolver_conf *conf; /* borrowed until the last on_done */
    /* As hr__dns_channel_query, with `asker` as the channel; a test has its own. */
    void (*ask)(void *asker, const char *name, int family, ares_callback on_answer, void *user);
    void *asker;
};

/* -ENOMEM. */
int hr__dns_query(const struct hr_dns_wish *wish);

#endif
