/* tcp: the lowest filter of a stream, over the engine's operations.
 *
 * Two operations carry everything. `receive` asks for the socket, then receives (tcp_receive.c),
 * and at last closes. `send` connects, then writes, then shuts down (tcp_send.c). */
#include "tcp_state.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <engine/socket.h>

static const struct hr_stream_vtable tcp_vtable;

static struct hr_tcp *tcp_of(const struct hr_stream *stream) {
    assert(stream->vtable == &tcp_vtable);
    return (struct hr_tcp *)stream;
}

/* ---- Between the events. */

/* Waits for the last event of everything armed, then closes: a close() under an armed multishot
 * would not close. */
static void close_step(struct hr_tcp *tcp) {
    if (tcp->calling || tcp->task_queued) return;
    if (hr__operation_active(&tcp->receive) || hr__operation_active(&tcp->send)) return;
    if (tcp->fd >= 0) {
        tcp->receive.kind = HR_OP_CLOSE;
        hr__operation_start(tcp->stream.reactor, &tcp->receive);
        return;
    }
    hr__spill_free(&tcp->spill, tcp->stream.reactor);
    if (tcp->connected) hr__engine_connection_closed(tcp->stream.reactor);
    tcp->stream.events->on_closed(&tcp->stream);
    free(tcp);
}

/* Brings what is armed in line with what is wanted. Called at the end of every event; may free. */
static void settle(struct hr_tcp *tcp) {
    if (tcp->closing) {
        close_step(tcp);
        return;
    }
    if (tcp->calling) return;
    if (tcp->spill.size > 0) return; /* the task offers it, once somebody wants it */
    if (tcp->ended && !tcp->end_reported && tcp->mode != HR_TCP_PAUSED) {
        tcp->end_reported = true;
        tcp->calling = true;
        tcp->stream.events->on_end(&tcp->stream, tcp->end_result);
        tcp->calling = false;
        if (tcp->closing) close_step(tcp);
        return;
    }
    hr__tcp_receive_arm(tcp);
}

/* ---- The events of the operations. */

static void on_probe(struct hr_timer *timer) {
    struct hr_tcp *tcp = hr__container_of(timer, struct hr_tcp, probe);
    if (hr__tcp_receive_probe(tcp)) settle(tcp);
}

static void on_connected(struct hr_tcp *tcp, int result) {
    if (tcp->closing) return;
    assert(!tcp->connected);
    tcp->connected = result == 0;
    if (tcp->connected) hr__engine_connection_opened(tcp->stream.reactor);
    tcp->stream.events->on_connected(&tcp->stream, result);
}

static void on_send_event(struct hr_operation *operation, const struct hr_completion *completion) {
    struct hr_tcp *tcp = hr__container_of(operation, struct hr_tcp, send);
    if (operation->kind == HR_OP_CONNECT)
        on_connected(tcp, completion->result);
    else if (operation->kind != HR_OP_SHUTDOWN && !hr__tcp_send_event(tcp, completion->result))
        return;
    if (!tcp->closing && tcp->shutdown_wanted && !tcp->write.at &&
        !hr__operation_active(&tcp->send))
        hr__tcp_send_shutdown(tcp);
    settle(tcp);
}

static void connect_with(struct hr_tcp *tcp, int fd) {
    tcp->fd = tcp->receive.fd = tcp->send.fd = fd;
    if (tcp->closing) return;
    /* Heads and bodies go out as vectors of their own size: waiting for more would only add
     * latency. */
    if (tcp->receive.u.socket.family != AF_UNIX) {
        struct hr_socket_options options = {.no_delay = true};
        hr__socket_set(hr__reactor_engine(tcp->stream.reactor), fd, &options);
    }
    hr__operation_start(tcp->stream.reactor, &tcp->send);
}

static void on_receive_event(struct hr_operation *operation,
                             const struct hr_completion *completion) {
    struct hr_tcp *tcp = hr__container_of(operation, struct hr_tcp, receive);
    if (operation->kind == HR_OP_SOCKET) {
        if (completion->result >= 0)
            connect_with(tcp, completion->result);
        else if (!tcp->closing)
            tcp->stream.events->on_connected(&tcp->stream, completion->result);
    } else if (operation->kind == HR_OP_RECV_LENT) {
        hr__tcp_receive_lent(tcp, completion);
    } else if (operation->kind == HR_OP_RECV) {
        hr__tcp_receive_direct(tcp, completion);
    } else {
        tcp->fd = -1;
    }
    settle(tcp);
}

static void run_task(struct hr_task *task) {
    struct hr_tcp *tcp = hr__container_of(task, struct hr_tcp, task);
    tcp->task_queued = false;
    if (tcp->written_due) {
        tcp->written_due = false;
        hr__tcp_send_report(tcp, 0);
    }
    if (!tcp->closing && tcp->spill.size > 0) {
        size_t taken =
            hr__tcp_receive_offer(tcp, tcp->spill.data + tcp->spill.start, tcp->spill.size);
        hr__spill_take(&tcp->spill, tcp->stream.reactor, taken);
    }
    settle(tcp);
}

/* ---- The vtable. */

/* After a change of wish: what is there already is offered from the reactor's FIFO, never from
 * inside this call. */
