/* The client: its options, its shards, its gate. A shard and all that it has belong to one
 * reactor's thread. */
#ifndef HR_NET_CLIENT_H
#define HR_NET_CLIENT_H

#include <pthread.h>

#include <engine/reactor.h>
#include <headrace/http_client.h>
#include <headrace/url.h>
#include <net/http_hooks.h>

#include "bandwidth.h"
#include "blocks.h"
#include "http1_parse.h"
#include "pool.h"
#include "retry.h"

struct hr_call;

/* The time-outs that rule a call; HR_FOREVER_NS: none. */
struct hr_call_times {
    struct hr_pool_times connect;
    uint64_t expect_ns, first_byte_ns, stall_ns;
    uint64_t throughput_window_ns;
    uint32_t throughput_min; /* bytes a second; 0: none */
};
/* Options that change while the client is used (client_lifetime.c). Each reactor has a copy of its
 * own; a request keeps the one that it began with, so it never meets half of a change. */
struct hr_client_settings {
    uint32_t uses;          /* its shard's, and of calls; the reactor's thread */
    uint32_t redirects_max; /* 0: none is followed */
    bool redirect_downgrade;
    bool no_stale_retry, extra_stale_retry;
    uint32_t rate_max;               /* 0: no limit */
    uint32_t hedge_quantile_percent; /* 0: no hedges */
    uint64_t hedge_delay_min_ns;
    uint64_t timeout_ns; /* of a request that has none of its own; HR_FOREVER_NS: none */
    struct hr_retry_policy policy;
    struct hr_call_times times; /* likewise */
    struct hr_http1_limits response;
    uint64_t decoded_bytes_max;
    struct hr_pool_settings pool;
};

/* client_defaults.c */
/* Time-outs that `given` names, `otherwise` for the rest. */
void hr__call_times(const struct hr_http_timeouts *given, const struct hr_call_times *otherwise,
                    struct hr_call_times *times);
/* -EINVAL: `error` names what cannot be used. */
int hr__client_settings_check(const struct hr_http_client_options *options, struct hr_error *error);
/* With one use, the shard's. NULL: no memory. */
struct hr_client_settings *hr__client_settings_new(const struct hr_http_client_options *options);
/* The pool's part of them. */
void hr__client_settings_pool(const struct hr_http_client_options *options,
                              struct hr_pool_settings *pool);
/* The rules of an origin, which reactors share, without the listener of breakers. */
struct hr_origin_rules hr__client_settings_rules(const struct hr_http_client_options *options);
/* One use less; frees them after the last. NULL: nothing. */
void hr__client_settings_release(struct hr_client_settings *settings);

/* Told when a breaker changes. */
struct hr_breaker_listener {
    void (*on_event)(void *user, const struct hr_client_event *event);
    void *event_user;
    void (*on_transition)(void *user, const char *name,
                          const struct hr_breaker_transition *transition);
    void *transition_user;
};

struct hr_http_client_s {
    hr_engine *engine;
    struct hr_pool pool;
    void (*on_event)(void *user, const struct hr_client_event *event);
    void *event_user;
    struct hr_breaker_listener listener;
    char *user_agent;
    struct hr_client_fields *fields;
    struct hr_client_shard **shards; /* one per reactor */
    void (*on_closed)(void *user);
    void *on_closed_user;
    struct hr_close_wait *close_wait; /* who closes it and sleeps; NULL: nobody */

    pthread_mutex_t adjust; /* held by who changes options */

    /* Shared by the threads. */
    struct hr_retry_quota quota __attribute__((aligned(64)));
    struct hr_bandwidth bandwidth;              /* of bodies */
    uint64_t gate __attribute__((aligned(64))); /* see client_gate.c */
};

/* Counters of a shard, by the names that they have in the metrics. */
#define HR_CLIENT_COUNTERS(X)                                                                      \
    X(attempts)                                                                                    \
    X(retries)                                                                                     \
    X(retries_refused)                                                                             \
    X(stale_retries)                                                                               \
    X(hedges)                                                                                      \
    X(hedges_won)                                                                                  \
    X(redirects)                                                                                   \
    X(breaker_rejected)                                                                            \
    X(rate_delayed)                                                                                \
    X(rate_refused)                                                                                \
    X(bytes_sent)                                                                                  \
    X(bytes_received)

#define HR_TIMEOUT_COUNTERS(X)                                                                     \
    X(timeouts.total)                                                                              \
    X(timeouts.resolve)                                                                            \
    X(timeouts.connect)                                                                            \
    X(timeouts.handshake)                                                                          \
    X(timeouts.pool)                                                                               \
    X(timeouts.first_byte)                                                                         \
    X(timeouts.stall)                                                                              \
    X(timeouts.throughput)

