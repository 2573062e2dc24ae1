/* tcp: the lowest filter of a stream, over the engine's operations.
 *
 * Two operations carry everything. `receive` asks for the socket, then stands as a multishot
 * receive from the reactor's lent buffers, or as a single receive into memory of the layer above,
 * and at last closes. `send` connects, then writes, one vector at a time, then shuts down.
 *
 * Bytes that arrive while nobody wants them go to the spill buffer; only then is the multishot
 * cancelled, so a pause during which nothing arrives costs nothing. */
#include "stream.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <engine/socket.h>

#include "spill.h"

/* Elements of one vectored send (the kernel's UIO_MAXIOV). */
#define VECTOR_MAX 1024

/* How long after bytes have arrived a reset is looked for that the kernel may have kept to itself.
 */
#define PROBE_NS (UINT64_C(100) * 1000000)

enum read_mode { READ_PAUSED, READ_LENT, READ_DIRECT };

struct tcp {
    struct hr_stream stream;
    struct hr_operation receive, send;
    struct hr_task task;
    struct hr_timer probe;
    struct hr_spill spill;
    struct {
        char *data;
        size_t size;
    } direct;
    struct tcp_write {
        const struct iovec *iov; /* NULL: no write in progress */
        unsigned count, index;
        size_t offset; /* of iov[index] already sent */
    } write;
    uint64_t bytes_received;
    struct hr_stream_order order; /* bytes sent too */
    int fd;
    int end_result;
    uint8_t mode; /* enum read_mode */
    bool connected;
    bool task_queued;
    bool calling; /* inside a call upwards: calls from there only note what is wanted */
    bool ended;   /* end_result is the end of the receiving side */
    bool end_reported;
    bool shutdown_wanted;
    bool written_due; /* an empty vector is to be reported */
    bool closing;
    bool unprobed; /* bytes have arrived since the last probe */
};
_Static_assert(sizeof(struct tcp) <= 600, "an idle connection is to stay small");

static const struct hr_stream_vtable tcp_vtable;

static void settle(struct tcp *tcp);

static struct tcp *tcp_of(const struct hr_stream *stream) {
    assert(stream->vtable == &tcp_vtable);
    return (struct tcp *)stream;
}

static void defer(struct tcp *tcp) {
    if (tcp->task_queued) return;
    tcp->task_queued = true;
    hr__reactor_defer(tcp->stream.reactor, &tcp->task);
}

/* Keep-alive, TCP_USER_TIMEOUT or the retransmissions have given it up: a connection is lost, no
 * time of a request's has passed. */
static int lost(int result) {
    return result == -ETIMEDOUT ? -ECONNABORTED : result;
}

/* ---- Receiving. */

static void end_with(struct tcp *tcp, int result) {
    if (tcp->ended) return;
    tcp->ended = true;
    tcp->end_result = lost(result);
}

/* Gives the last `size` bytes received to whoever wants them now; returns how many were taken. The
 * wish may change with every call. */
static size_t offer(struct tcp *tcp, const char *data, size_t size) {
    size_t taken = 0;
    tcp->calling = true;
    while (taken < size && tcp->mode != READ_PAUSED && !tcp->closing) {
        size_t left = size - taken;
        tcp->order.at = tcp->bytes_received - left;
        if (tcp->mode == READ_LENT) {
            size_t count = tcp->stream.events->on_lent(&tcp->stream, data + taken, left);
            assert(count <= left);
            taken += count;
            if (count < left && tcp->mode == READ_LENT) tcp->mode = READ_PAUSED;
        } else {
            size_t count = left < tcp->direct.size ? left : tcp->direct.size;
            memcpy(tcp->direct.data, data + taken, count);
            taken += count;
            tcp->mode = READ_PAUSED;
            tcp->stream.events->on_direct(&tcp->stream, count);
        }
    }
    tcp->calling = false;
    return taken;
}

static void arrived(struct tcp *tcp, const char *data, size_t size) {
    tcp->bytes_received += size;
    hr__count(&hr__reactor_counters(tcp->stream.reactor)->bytes_received, size);
    size_t taken = tcp->spill.size ? 0 : offer(tcp, data, size);
    if (taken == size || tcp->closing || tcp->ended) return;
    int err = hr__spill_add(&tcp->spill, tcp->stream.reactor, data + taken, size - taken);
    if (err) end_with(tcp, err);
    hr__operation_cancel(tcp->stream.reactor, &tcp->receive);
}

