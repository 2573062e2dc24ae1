/* Names to addresses, off the reactor's way: table, numeric addresses, localhost, hosts file,
 * cache, c-ares. One per client and reactor; reactor thread only, unless said otherwise.
 *
 * Addresses are kept for the answer's TTL, between a floor and a ceiling; that a name does not
 * exist, for a time of its own; a failure of the name servers, for a moment. Lookups of one name
 * share one query. */
#ifndef HR_NET_RESOLVER_H
#define HR_NET_RESOLVER_H

#include <engine/reactor.h>

#include "resolve.h"

#define HR_RESOLVER_FORGET_NS UINT64_C(1000000000)
/* How long a failure of the name servers is remembered (RFC 9520, section 3.2), so that many
 * waiting requests do not ask one after the other. The first failure counts for a moment, so that a
 * retry notices that the servers are back; each further one twice as long. */
#define HR_RESOLVER_FAILURE_MIN_NS UINT64_C(100000000)
#define HR_RESOLVER_FAILURE_MAX_NS UINT64_C(1000000000)

struct hr_name;
struct hr_resolver;

struct hr_lookup {
    /* Never called from inside of hr__resolver_start: 0 with the addresses, HR_ERR_NAME_UNRESOLVED
     * (the name is malformed, does not exist, or has no address), HR_ERR_NAME_SERVERS, -ENOMEM.
     * `reason` adds to the code, or is ""; valid for the call. The last touch, unless `partial`. */
    void (*on_done)(struct hr_lookup *lookup, int result, const char *reason);
    struct hr_addresses addresses; /* out: in the order of RFC 6724, families alternating, each
                                      turned by one from look-up to look-up */
    bool partial; /* out, with result 0: one family has answered and the other not yet. on_done
                     comes once more, with result 0 and the addresses of both that there are */
    /* Private. */
    struct hr_lookup *next, *prev;
    struct hr_name *name; /* it waits for this; NULL: for nothing */
    bool queued;          /* its callback is */
    int result;
    const char *reason;
    uint16_t port;
};

/* Where names come from that table, numbers and localhost do not have: c-ares, or a test's source.
 */
struct hr_resolver_source {
    /* Begins a query, which ends in hr__resolver_answer, later. */
    void (*ask)(void *user, struct hr_resolver *resolver, const char *name);
    void *user;
};

/* Options, table and configuration of the system (read here, so that no reactor blocks). Shared by
 * all resolvers of a client, and outlives them. `options` may be NULL. `error` names the option.
 * -EINVAL, -ENOMEM. Any thread. */
struct hr_resolver_settings;
int hr__resolver_settings_new(const struct hr_resolver_options *options, struct hr_error *error,
                              struct hr_resolver_settings **settings);
void hr__resolver_settings_free(struct hr_resolver_settings *settings);

/* Any thread, before the reactor uses it. */
int hr__resolver_new(const struct hr_resolver_settings *settings, struct hr_reactor *reactor,
                     struct hr_resolver **resolver);
/* For tests: names come from `source` alone. To be called before the first lookup. */
void hr__resolver_set_source(struct hr_resolver *resolver, const struct hr_resolver_source *source);
/* The same for every resolver that is made afterwards: the simulated kernel has no sockets for
 * c-ares. NULL: none. Set before the first client. */
extern const struct hr_resolver_source *hr__resolver_default_source;
/* No lookup may be under way; a query without waiting lookups may. Frees the resolver, then calls
 * `on_closed(user)`, possibly from inside; so for NULL. */
void hr__resolver_close(struct hr_resolver *resolver, void (*on_closed)(void *user), void *user);

/* 0 with `addresses` where no wait is needed; else -EAGAIN: hr__resolver_start follows, and gives
 * the reason where it is certain already that there are none. */
int hr__resolver_find(struct hr_resolver *resolver, struct hr_slice host, uint16_t port,
                      struct hr_addresses *addresses);
/* Ends in on_done. -ENOMEM. */
int hr__resolver_start(struct hr_resolver *resolver, struct hr_slice host, uint16_t port,
                       struct hr_lookup *lookup);
/* on_done is not called any more. */
void hr__resolver_cancel(struct hr_resolver *resolver, struct hr_lookup *lookup);
/* None of the name's addresses could be reached: the next lookup asks the name servers again, at
 * most once in HR_RESOLVER_FORGET_NS; until then the addresses stay in use. A dead host costs its
 * name servers one query in that time, however often it is tried. */
void hr__resolver_forget(struct hr_resolver *resolver, struct hr_slice host);

/* For a source: `result` 0 with addresses (ports are ignored) and their TTL, or the error. A name
 * without a query is ignored. */
void hr__resolver_answer(struct hr_resolver *resolver, const char *name, int result,
                         const struct hr_addresses *addresses, uint32_t ttl_s);
/* For a source, before hr__resolver_answer: the addresses of one family, while the other is late.
 */
void hr__resolver_answer_partial(struct hr_resolver *resolver, const char *name,
                                 const struct hr_addresses *addresses);

#endif
