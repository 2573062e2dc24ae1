/* The names of a resolver: those that it remembers, and those under query. Reactor thread only. */
#ifndef HR_NET_RESOLVER_CACHE_H
#define HR_NET_RESOLVER_CACHE_H

#include <base/by_use.h>

#include "resolver.h"

/* Names that are remembered; of more, the least recently used is evicted. Names under query do not
 * count: there are no more of them than waiting lookups. */
#define HR_RESOLVER_NAMES_MAX 1024

struct hr_name {
    struct hr_name *next;                     /* in its bucket */
    struct hr__by_use_link link;              /* remembered: in the order of use */
    struct hr_lookup *waiters, *waiters_last; /* under query */
    bool asking, partial; /* `partial`: one family has answered, `addresses` has it */
    int result;           /* 0, HR_ERR_NAME_UNRESOLVED or HR_ERR_NAME_SERVERS */
    const char *reason;   /* of that */
    uint64_t expires_ns;
    uint64_t forgotten_ns; /* when it last expired early; 0: never */
    uint64_t failure_ns;   /* how long the last failure is remembered; 0: it was none */
    unsigned rotation;
    struct hr_addresses addresses; /* in the order of RFC 6724, ports 0 */
    uint32_t hash;
    char text[]; /* lower case; a dot at the end makes it another name */
};

struct hr_resolver_cache;

int hr__resolver_cache_new(struct hr_resolver_cache **cache); /* -ENOMEM */
void hr__resolver_cache_free(struct hr_resolver_cache *cache);

/* The entry of the name, expired or not; NULL: none. */
struct hr_name *hr__resolver_cache_get(struct hr_resolver_cache *cache, const char *name);
/* Marks the name as used now. */
void hr__resolver_cache_touch(struct hr_resolver_cache *cache, struct hr_name *name);
/* The entry of a name that goes under query: the present one, or a new one. NULL: no memory. */
struct hr_name *hr__resolver_cache_ask(struct hr_resolver_cache *cache, const char *name);
/* Remembers a name whose query has ended; may evict the least recently used. */
void hr__resolver_cache_know(struct hr_resolver_cache *cache, struct hr_name *name);
void hr__resolver_cache_drop(struct hr_resolver_cache *cache, struct hr_name *name);

#endif
