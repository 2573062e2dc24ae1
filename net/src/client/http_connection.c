/* A connection of the client: the stream's events go to the call that uses it, or, while it is
 * idle, mean its end. */
#include "breaker.h"
#include "http_call.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void on_fire(struct hr_timer *timer);
static void free_connection(struct hr_http_connection *connection, int result, const char *reason);

/* Lifetimes are told in 32 bits of about a millisecond: half their range is 25 days. */
#define TICK_SHIFT     20
#define LIFE_MAX_TICKS (INT32_MAX / 2)

static struct hr_http_connection *of(const struct hr_stream *stream) {
    return stream->owner;
}

/* ---- The stream's events. */

static size_t on_lent(struct hr_stream *stream, const char *data, size_t size) {
    struct hr_http_connection *connection = of(stream);
    if (connection->closing) return size;
    if (connection->call) return hr__receive_lent(connection->call, data, size);
    /* Bytes that nobody asked for: whatever they are, they must not answer the next request. Often
     * they are a 408, with which a server ends an idle connection. */
    if (connection->idle) hr__idle_closed(connection);
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
    if (connection->call) {
        hr__receive_end(connection->call, result);
        return;
    }
    if (connection->idle) hr__idle_closed(connection);
    hr__connection_close(connection);
}

static void on_written(struct hr_stream *stream, int result) {
    struct hr_http_connection *connection = of(stream);
    connection->writing = false;
    if (!connection->closing && connection->call) hr__send_written(connection->call, result);
}