static void arm(struct tcp *tcp) {
    if (!tcp->connected || tcp->ended || tcp->mode == READ_PAUSED) return;
    struct hr_operation *receive = &tcp->receive;
    if (hr__operation_active(receive)) {
        /* The change-over: what still arrives lent is copied, then receives go to the memory. */
        if (tcp->mode == READ_DIRECT && receive->kind == HR_OP_RECV_LENT)
            hr__operation_cancel(tcp->stream.reactor, receive);
        return;
    }
    if (tcp->mode == READ_DIRECT) {
        receive->kind = HR_OP_RECV;
        receive->multi = false;
        receive->u.buffer.data = tcp->direct.data;
        receive->u.buffer.size = tcp->direct.size;
        receive->u.buffer.offset = 0;
        receive->u.buffer.flags = 0;
        receive->u.buffer.fixed = 0;
    } else {
        receive->kind = HR_OP_RECV_LENT;
        receive->multi = true;
        receive->u.buffer.flags = 0;
    }
    hr__operation_start(tcp->stream.reactor, receive);
}

/* A reset that comes between bytes and their being received is lost: the multishot receive takes
 * the bytes, believes the socket empty and waits for a wake-up that has been (io_poll_check_events,
 * seen on Linux 6.18; a FIN is not concerned, it counts as a byte to come). So the socket is asked
 * for its error a while after the last bytes, once. */
static void start_probe(struct tcp *tcp) {
    tcp->unprobed = true;
    if (hr__timer_running(&tcp->probe)) return;
    struct hr_reactor *reactor = tcp->stream.reactor;
    hr__timer_start(reactor, &tcp->probe, hr__reactor_now(reactor) + PROBE_NS);
}

static void on_probe(struct hr_timer *timer) {
    struct tcp *tcp = hr__container_of(timer, struct tcp, probe);
    if (!tcp->unprobed || tcp->ended) return;
    tcp->unprobed = false;
    int error = hr__socket_error(hr__reactor_engine(tcp->stream.reactor), tcp->fd);
    if (error == 0) return;
    end_with(tcp, error);
    hr__operation_cancel(tcp->stream.reactor, &tcp->receive);
    settle(tcp);
}

static void on_lent_event(struct tcp *tcp, const struct hr_completion *completion) {
    if (completion->result > 0) {
        if (tcp->closing) return;
        arrived(tcp, completion->data, (size_t)completion->result);
        if (!tcp->closing) start_probe(tcp);
    } else if (completion->result != -ECANCELED) {
        end_with(tcp, completion->result);
    }
}

static void on_direct_event(struct tcp *tcp, const struct hr_completion *completion) {
    if (completion->result <= 0) {
        end_with(tcp, completion->result);
        return;
    }
    size_t size = (size_t)completion->result;
    tcp->bytes_received += size;
    hr__count(&hr__reactor_counters(tcp->stream.reactor)->bytes_received, size);
    if (tcp->closing) return;
    tcp->mode = READ_PAUSED;
    tcp->order.at = tcp->bytes_received - size;
    tcp->calling = true;
    tcp->stream.events->on_direct(&tcp->stream, size);
    tcp->calling = false;
}

/* ---- Sending. */

/* Asks for the next piece. After a short write inside an element its rest goes alone, marked as
 * having more behind it: the caller's vector is not ours to change. False: nothing is left. */
static bool send_next(struct tcp *tcp) {
    while (tcp->write.index < tcp->write.count &&
           tcp->write.offset == tcp->write.iov[tcp->write.index].iov_len) {
        tcp->write.index++;
        tcp->write.offset = 0;
    }
    unsigned left = tcp->write.count - tcp->write.index;
    if (left == 0) return false;
    const struct iovec *iov = &tcp->write.iov[tcp->write.index];
    struct hr_operation *send = &tcp->send;
    if (left == 1 || tcp->write.offset > 0) {
        send->kind = HR_OP_SEND;
        send->u.buffer.data = (char *)iov->iov_base + tcp->write.offset;
        send->u.buffer.size = iov->iov_len - tcp->write.offset;
        send->u.buffer.offset = 0;
        send->u.buffer.flags = left > 1 ? MSG_MORE : 0;
        send->u.buffer.fixed = 0;
    } else {
        send->kind = HR_OP_SENDV;
        send->u.vector.iov = iov;
        send->u.vector.count = left < VECTOR_MAX ? left : VECTOR_MAX;
        send->u.vector.flags = left > VECTOR_MAX ? MSG_MORE : 0;
    }
    hr__operation_start(tcp->stream.reactor, send);
    return true;
}

