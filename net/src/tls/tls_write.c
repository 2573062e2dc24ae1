/* From bytes to ciphertext: one buffer on its way below, the next being filled meanwhile. Small
 * pieces are gathered, so that a head and the beginning of its body are one record. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "tls_state.h"

#define RECORD_MAX SSL3_RT_MAX_PLAIN_LENGTH

static void report_later(struct hr_tls_stream *tls, int result) {
    tls->write.result = result;
    tls->write.due = true;
    hr__tls_state_defer(tls);
}

/* The next bytes that one record takes: of one piece where it has enough, else gathered. */
static const char *next_bytes(struct hr_tls_stream *tls, size_t *size) {
    size_t whole = tls->write.left < RECORD_MAX ? tls->write.left : RECORD_MAX, gathered = 0;
    struct iovec piece = {.iov_len = 0};
    hr__iov_piece(&tls->write.vector, &piece);
    *size = whole;
    if (piece.iov_len >= whole) return piece.iov_base;
    struct hr_iov_cursor from = tls->write.vector;
    while (gathered < whole && hr__iov_piece(&from, &piece)) {
        size_t part = piece.iov_len < whole - gathered ? piece.iov_len : whole - gathered;
        memcpy(tls->context->gathered + gathered, piece.iov_base, part);
        gathered += part;
        hr__iov_advance(&from, part);
    }
    assert(gathered == whole);
    return tls->context->gathered;
}

static void advance(struct hr_tls_stream *tls, size_t size) {
    assert(size <= tls->write.left);
    tls->write.left -= size;
    hr__iov_advance(&tls->write.vector, size);
}

static void write_failed(struct hr_tls_stream *tls, int result) {
    int why = SSL_get_error(tls->ssl, result);
    if (why == SSL_ERROR_WANT_WRITE) return; /* goes on when the buffer before has been sent */
    char reason[HR_TLS_REASON_MAX];
    int code = hr__tls_error_classify(HR_ERR_TLS_PROTOCOL, tls->context->settings->server, reason);
    hr__tls_state_set_reason(tls, reason);
    tls->fatal = true;
    tls->write.left = 0;
    report_later(tls, code);
}

void hr__tls_write_encrypt(struct hr_tls_stream *tls) {
    while (tls->write.vector.at && tls->write.left > 0) {
        size_t left = tls->write.left;
        tls->wire.out_hint = left + (left / RECORD_MAX + 1) * HR_TLS_RECORD_OVERHEAD;
        size_t size, count = 0;
        const char *data = next_bytes(tls, &size);
        if (!hr__tls_bio_has_room(&tls->wire, size + HR_TLS_RECORD_OVERHEAD)) {
            if (tls->send.buffer) return;
            if (tls->wire.filling) {
                hr__tls_write_flush(tls);
                continue;
            }
            tls->write.left = 0;
            report_later(tls, -ENOMEM);
            return;
        }
        ERR_clear_error();
        int result = SSL_write_ex(tls->ssl, data, size, &count);
        /* It has a request's head in it, which may have credentials. */
        if (data == tls->context->gathered) OPENSSL_cleanse(tls->context->gathered, size);
        if (result != 1) {
            write_failed(tls, result);
            return;
        }
        advance(tls, count);
    }
    tls->wire.out_hint = 0;
}

void hr__tls_write_flush(struct hr_tls_stream *tls) {
    struct hr_tls_buffer *buffer = tls->wire.filling;
    if (!buffer || tls->send.buffer || tls->send.cut || tls->closing >= HR_TLS_CLOSING_BELOW)
        return;
    tls->wire.filling = NULL;
    tls->send.buffer = buffer;
    tls->send.flushed += buffer->size;
    tls->send.iov.iov_base = buffer->data;
    tls->send.iov.iov_len = buffer->size;
    tls->below->vtable->write(tls->below, &tls->send.iov, 1);
}

void hr__tls_write_report(struct hr_tls_stream *tls) {
    int result = tls->write.result;
    tls->write.due = false;
    tls->write.vector.at = NULL;
    tls->write.result = 0;
    tls->calling = true;
    tls->stream.events->on_written(&tls->stream, result);
    tls->calling = false;
}

uint64_t hr__tls_write_before(const struct hr_tls_stream *tls) {
    struct hr_stream_order below;
    if (!tls->send.mark.waits) return tls->send.mark.before;
    if (!tls->send.buffer || tls->send.mark.begins >= tls->send.flushed) return UINT64_MAX;
    tls->below->vtable->order(tls->below, &below);
    return below.before;
}

void hr__tls_write_sent(struct hr_tls_stream *tls, int result) {
    tls->send.mark.before = hr__tls_write_before(tls);
    if (tls->send.mark.begins < tls->send.flushed) tls->send.mark.waits = false;
    hr__tls_buffers_release(&tls->context->buffers, tls->send.buffer);
    tls->send.buffer = NULL;
    tls->blocked = false;
    if (result < 0) {
        tls->send.cut = true;
        tls->write.left = 0;
        tls->write.result = result;
    } else {
        hr__tls_write_flush(tls);
        if (!tls->closing) hr__tls_write_encrypt(tls);
        hr__tls_write_flush(tls);
    }
    if (tls->closing || tls->write.due || !tls->write.vector.at || tls->write.left > 0) return;
    if (tls->send.buffer || (tls->wire.filling && !tls->send.cut)) return;
    hr__tls_write_report(tls);
}

void hr__tls_write_notify(struct hr_tls_stream *tls) {
    bool gone = tls->send.cut || (tls->end.known && tls->end.result < 0);
    if (tls->state != HR_TLS_OPEN || tls->send.notified || tls->fatal || gone) return;
    tls->send.notified = true;
    ERR_clear_error();
    SSL_shutdown(tls->ssl);
    ERR_clear_error();
}
