/* The pool: connections for those who wait for them. It knows neither calls nor HTTP.
 *
 *   network.c        names, TLS and proxies that connections are made with
 *   outlier.c        addresses of an origin that fail while others do not
 *   origin_shared.c  breaker, retry budget and rate limit, which the reactors share of an origin
 *   origin.c         the origins that a reactor knows
 *   pool_share.c     how the limits are split over the reactors
 *   pool_shard.c     a reactor's part of the pool
 *   pool_idle.c      how long a connection may stand idle, and the lists of those that do
 *   connection.c     one connection: opened, held, closed
 *   pool_loan.c      places for connections, lent between reactors
 *   pool_adjust.c    other limits for a pool that is in use
 *   pool_acquire.c   which connection a waiter gets: limits, reuse, the queue
 *   pool_ahead.c     connections opened ahead of need
 *   pool.c           the pool as a whole: opening, closing, choosing a reactor
 *
 * All but the pool's atomics belongs to one shard and with it to one reactor's thread. */
#ifndef HR_NET_POOL_H
#define HR_NET_POOL_H

#include <engine/reactor.h>
#include <headrace/error.h>
#include <headrace/slice.h>

#include "dial.h"
#include "origin.h"

#define HR_FOREVER_NS UINT64_MAX

struct hr_network;
struct hr_pool_loan;

/* Within these a connection comes about; HR_FOREVER_NS: no limit. */
struct hr_pool_times {
    uint64_t resolve_ns, connect_ns, handshake_ns;
    uint64_t pool_ns; /* of waiting in the queue */
};

/* A queue_max up to it is counted over all reactors, exactly; larger ones are split, and nobody
 * counts in memory of others. */
#define HR_POOL_QUEUE_COUNTED 1024

struct hr_pool_limits {
    unsigned connections_max, connections_per_origin_max, queue_max;
    uint64_t idle_timeout_ns, lifetime_ns; /* HR_FOREVER_NS: none */
    bool adaptive_concurrency;
};

/* A shard has its own copy, which only its thread reads and changes (pool_adjust.c). */
struct hr_pool_settings {
    struct hr_pool_limits limits;
    struct hr_pool_times times; /* of connections opened ahead of need */
    struct hr_socket_options socket;
};

/* How the connections to an origin are spread over the reactors. */
struct hr_pool_shape {
    uint32_t holders; /* the first so many reactors hold connections */
    uint32_t per_origin_max;
};

struct hr_pool {
    hr_engine *engine;
    unsigned reactors; /* of the engine */
    struct hr_origin_table *origins;
    struct hr_network *network;
    struct hr_pool_shard **shards; /* one per reactor */
    /* On the thread of the shard that has closed last; the last touch. */
    void (*on_closed)(struct hr_pool *pool);

    /* Shared by the threads. */
    uint32_t shards_open __attribute__((aligned(64)));
    uint32_t pick_next;
    uint32_t queued; /* where queue_max is too small to be split */
    uint64_t connections_open, connections_peak;

    /* Changed when the limits are, by hr__pool_adjust. */
    uint64_t shape __attribute__((aligned(64))); /* packed; hr__pool_shape */
    bool uneven;                                 /* some reactors hold none for some origins */
};

/* ---- Waiters. */

enum hr_waiter_state {
    HR_WAITER_NONE,
    HR_WAITER_QUEUED,
    HR_WAITER_DIALLING, /* a connection is being opened for it */
    HR_WAITER_HOLDING,
};

struct hr_connection;
struct hr_pool_waiter;

/* All of them are called from a turn of the reactor, none from inside a call to the pool by the
 * same waiter. */
struct hr_waiter_events {
    /* It holds the connection from now on. */
    void (*on_ready)(struct hr_pool_waiter *waiter);
    /* No connection came about. `reason`: the dial's sentence, or "". While it was queued:
     * HR_ERR_POOL_TIMEOUT, or -ESHUTDOWN where the pool closes. */
    void (*on_failed)(struct hr_pool_waiter *waiter, int result, const char *reason);
    /* The connection that it held has closed; the kernel holds nothing of it any more. */
    void (*on_closed)(struct hr_pool_waiter *waiter);
};

