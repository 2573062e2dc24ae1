/* A lookup goes through table, numeric addresses, localhost, hosts file, cache and name servers, in
 * this order. */
#include "resolver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "address_order.h"
#include "dns_name.h"
#include "dns_query.h"
#include "resolver_cache.h"
#include "resolver_hosts.h"
#include "resolver_settings.h"

#define NS_PER_S UINT64_C(1000000000)

struct hr_resolver {
    const struct hr_resolver_settings *settings;
    struct hr_reactor *reactor;
    struct hr_resolver_cache *cache;
    struct hr_resolver_hosts *hosts;
    struct hr_dns_channel *channel; /* NULL until a name is asked of the name servers */
    struct hr_resolver_source source;
    unsigned hosts_rotation;
    struct hr_lookup *ended, *ended_last; /* the task calls them back */
    bool task_queued;
    struct hr_task task;
    bool closing;
    unsigned closing_parts;
    void (*on_closed)(void *user);
    void *user;
};

/* ---- Lookups that wait, and lookups that have ended. */

static void append(struct hr_lookup **first, struct hr_lookup **last, struct hr_lookup *lookup) {
    lookup->next = NULL;
    lookup->prev = *last;
    if (*last)
        (*last)->next = lookup;
    else
        *first = lookup;
    *last = lookup;
}

static void take_out(struct hr_lookup **first, struct hr_lookup **last, struct hr_lookup *lookup) {
    if (lookup->prev)
        lookup->prev->next = lookup->next;
    else
        *first = lookup->next;
    if (lookup->next)
        lookup->next->prev = lookup->prev;
    else
        *last = lookup->prev;
    lookup->next = lookup->prev = NULL;
}

/* Queues the callback of a lookup that is in no list. */
static void queue(struct hr_resolver *resolver, struct hr_lookup *lookup, int result,
                  const char *reason) {
    lookup->result = result;
    lookup->reason = reason;
    lookup->queued = true;
    append(&resolver->ended, &resolver->ended_last, lookup);
    if (resolver->task_queued) return;
    resolver->task_queued = true;
    hr__reactor_defer(resolver->reactor, &resolver->task);
}

static void end_lookup(struct hr_resolver *resolver, struct hr_lookup *lookup, int result,
                       const char *reason) {
    lookup->name = NULL;
    lookup->partial = false;
    queue(resolver, lookup, result, reason);
}

static void finish_close(struct hr_resolver *resolver) {
    void (*on_closed)(void *user) = resolver->on_closed;
    void *user = resolver->user;
    hr__resolver_cache_free(resolver->cache);
    free(resolver);
    on_closed(user);
}

static void part_closed(void *user) {
    struct hr_resolver *resolver = user;
    if (--resolver->closing_parts == 0) finish_close(resolver);
}

/* Takes one at a time off the list: a callback may cancel another lookup, and begin one. */
static void tell(struct hr_task *task) {
    struct hr_resolver *resolver = hr__container_of(task, struct hr_resolver, task);
    struct hr_lookup *lookup = resolver->ended;
    resolver->task_queued = false;
    if (resolver->closing) {
        part_closed(resolver);
        return;
    }
    if (!lookup) return;
    take_out(&resolver->ended, &resolver->ended_last, lookup);
    lookup->queued = false;
    if (lookup->name) append(&lookup->name->waiters, &lookup->name->waiters_last, lookup);
    if (resolver->ended) {
        resolver->task_queued = true;
        hr__reactor_defer(resolver->reactor, &resolver->task);
    }
    lookup->on_done(lookup, lookup->result, lookup->reason); /* which may close the resolver */
}

/* ---- Lookups without a question. */

static bool is_fresh(const struct hr_resolver *resolver, const struct hr_name *name) {
    return !name->asking && hr__reactor_now(resolver->reactor) < name->expires_ns;
}

static void give(struct hr_name *name, uint16_t port, struct hr_addresses *addresses) {
    hr__addresses_arrange(&name->addresses, name->rotation++, port, addresses);
}

/* Looks in the table, among numeric addresses and at localhost. `addresses` are of the wanted
 * family, possibly none. */
