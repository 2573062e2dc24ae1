/* The state of a TCP stream, and the halves that work on it. Nothing here steps from one half to
 * the other: tcp.c does. */
#ifndef HR_NET_TCP_STATE_H
#define HR_NET_TCP_STATE_H

#include <errno.h>

#include <net/iov_cursor.h>

#include "spill.h"
#include "stream.h"

enum hr_tcp_mode { HR_TCP_PAUSED, HR_TCP_LENT, HR_TCP_DIRECT };

struct hr_tcp {
    struct hr_stream stream;
    struct hr_operation receive, send;
    struct hr_task task;
    struct hr_timer probe;
    struct hr_spill spill;
    struct {
        char *data;
        size_t size;
    } direct;
    struct hr_iov_cursor write; /* what is not sent yet; `at` NULL: no write in progress */
    uint64_t bytes_received;
    struct hr_stream_order order; /* bytes sent too */
    int fd;
    int end_result;
    uint8_t mode; /* enum hr_tcp_mode */
    bool connected;
    bool task_queued;
    bool calling; /* inside a call upwards: calls from there only note what is wanted */
    bool ended;   /* end_result is the end of the receiving side */
    bool end_reported;
    bool shutdown_wanted;
    bool written_due; /* an empty vector is to be reported */
    bool closing;
    bool unprobed; /* bytes have arrived since the last probe */
    bool wipes;    /* what was lent is wiped */
};
_Static_assert(sizeof(struct hr_tcp) <= 600, "an idle connection is to stay small");

/* ETIMEDOUT of the kernel (keep-alive, TCP_USER_TIMEOUT, retransmissions) is a lost connection, not
 * a time-out of a request. */
static inline int hr__tcp_lost(int result) {
    return result == -ETIMEDOUT ? -ECONNABORTED : result;
}

/* Its task in the reactor's FIFO. */
static inline void hr__tcp_defer(struct hr_tcp *tcp) {
    if (tcp->task_queued) return;
    tcp->task_queued = true;
    hr__reactor_defer(tcp->stream.reactor, &tcp->task);
}

/* ---- tcp_receive.c: bytes, and the end of the receiving side. */

/* The receiving side has ended; the first end counts. */
void hr__tcp_receive_end(struct hr_tcp *tcp, int result);
/* Offers the last `size` bytes received to the layer above, in the mode that it wants, which may
 * change with every call. Returns how many were taken. */
size_t hr__tcp_receive_offer(struct hr_tcp *tcp, const char *data, size_t size);
/* Starts the receive that is wanted, or cancels the one that is not. */
void hr__tcp_receive_arm(struct hr_tcp *tcp);
/* The operation's events, by its kind. */
void hr__tcp_receive_lent(struct hr_tcp *tcp, const struct hr_completion *completion);
void hr__tcp_receive_direct(struct hr_tcp *tcp, const struct hr_completion *completion);
/* The probe's timer. Whether the receiving side has ended. */
bool hr__tcp_receive_probe(struct hr_tcp *tcp);

/* ---- tcp_send.c: a write, and the end of the sending side. */

/* Members of the vtable. */
void hr__tcp_write(struct hr_stream *stream, const struct iovec *iov, unsigned count);
void hr__tcp_shutdown(struct hr_stream *stream);
/* The operation's event, of a send. Whether the write has ended and been reported. */
bool hr__tcp_send_event(struct hr_tcp *tcp, int result);
/* The end of the write: the event, or the task for one that had no bytes. */
void hr__tcp_send_report(struct hr_tcp *tcp, int result);
void hr__tcp_send_shutdown(struct hr_tcp *tcp);

#endif