struct hr_pool_waiter {
    const struct hr_waiter_events *events;
    const struct hr_pool_times *times;
    struct hr_origin *origin;           /* where to; a use of it that is the waiter's */
    struct hr_connection *connection;   /* DIALLING, HOLDING */
    const union hr_address *avoid;      /* NULL, or: to another address, where the name has one;
                                           read by hr__pool_acquire */
    struct hr_pool_waiter *next, *prev; /* QUEUED */
    struct hr_timer timer;
    uint64_t queued_ns;          /* since when it waits */
    uint64_t connect_begun_ns;   /* 0: no connection was opened for it */
    uint64_t resolve_ns, tls_ns; /* of the dial */
    uint64_t idle_ns;            /* so long the connection had stood idle */
    uint8_t state;
    bool counted; /* QUEUED: in the pool's `queued` */
    bool fresh;   /* wants a new connection: a kept one has just been lost. It goes first */
};

/* Gets a connection for a waiter whose origin is set: 1, it holds one; 0, it is queued or a
 * connection is being opened, and one of its events follows; -ENOBUFS, the queue is full; -ENOMEM.
 */
int hr__pool_acquire(struct hr_pool_waiter *waiter);
/* Whether a waiter would get one without queueing. */
bool hr__pool_has_room(const struct hr_origin *origin);
/* A queued one waits no longer. */
void hr__pool_unwait(struct hr_pool_waiter *waiter);
/* The connection can serve another; its stream and its deadline are the pool's again. */
void hr__pool_release(struct hr_connection *connection);

/* ---- Connections ahead of need (pool_ahead.c). */

struct hr_pool_ahead {
    struct hr_connection *dialling; /* linked by ahead_next */
    /* One has been opened and is kept, or could not be opened. Never from inside. */
    void (*on_opened)(struct hr_pool_ahead *ahead, int result, const char *reason);
};

/* Opens one where the limits leave room. 1, on_opened follows; 0, there is no room; -ENOMEM. */
int hr__pool_open_ahead(struct hr_origin *origin, struct hr_pool_ahead *ahead);
/* Ends those that are being opened; on_opened follows for each. */
void hr__pool_cancel_ahead(struct hr_pool_ahead *ahead);

/* ---- The pool as a whole. */

struct hr_pool_options {
    struct hr_pool_settings settings;
    struct hr_origin_rules rules;
    const struct hr_network_options *network;
};

/* `error` names the option that cannot be used. On error everything is given back. */
int hr__pool_open(struct hr_pool *pool, hr_engine *engine, const struct hr_pool_options *options,
                  struct hr_error *error);
/* Closes what is idle and, once nothing is open, calls on_closed. No one may wait. Any thread. */
void hr__pool_close(struct hr_pool *pool);
/* Of one whose shards have closed, or were never used. */
void hr__pool_free(struct hr_pool *pool);

/* Of these limits. Pure. */
struct hr_pool_shape hr__pool_shape_of(const struct hr_pool *pool,
                                       const struct hr_pool_limits *limits);
/* As it was published last. Any thread. */
struct hr_pool_shape hr__pool_shape(const struct hr_pool *pool);
void hr__pool_publish_shape(struct hr_pool *pool, const struct hr_pool_limits *limits);
/* Any thread. */
static inline bool hr__pool_is_uneven(const struct hr_pool *pool) {
    return __atomic_load_n(&pool->uneven, __ATOMIC_RELAXED);
}
/* The index of a reactor that holds places for an origin with this hash, in turn. Any thread. */
unsigned hr__pool_holder(struct hr_pool *pool, uint32_t hash);
/* Which reactor should take a request to this origin. Any thread. */
struct hr_reactor *hr__pool_pick(struct hr_pool *pool, const struct hr_origin_key *key);
/* Reactor `index`'s share of `count` connections to an origin with this hash. Pure. */
unsigned hr__pool_share_of(const struct hr_pool_shape *shape, uint32_t hash, unsigned count,
                           unsigned index);

/* ---- Other limits (pool_adjust.c). All but adaptive_concurrency is taken. */

