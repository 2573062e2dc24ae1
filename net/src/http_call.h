/* What the files of the HTTP client share: the client, its shards, hosts, connections, calls.
 *
 *   http_client.c      the handle: options, start, close, metrics
 *   http_call.c        one request: its memory, begin, end, timer, cancel
 *   http_loop.c        its attempts, one after the other
 *   http_prepare.c     what is checked and written before an attempt
 *   http_send.c        one attempt on a connection: head and body out
 *   http_receive.c     the same attempt: the answer in
 *   http_connection.c  a connection: stream, parser, one timer
 *   http_pool.c        which connection a call gets: limits, reuse, waiting
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
#include "http1_parse.h"
#include "http1_write.h"
#include "resolve.h"
#include "retry.h"
#include "sink.h"
#include "source.h"
#include "stream.h"

#define HR_FOREVER_NS UINT64_MAX

/* ---- The client. */

struct hr_http_client_s {
    hr_engine *engine;
    struct hr_http1_limits limits;
    uint64_t pool_timeout_ns, connect_timeout_ns, first_byte_timeout_ns, stall_timeout_ns,
        expect_timeout_ns, idle_timeout_ns; /* HR_FOREVER_NS: none */
    unsigned connections_max, connections_per_host_max, queue_max;
    unsigned reactors; /* of the engine */
    unsigned holders;  /* the first so many of them hold connections */
    bool uneven;       /* some reactors hold none for some hosts */
    bool no_stale_retry;
    char *user_agent;
    struct hr_resolve_table *table;
    struct hr_retry_policy policy;
    struct hr_pool_shard **shards; /* one per reactor */

    /* Shared by the threads. */
    struct hr_retry_quota quota;
    uint64_t pending __attribute__((aligned(64))); /* requests accepted, and 1 until closing */
    uint32_t closing;
    uint32_t shards_open;
    uint32_t pick_next;
    uint64_t connections_open, connections_peak;
    void (*on_closed)(void *user);
    void *on_closed_user;
};

/* One accepted thing less to wait for; closes the shards after the last. Any thread. */
void hr__client_release(hr_http_client *client);
/* A shard has closed its last connection; the last shard frees the client. */
void hr__client_shard_closed(struct hr_pool_shard *shard);

/* ---- The pool. */

struct hr_http_connection;
struct hr_call;

/* An address that connections go to: what stands between "http://" and the path. */
struct hr_pool_host {
    struct hr_pool_host *next;       /* in its bucket */
    struct hr_http_connection *idle; /* the last one used first */
    struct hr_call *waiters, *waiters_last;
    struct hr_pool_host *hungry_next; /* in the shard's queue of hosts that wait for room */
    bool hungry;
    unsigned limit; /* this shard's share */
    unsigned open;  /* connecting, in use, idle, closing */
    unsigned uses;  /* calls */
    uint32_t hash;
    uint16_t port;
    uint16_t name_size;
    int resolved; /* 0, or why there is no address */
    struct hr_addresses addresses;
    char name[];
};

#define HR_POOL_BUCKETS 256

struct hr_pool_metrics {
    uint64_t opened, reused, stale_retries, retries, idle, waiting, waiting_peak;
    uint64_t timeouts_pool, timeouts_connect, timeouts_first_byte, timeouts_stall;
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
    struct hr_call *calls_free;
    struct hr_call_slab *slabs;
    char *scratch; /* what discarded bodies are received into */
    struct hr_blocks blocks;
    struct hr_task close_task;
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

/* Finds or makes; counts a use. -ENOMEM. */
int hr__pool_host_get(struct hr_pool_shard *shard, struct hr_slice name, uint16_t port,
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
    struct hr_pool_shard *shard;
    struct hr_pool_host *host;
    uint8_t deadline_kind;
    bool idle, closing, served, writing, ended;
    union { /* most connections are idle ones: they do not pay for having connected */
        struct hr_connect connect; /* until there is a stream */
        struct {
            struct hr_http_connection *host_newer, *host_older; /* idle: in the host's list */
            struct hr_http_connection *newer, *older;           /* idle: in the shard's list */
            /* One timer, armed lazily: it looks at the deadline when it fires and goes on where
             * that has moved. So traffic moves a number, not the wheel. */
            uint64_t deadline_ns;
            struct hr_timer timer;
            uint64_t sent_mark;    /* bytes sent when a write was last seen to move */
            uint64_t written;      /* bytes of the writes that have ended, */
            uint64_t writing_size; /* and of the one under way */
        };
    };
};

/* Begins to connect for `call`. hr__call_connected or hr__call_connection_gone follows. -ENOMEM. */
int hr__connection_open(struct hr_call *call);
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
    char *direct;          /* memory of the direct receive under way */
    char *held;            /* bytes of it that a consumer did not take */
    size_t held_size;
    uint32_t retry_count; /* that cost quota */
    uint64_t begun_ns, acquired_ns, connect_begun_ns, write_ns, first_byte_ns, backoff_ns;
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

/* http_loop.c */
void hr__call_attempt(struct hr_call *call);
/* Ends the attempt before it had a connection; nobody is asked about another. */
void hr__call_refuse(struct hr_call *call, int result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void hr__call_refuse_budget(struct hr_call *call, const char *why);
void hr__call_granted(struct hr_budget_waiter *waiter);
/* The connection is there: kept or new. */
void hr__call_connected(struct hr_call *call, struct hr_http_connection *connection);
/* The connection has closed, or could not be opened (`result`). */
void hr__call_connection_gone(struct hr_call *call, int result);
/* The attempt is over, with `outcome` set; goes on once the kernel holds nothing of it. */
void hr__call_settle(struct hr_call *call);
/* Ends the attempt with an error: closes the connection, waits, decides about another. The message
 * is kept where it is the first. */
void hr__call_fail(struct hr_call *call, int result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
const char *hr__call_peer(const struct hr_call *call, char *text, size_t size); /* "host:port" */

/* http_prepare.c. 0, or the error, which is then in the request. */
int hr__prepare(struct hr_call *call);

/* http_send.c */
void hr__send_begin(struct hr_call *call);
void hr__send_more(struct hr_call *call);
void hr__send_written(struct hr_call *call, int result);
void hr__send_ready(struct hr_source_reader *reader);
bool hr__send_complete(const struct hr_call *call);

/* http_receive.c */
extern const struct hr_http1_events hr__receive_events;
size_t hr__receive_lent(struct hr_call *call, const char *data, size_t size);
void hr__receive_direct(struct hr_call *call, size_t size);
void hr__receive_end(struct hr_call *call, int result);
void hr__receive_resume(struct hr_call *call);
void hr__receive_done(struct hr_call *call);
/* Which time-out counts now. */
void hr__receive_deadline(struct hr_call *call);

#endif