static void sent(struct tcp *tcp, size_t size) {
    tcp->order.sent += size;
    if (tcp->order.before == UINT64_MAX) tcp->order.before = tcp->bytes_received;
    hr__count(&hr__reactor_counters(tcp->stream.reactor)->bytes_sent, size);
    while (size > 0) {
        size_t left = tcp->write.iov[tcp->write.index].iov_len - tcp->write.offset;
        if (size < left) {
            tcp->write.offset += size;
            return;
        }
        size -= left;
        tcp->write.index++;
        tcp->write.offset = 0;
    }
}

static void start_shutdown(struct tcp *tcp) {
    tcp->shutdown_wanted = false;
    tcp->send.kind = HR_OP_SHUTDOWN;
    tcp->send.u.shutdown.how = SHUT_WR;
    hr__operation_start(tcp->stream.reactor, &tcp->send);
}

static void report_written(struct tcp *tcp, int result) {
    tcp->write.iov = NULL;
    if (tcp->closing) return;
    tcp->stream.events->on_written(&tcp->stream, lost(result));
}

static void on_send_event(struct hr_operation *operation, const struct hr_completion *completion) {
    struct tcp *tcp = hr__container_of(operation, struct tcp, send);
    int result = completion->result;
    if (operation->kind == HR_OP_CONNECT) {
        if (!tcp->closing) {
            tcp->connected = result == 0;
            if (tcp->connected) hr__engine_connection_opened(tcp->stream.reactor);
            tcp->stream.events->on_connected(&tcp->stream, result);
        }
    } else if (operation->kind != HR_OP_SHUTDOWN) {
        if (result > 0) sent(tcp, (size_t)result);
        if (!tcp->closing && result > 0 && send_next(tcp)) return;
        report_written(tcp, result == 0 ? -EPIPE : result < 0 ? result : 0);
    }
    if (!tcp->closing && tcp->shutdown_wanted && !tcp->write.iov &&
        !hr__operation_active(&tcp->send))
        start_shutdown(tcp);
    settle(tcp);
}

/* ---- Connecting. */

static void connect_with(struct tcp *tcp, int fd) {
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
    struct tcp *tcp = hr__container_of(operation, struct tcp, receive);
    if (operation->kind == HR_OP_SOCKET) {
        if (completion->result >= 0)
            connect_with(tcp, completion->result);
        else if (!tcp->closing)
            tcp->stream.events->on_connected(&tcp->stream, completion->result);
    } else if (operation->kind == HR_OP_RECV_LENT) {
        on_lent_event(tcp, completion);
    } else if (operation->kind == HR_OP_RECV) {
        on_direct_event(tcp, completion);
    } else {
        tcp->fd = -1;
    }
    settle(tcp);
}

/* ---- Between the events. */

/* Waits for the last event of everything armed, then closes: a close() under an armed multishot
 * would not close. */