/* First, by one thread at a time: what the shards share. */
void hr__pool_adjust(struct hr_pool *pool, const struct hr_pool_settings *settings,
                     const struct hr_origin_rules *rules);
/* Then on each reactor. Those that wait may be served from inside. */
void hr__shard_adjust(struct hr_pool_shard *shard, const struct hr_pool_settings *settings);

/* ---- A shard. */

/* Counters of a shard, by the names that they have in the client's metrics. */
#define HR_POOL_COUNTERS(X)                                                                        \
    X(connections_opened)                                                                          \
    X(connections_reused)                                                                          \
    X(connections_idle)                                                                            \
    X(addresses_ejected)                                                                           \
    X(handshakes_full)                                                                             \
    X(handshakes_resumed)                                                                          \
    X(waiting)                                                                                     \
    X(waiting_peak)

/* Written by the shard's thread with hr__count. */
struct hr_pool_counters {
#define HR_COUNTER(name) uint64_t name;
    HR_POOL_COUNTERS(HR_COUNTER)
#undef HR_COUNTER
};

/* By these the queue (pool_acquire.c) hears of what happens below it. */
struct hr_shard_events {
    /* A connection that was opened ahead of need is there. */
    void (*on_kept)(struct hr_connection *connection);
    /* It has closed and is about to be freed. */
    void (*on_gone)(struct hr_connection *connection);
    /* A place that had been lent is back. */
    void (*on_place_back)(struct hr_origin *origin);
    /* The reactor has another share of its connections, or has to ask for a place anew. */
    void (*on_share)(struct hr_origin *origin);
    /* Another reactor waits for a place of this origin. */
    void (*on_loan_asked)(struct hr_origin *origin);
    /* A place of another reactor has come; or none will come. */
    void (*on_loan_granted)(struct hr_origin *origin);
    void (*on_loan_refused)(struct hr_origin *origin, int result);
};

#define HR_POOL_BUCKETS 256

struct hr_pool_shard {
    struct hr_pool *pool;
    const struct hr_shard_events *events;
    struct hr_reactor *reactor;
    unsigned index;
    struct hr_pool_limits limits;
    struct hr_pool_times times;    /* of connections opened ahead of need */
    struct hr_pool_shape shape;    /* of the limits */
    unsigned limit, open;          /* connections */
    unsigned leaving;              /* of them, those that close */
    unsigned queue_max, queued;    /* waiters */
    struct hr_origin *origin_last; /* the one asked for last: most often it is the same */
    struct hr_connection *idle_newest, *idle_oldest;
    struct hr_origin *starved, *starved_last; /* origins that wait for room */
    unsigned yielding;                        /* connections that close to make room for them */
    unsigned unused; /* borrowed places, in `limit`, that no connection stands on yet */
    unsigned asked;  /* loans that others have been asked for and not answered */
    bool closing;
    bool crowded; /* the limits were lowered: some of what is open may be too much */
    struct hr_task close_task;
    struct hr_dial_context dial;
    unsigned origin_count;
    struct hr_origin *buckets[HR_POOL_BUCKETS];
    struct hr_pool_counters counters __attribute__((aligned(64)));
};

/* How many of `limit` things reactor `index` of `holders` gets, when the first share goes to
 * `offset`. The shares of all sum to the limit. Pure. */
unsigned hr__pool_share(unsigned limit, unsigned holders, unsigned offset, unsigned index);
/* Its part of queue_max: a reactor that holds no connections has one too, for those that came while
 * it did. Pure. */
unsigned hr__pool_queue_share(const struct hr_pool_limits *limits,
                              const struct hr_pool_shape *shape, unsigned index);
int hr__shard_new(struct hr_pool *pool, unsigned index, const struct hr_pool_settings *settings,
                  struct hr_pool_shard **shard);
void hr__shard_free(struct hr_pool_shard *shard); /* NULL: nothing */
/* Where it closes and nothing is open any more: it has closed. May free the pool. */
void hr__shard_check_closed(struct hr_pool_shard *shard);
extern const struct hr_shard_events hr__queue_events;

#endif
