/* A connection of the client: the stream's events go to the call that uses it, or, while it is
 * idle, mean its end. */
#include "http_call.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

static void on_fire(struct hr_timer *timer);
static void free_connection(struct hr_http_connection *connection, int result);

static struct hr_http_connection *of(const struct hr_stream *stream) {
    return stream->owner;
}

/* ---- The stream's events. */

static size_t on_lent(struct hr_stream *stream, const char *data, size_t size) {
    struct hr_http_connection *connection = of(stream);
    if (connection->closing) return size;
    if (connection->call) return hr__receive_lent(connection->call, data, size);
    /* Bytes that nobody asked for: whatever they are, they must not answer the next request. */
    hr__connection_close(connection);
    return size;
}

static void on_direct(struct hr_stream *stream, size_t size) {
    struct hr_http_connection *connection = of(stream);
    if (!connection->closing && connection->call) hr__receive_direct(connection->call, size);
}

static void on_end(struct hr_stream *stream, int result) {
    struct hr_http_connection *connection = of(stream);
    connection->ended = true;
    if (connection->closing) return;
    if (connection->call)
        hr__receive_end(connection->call, result);
    else
        hr__connection_close(connection);
}

static void on_written(struct hr_stream *stream, int result) {
    struct hr_http_connection *connection = of(stream);
    connection->writing = false;
    if (result == 0) connection->written += connection->writing_size;
    if (!connection->closing && connection->call) hr__send_written(connection->call, result);
}

static void on_closed(struct hr_stream *stream) {
    struct hr_http_connection *connection = of(stream);
    connection->stream = NULL;
    free_connection(connection, 0);
}

static const struct hr_stream_events events = {
    .on_lent = on_lent,
    .on_direct = on_direct,
    .on_end = on_end,
    .on_written = on_written,
    .on_closed = on_closed,
};

/* ---- Opening and closing. */

