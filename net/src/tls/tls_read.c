/* From ciphertext to whoever wants bytes. What was lent from below is decrypted straight into the
 * memory of the layer above, or into the context's, from where it is lent upwards.
 *
 * What is not decrypted yet stays below when it was lent, or in the bulk buffer. */
#include <assert.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "tls_state.h"

/* Of a direct read: from here on ciphertext is read in large pieces as well. */
#define BULK_FROM (64u * 1024)

bool hr__tls_read_has_bytes(const struct hr_tls_stream *tls) {
    if (tls->read.spill.size > 0) return true;
    return !tls->read.over && (tls->wire.in_size > 0 || SSL_pending(tls->ssl) > 0);
}

static void read_failed(struct hr_tls_stream *tls, int result) {
    switch (SSL_get_error(tls->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return;
    case SSL_ERROR_WANT_WRITE:
        tls->blocked = true;
        return;
    case SSL_ERROR_ZERO_RETURN:
        tls->read.over = true;
        hr__tls_state_end(tls, 0);
        return;
    default: {
        char reason[HR_TLS_REASON_MAX];
        int code =
            hr__tls_error_classify(HR_ERR_TLS_PROTOCOL, tls->context->settings->server, reason);
        hr__tls_state_set_reason(tls, reason);
        tls->read.over = tls->fatal = true;
        hr__tls_state_end(tls, code);
    }
    }
}

/* Decrypts up to `size` bytes: 0 where there are none, or no more. */
static size_t decrypt(struct hr_tls_stream *tls, char *data, size_t size) {
    size_t total = 0;
    while (total < size && !tls->read.over && !tls->blocked) {
        if (tls->wire.in_size == 0 && SSL_pending(tls->ssl) == 0) break;
        size_t count = 0;
        ERR_clear_error();
        int result = SSL_read_ex(tls->ssl, data + total, size - total, &count);
        if (total == 0 && result == 1) tls->read.plain_at = tls->wire.record_at;
        total += count;
        if (result != 1) {
            read_failed(tls, result);
            break;
        }
    }
    return total;
}

/* Bytes for on_lent: returns whether all were taken. */
static bool lend(struct hr_tls_stream *tls, const char *data, size_t size, size_t *taken) {
    *taken = tls->stream.events->on_lent(&tls->stream, data, size);
    assert(*taken <= size);
    if (*taken == size) return true;
    if (tls->read.mode == HR_TLS_LENT) tls->read.mode = HR_TLS_PAUSED;
    return false;
}

static void deliver_direct(struct hr_tls_stream *tls, size_t size) {
    tls->read.mode = HR_TLS_PAUSED;
    tls->stream.events->on_direct(&tls->stream, size);
}

static void deliver_spilled(struct hr_tls_stream *tls) {
    const char *data = tls->read.spill.data + tls->read.spill.start;
    size_t size = tls->read.spill.size;
    if (tls->read.mode == HR_TLS_LENT) {
        size_t taken;
        lend(tls, data, size, &taken);
        hr__spill_take(&tls->read.spill, tls->stream.reactor, taken);
        return;
    }
    if (size > tls->read.direct.size) size = tls->read.direct.size;
    memcpy(tls->read.direct.data, data, size);
    hr__spill_take(&tls->read.spill, tls->stream.reactor, size);
    deliver_direct(tls, size);
}

static void spill(struct hr_tls_stream *tls, const char *data, size_t size) {
    int err = hr__spill_add(&tls->read.spill, tls->stream.reactor, data, size);
    if (!err) return;
    tls->read.over = true;
    hr__tls_state_end(tls, err);
}

/* False: there is nothing to deliver. */
static bool deliver_decrypted(struct hr_tls_stream *tls) {
    if (tls->read.mode == HR_TLS_DIRECT) {
        size_t size = decrypt(tls, tls->read.direct.data, tls->read.direct.size);
        if (size > 0) deliver_direct(tls, size);
        return size > 0;
    }
    char *data = tls->context->lent;
    size_t size = decrypt(tls, data, sizeof tls->context->lent), taken;
    if (size == 0) return false;
    bool all = lend(tls, data, size, &taken) || tls->closing;
    if (!all) spill(tls, data + taken, size - taken);
    if (tls->read.wipes) OPENSSL_cleanse(data, size);
    return true;
}

void hr__tls_read_deliver(struct hr_tls_stream *tls) {
    assert(!tls->calling);
    tls->calling = true;
    bool more = tls->state == HR_TLS_OPEN;
    while (more && tls->read.mode != HR_TLS_PAUSED && !tls->closing) {
        if (tls->read.spill.size > 0)
            deliver_spilled(tls);
        else
            more = deliver_decrypted(tls);
    }
    tls->calling = false;
}

static bool wants_ciphertext(const struct hr_tls_stream *tls) {
    if (tls->closing || tls->end.known || tls->read.over || tls->blocked) return false;
    if (tls->state == HR_TLS_HANDSHAKE) return true;
    return tls->state == HR_TLS_OPEN && tls->read.mode != HR_TLS_PAUSED &&
           !hr__tls_read_has_bytes(tls);
}

static bool take_bulk(struct hr_tls_stream *tls) {
    if (tls->read.mode != HR_TLS_DIRECT || tls->read.direct.size < BULK_FROM) return false;
    if (!tls->read.bulk)
        tls->read.bulk = hr__tls_buffers_acquire(&tls->context->buffers, HR_TLS_BUFFER_BULK);
    return tls->read.bulk != NULL;
}

void hr__tls_read_ask_below(struct hr_tls_stream *tls) {
    if (tls->read.below_mode == HR_TLS_DIRECT) return; /* it cannot be taken back */
    const struct hr_stream_vtable *below = tls->below->vtable;
    bool wants = wants_ciphertext(tls);
    if (wants && take_bulk(tls)) {
        tls->read.below_mode = HR_TLS_DIRECT;
        below->read_direct(tls->below, tls->read.bulk->data, tls->read.bulk->capacity);
        return;
    }
    if (tls->read.bulk && tls->wire.in_size == 0 && tls->read.mode != HR_TLS_DIRECT) {
        hr__tls_buffers_release(&tls->context->buffers, tls->read.bulk);
        tls->read.bulk = NULL;
    }
    if (wants && tls->read.below_mode != HR_TLS_LENT) {
        tls->read.below_mode = HR_TLS_LENT;
        below->read_lent(tls->below);
    } else if (!wants && tls->read.below_mode == HR_TLS_LENT && !tls->end.known) {
        tls->read.below_mode = HR_TLS_PAUSED;
        below->pause(tls->below);
    }
}
