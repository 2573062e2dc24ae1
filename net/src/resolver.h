/* Names to addresses, off the reactor's way: table, numeric addresses, localhost, hosts file,
 * cache, c-ares. One per client and reactor; reactor thread only, unless said otherwise.
 *
 * Kept as long as the answer's TTL says, between a floor and a ceiling; a name that definitely does
 * not exist for a time of its own; any other failure not at all. Look-ups of the same name share
 * one query. */
#ifndef HR_NET_RESOLVER_H
#define HR_NET_RESOLVER_H

#include <engine/reactor.h>

#include "resolve.h"

struct hr_resolver;

struct hr_lookup {
    struct hr_lookup *next, *prev; /* private */
    void *entry;                   /* private: what it waits for */
    struct hr_addresses addresses; /* out: in the order of RFC 6724, families alternating */
    /* Never from inside hr__resolver_start: 0 with the addresses, HR_ERR_NAME_UNRESOLVED (it does
     * not exist or has no address), HR_ERR_NAME_SERVERS, -ENOMEM. `reason` says more; valid for the
     * call. The last touch. */
    void (*on_done)(struct hr_lookup *lookup, int result, const char *reason);
};

/* How names are asked for beyond table, numbers and localhost: c-ares, or a test's. */
struct hr_resolver_source {
    /* Answers through hr__resolver_answer, later. */
    void (*ask)(void *user, struct hr_resolver *resolver, const char *name);
    void *user;
};

/* What all resolvers of a client share: options, table, configuration of the system (read here, so
 * that no reactor blocks). `error` names the option. -EINVAL, -ENOMEM. Any thread. */
struct hr_resolver_settings;
int hr__resolver_settings_new(const struct hr_resolver_options *options,
                              const struct hr_resolve_entry *entries, size_t count,
                              struct hr_error *error, struct hr_resolver_settings **settings);
void hr__resolver_settings_free(struct hr_resolver_settings *settings);

/* Any thread, before the reactor uses it. */
int hr__resolver_new(const struct hr_resolver_settings *settings, struct hr_reactor *reactor,
                     struct hr_resolver **resolver);
/* For tests: names come from `source` alone. Before the first look-up. */
void hr__resolver_set_source(struct hr_resolver *resolver, const struct hr_resolver_source *source);
/* No look-up may be under way. `on_closed(user)` comes, maybe at once: then it is freed. */
void hr__resolver_close(struct hr_resolver *resolver, void (*on_closed)(void *user), void *user);

/* 0 with `addresses` when they are known now, without any wait; -EAGAIN: hr__resolver_start. Else
 * the error that is known now. */
int hr__resolver_find(struct hr_resolver *resolver, struct hr_slice host, uint16_t port,
                      struct hr_addresses *addresses);
/* on_done comes. -ENOMEM. */
int hr__resolver_start(struct hr_resolver *resolver, struct hr_slice host, uint16_t port,
                       struct hr_lookup *lookup);
/* It is not called back any more. */
void hr__resolver_cancel(struct hr_resolver *resolver, struct hr_lookup *lookup);
/* The addresses are of no use (none of them answered): the next look-up asks again. */
void hr__resolver_forget(struct hr_resolver *resolver, struct hr_slice host);

/* From a source: `result` 0 with addresses (ports are ignored) and their TTL, or the error. */
void hr__resolver_answer(struct hr_resolver *resolver, const char *name, int result,
                         const struct hr_addresses *addresses, uint32_t ttl_s);

#endif
