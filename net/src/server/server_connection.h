/* One client's connection: its state, its end, and the responses that go out on it. Requests come
 * in by server_receive.h. Reactor thread only. */
#ifndef HR_NET_SERVER_CONNECTION_H
#define HR_NET_SERVER_CONNECTION_H

#include "exchange.h"
#include "http1_parse.h"
#include "response.h"
#include "server_shard.h"
#include "server_watch.h"
#include "stream.h"

/* Bytes that are read and dropped for the sake of an orderly end: of an unread body behind its
 * response, and of anything behind the last response of a connection. */
#define HR_SERVER_DROP_MAX (256u * 1024)

/* The use of the bytes that arrive. */
enum hr_server_phase {
    HR_SERVER_PHASE_HANDSHAKE, /* of TLS: there are no bytes of HTTP yet */
    HR_SERVER_PHASE_HEAD,      /* before or inside a head */
    HR_SERVER_PHASE_BODY,      /* inside a request, behind its head */
    HR_SERVER_PHASE_WAITING,   /* the request is complete; the end of its response is awaited */
    HR_SERVER_PHASE_LINGER,    /* no request is read any more: bytes are dropped */
    HR_SERVER_PHASE_CLOSING,   /* the stream is closing */
};

/* The state of the sending side. */
enum hr_server_sending {
    HR_SERVER_SENDS_NOTHING,
    HR_SERVER_SENDS_INTERIM, /* a response goes behind it */
    HR_SERVER_SENDS_RESPONSE,
    HR_SERVER_AWAITS_PRODUCER, /* of the response, which has pushed back */
    HR_SERVER_AWAITS_FILE,     /* the kernel reads the next bytes of the response */
};

struct hr_server_connection {
    struct hr_server_connection *prev, *next;
    struct hr_server_shard *shard;
    struct hr_stream *stream;
    struct hr_http1_parser *parser;      /* NULL: over the limit */
    struct hr_http_exchange_s *exchange; /* of the request being responded to */
    struct hr_response *response;        /* being written, or behind an interim one */
    struct hr_server_watch watch;
    struct {
        uint64_t body_bytes;  /* taken or dropped */
        uint64_t wire_bytes;  /* the same with its framing */
        uint32_t dropped;     /* bytes of the body that nobody wanted */
        uint32_t head_bytes;  /* looked through for the end of the request line */
        int refuse_status;    /* the parser's callbacks refuse the request with it */
        bool line_ended;      /* the request line has been seen to its end */
        bool keep_alive;      /* as far as this request tells */
        bool expects;         /* the client waits for 100 Continue, and it was not sent */
        bool consumer_failed; /* the parser's error is the handler's own */
    } request;
    int reason; /* why it ends */
    uint8_t phase, sending;
    bool over_limit; /* refused at once; not counted among the connections */
    bool close_after, peer_ended;
};

static inline void hr__server_connection_watch(struct hr_server_connection *connection,
                                               enum hr_server_watch_kind kind) {
    hr__server_watch_set(&connection->watch, kind);
}

static inline void hr__server_connection_read_on(struct hr_server_connection *connection) {
    connection->stream->vtable->read_lent(connection->stream);
}

/* Once its stream is there: counts it among those of the shard. */
void hr__server_connection_enter(struct hr_server_connection *connection,
                                 struct hr_server_shard *shard);
/* Waits for the head of another request. */
void hr__server_connection_next_request(struct hr_server_connection *connection);
/* The server itself responds, and the connection ends behind it. A response that is on its way
 * already is all that the client gets. */
void hr__server_connection_refuse(struct hr_server_connection *connection, int status, int reason);
/* Behind the last response: the sending side ends. */
void hr__server_connection_linger(struct hr_server_connection *connection);
/* Closes it; then the exchange is told `reason`. Frees later. */
void hr__server_connection_cut(struct hr_server_connection *connection, int reason);

/* Its stream's events that concern no request. */
void hr__server_connection_on_written(struct hr_stream *stream, int result);
void hr__server_connection_on_closed(struct hr_stream *stream);
/* For the watches of all connections, and for the exchanges. */
extern const struct hr_server_watch_events hr__server_connection_watch_events;
extern const struct hr_exchange_events hr__server_connection_exchange_events;

/* The shard is closing: connections without an exchange end now, others behind their response. */
void hr__server_connection_finish_all(struct hr_server_shard *shard);
/* Ends them all, in the midst of what they do. */
void hr__server_connection_cut_all(struct hr_server_shard *shard);

#endif
