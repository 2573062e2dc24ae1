/* The phases of a connection, one after the other. After a failure everything is closed before
 * on_done comes. */
#include "dial.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "address_order.h"
#include "connect.h"

#define NS_PER_MS 1000000

enum phase { RESOLVE, CONNECT, TUNNEL, HANDSHAKE };

struct hr_dial {
    struct hr_dial_context *context;
    struct hr_dial_target target;
    void (*on_done)(void *user, const struct hr_dial_result *result);
    void *user;
    enum phase phase;
    bool ended;               /* its end is queued */
    bool looking;             /* the lookup is under way */
    uint64_t begun_ns;        /* of the phase */
    struct hr_stream *stream; /* of a handshake, or to a unix socket */
    struct hr_timer timer;
    struct hr_task task;
    union { /* one after the other */
        struct hr_tunnel tunnel;
        struct sockaddr_un local;
    };
    struct hr_connect connect;
    struct hr_lookup lookup;
    struct hr_dial_result result; /* a failure that is being cleaned up after, too */
};

static struct hr_slice wanted_host(const struct hr_dial *dial) {
    const struct hr_proxy *proxy = dial->target.proxy;
    return proxy ? hr_slice_of(proxy->host) : dial->target.host;
}

static uint16_t wanted_port(const struct hr_dial *dial) {
    return dial->target.proxy ? dial->target.proxy->port : dial->target.port;
}

/* ---- The end. */

/* Ends a lookup whose result does not matter any more. */
static void stop_looking(struct hr_dial *dial) {
    if (dial->looking) hr__resolver_cancel(dial->context->resolver, &dial->lookup);
    dial->looking = false;
}

static void tell_failed(const struct hr_dial *dial, const union hr_address *address) {
    const struct hr_dial_memory *memory = dial->target.memory;
    if (memory) memory->on_failed(dial->target.memory_user, address);
}

static void finish(struct hr_dial *dial) {
    assert(!dial->looking);
    bool failed = dial->result.result < 0 && hr__connect_blames(dial->result.result);
    if (failed && dial->result.peer.any.sa_family) tell_failed(dial, &dial->result.peer);
    struct hr_dial_result result = dial->result;
    void (*on_done)(void *user, const struct hr_dial_result *result) = dial->on_done;
    void *user = dial->user;
    hr__timer_stop(dial->context->reactor, &dial->timer);
    hr__slab_give(&dial->context->dials, dial);
    on_done(user, &result);
}

static void run_finish(struct hr_task *task) {
    finish(hr__container_of(task, struct hr_dial, task));
}

static void finish_later(struct hr_dial *dial) {
    if (dial->ended) return;
    dial->ended = true;
    hr__reactor_defer(dial->context->reactor, &dial->task);
}

/* The first failure counts: errors of its cleaning up are dropped. */
__attribute__((format(printf, 3, 4))) static void note(struct hr_dial *dial, int result,
                                                       const char *format, ...) {
    if (dial->result.result < 0) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(dial->result.reason, sizeof dial->result.reason, format, arguments);
    va_end(arguments);
    dial->result.result = result;
}

static void begin(struct hr_dial *dial, enum phase phase, uint64_t timeout_ns) {
    struct hr_reactor *reactor = dial->context->reactor;
    assert(phase >= dial->phase && !dial->ended);
    dial->phase = phase;
    dial->begun_ns = hr__reactor_now(reactor);
    if (timeout_ns < UINT64_MAX - dial->begun_ns)
        hr__timer_start(reactor, &dial->timer, dial->begun_ns + timeout_ns);
}

/* Ends the phase. Returns how long it took. */
static uint64_t spent(struct hr_dial *dial) {
    hr__timer_stop(dial->context->reactor, &dial->timer);
    return hr__reactor_now(dial->context->reactor) - dial->begun_ns;
}

/* ---- TLS. */

