/* A connection of the pool: opened for a waiter or ahead of need, held, idle, closed. While nobody
 * holds it, all that comes over it means its end. */
#include "connection.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "breaker_core.h"
#include "network.h"
#include "pool_idle.h"
#include "pool_loan.h"

/* Lifetimes are told in 32 bits of about a millisecond: half their range is 25 days. */
#define TICK_SHIFT     20
#define LIFE_MAX_TICKS (INT32_MAX / 2)

static void free_connection(struct hr_connection *connection, int result, const char *reason);

/* ---- Events of the stream while nobody holds it. */

/* Bytes that nobody asked for: whatever they are, they must not answer the next request. Often they
 * are a 408, with which a server ends an idle connection. */
static void end_idle(struct hr_connection *connection) {
    if (connection->closing) return;
    if (connection->idle) hr__idle_closed(connection);
    hr__connection_close(connection);
}

static size_t on_lent(struct hr_stream *stream, const char *data, size_t size) {
    (void)data;
    end_idle(stream->owner);
    return size;
}

static void on_direct(struct hr_stream *stream, size_t size) {
    (void)stream, (void)size;
}

static void on_end(struct hr_stream *stream, int result) {
    (void)result;
    end_idle(stream->owner);
}

static void on_written(struct hr_stream *stream, int result) {
    (void)stream, (void)result;
}

static void on_closed(struct hr_stream *stream) {
    struct hr_connection *connection = stream->owner;
    connection->stream = NULL;
    free_connection(connection, 0, "");
}

static const struct hr_stream_events idle_events = {
    .on_lent = on_lent,
    .on_direct = on_direct,
    .on_end = on_end,
    .on_written = on_written,
    .on_closed = on_closed,
};

static void on_idle_due(struct hr_deadline *deadline) {
    hr__connection_close(hr__container_of(deadline, struct hr_connection, deadline));
}

void hr__connection_take_back(struct hr_connection *connection) {
    connection->stream->events = &idle_events;
    connection->stream->owner = connection;
    connection->deadline.on_due = on_idle_due;
    hr__connection_detach(connection);
    hr__connection_leave(connection);
}

/* ---- Its life. */

