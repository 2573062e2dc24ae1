/* Shared by the resolvers of a client. Read-only once made. */
#ifndef HR_NET_RESOLVER_SETTINGS_H
#define HR_NET_RESOLVER_SETTINGS_H

#include "hosts_file.h"
#include "resolver.h"
#include "resolver_conf.h"

struct hr_resolver_settings {
    struct hr_resolve_table *table;
    struct hr_hosts *hosts;
    char *hosts_path; /* "": none is read */
    int family;       /* AF_UNSPEC: both */
    uint32_t ttl_min_s, ttl_max_s, negative_ttl_s;
    struct hr_resolver_conf conf;
};

#endif
