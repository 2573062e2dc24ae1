/* The HTTP server's parts: one shard a reactor (its listener and its connections), one connection a
 * stream, one exchange a request. All on the shard's reactor unless said otherwise. */
#ifndef HR_NET_HTTP_SERVER_PRIVATE_H
#define HR_NET_HTTP_SERVER_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <engine/reactor.h>
#include <engine/socket.h>
#include <headrace/http_server.h>

#include "blocks.h"
#include "http1_parse.h"
#include "http1_write.h"
#include "stream.h"
#include "tls.h"

/* What is read and dropped for the sake of an orderly end: of an unread body behind its response,
 * and of anything behind the last response of a connection. */
#define HR_HTTP_DROP_MAX (256u * 1024)

struct hr_http_session;
struct hr_http_answer;

struct hr_http_shard {
    struct hr_http_server_s *server;
    struct hr_reactor *reactor;
    struct hr_operation listener; /* ACCEPT, at last CLOSE */
    struct hr_task start, stop;
    struct hr_timer retry; /* accepting again after an error that lasts */
    struct hr_timer hurry; /* closing: what is still in progress is cut off */
    struct hr_http_session *connections;
    struct hr_tls_context *tls; /* NULL: plain */
    struct hr_blocks blocks;    /* for bodies from files and producers */
    unsigned over_limit;        /* connections that are being told so */
    unsigned abandoned;         /* exchanges without a connection, not yet answered */
    bool closing, ended;
};

struct hr_http_server_s {
    hr_engine *engine;
    struct hr_http_server_options options; /* defaults filled in */
    uint16_t port;
    unsigned shard_count;
    unsigned shards_open; /* atomic */
    unsigned connections; /* atomic; over all shards, without those over the limit */
    void (*on_closed)(void *user);
    void *user;
    struct hr_http_shard shards[];
};

/* http_server.c: ends the shard when it is closing and nothing of it is left. May free. */
void hr__http_shard_check_end(struct hr_http_shard *shard);

/* http_listener.c. */
void hr__http_listener_start(struct hr_http_shard *shard);
void hr__http_listener_stop(struct hr_http_shard *shard);
static inline bool hr__http_listener_stopped(const struct hr_http_shard *shard) {
    return shard->listener.fd < 0;
}

/* What a connection does with the bytes that arrive. */
enum hr_http_phase {
    HR_HTTP_PHASE_HANDSHAKE, /* of TLS: there are no bytes of HTTP yet */
    HR_HTTP_PHASE_HEAD,      /* before or inside a head */
    HR_HTTP_PHASE_REQUEST,   /* inside a body, or waiting for the end of the response */
    HR_HTTP_PHASE_LINGER,    /* no request is read any more: bytes are dropped */
    HR_HTTP_PHASE_CLOSING,   /* the stream is closing */
};

/* What the connection's timer watches over. */
enum hr_http_watch {
    HR_HTTP_WATCH_NONE,
    HR_HTTP_WATCH_HANDSHAKE,
    HR_HTTP_WATCH_IDLE,
    HR_HTTP_WATCH_HEAD,
    HR_HTTP_WATCH_BODY,
    HR_HTTP_WATCH_RESPONSE,
    HR_HTTP_WATCH_LINGER,
};

/* What is being written. */
enum hr_http_writing {
    HR_HTTP_WRITING_NONE,
    HR_HTTP_WRITING_INTERIM,
    HR_HTTP_WRITING_RESPONSE,
};

/* One connection of a client. */
struct hr_http_session {
    struct hr_http_session *prev, *next;
    struct hr_http_shard *shard;
    struct hr_stream *stream;
    struct hr_http1_parser *parser;      /* NULL: a refused connection */
    struct hr_http_exchange_s *exchange; /* of the request being answered */
    struct hr_http_answer *answer;       /* being written, or behind an interim answer */
    struct hr_timer timer;
    uint64_t deadline_ns;
    struct {
        uint64_t start_ns, start_bytes, last_ns, last_bytes; /* start_ns 0: no sample yet */
    } progress;
    uint64_t body_bytes; /* of the present request's body, taken or dropped */
    uint64_t wire_bytes; /* the same with its framing */
    uint32_t dropped;    /* of them, those that nobody wanted */
    uint32_t head_bytes; /* of the present head, looked through for the end of its first line */
    int refuse_status;   /* what the parser's callbacks refuse the request with */
    int reason;          /* why it ends */
    uint8_t phase, watch, writing;
    bool over_limit;             /* refused at once; not counted among the connections */
    bool line_begun, line_ended; /* of the request line of the present head */
    bool complete;               /* the present request has been read to its end */
    bool keep_alive;             /* as far as the present request tells */
    bool expects;                /* the client waits for 100 Continue, and it was not sent */
    bool close_after;
    bool peer_ended;
    bool producer_waits;  /* the answer goes on with a resume */
    bool consumer_failed; /* the parser's error is the handler's own */
};

