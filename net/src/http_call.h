/* What the files of the HTTP client share: the client, its shards, hosts, connections, calls.
 *
 *   http_client.c      the handle: start, close
 *   http_statistics.c  what it counts
 *   http_call.c        one request: its memory, begin, end, timer, cancel
 *   http_loop.c        its attempts, one after the other
 *   http_hedge.c       the second attempt beside a slow one
 *   http_host.c        what a client's reactors share of a host: breaker, retry budget
 *   http_health.c      a health check
 *   http_fields.c      what every request of a client begins with
 *   http_prepare.c     what is checked and written before an attempt
 *   http_redirect.c    where an answer leads
 *   http_send.c        one attempt on a connection: head and body out
 *   http_receive.c     the same attempt: the answer in
 *   http_decode.c      between answer and sink, where the body is encoded
 *   http_network.c     what connections are made with: names, TLS, proxies
 *   http_connection.c  a connection: stream, parser, one timer
 *   http_pool.c        which connection a call gets: limits, reuse, waiting
 *   http_warm.c        connections ahead of need
 *
 * Everything but the client's atomics belongs to one shard and with it to one reactor's thread. */
#ifndef HR_NET_HTTP_CALL_H
#define HR_NET_HTTP_CALL_H

#include <engine/budget.h>
#include <engine/reactor.h>
#include <engine/request_core.h>
#include <headrace/http_client.h>
#include <net/http_hooks.h>

#include "blocks.h"
#include "connect.h"
#include "decode.h"
#include "dial.h"
#include "gradient.h"
#include "hedge.h"
#include "http1_parse.h"
#include "http1_write.h"
#include "redirect.h"
#include "retry.h"
#include "retry_budget.h"
#include "sink.h"
#include "source.h"
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
    bool no_stale_retry;
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
    uint64_t pending __attribute__((aligned(64))); /* requests accepted, and 1 until closing */
    uint32_t closing;
    uint32_t shards_open;
    uint32_t pick_next;
    uint32_t queued; /* where queue_max is too small to be split */
    uint64_t connections_open, connections_peak;
    void (*on_closed)(void *user);
    void *on_closed_user;
};

/* One accepted thing less to wait for; closes the shards after the last. Any thread. */
void hr__client_release(hr_http_client *client);
/* Which reactor should take a request to this URL. Any thread. */
struct hr_reactor *hr__http_client_pick_url(hr_http_client *client, const char *url);
/* A shard has closed its last connection; the last shard frees the client. */
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
/* Which proxy a host is reached through; NULL: directly. */
struct hr_pool_origin;
const struct hr_proxy *hr__network_proxy(const hr_http_client *client,
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
    unsigned limit; /* this shard's share */
    unsigned open;  /* connecting, in use, idle, closing */
    unsigned uses;  /* calls */
    uint32_t hash;
    uint16_t port;
    uint16_t name_size;
    bool tls;
    const struct hr_proxy *proxy; /* the client's; NULL: directly */
    struct hr_tls_sessions sessions;
    struct hr_host_record *record; /* http_host.c: what the reactors share; NULL: not yet found */
    uint32_t deposits;             /* requests that the retry budget has not been told of */
    uint64_t idle_learned_ns;      /* this host closes idle connections so early; 0: not seen */
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
    uint64_t breaker_rejected;
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

/* Gets a connection for a call that has none: at once (hr__call_connected is called inside), by
 * opening one, or after waiting. 0, or -ENOBUFS (the queue is full), -ENOMEM. */
int hr__pool_acquire(struct hr_call *call);
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
/* An idle one ends: because the server has closed it, or at its deadline. */
void hr__pool_idle_ended(struct hr_http_connection *connection, bool by_server);

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
            uint64_t written;      /* bytes of the writes that have ended, */
            uint64_t writing_size; /* and of the one under way */
        };
    };
};

/* Begins to connect for `call`: hr__call_connected or hr__call_connection_gone follows; or, where
 * that is NULL, for `warm`. -ENOMEM. */
