/* A client's connection: its end, and the responses that go out on it. */
#include "server_connection.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- In the shard. */

void hr__server_connection_enter(struct hr_server_connection *connection,
                                 struct hr_server_shard *shard) {
    assert(connection->stream && !shard->closing);
    connection->shard = shard;
    hr__server_watch_init(&connection->watch, &shard->watch_plan);
    connection->next = shard->connections;
    if (connection->next) connection->next->prev = connection;
    shard->connections = connection;
    if (connection->over_limit)
        shard->over_limit++;
    else
        __atomic_add_fetch(shard->connection_count, 1, __ATOMIC_RELAXED);
}

static void leave_shard(struct hr_server_connection *connection) {
    struct hr_server_shard *shard = connection->shard;
    if (connection->next) connection->next->prev = connection->prev;
    if (connection->prev)
        connection->prev->next = connection->next;
    else
        shard->connections = connection->next;
    if (connection->over_limit)
        shard->over_limit--;
    else
        __atomic_sub_fetch(shard->connection_count, 1, __ATOMIC_RELAXED);
}

/* ---- The end of a connection. */

/* When the stream is closed and the kernel reads no file into the response any more. */
static void free_when_idle(struct hr_server_connection *connection) {
    assert(connection->phase == HR_SERVER_PHASE_CLOSING);
    if (connection->stream) return;
    if (connection->response && hr__response_busy(connection->response)) return;
    struct hr_server_shard *shard = connection->shard;
    leave_shard(connection);
    hr__response_free(connection->response);
    hr__http1_parser_free(connection->parser);
    shard->detached++; /* the last exchange must not end the shard under us */
    if (connection->exchange) hr__exchange_fail(connection->exchange, connection->reason);
    shard->detached--;
    free(connection);
    shard->on_gone(shard);
}

void hr__server_connection_on_closed(struct hr_stream *stream) {
    struct hr_server_connection *connection = stream->owner;
    connection->stream = NULL;
    if (connection->response && hr__response_busy(connection->response))
        hr__response_stop(connection->response);
    free_when_idle(connection);
}

void hr__server_connection_cut(struct hr_server_connection *connection, int reason) {
    if (connection->phase == HR_SERVER_PHASE_CLOSING) return;
    connection->phase = HR_SERVER_PHASE_CLOSING;
    connection->reason = reason;
    hr__server_watch_stop(&connection->watch);
    connection->stream->vtable->close(connection->stream);
}

/* No byte is sent any more. The peer is to read the last ones before anything makes its kernel drop
 * them, as a close with bytes unread would. So only the sending side ends, and bytes that still
 * come are dropped for a while. */
void hr__server_connection_linger(struct hr_server_connection *connection) {
    assert(connection->phase != HR_SERVER_PHASE_CLOSING && !connection->response);
    connection->phase = HR_SERVER_PHASE_LINGER;
    if (connection->peer_ended) {
        hr__server_connection_cut(connection, 0);
        return;
    }
    connection->request.dropped = 0;
    hr__server_connection_watch(connection, HR_SERVER_WATCH_LINGER);
    connection->stream->vtable->shutdown(connection->stream);
    hr__server_connection_read_on(connection);
}

void hr__server_connection_finish_all(struct hr_server_shard *shard) {
    assert(shard->closing);
    struct hr_server_connection *next;
    for (struct hr_server_connection *each = shard->connections; each; each = next) {
        next = each->next;
        each->close_after = true;
        if (each->phase == HR_SERVER_PHASE_HANDSHAKE || each->phase == HR_SERVER_PHASE_HEAD)
            hr__server_connection_cut(each, -ESHUTDOWN);
    }
}

void hr__server_connection_cut_all(struct hr_server_shard *shard) {
    struct hr_server_connection *next;
    for (struct hr_server_connection *each = shard->connections; each; each = next) {
        next = each->next;
        hr__server_connection_cut(each, -ESHUTDOWN);
    }
}

/* ---- Responses. */