static void on_closed(struct hr_stream *stream) {
    struct hr_dial *dial = stream->owner;
    dial->stream = NULL;
    assert(dial->result.result < 0);
    finish(dial);
}

static void close_stream(struct hr_dial *dial) {
    hr__timer_stop(dial->context->reactor, &dial->timer);
    dial->stream->vtable->close(dial->stream);
}

static void connected(struct hr_dial *dial, struct hr_stream *stream) {
    dial->result.stream = stream;
    finish(dial);
}

static void on_handshake(struct hr_stream *stream, int result) {
    struct hr_dial *dial = stream->owner;
    dial->result.tls_ns = spent(dial);
    if (result == 0 && dial->result.result == 0) {
        connected(dial, stream);
        return;
    }
    note(dial, result, "%s", hr__tls_reason(stream));
    close_stream(dial);
}

static const struct hr_stream_events handshake_events = {
    .on_connected = on_handshake,
    .on_closed = on_closed,
};

/* Begins TLS, where it is wanted, over a stream to the target or through a tunnel. */
static void secure(struct hr_dial *dial, struct hr_stream *stream) {
    const struct hr_dial_target *target = &dial->target;
    if (!target->tls) {
        connected(dial, stream);
        return;
    }
    stream->events = &handshake_events;
    stream->owner = dial;
    dial->stream = stream;
    assert(dial->context->tls); /* made before the first https */
    int err = hr__tls_connect(dial->context->tls, stream, target->host, target->sessions,
                              &handshake_events, dial, &dial->stream);
    if (err) {
        note(dial, err, "%s", "");
        close_stream(dial);
        return;
    }
    begin(dial, HANDSHAKE, target->handshake_ns);
    dial->stream->vtable->connect(dial->stream, NULL, 0);
}

/* ---- The proxy's tunnel. */

static void on_tunnel(struct hr_tunnel *tunnel, int result, struct hr_stream *stream) {
    struct hr_dial *dial = hr__container_of(tunnel, struct hr_dial, tunnel);
    dial->result.connect_ns += spent(dial);
    if (result == 0) {
        secure(dial, stream);
        return;
    }
    note(dial, result, "the proxy %s:%u: %s", tunnel->proxy->host, tunnel->proxy->port,
         tunnel->reason[0] ? tunnel->reason : hr_error_text(result));
    finish(dial);
}

static void ask_proxy(struct hr_dial *dial, struct hr_stream *stream) {
    uint64_t left = dial->target.connect_ns;
    if (left != UINT64_MAX)
        left = left > dial->result.connect_ns ? left - dial->result.connect_ns : 0;
    dial->tunnel = (struct hr_tunnel){.proxy = dial->target.proxy,
                                      .host = dial->target.host,
                                      .port = dial->target.port,
                                      .on_done = on_tunnel};
    int err = hr__tunnel_start(&dial->tunnel, stream);
    if (!err) {
        begin(dial, TUNNEL, left);
        return;
    }
    note(dial, err, "%s", "");
    stream->events = &handshake_events;
    stream->owner = dial;
    dial->stream = stream;
    close_stream(dial);
}

/* ---- TCP, or a unix socket. */

/* The stream is connected: to the target or to the proxy. */
static void go_on(struct hr_dial *dial, struct hr_stream *stream) {
    if (dial->target.proxy && dial->target.tls)
        ask_proxy(dial, stream);
    else
        secure(dial, stream);
}

static void note_connect(struct hr_dial *dial, int result) {
    const struct hr_dial_target *target = &dial->target;
    if (target->proxy && result == HR_ERR_CONNECT_TIMEOUT)
        note(dial, result,
             "the proxy %s:%u did not answer within %" PRIu64 " ms (connect_timeout_ms)",
             target->proxy->host, target->proxy->port, target->connect_ns / NS_PER_MS);
    else if (dial->context->unix_socket)
        note(dial, result, "the unix socket %s: %s", dial->context->unix_socket,
             hr_error_text(result));
    else if (target->proxy)
        note(dial, result, "the proxy %s:%u: %s", target->proxy->host, target->proxy->port,
             hr_error_text(result));
    else
        note(dial, result, "%s", "");
}

