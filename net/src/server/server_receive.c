/* Requests that come in on a connection: bytes go through the parser to the exchange, one request
 * at a time; bytes behind it wait in the stream until the response has been written. */
#include "server_receive.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <engine/socket.h>

#include "server_connection.h"
#include "server_refusal.h"

/* Connections over the limit that are told so at the same time; more are closed at once. */
#define OVER_LIMIT_MAX 64

#define NO_MORE_DROPPED (-E2BIG) /* of the parser's on_body */

static const struct hr_stream_events stream_events;
static const struct hr_http1_events parser_events;

static const struct hr_http_server_options *
options_of(const struct hr_server_connection *connection) {
    return connection->shard->options;
}

/* ---- Events of the parser. */

static int on_head(void *user, const struct hr_http1_message *message) {
    struct hr_server_connection *connection = user;
    assert(connection->phase == HR_SERVER_PHASE_HEAD && !connection->exchange);
    connection->phase = HR_SERVER_PHASE_BODY;
    connection->request.refuse_status = hr__server_refusal_of_head(options_of(connection), message);
    if (connection->request.refuse_status) return HR_ERR_HTTP_MALFORMED;
    struct hr_http_exchange_s *exchange;
    int err = hr__exchange_new(connection->shard, message, &hr__server_connection_exchange_events,
                               connection, &exchange);
    if (err) {
        connection->request.refuse_status = 503;
        return err;
    }
    connection->exchange = exchange;
    connection->request.keep_alive = message->keep_alive && message->head.minor_version > 0;
    /* Of an empty body, too: botocore takes a final response in its place for the response of the
     * next request on the connection, as well. */
    connection->request.expects = message->expect_continue && message->head.minor_version > 0;
    hr__server_connection_watch(connection, HR_SERVER_WATCH_NONE);
    options_of(connection)->on_request(options_of(connection)->user, exchange);
    return 0;
}

static ssize_t drop_body(struct hr_server_connection *connection, size_t size) {
    connection->request.dropped += (uint32_t)size;
    if (connection->request.dropped > HR_SERVER_DROP_MAX) return NO_MORE_DROPPED;
    connection->request.body_bytes += size;
    return (ssize_t)size;
}

static ssize_t on_body(void *user, const char *data, size_t size) {
    struct hr_server_connection *connection = user;
    struct hr_http_exchange_s *exchange = connection->exchange;
    connection->request.expects = false;
    if (!exchange || hr__exchange_responded(exchange)) return drop_body(connection, size);
    if (size > options_of(connection)->body_bytes_max - connection->request.body_bytes) {
        connection->request.refuse_status = 413;
        return HR_ERR_HTTP_BODY_TOO_LARGE;
    }
    ssize_t taken = hr__exchange_take(exchange, data, size);
    if (taken < 0)
        connection->request.consumer_failed = true;
    else
        connection->request.body_bytes += (size_t)taken;
    return taken;
}

static int on_complete(void *user) {
    struct hr_server_connection *connection = user;
    if (connection->phase == HR_SERVER_PHASE_BODY)
        connection->phase = HR_SERVER_PHASE_WAITING; /* else the handler has ended it */
    connection->request.expects = false;
    if (!connection->response) hr__server_connection_watch(connection, HR_SERVER_WATCH_NONE);
    if (connection->exchange) hr__exchange_complete(connection->exchange);
    return 0;
}

/* Trailers have been checked and counted; no handler asks for them. */
static int on_trailers(void *user, const struct hr_http_field *fields, size_t count) {
    (void)user;
    (void)fields;
    (void)count;
    return 0;
}

static const struct hr_http1_events parser_events = {
    .on_head = on_head,
    .on_body = on_body,
    .on_trailers = on_trailers,
    .on_complete = on_complete,
};

/* ---- Bytes. */

/* A request line that is too long is 414, other heads 431: looked at only while a head is not
 * complete. */
static void look_for_line_end(struct hr_server_connection *connection, const char *data,
                              size_t size) {
    size_t left = options_of(connection)->head_bytes_max - connection->request.head_bytes;
    if (size > left) size = left;
    connection->request.head_bytes += (uint32_t)size;
    while (size > 0 && hr__http1_parser_idle(connection->parser) &&
           (*data == '\r' || *data == '\n')) {
        data++;
        size--;
    }
    if (memchr(data, '\n', size)) connection->request.line_ended = true;
}

static int parse(struct hr_server_connection *connection, const char *data, size_t size,
                 size_t *count) {
    bool in_head = connection->phase == HR_SERVER_PHASE_HEAD;
    int err = hr__http1_parser_execute(connection->parser, data, size, count);
    if (in_head && connection->phase == HR_SERVER_PHASE_HEAD) {
        if (!connection->request.line_ended) look_for_line_end(connection, data, size);
        if (connection->watch.kind == HR_SERVER_WATCH_IDLE)
            hr__server_connection_watch(connection, HR_SERVER_WATCH_HEAD);
    }
    if (in_head) {
        /* Of a piece with a head in it, only this is known. */
        connection->request.wire_bytes = connection->request.body_bytes;
        return err;
    }
    connection->request.wire_bytes += *count;
    if (err) return err;
    return hr__server_refusal_of_framing(connection->request.wire_bytes,
                                         connection->request.body_bytes)
               ? HR_ERR_HTTP_MALFORMED
               : 0;
}

