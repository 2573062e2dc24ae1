/* The client, its shards, hosts and connections. See http_call.h for who does what. Everything but
 * the client's atomics belongs to one shard and with it to one reactor's thread. */
#ifndef HR_NET_HTTP_POOL_H
#define HR_NET_HTTP_POOL_H

#include <engine/budget.h>
#include <engine/reactor.h>
#include <headrace/http_client.h>
#include <headrace/url.h>

#include "blocks.h"
#include "dial.h"
#include "gradient.h"
#include "hedge.h"
#include "http1_parse.h"
#include "retry.h"
#include "stream.h"

#define HR_FOREVER_NS UINT64_MAX

/* The time-outs that rule a call; HR_FOREVER_NS: none. */
struct hr_call_times {
    uint64_t resolve_ns, connect_ns, handshake_ns, pool_ns, expect_ns, first_byte_ns, stall_ns;
    uint64_t throughput_window_ns;
    uint32_t throughput_min; /* bytes a second; 0: none */
};
/* What `given` names, else `otherwise`. http_client.c */
void hr__call_times(const struct hr_http_timeouts *given, const struct hr_call_times *otherwise,
                    struct hr_call_times *times);

/* ---- The client. */

struct hr_http_client_s {
    hr_engine *engine;
    struct hr_http1_limits limits;
    struct hr_call_times times;                        /* of a request that has none of its own */
    uint64_t timeout_ns, idle_timeout_ns, lifetime_ns; /* HR_FOREVER_NS: none */
    unsigned connections_max, connections_per_host_max, queue_max;
    unsigned reactors; /* of the engine */
    unsigned holders;  /* the first so many of them hold connections */
    bool uneven;       /* some reactors hold none for some hosts */
    bool no_stale_retry, extra_stale_retry;
    void (*on_event)(void *user, const struct hr_client_event *event);
    void *event_user;
    bool adaptive_concurrency;
    uint32_t hedge_quantile_percent; /* 0: no hedges */
    uint64_t hedge_delay_min_ns;
    char *user_agent;
    struct hr_resolve_table *table;
    struct hr_retry_policy policy;
    struct hr_client_fields *fields;   /* http_fields.c */
    struct hr_client_hosts *hosts;     /* http_host.c */
    struct hr_client_network *network; /* http_network.c */
    struct hr_pool_shard **shards;     /* one per reactor */

    /* Shared by the threads. */
    struct hr_retry_quota quota;
    uint64_t gate __attribute__((aligned(64))); /* see http_client.c */
    uint32_t shards_open;
    uint32_t pick_next;
    uint32_t queued; /* where queue_max is too small to be split */
    uint64_t connections_open, connections_peak;
    void (*on_closed)(void *user);
    void *on_closed_user;
};

/* One accepted thing less to wait for; closes the shards after the last. Any thread. */
void hr__client_release(hr_http_client *client);
/* How many accepted things it has to wait for. Any thread. */
uint64_t hr__client_in_progress(const hr_http_client *client);
/* The parts of a request's URL, in `memory` (HR_URL_MAX bytes) where the client has a base_url. Any
 * thread. */
int hr__http_client_parse(const hr_http_client *client, const char *text, char *memory,
                          struct hr_url *url);
/* The index of a reactor that holds places for a host with this hash, in turn. Any thread. */
unsigned hr__client_holder(hr_http_client *client, uint32_t hash);
/* Which reactor should take a request to this URL. Any thread. */
struct hr_reactor *hr__http_client_pick_url(hr_http_client *client, const char *url);
/* A shard has closed its last connection; the last shard tells on_closed and frees the client. */
void hr__client_shard_closed(struct hr_pool_shard *shard);

/* http_fields.c, http_host.c, http_network.c: their parts of the options, copied and checked
 * (`error` names the option), and given back; close takes what open has left half done. */
int hr__client_fields_open(hr_http_client *client, const struct hr_http_client_options *options,
                           struct hr_error *error);
void hr__client_fields_close(hr_http_client *client);
int hr__client_hosts_open(hr_http_client *client, const struct hr_http_client_options *options,
                          struct hr_error *error);
void hr__client_hosts_close(hr_http_client *client);
int hr__client_network_open(hr_http_client *client, const struct hr_http_client_options *options,
                            struct hr_error *error);
void hr__client_network_close(hr_http_client *client);
/* Which proxy a host is reached through. */
struct hr_pool_origin;
struct hr_proxy_choice hr__network_proxy(const hr_http_client *client,
                                         const struct hr_pool_origin *origin);
/* What a shard dials with. The shard closes first; then `on_closed(shard)`, maybe at once. */
int hr__network_shard_open(struct hr_pool_shard *shard);
void hr__network_shard_close(struct hr_pool_shard *shard, void (*on_closed)(void *shard));
void hr__network_shard_free(struct hr_pool_shard *shard);
/* Before the first https: makes the shard's TLS context. */
int hr__network_shard_tls(struct hr_pool_shard *shard);

/* ---- The pool. */