static void on_closed(struct hr_stream *stream) {
    struct hr_http_connection *connection = of(stream);
    connection->stream = NULL;
    free_connection(connection, 0, "");
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

static uint32_t tick_of(uint64_t ns) {
    return (uint32_t)(ns >> TICK_SHIFT);
}

/* The low bits are enough: a connection does not live through 65,536 outages. */
static uint16_t openings_of(const struct hr_pool_host *host) {
    const struct hr_host_record *record = host->record;
    return record && record->breaker ? (uint16_t)hr__breaker_openings(record->breaker) : 0;
}

/* A fifth of it is left to chance, so that what was opened together does not end together. */
static void set_lifetime(struct hr_http_connection *connection) {
    struct hr_reactor *reactor = connection->host->shard->reactor;
    uint64_t lifetime_ns = connection->host->shard->client->lifetime_ns;
    connection->mortal = lifetime_ns != HR_FOREVER_NS;
    if (!connection->mortal) return;
    lifetime_ns -= hr__reactor_random(reactor) % (lifetime_ns / 5 + 1);
    uint64_t ticks = (lifetime_ns >> TICK_SHIFT) + 1;
    if (ticks > LIFE_MAX_TICKS) ticks = LIFE_MAX_TICKS;
    connection->expires_ticks = tick_of(hr__reactor_now(reactor)) + (uint32_t)ticks;
}

uint64_t hr__connection_life_left_ns(const struct hr_http_connection *connection) {
    if (!connection->mortal) return HR_FOREVER_NS;
    uint32_t now = tick_of(hr__reactor_now(connection->host->shard->reactor));
    int32_t left = (int32_t)(connection->expires_ticks - now);
    return left > 0 ? (uint64_t)left << TICK_SHIFT : 0;
}

/* What was made before the breaker opened leads to where it failed, and keeps leading there
 * although the name may long lead elsewhere. */
bool hr__connection_expired(const struct hr_http_connection *connection) {
    return hr__connection_life_left_ns(connection) == 0 ||
           connection->openings != openings_of(connection->host);
}

/* What a request is told of its connection. */
static void describe(const struct hr_http_connection *connection, struct hr_http_request *request) {
    request->peer.ss_family = AF_UNSPEC;
    if (connection->peer.any.sa_family)
        memcpy(&request->peer, &connection->peer, hr__address_size(&connection->peer));
    if (connection->host->tls)
        hr__tls_info(connection->stream, &request->tls);
    else
        request->tls = (struct hr_tls_info){0};
}

void hr__connection_take(struct hr_http_connection *connection, struct hr_call *call) {
    connection->call = call;
    call->connection = connection;
    if (!connection->carrying) {
        connection->carrying = true;
        connection->host->in_flight++;
    }
    describe(connection, call->request);
}

static void note_handshake(const struct hr_http_connection *connection) {
    struct hr_pool_metrics *metrics = &connection->host->shard->metrics;
    struct hr_tls_info info;
    if (!connection->host->tls) return;
    hr__tls_info(connection->stream, &info);
    hr__count(info.resumed ? &metrics->handshakes_resumed : &metrics->handshakes_full, 1);
}

static void established(struct hr_http_connection *connection,
                        const struct hr_dial_result *result) {
    struct hr_stream *stream = result->stream;
    stream->events = &events;
    stream->owner = connection;
    connection->stream = stream;
    connection->peer = result->peer;
    connection->host_newer = connection->host_older = NULL;
    connection->newer = connection->older = NULL;
    connection->deadline_ns = UINT64_MAX;
    connection->timer = (struct hr_timer){.on_fire = on_fire};
    connection->sent_mark = 0;
    set_lifetime(connection);
    connection->openings = openings_of(connection->host);
    hr__count(&connection->host->shard->metrics.opened, 1);
    note_handshake(connection);
    note_open(connection->host->shard->client);
    stream->vtable->read_lent(stream);
}

static void on_dialed(void *user, const struct hr_dial_result *result) {
    struct hr_http_connection *connection = user;
    struct hr_call *call = connection->call;
    struct hr_warm_part *warm = connection->warm; /* its place is another's once it stands */
    if (call) {
        call->resolve_ns = result->resolve_ns;
        call->tls_ns = result->tls_ns;
    }
    if (warm) hr__warm_undialling(warm, connection);
    if (result->result < 0) {
        free_connection(connection, result->result, result->reason);
    } else {
        established(connection, result);
        if (call) {
            hr__connection_take(connection, call);
            hr__call_connected(call, connection);
        } else {
            hr__pool_keep(connection);
        }
    }
    if (warm) hr__warm_dialled(warm, result->result, result->reason);
}

int hr__connection_open(struct hr_pool_host *host, struct hr_call *call,
                        struct hr_warm_part *warm) {
    struct hr_pool_shard *shard = host->shard;
    struct hr_http_connection *connection = calloc(1, sizeof *connection);
    if (!connection) return -ENOMEM;
    int err = hr__http1_parser_new(HR_HTTP1_RESPONSE, &shard->client->limits, &hr__receive_events,
                                   connection, &connection->parser);
    const struct hr_call_times *times = call ? &call->times : &shard->client->times;
    struct hr_dial_target target = {
        .host = hr_slice_bytes(host->name, host->name_size),
        .port = host->port,
        .tls = host->tls,
        .proxy = host->proxy,
        .sessions = &host->sessions,
        .resolve_ns = times->resolve_ns,
        .connect_ns = times->connect_ns,
        .handshake_ns = times->handshake_ns,
    };
    connection->host = host;
    connection->warm = warm;
    if (!err && host->tls) err = hr__network_shard_tls(shard);
    if (!err) err = hr__dial_start(&shard->dial, &target, on_dialed, connection, &connection->dial);
    if (err) {
        hr__http1_parser_free(connection->parser);
        free(connection);
        return err;
    }
    shard->open++;
    host->open++;
    connection->on_loan = hr__loan_use(host);
    if (!call) {
        hr__warm_dialling(warm, connection);
        return 0;
    }
    connection->call = call;
    connection->carrying = true;
    host->in_flight++;
    call->connection = connection;
    return 0;
}

void hr__connection_close(struct hr_http_connection *connection) {
    if (connection->closing) return;
    connection->closing = true;
    if (connection->idle) hr__pool_take_out(connection);
    if (!connection->stream) {
        hr__dial_cancel(connection->dial);
        return;
    }
    if (!connection->call) hr__pool_leave(connection);
    hr__timer_stop(connection->host->shard->reactor, &connection->timer);
    connection->stream->vtable->close(connection->stream);
}

/* After the last event of its operations. `result`: why it could not be opened; 0: it was. */
static void free_connection(struct hr_http_connection *connection, int result, const char *reason) {
    struct hr_call *call = connection->call;
    if (result == 0) {
        __atomic_sub_fetch(&connection->host->shard->client->connections_open, 1, __ATOMIC_RELAXED);
        hr__timer_stop(connection->host->shard->reactor, &connection->timer);
    }
    hr__http1_parser_free(connection->parser);
    hr__pool_leave(connection);
    if (call) {
        call->connection = NULL;
        hr__call_connection_gone(call, result, reason);
    }
    /* Afterwards: its place is the next call's, and a shard that closes may be gone with it. */
    hr__pool_gone(connection);
    free(connection);
}

/* ---- The timer. */

/* The timer is due by then. */
static void wake_by(struct hr_http_connection *connection, uint64_t time_ns) {
    struct hr_timer *timer = &connection->timer;
    if (time_ns == UINT64_MAX) return;
    if (!hr__timer_running(timer) || timer->deadline_ns > time_ns)
        hr__timer_start(connection->host->shard->reactor, timer, time_ns);
}

void hr__connection_deadline(struct hr_http_connection *connection, enum hr_deadline_kind kind,
                             uint64_t timeout_ns) {
    hr__throughput_watch(connection, kind);
    wake_by(connection, hr__throughput_due(connection));
    if (timeout_ns == HR_FOREVER_NS || kind == HR_DEADLINE_NONE) {
        connection->deadline_kind = HR_DEADLINE_NONE;
        connection->deadline_ns = UINT64_MAX;
        return;
    }
    connection->deadline_kind = (uint8_t)kind;
    connection->deadline_ns = hr__reactor_now(connection->host->shard->reactor) + timeout_ns;
    wake_by(connection, connection->deadline_ns);
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
        hr__count(&connection->host->shard->metrics.timeouts_first_byte, 1);
        hr__call_fail(call, HR_ERR_FIRST_BYTE_TIMEOUT,
                      "%s sent no answer within %" PRIu64 " ms (first_byte_timeout_ms)",
                      hr__call_peer(call, peer, sizeof peer), call->times.first_byte_ns / 1000000);
        return;
    case HR_DEADLINE_STALL:
        if (connection->writing && write_moved(connection)) {
            hr__connection_deadline(connection, HR_DEADLINE_STALL, call->times.stall_ns);
            return;
        }
        hr__count(&connection->host->shard->metrics.timeouts_stall, 1);
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
        hr__container_of(timer, struct hr_http_connection, timer);
    if (connection->closing || hr__throughput_failed(connection)) return;
    uint64_t due_ns = hr__throughput_due(connection);
    if (connection->deadline_ns < due_ns) due_ns = connection->deadline_ns;
    if (hr__reactor_now(connection->host->shard->reactor) < due_ns) {
        wake_by(connection, due_ns);
        return;
    }
    connection->deadline_ns = UINT64_MAX;
    expired(connection);
}