static void note_open(struct hr_pool *pool) {
    uint64_t open = __atomic_add_fetch(&pool->connections_open, 1, __ATOMIC_RELAXED);
    uint64_t peak = __atomic_load_n(&pool->connections_peak, __ATOMIC_RELAXED);
    while (open > peak && !__atomic_compare_exchange_n(&pool->connections_peak, &peak, open, true,
                                                       __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
}

static uint32_t tick_of(uint64_t ns) {
    return (uint32_t)(ns >> TICK_SHIFT);
}

/* The low bits are enough: a connection does not live through 65,536 outages. */
static uint16_t openings_of(const struct hr_origin *origin) {
    const struct hr_origin_shared *shared = origin->shared;
    return shared && shared->breaker ? (uint16_t)hr__breaker_openings(shared->breaker) : 0;
}

/* A fifth of it is left to chance, so that what was opened together does not end together. */
static void set_lifetime(struct hr_connection *connection) {
    struct hr_reactor *reactor = connection->origin->shard->reactor;
    uint64_t lifetime_ns = connection->origin->shard->limits.lifetime_ns;
    connection->mortal = lifetime_ns != HR_FOREVER_NS;
    if (!connection->mortal) return;
    lifetime_ns -= hr__reactor_random(reactor) % (lifetime_ns / 5 + 1);
    uint64_t ticks = (lifetime_ns >> TICK_SHIFT) + 1;
    if (ticks > LIFE_MAX_TICKS) ticks = LIFE_MAX_TICKS;
    connection->expires_ticks = tick_of(hr__reactor_now(reactor)) + (uint32_t)ticks;
}

uint64_t hr__connection_life_left_ns(const struct hr_connection *connection) {
    if (!connection->mortal) return HR_FOREVER_NS;
    uint32_t now = tick_of(hr__reactor_now(connection->origin->shard->reactor));
    int32_t left = (int32_t)(connection->expires_ticks - now);
    return left > 0 ? (uint64_t)left << TICK_SHIFT : 0;
}

void hr__connection_arm(struct hr_connection *connection) {
    uint64_t timeout_ns = hr__idle_timeout_ns(connection->origin);
    uint64_t left_ns = hr__connection_life_left_ns(connection);
    if (left_ns < timeout_ns) timeout_ns = left_ns;
    uint64_t due_ns =
        timeout_ns == HR_FOREVER_NS ? UINT64_MAX : connection->idle_since_ns + timeout_ns;
    hr__deadline_set(&connection->deadline, connection->origin->shard->reactor, due_ns);
}

/* Its address is. */
static bool is_ejected(const struct hr_connection *connection) {
    const struct hr_origin *origin = connection->origin;
    if (!origin->shared || !hr__outliers_any(origin->shared->outliers)) return false;
    return !origin->proxy && hr__outliers_have(origin->shared->outliers, &connection->peer,
                                               hr__reactor_now(origin->shard->reactor));
}

/* A connection made before the breaker opened leads to where it failed, and keeps leading there
 * although the name may long lead elsewhere. */
bool hr__connection_expired(const struct hr_connection *connection) {
    return hr__connection_life_left_ns(connection) == 0 ||
           connection->openings != openings_of(connection->origin) || is_ejected(connection);
}

bool hr__connection_is_surplus(const struct hr_connection *connection) {
    const struct hr_origin *origin = connection->origin;
    const struct hr_pool_shard *shard = origin->shard;
    return origin->open - origin->leaving > origin->limit ||
           shard->open - shard->leaving > shard->limit;
}

/* ---- Who holds it. */

void hr__connection_hold(struct hr_connection *connection, struct hr_pool_waiter *waiter) {
    assert(!connection->closing && !connection->idle);
    connection->waiter = waiter;
    waiter->connection = connection;
    waiter->state = HR_WAITER_HOLDING;
    if (connection->carrying) return;
    connection->carrying = true;
    connection->origin->in_flight++;
}

void hr__connection_leave(struct hr_connection *connection) {
    if (!connection->carrying) return;
    assert(connection->origin->in_flight > 0);
    connection->carrying = false;
    connection->origin->in_flight--;
}

void hr__connection_detach(struct hr_connection *connection) {
    struct hr_pool_waiter *waiter = connection->waiter;
    if (!waiter) return;
    assert(waiter->connection == connection);
    waiter->connection = NULL;
    waiter->state = HR_WAITER_NONE;
    connection->waiter = NULL;
}

/* ---- Opening and closing. */

static void link_ahead(struct hr_pool_ahead *ahead, struct hr_connection *connection) {
    connection->ahead_next = ahead->dialling;
    ahead->dialling = connection;
}

static void unlink_ahead(struct hr_pool_ahead *ahead, struct hr_connection *connection) {
    struct hr_connection **link = &ahead->dialling;
    while (*link != connection) link = &(*link)->ahead_next;
    *link = connection->ahead_next;
}

static void count_handshake(const struct hr_connection *connection) {
    struct hr_pool_counters *counters = &connection->origin->shard->counters;
    struct hr_tls_info info;
    if (!connection->origin->key.tls) return;
    hr__tls_info(connection->stream, &info);
    hr__count(info.resumed ? &counters->handshakes_resumed : &counters->handshakes_full, 1);
}

static void established(struct hr_connection *connection, const struct hr_dial_result *result) {
    struct hr_pool_shard *shard = connection->origin->shard;
    struct hr_stream *stream = result->stream;
    stream->events = &idle_events;
    stream->owner = connection;
    connection->stream = stream;
    connection->peer = result->peer;
    connection->origin->addresses = result->addresses;
    connection->origin_newer = connection->origin_older = NULL;
    connection->newer = connection->older = NULL;
    hr__deadline_init(&connection->deadline, on_idle_due);
    connection->idle_since_ns = 0;
    set_lifetime(connection);
    connection->openings = openings_of(connection->origin);
    hr__count(&shard->counters.connections_opened, 1);
    count_handshake(connection);
    note_open(shard->pool);
    stream->vtable->read_lent(stream);
}

static void on_dialed(void *user, const struct hr_dial_result *result) {
    struct hr_connection *connection = user;
    struct hr_pool_waiter *waiter = connection->waiter;
    struct hr_pool_ahead *ahead = connection->ahead; /* stands in another's place once it is open */
    if (waiter) {
        waiter->resolve_ns = result->resolve_ns;
        waiter->tls_ns = result->tls_ns;
    }
    if (ahead) unlink_ahead(ahead, connection);
    if (result->result < 0) {
        free_connection(connection, result->result, result->reason);
    } else {
        established(connection, result);
        if (waiter) {
            hr__connection_hold(connection, waiter);
            waiter->events->on_ready(waiter);
        } else {
            connection->origin->shard->events->on_kept(connection);
        }
    }
    if (ahead) ahead->on_opened(ahead, result->result, result->reason);
}

/* A name that is looked up here has its record; a proxy's addresses would say nothing of it. */
static int remember(struct hr_origin *origin) {
    return hr__origin_table_ejects(origin->shard->pool->origins) && !origin->proxy
               ? hr__origin_share(origin)
               : 0;
}

static void arrange(void *user, struct hr_addresses *addresses, bool whole) {
    struct hr_origin *origin = user;
    hr__outliers_arrange(origin->shared->outliers, addresses, whole,
                         hr__reactor_now(origin->shard->reactor));
}

static void on_address_failed(void *user, const union hr_address *address) {
    hr__origin_note(user, address, true, 0);
}

static const struct hr_dial_memory memory = {.arrange = arrange, .on_failed = on_address_failed};

static const struct hr_dial_memory *memory_of(const struct hr_origin *origin) {
    bool kept = origin->shared && origin->shared->outliers && !origin->proxy;
    return kept ? &memory : NULL;
}

static int dial(struct hr_connection *connection, const struct hr_pool_times *times,
                const union hr_address *avoid) {
    struct hr_origin *origin = connection->origin;
    struct hr_pool_shard *shard = origin->shard;
    int err = origin->key.tls ? hr__network_shard_tls(shard) : 0;
    if (!err) err = remember(origin);
    if (err) return err;
    struct hr_dial_target target = {
        .host = origin->key.name,
        .port = origin->key.port,
        .tls = origin->key.tls,
        .proxy = origin->proxy,
        .sessions = &origin->sessions,
        .memory = memory_of(origin),
        .memory_user = origin,
        .resolve_ns = times->resolve_ns,
        .connect_ns = times->connect_ns,
        .handshake_ns = times->handshake_ns,
    };
    if (avoid) target.avoid = *avoid;
    return hr__dial_start(&shard->dial, &target, on_dialed, connection, &connection->dial);
}

int hr__connection_open(struct hr_origin *origin, struct hr_pool_waiter *waiter,
                        struct hr_pool_ahead *ahead) {
    struct hr_pool_shard *shard = origin->shard;
    assert(origin->loans.unused > 0 ||
           (origin->open < origin->limit && shard->open < shard->limit));
    struct hr_connection *connection = calloc(1, sizeof *connection);
    if (!connection) return -ENOMEM;
    connection->origin = origin;
    connection->ahead = ahead;
    int err = waiter ? dial(connection, waiter->times, waiter->avoid)
                     : dial(connection, &shard->times, NULL);
    if (err) {
        free(connection);
        return err;
    }
    shard->open++;
    origin->open++;
    connection->on_loan = hr__loan_use(origin);
    if (!waiter) {
        link_ahead(ahead, connection);
        return 0;
    }
    connection->waiter = waiter;
    waiter->connection = connection;
    waiter->state = HR_WAITER_DIALLING;
    connection->carrying = true;
    origin->in_flight++;
    return 0;
}

void hr__connection_close(struct hr_connection *connection) {
    if (connection->closing) return;
    connection->closing = true;
    connection->origin->leaving++;
    connection->origin->shard->leaving++;
    if (connection->idle) hr__idle_remove(connection);
    if (!connection->stream) {
        hr__dial_cancel(connection->dial);
        return;
    }
    if (!connection->waiter) hr__connection_leave(connection);
    hr__deadline_stop(&connection->deadline, connection->origin->shard->reactor);
    connection->stream->events = &idle_events;
    connection->stream->owner = connection;
    connection->stream->vtable->close(connection->stream);
}

/* After the last event of its operations. `result`: why it could not be opened; 0: it was. */
static void free_connection(struct hr_connection *connection, int result, const char *reason) {
    struct hr_pool_shard *shard = connection->origin->shard;
    struct hr_pool_waiter *waiter = connection->waiter;
    if (result == 0) {
        __atomic_sub_fetch(&shard->pool->connections_open, 1, __ATOMIC_RELAXED);
        hr__deadline_stop(&connection->deadline, shard->reactor);
    }
    hr__connection_leave(connection);
    hr__connection_detach(connection);
    if (waiter && result < 0)
        waiter->events->on_failed(waiter, result, reason);
    else if (waiter)
        waiter->events->on_closed(waiter);
    if (connection->closing) {
        assert(connection->origin->leaving > 0 && shard->leaving > 0);
        connection->origin->leaving--;
        shard->leaving--;
    }
    /* Afterwards: its place is the next waiter's, and a shard that closes may be gone with it. */
    shard->events->on_gone(connection);
    free(connection);
}
