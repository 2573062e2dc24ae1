/* Origins: scheme, name and port (RFC 9110 4.3.1). A reactor's part is found by each request; what
 * the reactors share of an origin is found once and then pointed to. */
#ifndef HR_NET_ORIGIN_H
#define HR_NET_ORIGIN_H

#include <headrace/breaker.h>
#include <headrace/slice.h>

#include "gradient.h"
#include "hedge.h"
#include "outlier.h"
#include "rate_limit.h"
#include "retry_budget.h"
#include "tls_stream.h"

struct hr_connection;
struct hr_pool_loan;
struct hr_pool_shard;
struct hr_pool_waiter;
struct hr_proxy;

/* An origin is found by it. */
struct hr_origin_key {
    struct hr_slice name; /* IPv6 without brackets; case does not matter */
    uint16_t port;
    bool tls;
};
#define HR_ORIGIN_TEXT_MAX 300

bool hr__origin_key_equal(const struct hr_origin_key *a, const struct hr_origin_key *b);
/* Of name and port. Pure. */
uint32_t hr__origin_hash(struct hr_slice name, uint16_t port);
/* "name:port" or "[v6]:port", cut to `size` bytes with its NUL; returns `text`. */
const char *hr__origin_text(const struct hr_origin_key *key, char *text, size_t size);

/* ---- Shared by the reactors (origin_shared.c). */

struct hr_origin_rules {
    struct hr_breaker_options breaker; /* one per origin, named after it */
    bool no_breaker;
    uint32_t retry_budget_percent;
    uint32_t rate_max, rate_burst; /* 0: no limit */
    struct hr_outlier_rules outliers;
};

struct hr_origin_shared {
    struct hr_origin_key key;
    struct hr_origin_shared *next;
    hr_breaker *breaker;          /* NULL: none is kept */
    struct hr_outliers *outliers; /* NULL: none is ejected */
    struct hr_retry_budget budget;
    struct hr_rate_limit rate;
    /* Atomic; 0: not known. The origin closes idle connections so early, as was last seen then; and
     * it has announced to. See pool_idle.c. */
    uint64_t idle_learned_ns, idle_learned_at_ns, idle_hint_ns;
    char name[];
};

struct hr_origin_table;

/* A breaker that cannot be made is refused here: -EINVAL, and `error` says why. */
int hr__origin_table_new(const struct hr_origin_rules *rules, struct hr_error *error,
                         struct hr_origin_table **table);
void hr__origin_table_free(struct hr_origin_table *table); /* NULL: nothing */
/* NULL: none yet, or none at all. Any thread. */
hr_breaker *hr__origin_table_breaker(struct hr_origin_table *table,
                                     const struct hr_origin_key *key);
/* How often the breakers of all origins have opened. Any thread. */
uint64_t hr__origin_table_opened(struct hr_origin_table *table);
/* Whether addresses are ejected. Any thread. */
bool hr__origin_table_ejects(const struct hr_origin_table *table);
/* The retry budget, the rate and, of the breaker, what hr__breaker_adjust takes are those of
 * `rules` from now on. Any thread. */
int hr__origin_table_check(const struct hr_origin_table *table, const struct hr_origin_rules *rules,
                           struct hr_error *error); /* -EINVAL: names the option */
void hr__origin_table_adjust(struct hr_origin_table *table, const struct hr_origin_rules *rules);

/* ---- Of a shard. */

struct hr_origin {
    struct hr_origin_key key; /* its name stands behind the struct */
    struct hr_pool_shard *shard;
    struct hr_origin *next; /* in its bucket */
    uint32_t hash;
    unsigned uses;              /* of waiters and others that point to it */
    struct hr_connection *idle; /* the one used last comes first */
    unsigned open;              /* connections: being opened, held, idle, closing */
    unsigned leaving;           /* of them, those that close */
    unsigned in_flight;         /* of them, those that are held or being opened for a waiter */
    unsigned limit;             /* this shard's share, and what is borrowed */
    struct hr_pool_waiter *waiters, *waiters_last;
    unsigned waiting;
    bool starved; /* in the shard's queue of origins that wait for room */
    struct hr_origin *starved_next;
    struct {
        bool borrows; /* the share is none: each connection is on a loan */
        struct hr_pool_loan *waiting, *borrowed; /* for a place here; of others, in use */
        unsigned waiting_count, unused, asked;
    } loans;
    const struct hr_proxy *proxy; /* NULL: directly */
    const char *proxy_refusal;    /* why the one that it needs cannot be used; NULL: it can */
    unsigned addresses;           /* of the name, as was last seen; a proxy's, where it has one */
    struct hr_tls_sessions sessions;
    struct hr_origin_shared *shared; /* NULL: not yet found */
    uint32_t deposits;               /* requests that the retry budget has not been told of */
    struct hr_latency_estimate latency;
    struct hr_gradient gradient;
    char name[];
};

/* Finds or makes; counts a use. -ENOMEM, HR_ERR_NAME_UNRESOLVED (a name that is too long). */
int hr__origin_acquire(struct hr_pool_shard *shard, const struct hr_origin_key *key,
                       struct hr_origin **origin);
void hr__origin_release(struct hr_origin *origin);
/* With the shard. */
void hr__origins_free(struct hr_pool_shard *shard);

/* Finds or makes what the reactors share. -ENOMEM. */
int hr__origin_share(struct hr_origin *origin);
/* For an origin that has been shared: */
/* Whether its breaker is closed, or it has none. */
bool hr__origin_trusted(const struct hr_origin *origin);
/* One request more of which the retry budget gets its share. */
void hr__origin_deposit(struct hr_origin *origin);
/* Something ended at `address`, begun at `begun_ns`: well, or by a failure of the other side. */
void hr__origin_note(struct hr_origin *origin, const union hr_address *address, bool failed,
                     uint64_t begun_ns);
/* Takes one retry or hedge from the retry budget; false: there is none. */
bool hr__origin_spend_retry(struct hr_origin *origin);

#endif
