/* The beginning of a filter: who is to be verified, the handshake, the session that it leaves. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "tls_filter.h"
#include "url_authority.h"

/* ---- The peer's certificate. */

int hr__tls_verify(X509_STORE_CTX *store, void *user) {
    const struct hr_tls_settings *settings = user;
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct hr_tls_stream *tls = SSL_get_app_data(ssl);
    char reason[HR_TLS_REASON_MAX];
    int64_t now_s = hr__tls_now_s(tls);
    X509_STORE_CTX_set_time(store, 0, (time_t)now_s);
    X509_STORE_CTX_set_verify_cb(store, hr__tls_name_again);
    if (!settings->insecure && X509_verify_cert(store) != 1) {
        tls->failure = HR_ERR_TLS_CERTIFICATE;
        hr__tls_error_certificate(store, reason);
        hr__tls_set_reason(tls, reason);
        return 0;
    }
    if (settings->insecure) X509_STORE_CTX_set_error(store, X509_V_OK);
    STACK_OF(X509) *chain = settings->insecure ? NULL : X509_STORE_CTX_get0_chain(store);
    tls->until_s = hr__tls_vouched_until(chain, now_s);
    if (settings->pins.count == 0) return 1;
    if (hr__tls_pins_match(&settings->pins, X509_STORE_CTX_get0_cert(store))) return 1;
    tls->failure = HR_ERR_TLS_PIN;
    hr__tls_set_reason(tls, "the server's public key is not among pinned_keys: if it was exchanged "
                            "on purpose, pin the new one");
    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
}

/* What follows is of the peer's disappointment, an alert or an end, and says less. */
void hr__tls_see(const SSL *ssl, int where, int what) {
    if (where != SSL_CB_WRITE_ALERT || (what & 0xff) != SSL_AD_NO_RENEGOTIATION) return;
    hr__tls_set_reason(SSL_get_app_data(ssl), "it wanted to renegotiate, for a certificate of ours "
                                              "perhaps, and renegotiation is refused here");
}

/* ---- Sessions. */

int hr__tls_new_session(SSL *ssl, SSL_SESSION *session) {
    struct hr_tls_stream *tls = SSL_get_app_data(ssl);
    if (!tls || !tls->sessions || tls->closing) return 0;
    if (tls->made_under != tls->sessions->made_under) return 0;
    hr__tls_sessions_put(tls->sessions, (struct hr_tls_session){session, tls->until_s});
    return 1;
}

int hr__tls_ticket_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                       EVP_MAC_CTX *mac, int encrypts) {
    struct hr_tls_stream *tls = SSL_get_app_data(ssl);
    int result = hr__tls_tickets_prepare(&tls->context->settings->tickets,
                                         hr__reactor_now(tls->stream.reactor), name, iv, cipher,
                                         mac, encrypts != 0);
    /* A ticket of 1.3 is used once: without a new one every other connection would be full. */
    bool used_up = !encrypts && SSL_version(ssl) >= TLS1_3_VERSION;
    return result == 1 && used_up ? 2 : result;
}

/* ---- The handshake. */

void hr__tls_report_connected(struct hr_tls_stream *tls) {
    tls->connected_due = false;
    tls->calling = true;
    tls->stream.events->on_connected(&tls->stream, tls->connect_result);
    tls->calling = false;
}

void hr__tls_handshake_end(struct hr_tls_stream *tls, int result, bool report) {
    if (tls->state != HR_TLS_HANDSHAKE) return;
    tls->state = result ? HR_TLS_FAILED : HR_TLS_OPEN;
    tls->connect_result = result;
    tls->connected_due = true;
    if (report)
        hr__tls_report_connected(tls);
    else
        hr__tls_defer(tls);
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
    int code = hr__tls_error_take(HR_ERR_TLS_HANDSHAKE, tls->context->settings->server, reason);
    hr__tls_set_reason(tls, reason);
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
        hr__tls_set_reason(tls, "the server chose a protocol (ALPN) that was not offered");
        hr__tls_handshake_end(tls, HR_ERR_TLS_HANDSHAKE, report);
        return;
    }
    int why = SSL_get_error(tls->ssl, result);
    if (why == SSL_ERROR_WANT_WRITE) tls->blocked = true;
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return;
    hr__tls_handshake_end(tls, handshake_failure(tls), report);
}

/* ---- Making one. */

static bool is_address(const char *host) {
    unsigned char address[16];
    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

/* Whom to ask for and whom to expect. A final dot makes a name absolute and is no part of it in a
 * certificate; addresses are never sent (RFC 6066 3). OpenSSL takes a dot in front for every name
 * below: such a host would accept certificates of others. */
static int set_peer(struct hr_tls_stream *tls, struct hr_slice host,
                    char name[HR_TLS_NAME_MAX + 1]) {
    const struct hr_tls_settings *settings = tls->context->settings;
    if (settings->server_name) host = hr_slice_of(settings->server_name);
    host = hr__host_without_zone(host);
    if (host.size > 1 && host.data[host.size - 1] == '.') host.size--;
    if (host.size == 0 || host.size > HR_TLS_NAME_MAX || host.data[0] == '.' ||
        memchr(host.data, '\0', host.size))
        return -EINVAL;
    memcpy(name, host.data, host.size);
    name[host.size] = '\0';
    X509_VERIFY_PARAM *expected = SSL_get0_param(tls->ssl);
    if (is_address(name)) return X509_VERIFY_PARAM_set1_ip_asc(expected, name) ? 0 : -ENOMEM;
    X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                                  X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    if (!X509_VERIFY_PARAM_set1_host(expected, name, host.size)) return -ENOMEM;
    return SSL_set_tlsext_host_name(tls->ssl, name) ? 0 : -ENOMEM;
}

/* None that was made under something else: with another certificate of ours the server would take
 * us for its owner, and what other settings or another name have verified is not verified here. */
static void offer_session(struct hr_tls_stream *tls, const char *name) {
    struct hr_tls_sessions *sessions = tls->sessions;
    uint64_t settings = tls->context->settings->number;
    if (sessions->generation != tls->generation || sessions->settings != settings ||
        strcmp(sessions->name, name) != 0) {
        hr__tls_sessions_clear(sessions);
        sessions->made_under++;
        sessions->generation = tls->generation;
        sessions->settings = settings;
        snprintf(sessions->name, sizeof sessions->name, "%s", name);
    }
    tls->made_under = sessions->made_under;
    struct hr_tls_session offered = hr__tls_sessions_take(sessions, hr__tls_now_s(tls));
    if (!offered.session) return;
    tls->until_s = offered.until_s; /* a full handshake sets another */
    SSL_set_session(tls->ssl, offered.session);
    SSL_SESSION_free(offered.session);
}

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
    tls->generation = context->generation;
    tls->below = below;
    tls->stream.vtable = &hr__tls_vtable;
    tls->stream.reactor = below->reactor;
    hr__tls_stream_init(tls);
    tls->until_s = hr__tls_vouched_until(NULL, hr__tls_now_s(tls));
    *out = tls;
    return 0;
}

static void take_over(struct hr_tls_stream *tls, const struct hr_stream_events *events, void *owner,
                      struct hr_stream **stream) {
    tls->stream.events = events;
    tls->stream.owner = owner;
    tls->below->events = &hr__tls_below_events;
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
    err = set_peer(tls, host, name);
    ERR_clear_error();
    if (err) {
        SSL_free(tls->ssl);
        free(tls);
        return err;
    }
    if (sessions && context->settings->resumption) {
        tls->sessions = sessions;
        offer_session(tls, name);
    }
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