static bool find_given(const struct hr_resolver *resolver, bool with_table, struct hr_slice host,
                       uint16_t port, struct hr_addresses *addresses) {
    struct hr_addresses found;
    int family = resolver->settings->family;
    if (hr__resolve(with_table ? resolver->settings->table : NULL, host, port, &found))
        return false;
    addresses->count = 0;
    for (unsigned i = 0; i < found.count; i++)
        if (family == AF_UNSPEC || found.list[i].any.sa_family == family)
            addresses->list[addresses->count++] = found.list[i];
    return true;
}

/* Looks in the hosts file and at localhost by the name without the dot at its end. */
static bool find_local(struct hr_resolver *resolver, const char *text, uint16_t port,
                       struct hr_addresses *addresses) {
    struct hr_slice name = hr_slice_of(text);
    struct hr_addresses found = {.count = 0};
    if (name.data[name.size - 1] == '.') name.size--;
    if (find_given(resolver, false, name, port, addresses)) return addresses->count > 0;
    hr__hosts_find(hr__resolver_hosts_get(resolver->hosts), name, resolver->settings->family,
                   &found);
    if (found.count == 0) return false;
    hr__addresses_arrange(&found, resolver->hosts_rotation++, port, addresses);
    return true;
}

int hr__resolver_find(struct hr_resolver *resolver, struct hr_slice host, uint16_t port,
                      struct hr_addresses *addresses) {
    char text[HR_DNS_NAME_SIZE];
    if (find_given(resolver, true, host, port, addresses))
        return addresses->count > 0 ? 0 : -EAGAIN;
    if (hr__dns_name_read(host, text)) return -EAGAIN;
    if (find_local(resolver, text, port, addresses)) return 0;
    struct hr_name *name = hr__resolver_cache_get(resolver->cache, text);
    if (!name || !is_fresh(resolver, name) || name->result) return -EAGAIN;
    hr__resolver_cache_touch(resolver->cache, name);
    give(name, port, addresses);
    return 0;
}

/* ---- Questions to the name servers. */

/* All waiting lookups get the answer, each with the addresses in another order. A lookup whose
 * partial result has not been reported yet gets the whole one. */
static void answer_waiters(struct hr_resolver *resolver, struct hr_name *name) {
    for (struct hr_lookup *lookup; (lookup = name->waiters);) {
        take_out(&name->waiters, &name->waiters_last, lookup);
        if (name->result == 0) give(name, lookup->port, &lookup->addresses);
        end_lookup(resolver, lookup, name->result, name->reason);
    }
    for (struct hr_lookup *lookup = resolver->ended; name->partial && lookup;
         lookup = lookup->next) {
        if (lookup->name != name) continue;
        give(name, lookup->port, &lookup->addresses);
        lookup->name = NULL;
        lookup->partial = false;
    }
}

/* Gives a waiting lookup the addresses of the name that there are already; it goes on waiting. */
static void give_part(struct hr_resolver *resolver, struct hr_name *name,
                      struct hr_lookup *lookup) {
    take_out(&name->waiters, &name->waiters_last, lookup);
    give(name, lookup->port, &lookup->addresses);
    lookup->partial = true;
    queue(resolver, lookup, 0, "");
}

static void take_addresses(struct hr_name *name, const struct hr_addresses *addresses, int family) {
    name->addresses.count = 0;
    for (unsigned i = 0; i < addresses->count; i++)
        if (family == AF_UNSPEC || addresses->list[i].any.sa_family == family)
            name->addresses.list[name->addresses.count++] = addresses->list[i];
}

/* Where one family has no answer, the addresses of the other are kept no longer than that failure.
 */
static uint64_t lifetime_ns(const struct hr_resolver_settings *settings, struct hr_name *name,
                            uint32_t ttl_s, bool unsure) {
    if (unsure || name->result == HR_ERR_NAME_SERVERS) {
        if (name->failure_ns == 0)
            name->failure_ns = HR_RESOLVER_FAILURE_MIN_NS;
        else if ((name->failure_ns *= 2) > HR_RESOLVER_FAILURE_MAX_NS)
            name->failure_ns = HR_RESOLVER_FAILURE_MAX_NS;
        return name->failure_ns;
    }
    name->failure_ns = 0;
    if (name->result) return settings->negative_ttl_s * NS_PER_S;
    if (ttl_s < settings->ttl_min_s) ttl_s = settings->ttl_min_s;
    if (ttl_s > settings->ttl_max_s) ttl_s = settings->ttl_max_s;
    return ttl_s * NS_PER_S;
}