/* Written by the shard's thread with hr__count. */
struct hr_client_counters {
    uint64_t requests, succeeded, failed, cancelled, by_status[6];
#define HR_COUNTER(name) uint64_t name;
    HR_CLIENT_COUNTERS(HR_COUNTER)
#undef HR_COUNTER
    struct hr_http_timeout_counts timeouts;
};

struct hr_client_shard {
    hr_http_client *client;
    struct hr_reactor *reactor;
    struct hr_pool_shard *pool;
    struct hr_client_settings *settings; /* of requests that begin now */
    struct hr_client_settings *coming;   /* atomic; to be taken by adjust_task. NULL: none */
    struct hr_task adjust_task;
    struct hr_call *calls_free;
    struct hr_call_slab *slabs;
    char *scratch; /* discarded bodies are received into it */
    struct hr_blocks blocks;
    struct hr_http1_parsers parsers;
    struct hr_shard_latency *latency; /* client_metrics.c */
    struct hr_error unseen;           /* of attempts that no request knows of */
    struct hr_client_counters counters __attribute__((aligned(64)));
};

/* client_defaults.c. Copies and checks the options and opens the pool; `error` names the option. */
int hr__client_configure(hr_http_client *client, const struct hr_http_client_options *options,
                         struct hr_error *error);

/* client_gate.c */
/* The beginning of every start: what it needs is there, and it has entered. 0, or the error, which
 * is then in the request. Any thread. */
int hr__client_start(hr_http_client *client, struct hr_request *request, const char *url);
/* Nobody enters from now on; closes the pool when the last has left. */
void hr__client_gate_close(hr_http_client *client);
/* One thing more to wait for, of one who has entered. Any thread. */
void hr__client_hold(hr_http_client *client);
/* One accepted thing less to wait for; closes the pool after the last. Any thread. */
void hr__client_release(hr_http_client *client);
/* For the classes of its requests: one of them is over. */
void hr__client_ended(void *client);
/* How many accepted things it has to wait for. Any thread. */
uint64_t hr__client_in_progress(const hr_http_client *client);

/* client.c */
/* The parts of a request's URL, in `memory` (HR_URL_MAX bytes) where the client has a base_url. Any
 * thread. */
int hr__http_client_parse(const hr_http_client *client, const char *text, char *memory,
                          struct hr_url *url);
/* For the classes of its requests. */
uint64_t hr__client_timeout_ns(const struct hr_request *request);
/* Which reactor should take a request to this URL. Any thread. */
struct hr_reactor *hr__http_client_pick_url(hr_http_client *client, const char *url);

/* ---- What every request of a client begins with (client_fields.c); written once, read by all
 * reactors. */

/* Header fields of the client's options. */
#define HR_CLIENT_FIELDS_MAX 64
/* A URL that had to be resolved against base_url, its NUL too. */
#define HR_URL_MAX 8192

struct hr_client_fields {
    char *base_url; /* NULL: none */
    struct hr_http_field *fields;
    size_t field_count;
    char *text; /* of the fields; they may hold a key: wiped when freed */
    size_t text_size;
    char *authorization; /* the value; NULL: none; wiped when freed */
    char *deadline_field;
};

/* Whether `fields` has one of this name, in whatever case. */
bool hr__fields_have(const struct hr_http_field *fields, size_t count, struct hr_slice name);
/* Whether the library itself writes a field of this name: Content-Length, Transfer-Encoding,
 * Connection, Expect. */
bool hr__fields_reserved(struct hr_slice name);
/* The value of Authorization, for hr__credentials_free; NULL where there are no credentials.
 * -EINVAL, -ENOMEM; the message holds none of them. */
int hr__auth_value(const struct hr_http_auth *auth, struct hr_error *error, char **value);

int hr__client_fields_open(hr_http_client *client, const struct hr_http_client_options *options,
                           struct hr_error *error);
void hr__client_fields_close(hr_http_client *client);

/* client_events.c */
void hr__client_tell_breaker(void *listener, const char *name,
                             const struct hr_breaker_transition *transition);
void hr__client_tell_notice(const struct hr_http_client_options *options, const char *text);

/* client_metrics.c */
int hr__statistics_open(struct hr_client_shard *shard);
void hr__statistics_close(struct hr_client_shard *shard);
/* A request has begun, and has ended. */
void hr__statistics_begin(struct hr_client_shard *shard);
struct hr_request_end {
    int result, status;
    bool cancelled; /* by hr_cancel, not by a callback with that code */
    uint64_t total_ns;
};
void hr__statistics_end(struct hr_client_shard *shard, const struct hr_request_end *end);

/* call.c */
void hr__call_slabs_free(struct hr_client_shard *shard);

#endif
