/* resolv.conf(5) and the options that stand in its place: name servers, search list, how often and
 * how long. Pure. */
#ifndef HR_NET_RESOLVER_CONF_H
#define HR_NET_RESOLVER_CONF_H

#include <headrace/error.h>
#include <headrace/http_client.h>

#include "address.h"
#include "dns_name.h"

#define HR_NAME_SERVERS_MAX   8
#define HR_SEARCH_DOMAINS_MAX 16

struct hr_resolver_conf {
    unsigned server_count, domain_count;
    unsigned ndots;      /* a name with so many dots is first asked as it is */
    unsigned timeout_ms; /* of a query's first try; doubled from round to round */
    unsigned tries;      /* rounds over the name servers */
    bool rotate;         /* each query begins with another name server */
    union hr_address servers[HR_NAME_SERVERS_MAX];
    char domains[HR_SEARCH_DOMAINS_MAX][HR_DNS_NAME_SIZE]; /* without dots at their ends */
};

/* The defaults: 127.0.0.1, no search list, ndots 1, 1 s, 3 rounds. */
void hr__resolver_conf_init(struct hr_resolver_conf *conf);
/* Reads the file's text; unknown lines and words are passed over, as other resolvers do. */
void hr__resolver_conf_read(struct hr_resolver_conf *conf, struct hr_slice text);
/* The client's options in place of the file's. -EINVAL with `error` naming the option. */
int hr__resolver_conf_override(struct hr_resolver_conf *conf,
                               const struct hr_resolver_options *options, struct hr_error *error);

/* The names under which `name` is asked, one after the other until one of them exists: as it is
 * (absolute, with the dot) and with the domains of the search list. `index` counts from 0; false:
 * there are no more. A candidate that would be too long is empty. */
bool hr__resolver_conf_candidate(const struct hr_resolver_conf *conf, const char *name,
                                 unsigned index, char candidate[HR_DNS_NAME_SIZE]);

#endif