static void complete(struct hr_resolver *resolver, struct hr_name *name,
                     const struct hr_dns_result *answer) {
    const struct hr_resolver_settings *settings = resolver->settings;
    bool unsure = answer->unsure || (name->partial && answer->result);
    name->result = name->partial ? 0 : answer->result; /* addresses of one family stay */
    name->reason = answer->reason;
    if (answer->result == 0) {
        take_addresses(name, answer->addresses, settings->family);
        if (name->addresses.count == 0) {
            name->result = HR_ERR_NAME_UNRESOLVED;
            name->reason = "the name has no address of a family that is asked for";
        }
    }
    answer_waiters(resolver, name);
    name->partial = false;
    if (name->result == -ENOMEM) {
        hr__resolver_cache_drop(resolver->cache, name);
        return;
    }
    name->expires_ns =
        hr__reactor_now(resolver->reactor) + lifetime_ns(settings, name, answer->ttl_s, unsure);
    hr__resolver_cache_know(resolver->cache, name);
}

static void take_part(struct hr_resolver *resolver, struct hr_name *name,
                      const struct hr_addresses *addresses) {
    take_addresses(name, addresses, resolver->settings->family);
    if (name->addresses.count == 0) return;
    name->partial = true;
    /* A lookup that is taken off this list does not come back before its callback. */
    while (name->waiters) give_part(resolver, name, name->waiters);
}

static struct hr_name *asked_name(struct hr_resolver *resolver, const char *text) {
    struct hr_name *name = hr__resolver_cache_get(resolver->cache, text);
    return name && name->asking ? name : NULL;
}

static void on_queried(void *user, const char *text, const struct hr_dns_result *answer) {
    struct hr_resolver *resolver = user;
    struct hr_name *name = asked_name(resolver, text);
    if (!name) return;
    if (answer->partial)
        take_part(resolver, name, answer->addresses);
    else
        complete(resolver, name, answer);
}

void hr__resolver_answer(struct hr_resolver *resolver, const char *text, int result,
                         const struct hr_addresses *addresses, uint32_t ttl_s) {
    const struct hr_dns_result answer = {
        .result = result, .addresses = addresses, .ttl_s = ttl_s, .reason = ""};
    on_queried(resolver, text, &answer);
}

void hr__resolver_answer_partial(struct hr_resolver *resolver, const char *text,
                                 const struct hr_addresses *addresses) {
    const struct hr_dns_result answer = {.addresses = addresses, .reason = "", .partial = true};
    on_queried(resolver, text, &answer);
}

static void ask_channel(void *asker, const char *name, int family, ares_callback on_answer,
                        void *user) {
    hr__dns_channel_query(asker, name, family, on_answer, user);
}

static int ask_name_servers(struct hr_resolver *resolver, const char *text) {
    const struct hr_resolver_conf *conf = &resolver->settings->conf;
    int err = 0;
    if (!resolver->channel) err = hr__dns_channel_new(conf, resolver->reactor, &resolver->channel);
    struct hr_dns_wish wish = {.name = text,
                               .family = resolver->settings->family,
                               .on_done = on_queried,
                               .user = resolver,
                               .reactor = resolver->reactor,
                               .conf = conf,
                               .ask = ask_channel,
                               .asker = resolver->channel};
    return err ? err : hr__dns_query(&wish);
}

/* Joins a query that is under way, or begins one. */
static int wait_for(struct hr_resolver *resolver, const char *text, struct hr_lookup *lookup) {
    struct hr_name *name = asked_name(resolver, text);
    bool ask = !name;
    if (ask) name = hr__resolver_cache_ask(resolver->cache, text);
    if (!name) return -ENOMEM;
    lookup->name = name;
    append(&name->waiters, &name->waiters_last, lookup);
    if (name->partial) give_part(resolver, name, lookup);
    if (!ask) return 0;
    if (resolver->source.ask) {
        resolver->source.ask(resolver->source.user, resolver, name->text);
        return 0;
    }
    int err = ask_name_servers(resolver, text);
    if (!err) return 0;
    take_out(&name->waiters, &name->waiters_last, lookup);
    hr__resolver_cache_drop(resolver->cache, name);
    return err;
}

