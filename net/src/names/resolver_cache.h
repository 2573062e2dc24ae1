/* The names that a resolver has addresses of, or is asking for. Reactor thread only. */
#ifndef HR_NET_RESOLVER_CACHE_H
#define HR_NET_RESOLVER_CACHE_H

#include "resolver.h"

/* Names that are known; of more, the least recently used goes. Those that are being asked for do
 * not count: there are no more of them than look-ups wait. */
#define HR_RESOLVER_NAMES_MAX 1024

struct hr_name {
    struct hr_name *next;                     /* in its bucket */
    struct hr_name *newer, *older;            /* known: by use */
    struct hr_lookup *waiters, *waiters_last; /* being asked for */
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
/* The same, and used now. */
void hr__resolver_cache_touch(struct hr_resolver_cache *cache, struct hr_name *name);
/* Is to be asked for: the one that there is, or a new one. NULL: no memory. */
struct hr_name *hr__resolver_cache_ask(struct hr_resolver_cache *cache, const char *name);
/* Is known now; the least recently used may go for it. */
void hr__resolver_cache_know(struct hr_resolver_cache *cache, struct hr_name *name);
void hr__resolver_cache_drop(struct hr_resolver_cache *cache, struct hr_name *name);

#endif