static void on_parse_error(struct hr_server_connection *connection, int err) {
    if (err == NO_MORE_DROPPED && !connection->exchange) {
        hr__server_connection_linger(connection);
    } else if (err == NO_MORE_DROPPED) { /* its response is on the way */
        connection->close_after = true;
        connection->phase = HR_SERVER_PHASE_LINGER;
        connection->request.dropped = 0;
    } else if (connection->request.consumer_failed) {
        hr__server_connection_cut(connection, err);
    } else {
        bool in_line = connection->phase == HR_SERVER_PHASE_HEAD && !connection->request.line_ended;
        int status = connection->request.refuse_status;
        if (!status) status = hr__server_refusal_of_error(connection->parser, err, in_line);
        hr__server_connection_refuse(connection, status, err);
    }
}

static size_t drop(struct hr_server_connection *connection, size_t size) {
    if (size <= HR_SERVER_DROP_MAX - connection->request.dropped) {
        connection->request.dropped += (uint32_t)size;
        return size;
    }
    /* First the response is written; meanwhile the stream pushes back. */
    if (connection->response) return 0;
    hr__server_connection_cut(connection, 0);
    return size;
}

/* Whether the response was written before the end of the request, which has now come. */
static bool is_over(const struct hr_server_connection *connection) {
    return connection->phase == HR_SERVER_PHASE_WAITING && !connection->exchange;
}

/* Parses for as long as a request is being read. Returns how many bytes were taken. */
static size_t take(struct hr_server_connection *connection, const char *data, size_t size) {
    size_t taken = 0;
    while (taken < size) {
        if (connection->phase == HR_SERVER_PHASE_CLOSING) return size;
        if (connection->phase == HR_SERVER_PHASE_LINGER)
            return taken + drop(connection, size - taken);
        /* Pipelined: it waits until the response before it has been written. */
        if (connection->phase == HR_SERVER_PHASE_WAITING) break;
        size_t count = 0;
        int err = parse(connection, data + taken, size - taken, &count);
        taken += count;
        if (err && connection->phase != HR_SERVER_PHASE_CLOSING)
            on_parse_error(connection, err);
        else if (is_over(connection))
            hr__server_connection_next_request(connection);
        else if (count == 0 && !err)
            break;
    }
    return taken;
}

static size_t on_lent(struct hr_stream *stream, const char *data, size_t size) {
    struct hr_server_connection *connection = stream->owner;
    size_t taken = take(connection, data, size);
    assert(taken <= size);
    bool handler_waits = connection->phase == HR_SERVER_PHASE_BODY && connection->exchange &&
                         !hr__exchange_takes_body(connection->exchange);
    if (handler_waits && connection->watch.kind == HR_SERVER_WATCH_BODY)
        hr__server_connection_watch(connection, HR_SERVER_WATCH_NONE);
    return taken;
}

static void on_end(struct hr_stream *stream, int result) {
    struct hr_server_connection *connection = stream->owner;
    connection->peer_ended = true;
    if (result < 0)
        hr__server_connection_cut(connection, result);
    else if (connection->response || connection->phase == HR_SERVER_PHASE_WAITING)
        return; /* a client may end its side and read on */
    else
        hr__server_connection_cut(
            connection, connection->phase == HR_SERVER_PHASE_BODY ? HR_ERR_HTTP_TRUNCATED : 0);
}

/* ---- The beginning. */

static void begin(struct hr_server_connection *connection) {
    if (connection->over_limit)
        hr__server_connection_refuse(connection, 503, -EBUSY);
    else
        hr__server_connection_next_request(connection);
}

/* A client that speaks no TLS, or shows no good certificate, gets the alert and is let go. */
static void on_connected(struct hr_stream *stream, int result) {
    struct hr_server_connection *connection = stream->owner;
    assert(connection->phase == HR_SERVER_PHASE_HANDSHAKE);
    if (result)
        hr__server_connection_cut(connection, result);
    else
        begin(connection);
}

static const struct hr_stream_events stream_events = {
    .on_connected = on_connected,
    .on_lent = on_lent,
    .on_end = on_end,
    .on_written = hr__server_connection_on_written,
    .on_closed = hr__server_connection_on_closed,
};

static void begin_tls(struct hr_server_connection *connection) {
    int err = hr__tls_accept(connection->shard->tls, connection->stream, &stream_events, connection,
                             &connection->stream);
    if (err) {
        hr__server_connection_cut(connection, err);
        return;
    }
    hr__server_connection_watch(connection, HR_SERVER_WATCH_HANDSHAKE);
    connection->stream->vtable->connect(connection->stream, NULL, 0);
}

static int open_streams(struct hr_server_connection *connection, int fd) {
    const struct hr_http1_limits limits = {
        .head_bytes_max = options_of(connection)->head_bytes_max,
        .head_fields_max = options_of(connection)->head_fields_max,
    };
    if (!connection->over_limit) {
        int err = hr__http1_parser_new(HR_HTTP1_REQUEST, &limits, &parser_events, connection,
                                       &connection->parser);
        if (err) return err;
    }
    return hr__tcp_adopt(connection->shard->reactor, fd, &stream_events, connection,
                         &connection->stream);
}

void hr__server_receive_begin(struct hr_server_shard *shard, int fd) {
    assert(!shard->closing);
    struct hr_server_connection *connection = calloc(1, sizeof *connection);
    if (!connection) goto out;
    connection->shard = shard;
    connection->over_limit = __atomic_load_n(shard->connection_count, __ATOMIC_RELAXED) >=
                             shard->options->connections_max;
    if (connection->over_limit && shard->over_limit >= OVER_LIMIT_MAX) goto out;
    if (open_streams(connection, fd)) goto out;
    hr__server_connection_enter(connection, shard);
    if (shard->tls)
        begin_tls(connection);
    else
        begin(connection);
    return;
out:
    if (connection) hr__http1_parser_free(connection->parser);
    free(connection);
    hr__socket_close(hr__reactor_engine(shard->reactor), fd);
}