void hr__server_connection_next_request(struct hr_server_connection *connection) {
    assert(!connection->exchange && !connection->response);
    connection->phase = HR_SERVER_PHASE_HEAD;
    memset(&connection->request, 0, sizeof connection->request);
    connection->request.keep_alive = true;
    hr__http1_parser_begin(connection->parser, false);
    hr__server_connection_watch(connection, HR_SERVER_WATCH_IDLE);
    hr__server_connection_read_on(connection);
}

/* All of the response is with the kernel. */
static void responded(struct hr_server_connection *connection) {
    struct hr_http_exchange_s *exchange = connection->exchange;
    connection->close_after |= hr__response_closes(connection->response);
    hr__response_free(connection->response);
    connection->response = NULL;
    connection->exchange = NULL;
    if (connection->close_after || connection->peer_ended || connection->shard->closing)
        hr__server_connection_linger(connection);
    else if (connection->phase == HR_SERVER_PHASE_WAITING)
        hr__server_connection_next_request(connection);
    else /* the rest of the request's body is dropped */
        hr__server_connection_watch(connection, HR_SERVER_WATCH_BODY);
    if (exchange) hr__exchange_done(exchange);
}

static void pump(struct hr_server_connection *connection) {
    assert(connection->response && connection->phase != HR_SERVER_PHASE_CLOSING);
    connection->sending = HR_SERVER_SENDS_NOTHING;
    int result = hr__response_next(connection->response, connection->stream);
    if (result == 1) {
        connection->sending = HR_SERVER_SENDS_RESPONSE;
        if (connection->watch.kind != HR_SERVER_WATCH_RESPONSE)
            hr__server_connection_watch(connection, HR_SERVER_WATCH_RESPONSE);
    } else if (result == 0) {
        responded(connection);
    } else if (result == -EAGAIN || result == -EINPROGRESS) {
        connection->sending = result == -EAGAIN ? HR_SERVER_AWAITS_PRODUCER : HR_SERVER_AWAITS_FILE;
        hr__server_connection_watch(connection, HR_SERVER_WATCH_NONE);
        if (result == -EAGAIN && connection->exchange)
            hr__exchange_on_producer_waits(connection->exchange);
    } else {
        hr__server_connection_cut(connection, result);
    }
}

/* The response had waited for a file. */
static void on_response_ready(void *owner) {
    struct hr_server_connection *connection = owner;
    if (connection->phase == HR_SERVER_PHASE_CLOSING)
        free_when_idle(connection);
    else
        pump(connection);
}

static void respond(struct hr_server_connection *connection, struct hr_response *response) {
    assert(!connection->response);
    hr__response_set_owner(response, on_response_ready, connection);
    connection->response = response;
    if (connection->phase == HR_SERVER_PHASE_CLOSING) return;
    if (connection->sending == HR_SERVER_SENDS_NOTHING) pump(connection);
    /* A body that nobody will take is dropped from now on. */
    if (connection->phase == HR_SERVER_PHASE_BODY) hr__server_connection_read_on(connection);
}

void hr__server_connection_on_written(struct hr_stream *stream, int result) {
    struct hr_server_connection *connection = stream->owner;
    connection->sending = HR_SERVER_SENDS_NOTHING;
    if (result < 0)
        hr__server_connection_cut(connection, result);
    else if (connection->response)
        pump(connection);
}

void hr__server_connection_refuse(struct hr_server_connection *connection, int status, int reason) {
    connection->close_after = true;
    connection->phase = HR_SERVER_PHASE_LINGER;
    connection->request.dropped = 0;
    if (connection->response) return;
    struct hr_http_exchange_s *exchange = connection->exchange;
    connection->exchange = NULL;
    const struct hr_source none = hr_source_none();
    struct hr_response_plan plan = {.status = status, .close = true, .body = &none};
    struct hr_response *response;
    int err = hr__response_new(connection->shard, &plan, &response);
    if (err)
        hr__server_connection_cut(connection, reason);
    else
        respond(connection, response);
    if (exchange) hr__exchange_fail(exchange, reason);
}