static void close_step(struct tcp *tcp) {
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
static void settle(struct tcp *tcp) {
    if (tcp->closing) {
        close_step(tcp);
        return;
    }
    if (tcp->calling) return;
    if (tcp->spill.size > 0) return; /* the task offers it, once somebody wants it */
    if (tcp->ended && !tcp->end_reported && tcp->mode != READ_PAUSED) {
        tcp->end_reported = true;
        tcp->calling = true;
        tcp->stream.events->on_end(&tcp->stream, tcp->end_result);
        tcp->calling = false;
        if (tcp->closing) close_step(tcp);
        return;
    }
    arm(tcp);
}

static void run_task(struct hr_task *task) {
    struct tcp *tcp = hr__container_of(task, struct tcp, task);
    tcp->task_queued = false;
    if (tcp->written_due) {
        tcp->written_due = false;
        report_written(tcp, 0);
    }
    if (!tcp->closing && tcp->spill.size > 0) {
        size_t taken = offer(tcp, tcp->spill.data + tcp->spill.start, tcp->spill.size);
        hr__spill_take(&tcp->spill, tcp->stream.reactor, taken);
    }
    settle(tcp);
}

/* ---- The vtable. */

/* After a change of wish: what is there already is offered from the reactor's FIFO, never from
 * inside this call. */
static void want(struct tcp *tcp, enum read_mode mode) {
    assert(!tcp->closing);
    tcp->mode = (uint8_t)mode;
    if (tcp->spill.size > 0 || tcp->ended)
        defer(tcp);
    else if (!tcp->calling)
        arm(tcp);
}

static void tcp_read_lent(struct hr_stream *stream) {
    struct tcp *tcp = tcp_of(stream);
    if (tcp->closing || tcp->mode == READ_DIRECT) return;
    want(tcp, READ_LENT);
}

static void tcp_read_direct(struct hr_stream *stream, void *data, size_t size) {
    struct tcp *tcp = tcp_of(stream);
    assert(size > 0 && tcp->mode != READ_DIRECT);
    if (tcp->closing) return;
    tcp->direct.data = data;
    tcp->direct.size = size;
    want(tcp, READ_DIRECT);
}

static void tcp_pause(struct hr_stream *stream) {
    struct tcp *tcp = tcp_of(stream);
    /* A direct read pauses by itself when its bytes are there; until then the memory is in use. */
    if (tcp->mode == READ_LENT) tcp->mode = READ_PAUSED;
}

static void tcp_connect(struct hr_stream *stream, const struct sockaddr *address, socklen_t size) {
    struct tcp *tcp = tcp_of(stream);
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

static void tcp_write(struct hr_stream *stream, const struct iovec *iov, unsigned count) {
    struct tcp *tcp = tcp_of(stream);
    if (tcp->closing) return;
    assert(!tcp->write.iov && !hr__operation_active(&tcp->send));
    while (count > 0 && !iov[count - 1].iov_len) count--; /* MSG_MORE is for bytes */
    tcp->write = (struct tcp_write){.iov = iov, .count = count};
    tcp->order.before = UINT64_MAX;
    if (send_next(tcp)) return;
    tcp->written_due = true;
    defer(tcp);
}

static void tcp_shutdown(struct hr_stream *stream) {
    struct tcp *tcp = tcp_of(stream);
    if (tcp->closing || !tcp->connected) return;
    if (tcp->write.iov || hr__operation_active(&tcp->send))
        tcp->shutdown_wanted = true;
    else
        start_shutdown(tcp);
}

static void tcp_close(struct hr_stream *stream) {
    struct tcp *tcp = tcp_of(stream);
    if (tcp->closing) return;
    tcp->closing = true;
    hr__timer_stop(stream->reactor, &tcp->probe);
    hr__operation_cancel(stream->reactor, &tcp->receive);
    hr__operation_cancel(stream->reactor, &tcp->send);
    /* One way for all cases: the last steps are taken from the FIFO or from the last event. */
    defer(tcp);
}

static void tcp_info(const struct hr_stream *stream, struct hr_stream_info *info) {
    const struct tcp *tcp = tcp_of(stream);
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

static const struct hr_stream_vtable tcp_vtable = {
    .name = "tcp",
    .connect = tcp_connect,
    .read_lent = tcp_read_lent,
    .read_direct = tcp_read_direct,
    .pause = tcp_pause,
    .write = tcp_write,
    .shutdown = tcp_shutdown,
    .close = tcp_close,
    .info = tcp_info,
    .order = tcp_order,
};

int hr__tcp_new(struct hr_reactor *reactor, const struct hr_stream_events *events, void *owner,
                struct hr_stream **stream) {
    struct tcp *tcp = calloc(1, sizeof *tcp);
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
    struct tcp *tcp = tcp_of(*stream);
    tcp->fd = tcp->receive.fd = tcp->send.fd = fd;
    tcp->connected = true;
    hr__engine_connection_opened(reactor);
    return 0;
}