int hr__connection_open(struct hr_pool_host *host, struct hr_call *call, struct hr_warm_part *warm);
/* http_warm.c. One is being opened for it; it has come to that. */
void hr__warm_dialling(struct hr_warm_part *part, struct hr_http_connection *connection);
void hr__warm_dialled(struct hr_warm_part *part, struct hr_http_connection *connection, int result,
                      const char *reason);
/* It is a call's from now on. */
void hr__connection_take(struct hr_http_connection *connection, struct hr_call *call);
/* Its lifetime is over: it carries nothing more. */
bool hr__connection_expired(const struct hr_http_connection *connection);
uint64_t hr__connection_life_left_ns(const struct hr_http_connection *connection);
/* Closes; its call, if it still has one, is told hr__call_connection_gone. */
void hr__connection_close(struct hr_http_connection *connection);
void hr__connection_deadline(struct hr_http_connection *connection, enum hr_deadline_kind kind,
                             uint64_t timeout_ns);

/* ---- A call: one request under way. */

enum hr_call_state {
    HR_CALL_BUDGET,     /* waits for bytes */
    HR_CALL_QUEUED,     /* waits for a connection */
    HR_CALL_CONNECTING, /* has one that is being opened */
    HR_CALL_ACTIVE,     /* has one and talks */
    HR_CALL_CLOSING,    /* the attempt is over but for what the kernel still holds */
    HR_CALL_BACKOFF,
    HR_CALL_ENDING, /* its end is queued */
};

#define HR_CALL_IOV 20

struct hr_call {
    struct hr_http_request *request;
    struct hr_pool_shard *shard;
    struct hr_http_connection *connection;
    struct hr_pool_host *host;
    struct hr_call *next, *prev; /* waiting for a connection, or free */
    char *head;                  /* of the request, written; a borrowed block */
    size_t head_size, head_block;
    size_t reserved; /* of the budget */
    int outcome;     /* of the attempt */
    int stop_reason;
    int write_error;
    uint8_t state;
    bool beginning; /* inside the call that started it: nothing may be called back yet */
    bool budgeted;  /* `reserved` bytes are */
    bool idempotent;
    bool head_request;
    bool chunked;
    bool fresh;           /* wants a new connection: a kept one has just failed */
    bool refused;         /* the attempt ended before it had a connection */
    bool retry_throttled; /* kind of the retry whose cost would be refunded */
    /* Of the attempt. */
    bool head_sent, body_done, await_continue, send_stopped;
    bool source_paused, sink_paused;
    bool resume_source, resume_sink; /* hr_resume came before that side had pushed back */
    bool answered;                   /* a byte of the answer came */
    bool interim_seen, final_head, answer_complete, answer_waits, poisoned, flushing;
    bool last_chunk_sent;
    uint64_t sending_body; /* bytes of body in the write under way */
    size_t trailer_count;  /* of the request's, behind the body */
    char *direct;          /* memory of the direct receive under way */
    char *held;            /* bytes of it that a consumer did not take */
    size_t held_size;
    uint32_t retry_count; /* that cost quota */
    uint64_t queued_ns;   /* since when it waits for a connection */
    uint64_t begun_ns, acquired_ns, connect_begun_ns, write_ns, first_byte_ns, backoff_ns;
    uint64_t resolve_ns, tls_ns; /* of the dial, of what lies between connect_begun and acquired */
    struct hr_call_times times;
    /* The answer is not the caller's: its body is dropped, and another attempt follows. */
    bool intercepted;
    struct hr_call_route *route;   /* http_redirect.c: where redirects have led; NULL: nowhere */
    struct hr_call_decode *decode; /* http_decode.c; NULL: the body goes into the sink as it is */
    /* http_host.c, http_hedge.c, http_loop.c */
    struct hr_breaker_pass pass;
    bool passed;          /* the breaker has let it through and waits for the outcome */
    bool retry_decided;   /* by the head of the answer; the budget has been paid */
    bool budget_refused;  /* the retry budget has allowed no further attempt */
    uint64_t wait_ns;     /* until the attempt that was decided */
    uint64_t deadline_ns; /* of the request; HR_FOREVER_NS: none */
    uint64_t asked_ns;    /* when the host was first asked what this attempt asks */
    uint32_t begun_in_flight;
    /* http_throughput.c: the window under way, or what is left of it while it stands still. */
    uint64_t window_end_ns, window_left_ns, window_moved, window_mark;
    bool window_runs;
    struct hr_call *twin; /* the other attempt of the same request */
    bool is_hedge;        /* the one of the two that the request knows nothing of: its `request`
                             is a shadow (http_hedge.c) */
    bool awaits_twin;     /* it is over; the kernel still holds something of the other */
    struct hr_timer hedge_timer;
    struct hr_timer timer; /* of the queue, the budget and the backoff */
    struct hr_task task;
    struct hr_budget_waiter budget;
    /* Above is cleared for every request; below keeps its zero ids between them. */
    struct hr_source_reader source;
    struct hr_sink_writer sink;
    struct iovec iov[HR_CALL_IOV];
    char chunk_head[24];
};