struct hr_http_connection;
struct hr_call;
struct hr_warm_part; /* http_warm.c: a reactor's share of a warm-up */

/* An address that connections go to: what stands between "http://" and the path. */
struct hr_pool_host {
    struct hr_pool_host *next;       /* in its bucket */
    struct hr_http_connection *idle; /* the last one used first */
    struct hr_call *waiters, *waiters_last;
    unsigned waiting;
    struct hr_pool_shard *shard;
    struct hr_pool_host *hungry_next; /* in the shard's queue of hosts that wait for room */
    bool hungry;
    unsigned limit;             /* this shard's share, and what is borrowed */
    bool borrows;               /* the share is none: each connection is on a loan (http_loan.c) */
    struct hr_pool_loan *loans; /* that wait here for a place */
    struct hr_pool_loan *borrowed; /* from others, in use or about to be */
    unsigned loans_waiting, borrowed_unused, asked;
    unsigned open; /* connecting, in use, idle, closing */
    unsigned uses; /* calls */
    uint32_t hash;
    uint16_t port;
    uint16_t name_size;
    bool tls;
    const struct hr_proxy *proxy; /* the client's; NULL: directly */
    const char *proxy_refusal;    /* why the one that it needs cannot be used; NULL: it can */
    struct hr_tls_sessions sessions;
    struct hr_host_record *record; /* http_host.c: what the reactors share; NULL: not yet found */
    uint32_t deposits;             /* requests that the retry budget has not been told of */
    unsigned in_flight;            /* calls that have a connection */
    struct hr_latency_estimate latency;
    struct hr_gradient gradient;
    char name[];
};

#define HR_POOL_BUCKETS 256

/* Of one shard; written by its thread with hr__count. */
struct hr_pool_metrics {
    uint64_t requests, succeeded, failed, cancelled, by_status[6];
    uint64_t attempts, retries, retries_refused, stale_retries, hedges, hedges_won, redirects;
    uint64_t breaker_rejected, rate_delayed, rate_refused;
    uint64_t opened, reused, idle, handshakes_full, handshakes_resumed;
    uint64_t waiting, waiting_peak;
    uint64_t bytes_sent, bytes_received;
    uint64_t timeouts_total, timeouts_resolve, timeouts_connect, timeouts_handshake, timeouts_pool,
        timeouts_first_byte, timeouts_stall, timeouts_throughput;
};

struct hr_pool_shard {
    hr_http_client *client;
    struct hr_reactor *reactor;
    unsigned index;
    unsigned limit, open;           /* connections */
    unsigned queue_max, queued;     /* calls */
    struct hr_pool_host *host_last; /* the host of the request before: most often it is the same */
    struct hr_http_connection *idle_newest, *idle_oldest;
    struct hr_pool_host *hungry, *hungry_last;
    unsigned yielding; /* connections that close to make room for the hungry */
    unsigned asked;    /* loans that others have been asked for and not answered */
    struct hr_call *calls_free;
    struct hr_call_slab *slabs;
    char *scratch; /* what discarded bodies are received into */
    struct hr_blocks blocks;
    struct hr_task close_task;
    struct hr_dial_context dial;
    struct hr_shard_latency *latency; /* http_statistics.c */
    bool closing;
    unsigned host_count;
    struct hr_pool_host *buckets[HR_POOL_BUCKETS];
    struct hr_pool_metrics metrics __attribute__((aligned(64)));
};

/* How many of `limit` things reactor `index` of `holders` gets, when the first share goes to
 * `offset`. The shares of all sum to the limit. Pure. */
unsigned hr__pool_share(unsigned limit, unsigned holders, unsigned offset, unsigned index);
/* Where a host's shares begin. Pure. */
uint32_t hr__pool_hash(struct hr_slice host, uint16_t port);

int hr__pool_shard_new(hr_http_client *client, unsigned index, struct hr_pool_shard **shard);
void hr__pool_shard_free(struct hr_pool_shard *shard);
/* Closes what is idle, then reports hr__client_shard_closed, once nothing is open. */
void hr__pool_shard_close(struct hr_pool_shard *shard);

/* What a host is found by. */
struct hr_pool_origin {
    struct hr_slice name; /* IPv6 without brackets */
    uint16_t port;
    bool tls;
};
/* Finds or makes; counts a use. -ENOMEM. */
int hr__pool_host_get(struct hr_pool_shard *shard, const struct hr_pool_origin *origin,
                      struct hr_pool_host **host);
void hr__pool_host_put(struct hr_pool_host *host);
/* With the shard. */
void hr__pool_hosts_free(struct hr_pool_shard *shard);

/* Gets a connection for a call that has none: at once (hr__call_connected is called inside), by
 * opening one, or after waiting. 0, or -ENOBUFS (the queue is full), -ENOMEM. */