static void want(struct hr_tcp *tcp, enum hr_tcp_mode mode) {
    assert(!tcp->closing);
    tcp->mode = (uint8_t)mode;
    if (tcp->spill.size > 0 || tcp->ended)
        hr__tcp_defer(tcp);
    else if (!tcp->calling)
        hr__tcp_receive_arm(tcp);
}

static void tcp_read_lent(struct hr_stream *stream) {
    struct hr_tcp *tcp = tcp_of(stream);
    if (tcp->closing || tcp->mode == HR_TCP_DIRECT) return;
    want(tcp, HR_TCP_LENT);
}

static void tcp_read_direct(struct hr_stream *stream, void *data, size_t size) {
    struct hr_tcp *tcp = tcp_of(stream);
    assert(size > 0 && tcp->mode != HR_TCP_DIRECT);
    if (tcp->closing) return;
    tcp->direct.data = data;
    tcp->direct.size = size;
    want(tcp, HR_TCP_DIRECT);
}

static void tcp_pause(struct hr_stream *stream) {
    struct hr_tcp *tcp = tcp_of(stream);
    /* A direct read pauses by itself when its bytes are there; until then the memory is in use. */
    if (tcp->mode == HR_TCP_LENT) tcp->mode = HR_TCP_PAUSED;
}

static void tcp_connect(struct hr_stream *stream, const struct sockaddr *address, socklen_t size) {
    struct hr_tcp *tcp = tcp_of(stream);
    bool local = address->sa_family == AF_UNIX;
    assert(tcp->fd < 0 && (local || size <= sizeof tcp->send.u.connect.address));
    tcp->send.kind = HR_OP_CONNECT;
    tcp->send.u.connect.local = local ? (const struct sockaddr_un *)address : NULL;
    if (!local) memcpy(&tcp->send.u.connect.address, address, size);
    tcp->send.u.connect.size = size;
    tcp->receive.kind = HR_OP_SOCKET;
    tcp->receive.u.socket.family = address->sa_family;
    tcp->receive.u.socket.type = SOCK_STREAM;
    tcp->receive.u.socket.protocol = 0;
    hr__operation_start(stream->reactor, &tcp->receive);
}

static void tcp_close(struct hr_stream *stream) {
    struct hr_tcp *tcp = tcp_of(stream);
    if (tcp->closing) return;
    tcp->closing = true;
    hr__timer_stop(stream->reactor, &tcp->probe);
    hr__operation_cancel(stream->reactor, &tcp->receive);
    hr__operation_cancel(stream->reactor, &tcp->send);
    /* One way for all cases: the last steps are taken from the FIFO or from the last event. */
    hr__tcp_defer(tcp);
}

static void tcp_info(const struct hr_stream *stream, struct hr_stream_info *info) {
    const struct hr_tcp *tcp = tcp_of(stream);
    memset(info, 0, sizeof *info);
    info->bytes_sent = tcp->order.sent;
    info->bytes_received = tcp->bytes_received;
    if (!tcp->connected || tcp->fd < 0) return;
    struct hr_socket_info socket;
    hr__socket_info(hr__reactor_engine(tcp->stream.reactor), tcp->fd, &socket);
    info->peer = socket.peer;
    info->bytes_queued = socket.queued < tcp->order.sent ? socket.queued : tcp->order.sent;
    info->bytes_waiting = socket.waiting;
}

static void tcp_order(const struct hr_stream *stream, struct hr_stream_order *order) {
    *order = tcp_of(stream)->order;
}

static void tcp_wipe(struct hr_stream *stream) {
    tcp_of(stream)->wipes = true;
}

static const struct hr_stream_vtable tcp_vtable = {
    .name = "tcp",
    .connect = tcp_connect,
    .read_lent = tcp_read_lent,
    .read_direct = tcp_read_direct,
    .pause = tcp_pause,
    .write = hr__tcp_write,
    .shutdown = hr__tcp_shutdown,
    .close = tcp_close,
    .info = tcp_info,
    .order = tcp_order,
    .wipe = tcp_wipe,
};

int hr__tcp_new(struct hr_reactor *reactor, const struct hr_stream_events *events, void *owner,
                struct hr_stream **stream) {
    struct hr_tcp *tcp = calloc(1, sizeof *tcp);
    if (!tcp) return -ENOMEM;
    tcp->stream = (struct hr_stream){&tcp_vtable, events, reactor, owner};
    tcp->receive.on_event = on_receive_event;
    tcp->send.on_event = on_send_event;
    tcp->task.run = run_task;
    tcp->probe.on_fire = on_probe;
    tcp->order.before = UINT64_MAX;
    tcp->fd = tcp->receive.fd = tcp->send.fd = -1;
    *stream = &tcp->stream;
    return 0;
}

void hr__tcp_set(struct hr_stream *stream, const struct hr_socket_options *options) {
    hr__socket_set(hr__reactor_engine(stream->reactor), tcp_of(stream)->fd, options);
}

int hr__tcp_adopt(struct hr_reactor *reactor, int fd, const struct hr_stream_events *events,
                  void *owner, struct hr_stream **stream) {
    int err = hr__tcp_new(reactor, events, owner, stream);
    if (err) return err;
    struct hr_tcp *tcp = tcp_of(*stream);
    tcp->fd = tcp->receive.fd = tcp->send.fd = fd;
    tcp->connected = true;
    hr__engine_connection_opened(reactor);
    return 0;
}