static void on_connect_done(struct hr_connect *connect, int result, struct hr_stream *stream) {
    struct hr_dial *dial = hr__container_of(connect, struct hr_dial, connect);
    dial->result.connect_ns = spent(dial);
    stop_looking(dial);
    for (unsigned i = 0; i < connect->addresses.count; i++)
        if (connect->failed & 1u << i) tell_failed(dial, &connect->addresses.list[i]);
    if (result == 0) {
        dial->result.peer = connect->peer;
        dial->result.addresses = connect->addresses.count;
        const struct hr_socket_options *options = &dial->context->socket;
        if (options->keepalive_s || options->user_timeout_ms) hr__tcp_set(stream, options);
        go_on(dial, stream);
        return;
    }
    if (result != -ECANCELED) hr__resolver_forget(dial->context->resolver, wanted_host(dial));
    note_connect(dial, result);
    finish(dial);
}

static void on_local_connected(struct hr_stream *stream, int result) {
    struct hr_dial *dial = stream->owner;
    dial->result.connect_ns = spent(dial);
    if (result == 0 && dial->result.result == 0) {
        secure(dial, stream);
        return;
    }
    note_connect(dial, result);
    close_stream(dial);
}

static const struct hr_stream_events local_events = {
    .on_connected = on_local_connected,
    .on_closed = on_closed,
};

static int connect_to_local(struct hr_dial *dial) {
    int err = hr__tcp_new(dial->context->reactor, &local_events, dial, &dial->stream);
    if (err) return err;
    begin(dial, CONNECT, dial->target.connect_ns);
    dial->local.sun_family = AF_UNIX;
    snprintf(dial->local.sun_path, sizeof dial->local.sun_path, "%s", dial->context->unix_socket);
    dial->stream->vtable->connect(dial->stream, (const struct sockaddr *)&dial->local,
                                  sizeof dial->local);
    return 0;
}

/* In the order of the name, but for what the target says: one to avoid stands behind others, and
 * before those that memory puts last. */
static struct hr_addresses *arrange(struct hr_dial *dial) {
    const struct hr_dial_memory *memory = dial->target.memory;
    struct hr_addresses *addresses = &dial->lookup.addresses;
    hr__addresses_put_last(addresses, &dial->target.avoid);
    if (memory) memory->arrange(dial->target.memory_user, addresses, !dial->looking);
    return addresses;
}

/* The connect has a time-out of its own; the timer may go on for the other family's addresses. */
static void connect_to(struct hr_dial *dial) {
    begin(dial, CONNECT, UINT64_MAX);
    dial->connect = (struct hr_connect){
        .reactor = dial->context->reactor,
        .addresses = *arrange(dial),
        .more = dial->looking,
        .timeout_ns = dial->target.connect_ns,
        .on_done = on_connect_done,
    };
    hr__connect_start(&dial->connect);
}

/* ---- The name. */

/* The other family's addresses have come, or will not: the race goes on with those there are. */
static void join(struct hr_dial *dial, const struct hr_addresses *addresses) {
    hr__timer_stop(dial->context->reactor, &dial->timer);
    hr__connect_add(&dial->connect, addresses);
}

static void on_resolved(struct hr_lookup *lookup, int result, const char *reason) {
    struct hr_dial *dial = hr__container_of(lookup, struct hr_dial, lookup);
    dial->looking = result == 0 && lookup->partial;
    if (dial->phase == CONNECT) {
        join(dial, result == 0 ? arrange(dial) : NULL);
        return;
    }
    dial->result.resolve_ns = hr__reactor_now(dial->context->reactor) - dial->begun_ns;
    if (!dial->looking) hr__timer_stop(dial->context->reactor, &dial->timer);
    if (result == 0) {
        connect_to(dial);
        return;
    }
    note(dial, result, "%s", reason);
    finish(dial);
}