static void note_open(hr_http_client *client) {
    uint64_t open = __atomic_add_fetch(&client->connections_open, 1, __ATOMIC_RELAXED);
    uint64_t peak = __atomic_load_n(&client->connections_peak, __ATOMIC_RELAXED);
    while (open > peak && !__atomic_compare_exchange_n(&client->connections_peak, &peak, open, true,
                                                       __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
}

static void on_connect_done(struct hr_connect *connect, int result, struct hr_stream *stream) {
    struct hr_http_connection *connection =
        (struct hr_http_connection *)((char *)connect -
                                      offsetof(struct hr_http_connection, connect));
    if (result < 0) {
        free_connection(connection, result);
        return;
    }
    stream->events = &events;
    stream->owner = connection;
    connection->stream = stream;
    connection->host_newer = connection->host_older = NULL;
    connection->newer = connection->older = NULL;
    connection->deadline_ns = UINT64_MAX;
    connection->timer = (struct hr_timer){.on_fire = on_fire};
    connection->sent_mark = connection->written = connection->writing_size = 0;
    hr__count(&connection->shard->metrics.opened, 1);
    note_open(connection->shard->client);
    stream->vtable->read_lent(stream);
    hr__call_connected(connection->call, connection);
}

int hr__connection_open(struct hr_call *call) {
    struct hr_pool_shard *shard = call->shard;
    struct hr_http_connection *connection = calloc(1, sizeof *connection);
    if (!connection) return -ENOMEM;
    int err = hr__http1_parser_new(HR_HTTP1_RESPONSE, &shard->client->limits, &hr__receive_events,
                                   connection, &connection->parser);
    if (err) {
        free(connection);
        return err;
    }
    connection->shard = shard;
    connection->host = call->host;
    connection->call = call;
    connection->connect.reactor = shard->reactor;
    connection->connect.addresses = &call->host->addresses;
    connection->connect.timeout_ns = call->times.connect_ns;
    connection->connect.on_done = on_connect_done;
    shard->open++;
    call->host->open++;
    call->connection = connection;
    hr__connect_start(&connection->connect);
    return 0;
}

void hr__connection_close(struct hr_http_connection *connection) {
    if (connection->closing) return;
    connection->closing = true;
    if (connection->idle) hr__pool_take_out(connection);
    if (!connection->stream) {
        hr__connect_cancel(&connection->connect);
        return;
    }
    hr__timer_stop(connection->shard->reactor, &connection->timer);
    connection->stream->vtable->close(connection->stream);
}

/* After the last event of its operations. `result`: why it could not be opened; 0: it was. */
static void free_connection(struct hr_http_connection *connection, int result) {
    struct hr_call *call = connection->call;
    if (result == 0) {
        __atomic_sub_fetch(&connection->shard->client->connections_open, 1, __ATOMIC_RELAXED);
        hr__timer_stop(connection->shard->reactor, &connection->timer);
    }
    hr__http1_parser_free(connection->parser);
    if (call) {
        call->connection = NULL;
        hr__call_connection_gone(call, result, "");
    }
    /* Afterwards: its place is the next call's, and a shard that closes may be gone with it. */
    hr__pool_gone(connection);
    free(connection);
}

/* ---- The timer. */

void hr__connection_deadline(struct hr_http_connection *connection, enum hr_deadline_kind kind,
                             uint64_t timeout_ns) {
    if (timeout_ns == HR_FOREVER_NS || kind == HR_DEADLINE_NONE) {
        connection->deadline_kind = HR_DEADLINE_NONE;
        connection->deadline_ns = UINT64_MAX;
        return;
    }
    struct hr_reactor *reactor = connection->shard->reactor;
    connection->deadline_kind = (uint8_t)kind;
    connection->deadline_ns = hr__reactor_now(reactor) + timeout_ns;
    struct hr_timer *timer = &connection->timer;
    if (!hr__timer_running(timer) || timer->deadline_ns > connection->deadline_ns)
        hr__timer_start(reactor, timer, connection->deadline_ns);
}

/* Whether a write that has not ended yet has moved since the last look. */
static bool write_moved(struct hr_http_connection *connection) {
    struct hr_stream_info info;
    connection->stream->vtable->info(connection->stream, &info);
    bool moved = info.bytes_sent != connection->sent_mark;
    connection->sent_mark = info.bytes_sent;
    return moved;
}

static void expired(struct hr_http_connection *connection) {
    struct hr_call *call = connection->call;
    char peer[300];
    switch (connection->deadline_kind) {
    case HR_DEADLINE_IDLE:
        hr__connection_close(connection);
        return;
    case HR_DEADLINE_EXPECT:
        call->await_continue = false;
        hr__send_more(call);
        return;
    case HR_DEADLINE_FIRST_BYTE:
        hr__count(&connection->shard->metrics.timeouts_first_byte, 1);
        hr__call_fail(call, HR_ERR_FIRST_BYTE_TIMEOUT,
                      "%s sent no answer within %" PRIu64 " ms (first_byte_timeout_ms)",
                      hr__call_peer(call, peer, sizeof peer), call->times.first_byte_ns / 1000000);
        return;
    case HR_DEADLINE_STALL:
        if (connection->writing && write_moved(connection)) {
            hr__connection_deadline(connection, HR_DEADLINE_STALL, call->times.stall_ns);
            return;
        }
        hr__count(&connection->shard->metrics.timeouts_stall, 1);
        hr__call_fail(call, HR_ERR_STALL_TIMEOUT,
                      "no byte from or to %s within %" PRIu64 " ms (stall_timeout_ms)",
                      hr__call_peer(call, peer, sizeof peer), call->times.stall_ns / 1000000);
        return;
    default:
        return;
    }
}

static void on_fire(struct hr_timer *timer) {
    struct hr_http_connection *connection =
        (struct hr_http_connection *)((char *)timer - offsetof(struct hr_http_connection, timer));
    if (connection->closing || connection->deadline_ns == UINT64_MAX) return;
    if (hr__reactor_now(connection->shard->reactor) < connection->deadline_ns) {
        hr__timer_start(connection->shard->reactor, timer, connection->deadline_ns);
        return;
    }
    connection->deadline_ns = UINT64_MAX;
    expired(connection);
}