int hr__pool_acquire(struct hr_call *call);
/* Whether a call would get one without waiting. */
bool hr__pool_has_room(const struct hr_pool_host *host);
/* A call that waits no longer does. */
void hr__pool_unwait(struct hr_call *call);
/* A connection whose call is over and that can serve another. */
void hr__pool_release(struct hr_http_connection *connection);
/* The connection has closed; it is about to be freed. */
void hr__pool_gone(struct hr_http_connection *connection);
/* An idle connection is about to close: it is no longer to be found. */
void hr__pool_take_out(struct hr_http_connection *connection);
/* The call that it was counted for has nothing more to do with it. */
void hr__pool_leave(struct hr_http_connection *connection);
/* One that was opened ahead of need is there. */
void hr__pool_keep(struct hr_http_connection *connection);

/* For http_loan.c. A place of this host's is free again (`gone`: a connection of its own has
 * closed). */
void hr__pool_place_free(struct hr_pool_host *host, bool yielded);
/* A loan has begun to wait: it is granted, or room is made for it. */
void hr__pool_make_room(struct hr_pool_host *host);
/* Gives those that wait what there is. */
void hr__pool_serve(struct hr_pool_host *host);
/* The first that waits gets no connection. */
void hr__pool_refuse_first(struct hr_pool_host *host, int result);
void hr__pool_check_closed(struct hr_pool_shard *shard);

/* http_loan.c. Asks a reactor that holds places for this host for one. -ENOMEM. */
int hr__loan_ask(struct hr_pool_host *host);
/* Whether the connection that is being opened is to be on a loan. */
bool hr__loan_use(struct hr_pool_host *host);
/* A place goes back to where it is from. */
void hr__loan_return(struct hr_pool_host *host);
/* Since when the first loan waits here; UINT64_MAX: none does. Grants it: there is a place. */
uint64_t hr__loan_first_ns(const struct hr_pool_host *host);
void hr__loan_grant(struct hr_pool_host *host);
/* The shard closes: nobody waits for what is still asked for. */
void hr__loans_refuse(struct hr_pool_shard *shard);

/* ---- A connection. */

enum hr_deadline_kind {
    HR_DEADLINE_NONE,
    HR_DEADLINE_IDLE,
    HR_DEADLINE_EXPECT,
    HR_DEADLINE_FIRST_BYTE,
    HR_DEADLINE_STALL,
};

struct hr_http_connection {
    struct hr_stream *stream; /* NULL until connected */
    struct hr_http1_parser *parser;
    struct hr_call *call; /* whose attempt it carries; NULL: idle, or closing after it */
    struct hr_pool_host *host;
    union hr_address peer;  /* family 0: none */
    uint32_t expires_ticks; /* of its life, see http_connection.c */
    uint16_t openings;      /* of the host's breaker, as it was made: the low bits */
    uint8_t deadline_kind;
    bool idle : 1, closing : 1, served : 1, writing : 1, ended : 1;
    bool carrying : 1; /* counted in the host's in_flight */
    bool yielding : 1; /* counted in the shard's */
    bool mortal : 1;   /* expires_ticks counts */
    bool on_loan : 1;  /* its place is another reactor's */
    bool spent : 1;    /* the server has said that it serves nothing more */
    union {            /* most connections are idle ones: they do not pay for having connected */
        struct {       /* until there is a stream */
            struct hr_dial *dial;
            struct hr_warm_part *warm; /* who is told when there is no call */
            struct hr_http_connection *warm_next;
        };
        struct {
            struct hr_http_connection *host_newer, *host_older; /* idle: in the host's list */
            struct hr_http_connection *newer, *older;           /* idle: in the shard's list */
            /* One timer, armed lazily: it looks at the deadline when it fires and goes on where
             * that has moved. So traffic moves a number, not the wheel. */
            uint64_t deadline_ns;
            struct hr_timer timer;
            union {
                uint64_t sent_mark;     /* bytes sent when a write was last seen to move */
                uint64_t idle_since_ns; /* while it is idle */
            };
        };
    };
};

/* Begins to connect for `call`: hr__call_connected or hr__call_connection_gone follows; or, where
 * that is NULL, for `warm`. -ENOMEM. */
int hr__connection_open(struct hr_pool_host *host, struct hr_call *call, struct hr_warm_part *warm);
/* http_warm.c. One is being opened for it; that is over; and, after it has been counted and kept or
 * freed, what has come of it: the warm-up may end with that. */
void hr__warm_dialling(struct hr_warm_part *part, struct hr_http_connection *connection);
void hr__warm_undialling(struct hr_warm_part *part, struct hr_http_connection *connection);
void hr__warm_dialled(struct hr_warm_part *part, int result, const char *reason);
/* It is a call's from now on. */
void hr__connection_take(struct hr_http_connection *connection, struct hr_call *call);
/* Its lifetime is over: it carries nothing more. */
bool hr__connection_expired(const struct hr_http_connection *connection);
uint64_t hr__connection_life_left_ns(const struct hr_http_connection *connection);
/* Closes; its call, if it still has one, is told hr__call_connection_gone. */
void hr__connection_close(struct hr_http_connection *connection);
void hr__connection_deadline(struct hr_http_connection *connection, enum hr_deadline_kind kind,
                             uint64_t timeout_ns);

#endif