/* RFC 6761, section 6.4: these names do not exist, and no question is sent. */
static bool is_invalid(const char *text) {
    static const char end[] = ".invalid";
    size_t size = strlen(text);
    if (text[size - 1] == '.') size--;
    return size >= sizeof end - 1 &&
           memcmp(text + size - (sizeof end - 1), end, sizeof end - 1) == 0;
}

int hr__resolver_start(struct hr_resolver *resolver, struct hr_slice host, uint16_t port,
                       struct hr_lookup *lookup) {
    char text[HR_DNS_NAME_SIZE];
    lookup->port = port;
    lookup->queued = lookup->partial = false;
    if (hr__resolver_find(resolver, host, port, &lookup->addresses) == 0) {
        end_lookup(resolver, lookup, 0, "");
        return 0;
    }
    const char *reason = hr__dns_name_read(host, text);
    if (find_given(resolver, true, host, port, &lookup->addresses))
        reason = "its address is not of the family that is asked for (ipv4_only, ipv6_only)";
    else if (host.size > 0 && memchr(host.data, '%', host.size))
        reason = "this host has no interface of that zone (what stands behind the %25)";
    if (!reason && is_invalid(text)) reason = "no name ends in .invalid (RFC 6761)";
    if (reason) {
        end_lookup(resolver, lookup, HR_ERR_NAME_UNRESOLVED, reason);
        return 0;
    }
    struct hr_name *name = hr__resolver_cache_get(resolver->cache, text);
    if (name && is_fresh(resolver, name)) {
        hr__resolver_cache_touch(resolver->cache, name);
        end_lookup(resolver, lookup, name->result, name->reason);
        return 0;
    }
    return wait_for(resolver, text, lookup);
}

void hr__resolver_cancel(struct hr_resolver *resolver, struct hr_lookup *lookup) {
    if (!lookup) return;
    if (lookup->queued)
        take_out(&resolver->ended, &resolver->ended_last, lookup);
    else
        take_out(&lookup->name->waiters, &lookup->name->waiters_last, lookup);
    lookup->queued = false;
    lookup->name = NULL;
}

void hr__resolver_forget(struct hr_resolver *resolver, struct hr_slice host) {
    char text[HR_DNS_NAME_SIZE];
    if (hr__dns_name_read(host, text)) return;
    struct hr_name *name = hr__resolver_cache_get(resolver->cache, text);
    if (!name || name->asking || name->result) return;
    uint64_t at_ns = hr__reactor_now(resolver->reactor);
    if (name->forgotten_ns && at_ns < name->forgotten_ns + HR_RESOLVER_FORGET_NS)
        at_ns = name->forgotten_ns + HR_RESOLVER_FORGET_NS;
    if (at_ns < name->expires_ns) name->expires_ns = name->forgotten_ns = at_ns;
}

/* ---- Beginning and end. */

const struct hr_resolver_source *hr__resolver_default_source;

int hr__resolver_new(const struct hr_resolver_settings *settings, struct hr_reactor *reactor,
                     struct hr_resolver **resolver) {
    struct hr_resolver *made = calloc(1, sizeof *made);
    if (!made) return -ENOMEM;
    made->settings = settings;
    made->reactor = reactor;
    made->task.run = tell;
    if (hr__resolver_default_source) made->source = *hr__resolver_default_source;
    int err = hr__resolver_cache_new(&made->cache);
    if (!err)
        err = hr__resolver_hosts_new(settings->hosts_path, settings->hosts, reactor, &made->hosts);
    if (err) {
        hr__resolver_cache_free(made->cache);
        free(made);
        return err;
    }
    *resolver = made;
    return 0;
}

void hr__resolver_set_source(struct hr_resolver *resolver,
                             const struct hr_resolver_source *source) {
    resolver->source = *source;
}

void hr__resolver_close(struct hr_resolver *resolver, void (*on_closed)(void *user), void *user) {
    if (!resolver) {
        on_closed(user);
        return;
    }
    resolver->closing = true;
    resolver->on_closed = on_closed;
    resolver->user = user;
    resolver->closing_parts = 2;
    if (resolver->task_queued) resolver->closing_parts++;
    if (resolver->channel) resolver->closing_parts++;
    if (resolver->channel) hr__dns_channel_close(resolver->channel, part_closed, resolver);
    hr__resolver_hosts_close(resolver->hosts, part_closed, resolver);
    part_closed(resolver);
}
