/* Resumption: a connection that resumes is not verified again, so each session, and each ticket of
 * a server, carries the end of what was verified at the first, full handshake, however often it is
 * renewed (RFC 8446 4.6.1). A client keeps that end beside the session, a server in the ticket. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "tls_state.h"

/* The longest life of a ticket, and here of all that come of one full handshake (RFC 8446 4.6.1).
 */
#define RENEWED_MAX_S (INT64_C(7) * 86400)

/* A session, and until when what was verified at its first, full handshake holds. */
struct session {
    SSL_SESSION *session; /* NULL: none */
    int64_t until_s;      /* Unix time */
};

/* ---- How long. */

/* Seconds since 1970; 0 where the certificate does not say. */
static int64_t end_of(const X509 *certificate) {
    struct tm end;
    time_t end_s = -1;
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) == 1) end_s = timegm(&end);
    return end_s > 0 ? end_s : 0;
}

int64_t hr__tls_sessions_hold_until(STACK_OF(X509) * chain, int64_t now_s) {
    int64_t until_s = now_s + RENEWED_MAX_S;
    for (int i = 0; i < sk_X509_num(chain); i++) {
        int64_t end_s = end_of(sk_X509_value(chain, i));
        if (end_s < until_s) until_s = end_s;
    }
    return until_s;
}

/* ---- A client's. */

static bool is_ticket_of_13(const SSL_SESSION *session) {
    return SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION;
}

static bool is_usable(const SSL_SESSION *session, int64_t until_s, int64_t now_s) {
    int64_t age_s = now_s - SSL_SESSION_get_time(session);
    return SSL_SESSION_is_resumable(session) && age_s >= 0 &&
           age_s < SSL_SESSION_get_timeout(session) && now_s < until_s;
}

static struct session take_newest(struct hr_tls_sessions *sessions, int64_t now_s) {
    while (sessions->count > 0) {
        unsigned last = sessions->count - 1;
        struct session newest = {sessions->list[last], sessions->until_s[last]};
        bool usable = is_usable(newest.session, newest.until_s, now_s);
        if (usable && !is_ticket_of_13(newest.session)) {
            SSL_SESSION_up_ref(newest.session);
            return newest;
        }
        sessions->list[last] = NULL;
        sessions->count = last;
        if (usable) return newest;
        SSL_SESSION_free(newest.session);
    }
    return (struct session){NULL, 0};
}

static void add(struct hr_tls_sessions *sessions, struct session session) {
    if (!is_ticket_of_13(session.session))
        hr__tls_sessions_clear(sessions); /* one serves for all */
    if (sessions->count == HR_TLS_SESSIONS_MAX) {
        SSL_SESSION_free(sessions->list[0]);
        sessions->count--;
        memmove(sessions->list, sessions->list + 1, sessions->count * sizeof sessions->list[0]);
        memmove(sessions->until_s, sessions->until_s + 1,
                sessions->count * sizeof sessions->until_s[0]);
    }
    sessions->list[sessions->count] = session.session;
    sessions->until_s[sessions->count++] = session.until_s;
}

void hr__tls_sessions_clear(struct hr_tls_sessions *sessions) {
    for (unsigned i = 0; i < sessions->count; i++) SSL_SESSION_free(sessions->list[i]);
    memset(sessions->list, 0, sizeof sessions->list);
    sessions->count = 0;
}

static int on_new_session(SSL *ssl, SSL_SESSION *session) {
    struct hr_tls_stream *tls = SSL_get_app_data(ssl);
    if (!tls || !tls->resumption.sessions || tls->closing) return 0;
    if (tls->resumption.made_under != tls->resumption.sessions->made_under) return 0;
    add(tls->resumption.sessions, (struct session){session, tls->resumption.until_s});
    return 1;
}

void hr__tls_sessions_keep(SSL_CTX *ssl_context) {
    SSL_CTX_sess_set_new_cb(ssl_context, on_new_session);
}

/* None that was made under something else: with another certificate of ours the server would take
 * us for its owner, and what other settings or another name have verified is not verified here. */
void hr__tls_sessions_offer(struct hr_tls_stream *tls, struct hr_tls_sessions *sessions,
                            const char *name) {
    uint64_t settings = tls->context->settings->number;
    assert(!tls->resumption.sessions && tls->state == HR_TLS_NEW);
    tls->resumption.sessions = sessions;
    if (sessions->generation != tls->resumption.generation || sessions->settings != settings ||
        strcmp(sessions->name, name) != 0) {
        hr__tls_sessions_clear(sessions);
        sessions->made_under++;
        sessions->generation = tls->resumption.generation;
        sessions->settings = settings;
        snprintf(sessions->name, sizeof sessions->name, "%s", name);
    }
    tls->resumption.made_under = sessions->made_under;
    struct session offered = take_newest(sessions, hr__tls_state_now_s(tls));
    if (!offered.session) return;
    tls->resumption.until_s = offered.until_s; /* a full handshake sets another */
    SSL_set_session(tls->ssl, offered.session);
    SSL_SESSION_free(offered.session);
}

/* ---- A server's: the end stands in each ticket, eight bytes as they lie in memory. */

static int seal(SSL *ssl, void *user) {
    (void)user;
    const struct hr_tls_stream *tls = SSL_get_app_data(ssl);
    return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), &tls->resumption.until_s,
                                           sizeof tls->resumption.until_s);
}

/* Whether what was verified when the first of these tickets was made still holds. */
static bool holds(struct hr_tls_stream *tls, SSL_SESSION *session) {
    int64_t until_s;
    void *data;
    size_t size;
    if (SSL_SESSION_get0_ticket_appdata(session, &data, &size) != 1 || size != sizeof until_s)
        return false;
    if (tls->context->settings->verify_client && !SSL_SESSION_get0_peer(session)) return false;
    memcpy(&until_s, data, sizeof until_s);
    if (until_s <= hr__tls_state_now_s(tls)) return false;
    tls->resumption.until_s = until_s;
    return true;
}

static SSL_TICKET_RETURN unseal(SSL *ssl, SSL_SESSION *session, const unsigned char *name,
                                size_t name_size, SSL_TICKET_STATUS status, void *user) {
    (void)name, (void)name_size, (void)user;
    bool decrypted = status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW;
    if (!decrypted || !holds(SSL_get_app_data(ssl), session)) return SSL_TICKET_RETURN_IGNORE_RENEW;
    return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

static int on_ticket_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                         EVP_MAC_CTX *mac, int encrypts) {
    struct hr_tls_stream *tls = SSL_get_app_data(ssl);
    int result = hr__tls_ticket_keys_prepare(&tls->context->settings->tickets,
                                             hr__reactor_now(tls->stream.reactor), name, iv, cipher,
                                             mac, encrypts != 0);
    /* A ticket of 1.3 is used once: without a new one every other connection would be full. */
    bool used_up = !encrypts && SSL_version(ssl) >= TLS1_3_VERSION;
    return result == 1 && used_up ? 2 : result;
}

/* Tickets without a memory of them: any reactor's context takes another one's. */
void hr__tls_sessions_serve(SSL_CTX *ssl_context) {
    static const unsigned char name[] = "headrace";
    SSL_CTX_set_tlsext_ticket_key_evp_cb(ssl_context, on_ticket_key);
    SSL_CTX_set_num_tickets(ssl_context, 1);
    SSL_CTX_set_session_id_context(ssl_context, name, sizeof name - 1);
    SSL_CTX_set_session_ticket_cb(ssl_context, seal, unseal, NULL);
}
