/* Names to addresses, off the reactor's way: table, numeric addresses, localhost, hosts file,
 * cache, c-ares. One per client and reactor; reactor thread only, unless said otherwise.
 *
 * Kept as long as the answer's TTL says, between a floor and a ceiling; a name that definitely does
 * not exist for a time of its own; a failure of the name servers for a moment. Look-ups of the same
 * name share one query. */
#ifndef HR_NET_RESOLVER_H
#define HR_NET_RESOLVER_H

#include <engine/reactor.h>

#include "resolve.h"

#define HR_RESOLVER_FORGET_NS UINT64_C(1000000000)
/* How long a failure of the name servers is remembered (RFC 9520, section 3.2): so that many who
 * wait do not ask one after the other. The first one for a moment, so that a retry finds out that
 * they are back; each that follows twice as long. */
#define HR_RESOLVER_FAILURE_MIN_NS UINT64_C(100000000)
#define HR_RESOLVER_FAILURE_MAX_NS UINT64_C(1000000000)

struct hr_name;
struct hr_resolver;

struct hr_lookup {
    /* Never from inside hr__resolver_start: 0 with the addresses, HR_ERR_NAME_UNRESOLVED (it does
     * not exist or has no address, or is none), HR_ERR_NAME_SERVERS, -ENOMEM. `reason` says more
     * ("" where the code says it all); valid for the call. The last touch, unless `partial`. */
    void (*on_done)(struct hr_lookup *lookup, int result, const char *reason);
    struct hr_addresses addresses; /* out: in the order of RFC 6724, families alternating, each
                                      turned by one from look-up to look-up */
    bool partial; /* out, with result 0: one family has answered and the other not yet. on_done
                     comes once more, with result 0 and the addresses of both that there are */
    /* Private. */
    struct hr_lookup *next, *prev;
    struct hr_name *name; /* that it waits for; NULL: for nothing more */
    bool queued;          /* its result is, and will be told */
    int result;
    const char *reason;
    uint16_t port;
};

/* How names are asked for beyond table, numbers and localhost: c-ares, or a test's. */
struct hr_resolver_source {
    /* Answers through hr__resolver_answer, later. */
    void (*ask)(void *user, struct hr_resolver *resolver, const char *name);
    void *user;
};

/* Shared by all resolvers of a client, and outliving them: options, table, configuration of
 * the system (read here, so that no reactor blocks). `options` may be NULL. `error` names the
 * option. -EINVAL, -ENOMEM. Any thread. */
struct hr_resolver_settings;
int hr__resolver_settings_new(const struct hr_resolver_options *options, struct hr_error *error,
                              struct hr_resolver_settings **settings);
void hr__resolver_settings_free(struct hr_resolver_settings *settings);

/* Any thread, before the reactor uses it. */
int hr__resolver_new(const struct hr_resolver_settings *settings, struct hr_reactor *reactor,
                     struct hr_resolver **resolver);
/* For tests: names come from `source` alone. Before the first look-up. */
void hr__resolver_set_source(struct hr_resolver *resolver, const struct hr_resolver_source *source);
/* The same for every resolver made from here on: the simulated kernel has no sockets for c-ares.
 * NULL: none. Set before the first client. */
extern const struct hr_resolver_source *hr__resolver_default_source;
/* No look-up may be under way; a query that nobody waits for any more may. `on_closed(user)` comes,
 * maybe at once: then it is freed. NULL as resolver: at once. */
void hr__resolver_close(struct hr_resolver *resolver, void (*on_closed)(void *user), void *user);

/* 0 with `addresses` when they are known now, without any wait; else -EAGAIN: hr__resolver_start,
 * which has the reason where it is known already that there are none. */
int hr__resolver_find(struct hr_resolver *resolver, struct hr_slice host, uint16_t port,
                      struct hr_addresses *addresses);
/* on_done comes. -ENOMEM. */
int hr__resolver_start(struct hr_resolver *resolver, struct hr_slice host, uint16_t port,
                       struct hr_lookup *lookup);
/* It is not called back any more. */
void hr__resolver_cancel(struct hr_resolver *resolver, struct hr_lookup *lookup);
/* The addresses are of no use (none of them answered): the next look-up asks again, but not within
 * HR_RESOLVER_FORGET_NS of the last time that it did so; until then they serve on. So a host that
 * is dead costs its name servers no more than one query in that time, however often it is tried. */
void hr__resolver_forget(struct hr_resolver *resolver, struct hr_slice host);

/* From a source: `result` 0 with addresses (ports are ignored) and their TTL, or the error. A name
 * that nobody asks for is ignored. */
void hr__resolver_answer(struct hr_resolver *resolver, const char *name, int result,
                         const struct hr_addresses *addresses, uint32_t ttl_s);
/* The same before it, of one family, while the other keeps it waiting. */
void hr__resolver_answer_partial(struct hr_resolver *resolver, const char *name,
                                 const struct hr_addresses *addresses);

#endif