/* http_call.c */
extern const struct hr_request_class hr__http_request_class;
/* The request is over: everything is given back, the caller is called. */
void hr__call_finish(struct hr_call *call, int result);
void hr__call_slabs_free(struct hr_pool_shard *shard);
/* A call of its own for a hedge, that stands for `request`; NULL: no memory. */
struct hr_call *hr__call_take(struct hr_pool_shard *shard, struct hr_http_request *request);
/* Gives it back without a word to anybody. */
void hr__call_give(struct hr_call *call);
/* Early end of one attempt; hr__call_settle goes on from there. */
void hr__call_stop(struct hr_call *call, int reason);
/* Until the request's deadline; UINT64_MAX: it has none. 0: it has passed. */
uint64_t hr__call_remaining_ms(const struct hr_call *call);

/* http_loop.c */
void hr__call_attempt(struct hr_call *call);
/* Where the time of the attempt went, and its entry in the log. */
void hr__call_note(struct hr_call *call, int result);
/* Ends the attempt before it had a connection; nobody is asked about another. */
void hr__call_refuse(struct hr_call *call, int result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same where the sentence is in the request already. */
void hr__call_refuse_said(struct hr_call *call, int result);
void hr__call_refuse_budget(struct hr_call *call, const char *why);
void hr__call_granted(struct hr_budget_waiter *waiter);
/* The connection is there: kept or new. */
void hr__call_connected(struct hr_call *call, struct hr_http_connection *connection);
/* The connection has closed, or could not be opened (`result`, and the dial's `reason`, or ""). */
void hr__call_connection_gone(struct hr_call *call, int result, const char *reason);
/* The final head of an answer is there. True: another attempt will follow it (its status says so,
 * the request may be repeated, budget and deadline allow it), and the answer is nobody's. */
bool hr__call_intercept(struct hr_call *call, const struct hr_http_head *head);
/* The attempt is over, with `outcome` set; goes on once the kernel holds nothing of it. */
void hr__call_settle(struct hr_call *call);
/* Ends the attempt with an error: closes the connection, waits, decides about another. The message
 * is kept where it is the first. */
void hr__call_fail(struct hr_call *call, int result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
const char *hr__call_peer(const struct hr_call *call, char *text, size_t size); /* "host:port" */

/* http_host.c. The client's record of a host. */
struct hr_host_record {
    struct hr_retry_budget budget;
    hr_breaker *breaker; /* NULL: none is kept */
    struct hr_host_record *next;
    bool tls;
    uint16_t port, name_size;
    char name[];
};
/* Before an attempt looks for a connection: asks the breaker, which is told of its end with
 * hr__host_leave; puts the request's share into the retry budget. 0, -ENOMEM, HR_ERR_BREAKER_OPEN,
 * and then the sentence is in the request. */
int hr__host_enter(struct hr_call *call);
/* The attempt is over; `ignored`: it says nothing about the host. Where that opens the breaker,
 * those who wait for a connection to this host are told. */
void hr__host_leave(struct hr_call *call, bool ignored);
/* How often the breakers of all hosts have opened. Any thread. */
uint64_t hr__hosts_opened(const hr_http_client *client);
/* Takes one retry or hedge from the host's budget. */
bool hr__host_take_retry(struct hr_call *call);

/* http_throughput.c */
/* What the connection waits for has changed: the window of the minimum throughput runs or not. */
void hr__throughput_watch(struct hr_http_connection *connection, enum hr_deadline_kind kind);
/* When the window ends; UINT64_MAX: none runs. */
uint64_t hr__throughput_due(const struct hr_http_connection *connection);
/* Whether a window has ended in which too little moved: the call has failed. Else the next begins.
 */
bool hr__throughput_failed(struct hr_http_connection *connection);

/* http_hedge.c */
/* The attempt has begun: is it slow, another one will stand beside it. */
void hr__hedge_arm(struct hr_call *call);
/* The final head is there; `final`: it would be the request's. False: it is nobody's, the other
 * attempt goes on. True: it has won, and the other ends quietly. */
bool hr__hedge_answered(struct hr_call *call, bool final);
/* The request's own attempt has failed: does the other go on in its place? Then `call` is gone. */
bool hr__hedge_takes_over(struct hr_call *call);
/* The end of the attempt that the request knows nothing of; the last touch. */
void hr__hedge_gone(struct hr_call *call);

/* http_statistics.c */
int hr__statistics_open(struct hr_pool_shard *shard);
void hr__statistics_close(struct hr_pool_shard *shard);
/* A request has begun, and has ended. */
void hr__statistics_begin(struct hr_pool_shard *shard);
struct hr_request_end {
    int result, status;
    uint64_t total_ns;
};
void hr__statistics_end(struct hr_pool_shard *shard, const struct hr_request_end *end);

/* http_prepare.c. 0, or the error, which is then in the request. */
int hr__prepare(struct hr_call *call);
/* Gives the written head back, wiped: it may hold credentials. */
void hr__head_give(struct hr_call *call);

/* http_redirect.c */
/* The final head of an answer is there. 1: it is a redirect that will be followed, or nobody's; 0:
 * it is none; else why it may not be followed, and then the sentence is in the request. */
int hr__redirect_intercept(struct hr_call *call, const struct hr_http_head *head);
/* Whether the attempt that has ended was such a one; then the next has begun. */
bool hr__redirect_follow(struct hr_call *call);
void hr__redirect_free(struct hr_call *call);

/* http_decode.c */
/* Makes call->decode where the caller wants it and the coding can be undone. 0, -ENOBUFS, -ENOMEM,
 * and then the sentence is in the request. */
int hr__decode_open(struct hr_call *call, const struct hr_http_head *head);
void hr__decode_free(struct hr_call *call);
/* As on_body of the parser: how much was taken, less when the sink or the turn has had enough. */
ssize_t hr__decode_take(struct hr_call *call, const char *data, size_t size);
/* What is still on its way to the sink: 1 when all is there; 0: later, by the sink or a task. */
int hr__decode_run(struct hr_call *call);
bool hr__decode_waits(const struct hr_call *call);
/* The same at the end of the body, which has to be the end of the coding too. */
int hr__decode_end(struct hr_call *call);

/* http_send.c */
void hr__send_begin(struct hr_call *call);
void hr__send_more(struct hr_call *call);
void hr__send_written(struct hr_call *call, int result);
void hr__send_ready(struct hr_source_reader *reader);
bool hr__send_complete(const struct hr_call *call);
/* Whether there is more to write, once the source has it. */
bool hr__send_has_more(const struct hr_call *call);

/* http_receive.c */
extern const struct hr_http1_events hr__receive_events;
size_t hr__receive_lent(struct hr_call *call, const char *data, size_t size);
void hr__receive_direct(struct hr_call *call, size_t size);
void hr__receive_end(struct hr_call *call, int result);
void hr__receive_resume(struct hr_call *call);
void hr__receive_done(struct hr_call *call);
/* The decoder has had its pause. */
void hr__receive_go_on(struct hr_call *call);
/* Which time-out counts now. */
void hr__receive_deadline(struct hr_call *call);

#endif
