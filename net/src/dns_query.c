/* Both families are asked at the same time. A server's failure is never taken for a name that does
 * not exist: the search goes on to the next domain only where all servers agree that there is
 * nothing here, so that a fault does not lead to some other host of the same name. */
#include "dns_query.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "address_order.h"
#include "dns_answer.h"

struct query {
    struct hr_dns_channel *channel;
    const struct hr_resolver_conf *conf;
    hr_dns_query_done_fn *on_done;
    void *user;
    int family;
    unsigned index;   /* of the candidate */
    unsigned pending; /* messages of it, and 1 while they are being asked for */
    bool dropped;
    bool without_address; /* some candidate exists, but for no address */
    int failure;          /* HR_ERR_NAME_SERVERS, -ENOMEM */
    const char *reason;   /* of that */
    uint32_t ttl_s;
    struct hr_addresses found[2]; /* IPv4, IPv6 */
    char name[HR_DNS_NAME_SIZE];
};

static const char *reason_of(int status) {
    switch (status) {
    case ARES_ESERVFAIL:
        return "the name servers could not answer (SERVFAIL)";
    case ARES_EREFUSED:
        return "the name servers refuse to answer (REFUSED)";
    case ARES_ENOTIMP:
        return "the name servers do not answer such questions (NOTIMP)";
    case ARES_EFORMERR:
        return "the name servers did not understand the question (FORMERR)";
    case ARES_ECONNREFUSED: /* c-ares 1.18 says so of all that follows, too */
        return "no name server can be reached, or each refuses or fails (REFUSED, SERVFAIL, "
               "NOTIMP): check `nameserver` in resolv.conf or the option nameservers";
    case ARES_ETIMEOUT:
        return "no name server answered in time: check `nameserver` in resolv.conf or the option "
               "nameservers";
    case ARES_EBADRESP:
        return "the name server's answer is malformed";
    default:
        return ares_strerror(status);
    }
}

static void fail(struct query *query, int result, const char *reason) {
    if (query->failure) return;
    query->failure = result;
    query->reason = reason;
}

/* Where there are too many for both, each family keeps half. */
static void merge(const struct hr_addresses found[2], struct hr_addresses *merged) {
    unsigned half = HR_ADDRESSES_MAX / 2, counts[2] = {found[0].count, found[1].count};
    if (counts[0] + counts[1] > HR_ADDRESSES_MAX) {
        unsigned most = counts[0] > counts[1] ? 0 : 1;
        if (counts[!most] > half) counts[!most] = half;
        counts[most] = HR_ADDRESSES_MAX - counts[!most];
    }
    merged->count = 0;
    for (unsigned side = 0; side < 2; side++)
        for (unsigned i = 0; i < counts[side]; i++)
            merged->list[merged->count++] = found[side].list[i];
}

static void end(struct query *query, int result, const char *reason) {
    struct hr_addresses addresses = {.count = 0};
    if (result == 0) {
        merge(query->found, &addresses);
        hr__addresses_sort(&addresses);
    }
    query->on_done(query->user, query->name, result, &addresses, query->ttl_s, reason);
    free(query);
}

static void ask_candidate(struct query *query);

static void end_candidate(struct query *query) {
    if (query->dropped) {
        free(query);
    } else if (query->found[0].count + query->found[1].count > 0) {
        end(query, 0, NULL);
    } else if (query->failure) {
        end(query, query->failure, query->reason);
    } else {
        query->index++;
        ask_candidate(query);
    }
}

static void on_answer(struct query *query, int family, int status, struct hr_slice message) {
    if (status == ARES_SUCCESS) {
        int result =
            hr__dns_answer_read(message, family, &query->found[family == AF_INET6], &query->ttl_s);
        if (result == HR_ERR_NAME_UNRESOLVED)
            query->without_address = true;
        else if (result)
            fail(query, result,
                 result == -ENOMEM ? "no memory for the answer" : reason_of(ARES_EBADRESP));
    } else if (status == ARES_ENODATA) {
        query->without_address = true;
    } else if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED) {
        query->dropped = true;
    } else if (status == ARES_ENOMEM) {
        fail(query, -ENOMEM, "no memory for the question");
    } else if (status != ARES_ENOTFOUND) {
        fail(query, HR_ERR_NAME_SERVERS, reason_of(status));
    }
    if (--query->pending == 0) end_candidate(query);
}

static void on_v4(void *user, int status, int timeouts, unsigned char *message, int size) {
    (void)timeouts;
    on_answer(user, AF_INET, status, hr_slice_bytes((const char *)message, (size_t)size));
}

static void on_v6(void *user, int status, int timeouts, unsigned char *message, int size) {
    (void)timeouts;
    on_answer(user, AF_INET6, status, hr_slice_bytes((const char *)message, (size_t)size));
}

static void ask_candidate(struct query *query) {
    char candidate[HR_DNS_NAME_SIZE] = "";
    while (candidate[0] == 0) {
        if (!hr__resolver_conf_candidate(query->conf, query->name, query->index, candidate)) {
            end(query, HR_ERR_NAME_UNRESOLVED,
                query->without_address ? "the name has no address of a family that is asked for"
                                       : "no such name (NXDOMAIN)");
            return;
        }
        if (candidate[0] == 0) query->index++;
    }
    query->pending = 1;
    if (query->family != AF_INET6) {
        query->pending++;
        hr__dns_channel_query(query->channel, candidate, AF_INET, on_v4, query);
    }
    if (query->family != AF_INET) {
        query->pending++;
        hr__dns_channel_query(query->channel, candidate, AF_INET6, on_v6, query);
    }
    if (--query->pending == 0) end_candidate(query);
}

int hr__dns_query(struct hr_dns_channel *channel, const struct hr_resolver_conf *conf,
                  const struct hr_dns_wish *wish) {
    struct query *query = calloc(1, sizeof *query);
    if (!query) return -ENOMEM;
    query->channel = channel;
    query->conf = conf;
    query->on_done = wish->on_done;
    query->user = wish->user;
    query->family = wish->family;
    query->ttl_s = UINT32_MAX;
    memcpy(query->name, wish->name, strlen(wish->name) + 1);
    ask_candidate(query);
    return 0;
}
