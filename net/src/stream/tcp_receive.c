/* The receiving half of a TCP stream: a multishot receive from the reactor's lent buffers, or a
 * single receive into memory of the layer above.
 *
 * Bytes that arrive while nobody wants them go to the spill buffer; only then is the multishot
 * cancelled, so a pause during which nothing arrives costs nothing. */
#include "tcp_state.h"

#include <assert.h>
#include <string.h>

#include <engine/socket.h>

/* How long after bytes have arrived a reset is looked for that the kernel may have kept to itself.
 */
#define PROBE_NS (UINT64_C(100) * 1000000)

void hr__tcp_receive_end(struct hr_tcp *tcp, int result) {
    if (tcp->ended) return;
    tcp->ended = true;
    tcp->end_result = hr__tcp_lost(result);
}

inline size_t hr__tcp_receive_offer(struct hr_tcp *tcp, const char *data, size_t size) {
    size_t taken = 0;
    tcp->calling = true;
    while (taken < size && tcp->mode != HR_TCP_PAUSED && !tcp->closing) {
        size_t left = size - taken;
        tcp->order.at = tcp->bytes_received - left;
        if (tcp->mode == HR_TCP_LENT) {
            size_t count = tcp->stream.events->on_lent(&tcp->stream, data + taken, left);
            assert(count <= left);
            taken += count;
            if (count < left && tcp->mode == HR_TCP_LENT) tcp->mode = HR_TCP_PAUSED;
        } else {
            size_t count = left < tcp->direct.size ? left : tcp->direct.size;
            memcpy(tcp->direct.data, data + taken, count);
            taken += count;
            tcp->mode = HR_TCP_PAUSED;
            tcp->stream.events->on_direct(&tcp->stream, count);
        }
    }
    tcp->calling = false;
    return taken;
}

static void arrived(struct hr_tcp *tcp, const char *data, size_t size) {
    tcp->bytes_received += size;
    hr__count(&hr__reactor_counters(tcp->stream.reactor)->bytes_received, size);
    size_t taken = tcp->spill.size ? 0 : hr__tcp_receive_offer(tcp, data, size);
    if (taken == size || tcp->closing || tcp->ended) return;
    int err = hr__spill_add(&tcp->spill, tcp->stream.reactor, data + taken, size - taken);
    if (err) hr__tcp_receive_end(tcp, err);
    hr__operation_cancel(tcp->stream.reactor, &tcp->receive);
}

void hr__tcp_receive_arm(struct hr_tcp *tcp) {
    if (!tcp->connected || tcp->ended || tcp->mode == HR_TCP_PAUSED) return;
    struct hr_operation *receive = &tcp->receive;
    if (hr__operation_active(receive)) {
        /* The change-over: what still arrives lent is copied, then receives go to the memory. */
        if (tcp->mode == HR_TCP_DIRECT && receive->kind == HR_OP_RECV_LENT)
            hr__operation_cancel(tcp->stream.reactor, receive);
        return;
    }
    if (tcp->mode == HR_TCP_DIRECT) {
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
static void start_probe(struct hr_tcp *tcp) {
    tcp->unprobed = true;
    if (hr__timer_running(&tcp->probe)) return;
    struct hr_reactor *reactor = tcp->stream.reactor;
    hr__timer_start(reactor, &tcp->probe, hr__reactor_now(reactor) + PROBE_NS);
}

bool hr__tcp_receive_probe(struct hr_tcp *tcp) {
    if (!tcp->unprobed || tcp->ended) return false;
    tcp->unprobed = false;
    int error = hr__socket_error(hr__reactor_engine(tcp->stream.reactor), tcp->fd);
    if (error == 0) return false;
    hr__tcp_receive_end(tcp, error);
    hr__operation_cancel(tcp->stream.reactor, &tcp->receive);
    return true;
}

/* The reactor's memory, which others will be lent. */
static void lent(struct hr_tcp *tcp, const char *data, size_t size) {
    if (!tcp->closing) arrived(tcp, data, size);
    if (tcp->wipes) explicit_bzero((void *)(uintptr_t)data, size);
    if (!tcp->closing) start_probe(tcp);
}

void hr__tcp_receive_lent(struct hr_tcp *tcp, const struct hr_completion *completion) {
    if (completion->result > 0) {
        lent(tcp, completion->data, (size_t)completion->result);
    } else if (completion->result != -ECANCELED) {
        hr__tcp_receive_end(tcp, completion->result);
    }
}

void hr__tcp_receive_direct(struct hr_tcp *tcp, const struct hr_completion *completion) {
    if (completion->result <= 0) {
        hr__tcp_receive_end(tcp, completion->result);
        return;
    }
    size_t size = (size_t)completion->result;
    tcp->bytes_received += size;
    hr__count(&hr__reactor_counters(tcp->stream.reactor)->bytes_received, size);
    if (tcp->closing) return;
    tcp->mode = HR_TCP_PAUSED;
    tcp->order.at = tcp->bytes_received - size;
    tcp->calling = true;
    tcp->stream.events->on_direct(&tcp->stream, size);
    tcp->calling = false;
}