/* http_session.c. */
void hr__http_session_adopt(struct hr_http_shard *shard, int fd);
/* Closes it; then the exchange is told `reason`. Not from inside the parser. */
void hr__http_session_kill(struct hr_http_session *session, int reason);
/* The server is closing: ends it now if nothing is in progress, else behind the response. */
void hr__http_session_finish(struct hr_http_session *session);
/* The exchange takes its body, or goes on with it; its producer goes on. */
void hr__http_session_resume(struct hr_http_session *session);
/* Whether the producer of its answer has pushed back. */
static inline bool hr__http_session_producer_waits(const struct hr_http_session *session) {
    return session->answer && session->producer_waits;
}
/* Sends 100 Continue where the client waits for it. */
void hr__http_session_continue(struct hr_http_session *session);
/* Takes the answer over and writes it. */
void hr__http_session_answer(struct hr_http_session *session, struct hr_http_answer *answer);
/* An answer that had waited for a file goes on. */
void hr__http_session_on_ready(struct hr_http_session *session);
/* Whether the connection has to end behind a response given now. */
bool hr__http_session_must_close(const struct hr_http_session *session);
/* What the watch found. */
void hr__http_session_timed_out(struct hr_http_session *session, enum hr_http_watch watch);

/* http_watch.c: time-outs. */
void hr__http_watch_init(struct hr_http_session *session);
void hr__http_watch_set(struct hr_http_session *session, enum hr_http_watch watch);
/* http_answer.c: a response on its way out. */
struct hr_http_answer_plan {
    int status;
    const struct hr_http_field *fields;
    size_t field_count;
    struct hr_source body;
    bool head_request; /* of the body only the size is used */
    bool http10;       /* the peer knows no chunks */
    bool close;
};
/* Writes the head into memory of its own. -EINVAL (status, field or source), -ENOMEM, -ENOBUFS. */
int hr__http_answer_new(struct hr_http_shard *shard, const struct hr_http_answer_plan *plan,
                        struct hr_http_answer **answer);
/* Before its first byte is written: who is told when it goes on. */
void hr__http_answer_set_session(struct hr_http_answer *answer, struct hr_http_session *session);
bool hr__http_answer_closes(const struct hr_http_answer *answer);
/* Starts the write of what comes next: 1; 0: everything has been written; -EAGAIN: the producer
 * pushes back; -EINPROGRESS: hr__http_session_on_ready comes; else an error. */
int hr__http_answer_next(struct hr_http_answer *answer, struct hr_stream *stream);
/* Whether the kernel still reads a file into its memory; stop asks for it back, and
 * hr__http_session_on_ready comes. */
bool hr__http_answer_busy(const struct hr_http_answer *answer);
void hr__http_answer_stop(struct hr_http_answer *answer);
void hr__http_answer_free(struct hr_http_answer *answer);

/* http_exchange.c. */
int hr__http_exchange_new(struct hr_http_session *session, const struct hr_http1_message *message,
                          struct hr_http_exchange_s **exchange);
/* The parser's body bytes and their end, as on_body and on_complete. */
ssize_t hr__http_exchange_take(struct hr_http_exchange_s *exchange, const char *data, size_t size);
void hr__http_exchange_complete(struct hr_http_exchange_s *exchange);
/* Whether its consumer is there and has not pushed back. */
bool hr__http_exchange_takes_body(const struct hr_http_exchange_s *exchange);
/* The producer of its answer has pushed back. */
void hr__http_exchange_producer_waits(struct hr_http_exchange_s *exchange);
bool hr__http_exchange_responded(const struct hr_http_exchange_s *exchange);
/* Ends it: its response was written. Frees. */
void hr__http_exchange_done(struct hr_http_exchange_s *exchange);
/* Its connection is gone, or has been answered by the server itself. It lives on until its handler
 * has been told. */
void hr__http_exchange_fail(struct hr_http_exchange_s *exchange, int reason);

#endif
