/* The sending half of a TCP stream: a write goes out one vector at a time, then the shutdown. */
#include "tcp_state.h"

#include <assert.h>
#include <errno.h>

/* Elements of one vectored send (the kernel's UIO_MAXIOV). */
#define VECTOR_MAX 1024

/* After a short write inside an element its rest goes alone, marked as having more behind it: the
 * caller's vector is not ours to change. */
static bool send_next(struct hr_tcp *tcp) {
    struct iovec piece;
    if (!hr__iov_piece(&tcp->write, &piece)) return false;
    size_t left = (size_t)(tcp->write.end - tcp->write.at);
    struct hr_operation *send = &tcp->send;
    if (left == 1 || tcp->write.offset > 0) {
        send->kind = HR_OP_SEND;
        send->u.buffer.data = piece.iov_base;
        send->u.buffer.size = piece.iov_len;
        send->u.buffer.offset = 0;
        send->u.buffer.flags = left > 1 ? MSG_MORE : 0;
        send->u.buffer.fixed = 0;
    } else {
        send->kind = HR_OP_SENDV;
        send->u.vector.iov = tcp->write.at;
        send->u.vector.count = left < VECTOR_MAX ? (unsigned)left : VECTOR_MAX;
        send->u.vector.flags = left > VECTOR_MAX ? MSG_MORE : 0;
    }
    hr__operation_start(tcp->stream.reactor, send);
    return true;
}

void hr__tcp_write(struct hr_stream *stream, const struct iovec *iov, unsigned count) {
    struct hr_tcp *tcp = hr__container_of(stream, struct hr_tcp, stream);
    if (tcp->closing) return;
    assert(!tcp->write.at && !hr__operation_active(&tcp->send));
    while (count > 0 && !iov[count - 1].iov_len) count--; /* MSG_MORE is for bytes */
    tcp->write = hr__iov_begin(iov, count);
    tcp->order.before = UINT64_MAX;
    if (send_next(tcp)) return;
    tcp->written_due = true;
    hr__tcp_defer(tcp);
}

static void sent(struct hr_tcp *tcp, size_t size) {
    tcp->order.sent += size;
    if (tcp->order.before == UINT64_MAX) tcp->order.before = tcp->bytes_received;
    hr__count(&hr__reactor_counters(tcp->stream.reactor)->bytes_sent, size);
    hr__iov_advance(&tcp->write, size);
}

void hr__tcp_send_shutdown(struct hr_tcp *tcp) {
    assert(!tcp->write.at && !hr__operation_active(&tcp->send));
    tcp->shutdown_wanted = false;
    tcp->send.kind = HR_OP_SHUTDOWN;
    tcp->send.u.shutdown.how = SHUT_WR;
    hr__operation_start(tcp->stream.reactor, &tcp->send);
}

void hr__tcp_shutdown(struct hr_stream *stream) {
    struct hr_tcp *tcp = hr__container_of(stream, struct hr_tcp, stream);
    if (tcp->closing || !tcp->connected) return;
    if (tcp->write.at || hr__operation_active(&tcp->send))
        tcp->shutdown_wanted = true;
    else
        hr__tcp_send_shutdown(tcp);
}

void hr__tcp_send_report(struct hr_tcp *tcp, int result) {
    tcp->write.at = NULL;
    if (tcp->closing) return;
    tcp->stream.events->on_written(&tcp->stream, hr__tcp_lost(result));
}

bool hr__tcp_send_event(struct hr_tcp *tcp, int result) {
    assert(tcp->write.at);
    if (result > 0) sent(tcp, (size_t)result);
    if (!tcp->closing && result > 0 && send_next(tcp)) return false;
    hr__tcp_send_report(tcp, result == 0 ? -EPIPE : result < 0 ? result : 0);
    return true;
}
