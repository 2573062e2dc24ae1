/* tls: the filter as a stream. OpenSSL reads what the layer below lends and writes into buffers
 * that go below as they are filled; it never owns a socket.
 *
 * What the layer above wants is noted at once; what follows from it is done at the end of the call
 * (adjust) or of the event (settle). Bytes that are there already are delivered by a task. */
#include "tls_stream.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "tls_state.h"

/* How long closing waits for the last record to be taken by the kernel. */
#define LINGER_NS (UINT64_C(250) * 1000000)

static struct hr_tls_stream *tls_of(const struct hr_stream *stream) {
    assert(stream->vtable == &hr__tls_vtable);
    return hr__tls_state_of(stream);
}

/* ---- The end. */

static void free_stream(struct hr_tls_stream *tls) {
    /* Without this OpenSSL would take an end without close_notify for a reason to forget the
     * session. */
    if (!tls->fatal) SSL_set_shutdown(tls->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(tls->ssl);
    ERR_clear_error();
    hr__spill_free(&tls->read.spill, tls->stream.reactor);
    hr__tls_buffers_release(&tls->context->buffers, tls->wire.filling);
    hr__tls_buffers_release(&tls->context->buffers, tls->send.buffer);
    hr__tls_buffers_release(&tls->context->buffers, tls->read.bulk);
    free(tls->reason);
    const struct hr_stream_events *events = tls->stream.events;
    events->on_closed(&tls->stream);
    free(tls);
}

static void close_below(struct hr_tls_stream *tls) {
    if (tls->closing >= HR_TLS_CLOSING_BELOW) return;
    hr__tls_state_close(tls, HR_TLS_CLOSING_BELOW);
    hr__timer_stop(tls->stream.reactor, &tls->linger);
    tls->below->vtable->close(tls->below);
}

/* The last record, close_notify or an alert, is waited for a moment; a write of the layer above is
 * not. */
static void close_step(struct hr_tls_stream *tls) {
    if (tls->closing >= HR_TLS_CLOSING_BELOW) return;
    hr__tls_write_flush(tls);
    if (tls->write.vector.at || tls->send.cut || (!tls->send.buffer && !tls->wire.filling))
        close_below(tls);
}

static void on_linger(struct hr_timer *timer) {
    close_below(hr__container_of(timer, struct hr_tls_stream, linger));
}

/* ---- Between the events. */

/* Sends the ciphertext that is ready, and close_notify behind it where a shutdown waits. */
static void push(struct hr_tls_stream *tls) {
    hr__tls_write_flush(tls);
    if (!tls->send.shutdown_wanted || tls->write.vector.at) return;
    hr__tls_write_notify(tls);
    hr__tls_write_flush(tls);
    if (tls->wire.filling && !tls->send.cut) return;
    tls->send.shutdown_wanted = false;
    if (!tls->send.cut) tls->below->vtable->shutdown(tls->below);
}

static bool is_end_due(const struct hr_tls_stream *tls) {
    return tls->state == HR_TLS_OPEN && tls->end.known && !tls->end.reported &&
           tls->read.mode != HR_TLS_PAUSED && !hr__tls_read_has_bytes(tls);
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
    bool deliverable = tls->state == HR_TLS_OPEN && tls->read.mode != HR_TLS_PAUSED &&
                       !tls->blocked && hr__tls_read_has_bytes(tls);
    if (deliverable || is_end_due(tls)) hr__tls_state_defer(tls);
    hr__tls_read_ask_below(tls);
}

/* The same at the end of every event. */
static void settle(struct hr_tls_stream *tls) {
    if (!tls->closing && is_end_due(tls)) {
        tls->end.reported = true;
        tls->calling = true;
        tls->stream.events->on_end(&tls->stream, tls->end.result);
        tls->calling = false;
    }
    adjust(tls);
}

static void run_task(struct hr_task *task) {
    struct hr_tls_stream *tls = hr__container_of(task, struct hr_tls_stream, task);
    tls->task_queued = false;
    if (tls->closing == HR_TLS_CLOSED) {
        free_stream(tls);
        return;
    }
    if (tls->connect.due && !tls->closing) hr__tls_handshake_report(tls);
    if (tls->write.due && !tls->closing) hr__tls_write_report(tls);
    if (!tls->closing) hr__tls_read_deliver(tls);
    settle(tls);
}

/* ---- Events of the layer below. */

static void take_input(struct hr_tls_stream *tls) {
    if (tls->state == HR_TLS_HANDSHAKE && !tls->blocked) hr__tls_handshake_step(tls, true);
    if (tls->state == HR_TLS_OPEN && !tls->closing) hr__tls_read_deliver(tls);
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
    if (tls->closing || tls->read.over || tls->state == HR_TLS_FAILED) return size;
    set_input(tls, data, size);
    take_input(tls);
    size_t left = tls->wire.in_size;
    tls->wire.in = NULL;
    tls->wire.in_size = 0;
    if (tls->closing || tls->read.over || tls->state == HR_TLS_FAILED) left = 0;
    if (left > 0) tls->read.below_mode = HR_TLS_PAUSED; /* it pauses by itself */
    settle(tls);
    return size - left;
}

static void below_direct(struct hr_stream *below, size_t size) {
    struct hr_tls_stream *tls = below->owner;
    tls->read.below_mode = HR_TLS_PAUSED;
    if (tls->closing || tls->read.over) return;
    set_input(tls, tls->read.bulk->data, size);
    take_input(tls);
    settle(tls);
}

/* OpenSSL has seen all that comes behind close_notify: the first end counts. */
static void below_end(struct hr_stream *below, int result) {
    struct hr_tls_stream *tls = below->owner;
    tls->read.below_mode = HR_TLS_PAUSED;
    if (tls->closing) return;
    if (result == 0) result = HR_ERR_TLS_TRUNCATED;
    if (tls->state == HR_TLS_HANDSHAKE) {
        if (result == HR_ERR_TLS_TRUNCATED)
            hr__tls_state_set_reason(tls, "the peer closed the connection during the handshake");
        tls->fatal = true;
        hr__tls_handshake_end(tls, result, true);
    } else {
        if (result == HR_ERR_TLS_TRUNCATED && !tls->end.known)
            hr__tls_state_set_reason(tls, "the peer closed the connection without close_notify");
        hr__tls_state_end(tls, result);
    }
    settle(tls);
}

static void below_written(struct hr_stream *below, int result) {
    struct hr_tls_stream *tls = below->owner;
    hr__tls_write_sent(tls, result);
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
    hr__tls_state_close(tls, HR_TLS_CLOSED);
    if (!tls->task_queued) free_stream(tls);
}

static const struct hr_stream_events below_events = {
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
    tls->read.mode = (uint8_t)mode;
    adjust(tls);
}

static void tls_read_lent(struct hr_stream *stream) {
    struct hr_tls_stream *tls = tls_of(stream);
    if (tls->closing || tls->read.mode == HR_TLS_DIRECT) return;
    want(tls, HR_TLS_LENT);
}

static void tls_read_direct(struct hr_stream *stream, void *data, size_t size) {
    struct hr_tls_stream *tls = tls_of(stream);
    assert(size > 0 && tls->read.mode != HR_TLS_DIRECT);
    if (tls->closing) return;
    tls->read.direct.data = data;
    tls->read.direct.size = size;
    want(tls, HR_TLS_DIRECT);
}

static void tls_pause(struct hr_stream *stream) {
    struct hr_tls_stream *tls = tls_of(stream);
    if (tls->closing || tls->read.mode != HR_TLS_LENT) return;
    tls->read.mode = HR_TLS_PAUSED;
    adjust(tls);
}

static void tls_write(struct hr_stream *stream, const struct iovec *iov, unsigned count) {
    struct hr_tls_stream *tls = tls_of(stream);
    if (tls->closing) return;
    assert(!tls->write.vector.at && tls->state == HR_TLS_OPEN);
    tls->write.vector = hr__iov_begin(iov, count);
    tls->write.left = 0;
    for (unsigned i = 0; i < count; i++) tls->write.left += iov[i].iov_len;
    if (tls->write.left == 0 || tls->send.cut || tls->send.notified) {
        tls->write.result = tls->write.left == 0 ? 0 : -EPIPE;
        tls->write.left = 0;
        tls->write.due = true;
        hr__tls_state_defer(tls);
        return;
    }
    tls->send.mark.begins = tls->wire.out_total;
    tls->send.mark.before = UINT64_MAX;
    tls->send.mark.waits = true;
    hr__tls_write_encrypt(tls);
    adjust(tls);
}

static void tls_shutdown(struct hr_stream *stream) {
    struct hr_tls_stream *tls = tls_of(stream);
    if (tls->closing || tls->state != HR_TLS_OPEN) return;
    tls->send.shutdown_wanted = true;
    adjust(tls);
}

static void tls_close(struct hr_stream *stream) {
    struct hr_tls_stream *tls = tls_of(stream);
    if (tls->closing) return;
    hr__tls_state_close(tls, HR_TLS_CLOSING);
    tls->read.mode = HR_TLS_PAUSED;
    if (!tls->write.vector.at) hr__tls_write_notify(tls);
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
    order->at = tls->read.plain_at;
    order->before = hr__tls_write_before(tls);
}

/* OpenSSL keeps the plain text of a record until the next one comes, and frees it as it is. */
static void tls_wipe(struct hr_stream *stream) {
    struct hr_tls_stream *tls = tls_of(stream);
    if (!tls->read.wipes) SSL_set_options(tls->ssl, SSL_OP_CLEANSE_PLAINTEXT);
    tls->read.wipes = true;
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
    .wipe = tls_wipe,
};

/* ---- The beginning. */

static int new_stream(struct hr_tls_context *context, struct hr_stream *below,
                      struct hr_tls_stream **out) {
    struct hr_tls_stream *tls = calloc(1, sizeof *tls);
    if (!tls) return -ENOMEM;
    ERR_clear_error();
    tls->wire.buffers = &context->buffers;
    tls->ssl = SSL_new(context->ssl_context);
    BIO *bio = tls->ssl ? hr__tls_bio_new(&tls->wire) : NULL;
    ERR_clear_error();
    if (!bio) {
        SSL_free(tls->ssl);
        free(tls);
        return -ENOMEM;
    }
    SSL_set_bio(tls->ssl, bio, bio);
    SSL_set_app_data(tls->ssl, tls);
    tls->context = context;
    tls->resumption.generation = context->generation;
    tls->below = below;
    tls->stream.vtable = &hr__tls_vtable;
    tls->stream.reactor = below->reactor;
    tls->task.run = run_task;
    tls->linger.on_fire = on_linger;
    tls->send.mark.before = UINT64_MAX;
    tls->resumption.until_s = hr__tls_sessions_hold_until(NULL, hr__tls_state_now_s(tls));
    *out = tls;
    return 0;
}

static void take_over(struct hr_tls_stream *tls, const struct hr_stream_events *events, void *owner,
                      struct hr_stream **stream) {
    tls->stream.events = events;
    tls->stream.owner = owner;
    tls->below->events = &below_events;
    tls->below->owner = tls;
    *stream = &tls->stream;
}

int hr__tls_connect(struct hr_tls_context *context, struct hr_stream *below, struct hr_slice host,
                    struct hr_tls_sessions *sessions, const struct hr_stream_events *events,
                    void *owner, struct hr_stream **stream) {
    struct hr_tls_stream *tls;
    char name[HR_TLS_NAME_MAX + 1];
    hr__tls_context_refresh(context);
    int err = new_stream(context, below, &tls);
    if (err) return err;
    SSL_set_connect_state(tls->ssl);
    err = hr__tls_verify_expect(tls, host, name);
    ERR_clear_error();
    if (err) {
        SSL_free(tls->ssl);
        free(tls);
        return err;
    }
    if (sessions && context->settings->resumption) hr__tls_sessions_offer(tls, sessions, name);
    take_over(tls, events, owner, stream);
    return 0;
}

int hr__tls_accept(struct hr_tls_context *context, struct hr_stream *below,
                   const struct hr_stream_events *events, void *owner, struct hr_stream **stream) {
    struct hr_tls_stream *tls;
    hr__tls_context_refresh(context);
    int err = new_stream(context, below, &tls);
    if (err) return err;
    SSL_set_accept_state(tls->ssl);
    take_over(tls, events, owner, stream);
    return 0;
}

/* ---- The outcome of the handshake. */

const char *hr__tls_reason(const struct hr_stream *stream) {
    if (stream->vtable != &hr__tls_vtable) return "";
    const struct hr_tls_stream *tls = hr__tls_state_of(stream);
    return tls->reason ? tls->reason : "";
}

void hr__tls_info(const struct hr_stream *stream, struct hr_tls_info *info) {
    memset(info, 0, sizeof *info);
    if (stream->vtable != &hr__tls_vtable) return;
    const struct hr_tls_stream *tls = hr__tls_state_of(stream);
    if (tls->state != HR_TLS_OPEN) return;
    const unsigned char *alpn;
    unsigned alpn_size;
    SSL_get0_alpn_selected(tls->ssl, &alpn, &alpn_size);
    info->version = SSL_get_version(tls->ssl);
    info->cipher = SSL_get_cipher_name(tls->ssl);
    info->alpn = alpn_size > 0 ? "http/1.1" : NULL;
    info->resumed = SSL_session_reused(tls->ssl) == 1;
}
