/* tls: the filter as a stream. OpenSSL reads what the layer below lends and writes into buffers
 * that go below as they are filled; it never owns a socket.
 *
 * What the layer above wants is noted at once; what follows from it is done at the end of the call
 * (adjust) or of the event (settle). Bytes that are there already are delivered by a task. */
#include "tls.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "tls_filter.h"

/* How long closing waits for the last record to be taken by the kernel. */
#define LINGER_NS (UINT64_C(250) * 1000000)

static struct hr_tls_stream *tls_of(const struct hr_stream *stream) {
    assert(stream->vtable == &hr__tls_vtable);
    return hr__tls_of_stream(stream);
}

void hr__tls_defer(struct hr_tls_stream *tls) {
    if (tls->task_queued) return;
    tls->task_queued = true;
    hr__reactor_defer(tls->stream.reactor, &tls->task);
}

void hr__tls_end_with(struct hr_tls_stream *tls, int result) {
    if (tls->ended) return;
    tls->ended = true;
    tls->end_result = result;
}

void hr__tls_set_reason(struct hr_tls_stream *tls, const char *text) {
    if (!tls->reason) tls->reason = strdup(text);
}

/* ---- The end. */

static void free_stream(struct hr_tls_stream *tls) {
    /* Without this OpenSSL would take an end without close_notify for a reason to forget the
     * session. */
    if (!tls->fatal) SSL_set_shutdown(tls->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(tls->ssl);
    ERR_clear_error();
    hr__spill_free(&tls->spill, tls->stream.reactor);
    hr__tls_buffer_give(&tls->context->buffers, tls->wire.filling);
    hr__tls_buffer_give(&tls->context->buffers, tls->sending);
    hr__tls_buffer_give(&tls->context->buffers, tls->bulk);
    free(tls->reason);
    const struct hr_stream_events *events = tls->stream.events;
    events->on_closed(&tls->stream);
    free(tls);
}

static void close_below(struct hr_tls_stream *tls) {
    if (tls->below_closing) return;
    tls->below_closing = true;
    hr__timer_stop(tls->stream.reactor, &tls->linger);
    tls->below->vtable->close(tls->below);
}

/* The last record, close_notify or an alert, is waited for a moment; a write of the layer above is
 * not. */
static void close_step(struct hr_tls_stream *tls) {
    if (tls->below_closing) return;
    hr__tls_flush(tls);
    if (tls->write.iov || tls->cut || (!tls->sending && !tls->wire.filling)) close_below(tls);
}

static void on_linger(struct hr_timer *timer) {
    close_below(hr__container_of(timer, struct hr_tls_stream, linger));
}

/* ---- Between the events. */

/* What is to be sent goes out. */
static void push(struct hr_tls_stream *tls) {
    hr__tls_flush(tls);
    if (!tls->shutdown_wanted || tls->write.iov) return;
    hr__tls_notify(tls);
    hr__tls_flush(tls);
    if (tls->wire.filling && !tls->cut) return;
    tls->shutdown_wanted = false;
    if (!tls->cut) tls->below->vtable->shutdown(tls->below);
}

static bool is_end_due(const struct hr_tls_stream *tls) {
    return tls->state == HR_TLS_OPEN && tls->ended && !tls->end_reported &&
           tls->mode != HR_TLS_PAUSED && !hr__tls_has_bytes(tls);
}

/* Brings what is done in line with what is wanted: at the end of every call from above, where
 * nothing may be told, so that this is left to the task. */
static void adjust(struct hr_tls_stream *tls) {
    if (tls->calling) return;
    if (tls->closing) {
        close_step(tls);
        return;
    }
    push(tls);
    bool deliverable = tls->state == HR_TLS_OPEN && tls->mode != HR_TLS_PAUSED && !tls->blocked &&
                       hr__tls_has_bytes(tls);
    if (deliverable || is_end_due(tls)) hr__tls_defer(tls);
    hr__tls_ask_below(tls);
}

/* The same at the end of every event. */
static void settle(struct hr_tls_stream *tls) {
    if (!tls->closing && is_end_due(tls)) {
        tls->end_reported = true;
        tls->calling = true;
        tls->stream.events->on_end(&tls->stream, tls->end_result);
        tls->calling = false;
    }
    adjust(tls);
}

static void run_task(struct hr_task *task) {
    struct hr_tls_stream *tls = hr__container_of(task, struct hr_tls_stream, task);
    tls->task_queued = false;
    if (tls->below_closed) {
        free_stream(tls);
        return;
    }
    if (tls->connected_due && !tls->closing) hr__tls_report_connected(tls);
    if (tls->written_due && !tls->closing) hr__tls_report_written(tls);
    if (!tls->closing) hr__tls_deliver(tls);
    settle(tls);
}

/* ---- What the layer below tells. */

static void take_input(struct hr_tls_stream *tls) {
    if (tls->state == HR_TLS_HANDSHAKE && !tls->blocked) hr__tls_handshake_step(tls, true);
    if (tls->state == HR_TLS_OPEN && !tls->closing) hr__tls_deliver(tls);
}

static void set_input(struct hr_tls_stream *tls, const char *data, size_t size) {
    struct hr_stream_order order;
    tls->below->vtable->order(tls->below, &order);
    tls->wire.in = data;
    tls->wire.in_size = size;
    tls->wire.in_at = order.at;
}

static size_t below_lent(struct hr_stream *below, const char *data, size_t size) {
    struct hr_tls_stream *tls = below->owner;
    if (tls->closing || tls->over || tls->state == HR_TLS_FAILED) return size;
    set_input(tls, data, size);
    take_input(tls);
    size_t left = tls->wire.in_size;
    tls->wire.in = NULL;
    tls->wire.in_size = 0;
    if (tls->closing || tls->over || tls->state == HR_TLS_FAILED) left = 0;
    if (left > 0) tls->below_mode = HR_TLS_PAUSED; /* it pauses by itself */
    settle(tls);
    return size - left;
}

static void below_direct(struct hr_stream *below, size_t size) {
    struct hr_tls_stream *tls = below->owner;
    tls->below_mode = HR_TLS_PAUSED;
    if (tls->closing || tls->over) return;
    set_input(tls, tls->bulk->data, size);
    take_input(tls);
    settle(tls);
}

/* Whatever comes behind close_notify has been judged by OpenSSL: the first end counts. */
static void below_end(struct hr_stream *below, int result) {
    struct hr_tls_stream *tls = below->owner;
    tls->below_mode = HR_TLS_PAUSED;
    if (tls->closing) return;
    if (result == 0) result = HR_ERR_TLS_TRUNCATED;
    if (tls->state == HR_TLS_HANDSHAKE) {
        if (result == HR_ERR_TLS_TRUNCATED)
            hr__tls_set_reason(tls, "the peer closed the connection during the handshake");
        tls->fatal = true;
        hr__tls_handshake_end(tls, result, true);
    } else {
        if (result == HR_ERR_TLS_TRUNCATED && !tls->ended)
            hr__tls_set_reason(tls, "the peer closed the connection without close_notify");
        hr__tls_end_with(tls, result);
    }
    settle(tls);
}

static void below_written(struct hr_stream *below, int result) {
    struct hr_tls_stream *tls = below->owner;
    hr__tls_sent(tls, result);
    if (tls->state == HR_TLS_HANDSHAKE && !tls->closing) {
        /* A peer that closes may have said why: then the reading side finds its alert. */
        bool gone = result == -EPIPE || result == -ECONNRESET;
        if (result < 0 && !gone)
            hr__tls_handshake_end(tls, result, true);
        else if (result == 0)
            hr__tls_handshake_step(tls, true);
    }
    settle(tls);
}

static void below_closed(struct hr_stream *below) {
    struct hr_tls_stream *tls = below->owner;
    assert(tls->closing);
    tls->below_closed = true;
    if (!tls->task_queued) free_stream(tls);
}

const struct hr_stream_events hr__tls_below_events = {
    .on_lent = below_lent,
    .on_direct = below_direct,
    .on_end = below_end,
    .on_written = below_written,
    .on_closed = below_closed,
};

/* ---- The vtable. */

static void tls_connect(struct hr_stream *stream, const struct sockaddr *address, socklen_t size) {
    struct hr_tls_stream *tls = tls_of(stream);
    (void)address;
    (void)size;
    assert(tls->state == HR_TLS_NEW);
    tls->state = HR_TLS_HANDSHAKE;
    hr__tls_handshake_step(tls, false);
    adjust(tls);
}

/* After a change of wish: what is there already is delivered from the reactor's FIFO, never from
 * inside this call. */
static void want(struct hr_tls_stream *tls, enum hr_tls_read_mode mode) {
    tls->mode = (uint8_t)mode;
    adjust(tls);
}

static void tls_read_lent(struct hr_stream *stream) {
    struct hr_tls_stream *tls = tls_of(stream);
    if (tls->closing || tls->mode == HR_TLS_DIRECT) return;
    want(tls, HR_TLS_LENT);
}

static void tls_read_direct(struct hr_stream *stream, void *data, size_t size) {
    struct hr_tls_stream *tls = tls_of(stream);
    assert(size > 0 && tls->mode != HR_TLS_DIRECT);
    if (tls->closing) return;
    tls->direct.data = data;
    tls->direct.size = size;
    want(tls, HR_TLS_DIRECT);
}

static void tls_pause(struct hr_stream *stream) {
    struct hr_tls_stream *tls = tls_of(stream);
    if (tls->closing || tls->mode != HR_TLS_LENT) return;
    tls->mode = HR_TLS_PAUSED;
    adjust(tls);
}

static void tls_write(struct hr_stream *stream, const struct iovec *iov, unsigned count) {
    struct hr_tls_stream *tls = tls_of(stream);
    if (tls->closing) return;
    assert(!tls->write.iov && tls->state == HR_TLS_OPEN);
    tls->write.iov = iov;
    tls->write.count = count;
    tls->write.index = 0;
    tls->write.offset = 0;
    tls->write.left = 0;
    for (unsigned i = 0; i < count; i++) tls->write.left += iov[i].iov_len;
    if (tls->write.left == 0 || tls->cut || tls->notified) {
        tls->write_result = tls->write.left == 0 ? 0 : -EPIPE;
        tls->write.left = 0;
        tls->written_due = true;
        hr__tls_defer(tls);
        return;
    }
    tls->mark.begins = tls->wire.out_total;
    tls->mark.before = UINT64_MAX;
    tls->mark.waits = true;
    hr__tls_encrypt(tls);
    adjust(tls);
}

static void tls_shutdown(struct hr_stream *stream) {
    struct hr_tls_stream *tls = tls_of(stream);
    if (tls->closing || tls->state != HR_TLS_OPEN) return;
    tls->shutdown_wanted = true;
    adjust(tls);
}

static void tls_close(struct hr_stream *stream) {
    struct hr_tls_stream *tls = tls_of(stream);
    if (tls->closing) return;
    tls->closing = true;
    tls->mode = HR_TLS_PAUSED;
    if (!tls->write.iov) hr__tls_notify(tls);
    hr__timer_start(stream->reactor, &tls->linger, hr__reactor_now(stream->reactor) + LINGER_NS);
    close_step(tls);
}

static void tls_info(const struct hr_stream *stream, struct hr_stream_info *info) {
    const struct hr_tls_stream *tls = tls_of(stream);
    tls->below->vtable->info(tls->below, info);
    info->bytes_waiting = 0;
}

static void tls_order(const struct hr_stream *stream, struct hr_stream_order *order) {
    const struct hr_tls_stream *tls = tls_of(stream);
    tls->below->vtable->order(tls->below, order);
    order->at = tls->plain_at;
    order->before = hr__tls_before(tls);
}

const struct hr_stream_vtable hr__tls_vtable = {
    .name = "tls",
    .connect = tls_connect,
    .read_lent = tls_read_lent,
    .read_direct = tls_read_direct,
    .pause = tls_pause,
    .write = tls_write,
    .shutdown = tls_shutdown,
    .close = tls_close,
    .info = tls_info,
    .order = tls_order,
};

void hr__tls_stream_init(struct hr_tls_stream *tls) {
    tls->task.run = run_task;
    tls->linger.on_fire = on_linger;
    tls->mark.before = UINT64_MAX;
}

/* ---- What was agreed upon. */

const char *hr__tls_reason(const struct hr_stream *stream) {
    if (stream->vtable != &hr__tls_vtable) return "";
    const struct hr_tls_stream *tls = hr__tls_of_stream(stream);
    return tls->reason ? tls->reason : "";
}

void hr__tls_info(const struct hr_stream *stream, struct hr_tls_info *info) {
    memset(info, 0, sizeof *info);
    if (stream->vtable != &hr__tls_vtable) return;
    const struct hr_tls_stream *tls = hr__tls_of_stream(stream);
    if (tls->state != HR_TLS_OPEN) return;
    const unsigned char *alpn;
    unsigned alpn_size;
    SSL_get0_alpn_selected(tls->ssl, &alpn, &alpn_size);
    info->version = SSL_get_version(tls->ssl);
    info->cipher = SSL_get_cipher_name(tls->ssl);
    info->alpn = alpn_size > 0 ? "http/1.1" : NULL;
    info->resumed = SSL_session_reused(tls->ssl) == 1;
}
