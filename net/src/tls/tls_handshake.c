/* The handshake of a filter, until it is open or has failed. */
#include <assert.h>
#include <string.h>

#include <openssl/err.h>

#include "tls_state.h"

void hr__tls_handshake_report(struct hr_tls_stream *tls) {
    tls->connect.due = false;
    tls->calling = true;
    tls->stream.events->on_connected(&tls->stream, tls->connect.result);
    tls->calling = false;
}

void hr__tls_handshake_end(struct hr_tls_stream *tls, int result, bool report) {
    if (tls->state != HR_TLS_HANDSHAKE) return;
    assert(!tls->connect.due && !tls->closing);
    tls->state = result ? HR_TLS_FAILED : HR_TLS_OPEN;
    tls->connect.result = result;
    tls->connect.due = true;
    if (report)
        hr__tls_handshake_report(tls);
    else
        hr__tls_state_defer(tls);
}

/* A server has to choose among what it was offered (RFC 7301 3.1); OpenSSL leaves that to us. */
static bool alpn_is_wrong(const struct hr_tls_stream *tls) {
    const unsigned char *name;
    unsigned size;
    SSL_get0_alpn_selected(tls->ssl, &name, &size);
    return size > 0 && (size != 8 || memcmp(name, "http/1.1", 8) != 0);
}

static int handshake_failure(struct hr_tls_stream *tls) {
    char reason[HR_TLS_REASON_MAX];
    int code = hr__tls_error_classify(HR_ERR_TLS_HANDSHAKE, tls->context->settings->server, reason);
    hr__tls_state_set_reason(tls, reason);
    tls->fatal = true;
    return tls->failure ? tls->failure : code;
}

void hr__tls_handshake_step(struct hr_tls_stream *tls, bool report) {
    ERR_clear_error();
    int result = SSL_do_handshake(tls->ssl);
    if (result == 1) {
        if (!alpn_is_wrong(tls)) {
            hr__tls_handshake_end(tls, 0, report);
            return;
        }
        tls->fatal = true;
        hr__tls_state_set_reason(tls, "the server chose a protocol (ALPN) that was not offered");
        hr__tls_handshake_end(tls, HR_ERR_TLS_HANDSHAKE, report);
        return;
    }
    int why = SSL_get_error(tls->ssl, result);
    if (why == SSL_ERROR_WANT_WRITE) tls->blocked = true;
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return;
    hr__tls_handshake_end(tls, handshake_failure(tls), report);
}