static void on_time_out(struct hr_server_watch *watched, enum hr_server_watch_kind kind) {
    struct hr_server_connection *connection =
        hr__container_of(watched, struct hr_server_connection, watch);
    if (kind == HR_SERVER_WATCH_HEAD)
        hr__server_connection_refuse(connection, 408, -ETIMEDOUT);
    else if (kind == HR_SERVER_WATCH_IDLE || kind == HR_SERVER_WATCH_LINGER)
        hr__server_connection_cut(connection, 0);
    else if (kind == HR_SERVER_WATCH_HANDSHAKE)
        hr__server_connection_cut(connection, HR_ERR_HANDSHAKE_TIMEOUT);
    else
        hr__server_connection_cut(connection, HR_ERR_STALL_TIMEOUT);
}

static uint64_t moved(const struct hr_server_watch *watched) {
    const struct hr_server_connection *connection =
        hr__container_of(watched, const struct hr_server_connection, watch);
    if (watched->kind == HR_SERVER_WATCH_BODY) return connection->request.body_bytes;
    struct hr_stream_info info;
    connection->stream->vtable->info(connection->stream, &info);
    /* The kernel may hold megabytes of a slow reader's response: bytes count that have arrived. */
    return info.bytes_sent - info.bytes_queued;
}

const struct hr_server_watch_events hr__server_connection_watch_events = {
    .moved = moved,
    .on_time_out = on_time_out,
};

/* ---- Calls of the exchange. */

static void on_respond(void *user, struct hr_response *response) {
    respond(user, response);
}

static void on_give_up(void *user, int reason) {
    hr__server_connection_cut(user, reason);
}

static bool must_close(const void *user) {
    const struct hr_server_connection *connection = user;
    if (!connection->request.keep_alive || connection->close_after || connection->peer_ended)
        return true;
    if (connection->shard->closing) return true;
    if (connection->phase != HR_SERVER_PHASE_BODY || !connection->exchange) return false;
    /* A client that was not told to continue may send the body or leave it out: the next bytes
     * cannot be told apart. */
    if (connection->request.expects) return true;
    uint64_t size = hr_http_exchange_body_size(connection->exchange);
    return size != HR_SIZE_UNKNOWN && size - connection->request.body_bytes > HR_SERVER_DROP_MAX;
}

static bool producer_waits(const void *user) {
    const struct hr_server_connection *connection = user;
    return connection->response && connection->sending == HR_SERVER_AWAITS_PRODUCER;
}

static void peer_of(const void *user, struct sockaddr_storage *peer) {
    const struct hr_server_connection *connection = user;
    struct hr_stream_info info = {.peer.ss_family = AF_UNSPEC};
    if (connection->stream) connection->stream->vtable->info(connection->stream, &info);
    *peer = info.peer;
}

static void on_resume(void *user) {
    struct hr_server_connection *connection = user;
    if (connection->phase == HR_SERVER_PHASE_CLOSING) return;
    if (connection->response) {
        if (connection->sending == HR_SERVER_AWAITS_PRODUCER) pump(connection);
    } else if (connection->phase == HR_SERVER_PHASE_BODY) {
        hr__server_connection_watch(connection, HR_SERVER_WATCH_BODY);
        hr__server_connection_read_on(connection);
    }
}

static void on_read(void *user) {
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    static const struct iovec interim = {.iov_base = (void *)text, .iov_len = sizeof text - 1};
    struct hr_server_connection *connection = user;
    if (!connection->request.expects || connection->phase != HR_SERVER_PHASE_BODY) return;
    assert(connection->sending == HR_SERVER_SENDS_NOTHING);
    connection->request.expects = false;
    connection->sending = HR_SERVER_SENDS_INTERIM;
    connection->stream->vtable->write(connection->stream, &interim, 1);
}

const struct hr_exchange_events hr__server_connection_exchange_events = {
    .on_read = on_read,
    .on_resume = on_resume,
    .on_respond = on_respond,
    .on_give_up = on_give_up,
    .must_close = must_close,
    .producer_waits = producer_waits,
    .peer = peer_of,
};