static void resolve(struct hr_dial *dial) {
    struct hr_resolver *resolver = dial->context->resolver;
    begin(dial, RESOLVE, dial->target.resolve_ns);
    if (hr__resolver_find(resolver, wanted_host(dial), wanted_port(dial),
                          &dial->lookup.addresses) == 0) {
        spent(dial);
        connect_to(dial);
        return;
    }
    dial->lookup.on_done = on_resolved;
    int err = hr__resolver_start(resolver, wanted_host(dial), wanted_port(dial), &dial->lookup);
    dial->looking = err == 0;
    if (dial->looking) return;
    spent(dial);
    note(dial, err, "%s", "");
    finish_later(dial);
}

/* ---- Time-outs, cancelling, starting. */

/* Ends the phase early; the result has been noted. */
static void abandon(struct hr_dial *dial) {
    if (dial->ended) return;
    hr__timer_stop(dial->context->reactor, &dial->timer);
    switch (dial->phase) {
    case RESOLVE:
        dial->result.resolve_ns = spent(dial);
        stop_looking(dial);
        finish_later(dial);
        return;
    case CONNECT:
        stop_looking(dial);
        if (dial->stream)
            close_stream(dial);
        else
            hr__connect_cancel(&dial->connect);
        return;
    case TUNNEL:
        hr__tunnel_cancel(&dial->tunnel);
        return;
    case HANDSHAKE:
        dial->result.tls_ns = spent(dial);
        close_stream(dial);
        return;
    }
}

static void on_timeout(struct hr_timer *timer) {
    struct hr_dial *dial = hr__container_of(timer, struct hr_dial, timer);
    const struct hr_dial_target *target = &dial->target;
    if (dial->phase == CONNECT && dial->looking) {
        stop_looking(dial);
        join(dial, NULL);
        return;
    }
    if (dial->phase == RESOLVE)
        note(dial, HR_ERR_RESOLVE_TIMEOUT, "%s", "");
    else if (dial->phase == CONNECT)
        note(dial, HR_ERR_CONNECT_TIMEOUT,
             "the unix socket %s took no connection within %" PRIu64 " ms (connect_timeout_ms)",
             dial->context->unix_socket, target->connect_ns / NS_PER_MS);
    else if (dial->phase == TUNNEL)
        note(dial, HR_ERR_CONNECT_TIMEOUT,
             "the proxy %s:%u made no tunnel within %" PRIu64 " ms (connect_timeout_ms)",
             target->proxy->host, target->proxy->port, target->connect_ns / NS_PER_MS);
    else
        note(dial, HR_ERR_HANDSHAKE_TIMEOUT,
             "the TLS handshake did not end within %" PRIu64 " ms (handshake_timeout_ms)",
             target->handshake_ns / NS_PER_MS);
    abandon(dial);
}

void hr__dial_cancel(struct hr_dial *dial) {
    if (dial->result.result < 0) { /* it is ending already */
        dial->result.result = -ECANCELED;
        return;
    }
    note(dial, -ECANCELED, "%s", "");
    abandon(dial);
}

int hr__dial_start(struct hr_dial_context *context, const struct hr_dial_target *target,
                   void (*on_done)(void *user, const struct hr_dial_result *result), void *user,
                   struct hr_dial **dial) {
    struct hr_dial *made = hr__slab_take(&context->dials, sizeof *made);
    if (!made) return -ENOMEM;
    made->context = context;
    made->target = *target;
    made->on_done = on_done;
    made->user = user;
    made->timer.on_fire = on_timeout;
    made->task.run = run_finish;
    int err = 0;
    if (context->unix_socket)
        err = connect_to_local(made);
    else
        resolve(made);
    if (err) {
        hr__slab_give(&context->dials, made);
        return err;
    }
    *dial = made;
    return 0;
}
