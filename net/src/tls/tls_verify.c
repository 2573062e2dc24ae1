/* Verification of the peer: the name that is expected, and the certificate that is shown. */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <string.h>

#include <openssl/x509v3.h>

#include "tls_state.h"
#include "url_authority.h"

static bool is_address(const char *host) {
    unsigned char address[16];
    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

/* The name is sent (SNI), and expected in the certificate. A final dot makes a name absolute and is
 * no part of it in a certificate; addresses are never sent (RFC 6066 3). OpenSSL takes a dot in
 * front for every name below: such a host would accept certificates of others. */
int hr__tls_verify_expect(struct hr_tls_stream *tls, struct hr_slice host,
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

int hr__tls_verify_certificate(X509_STORE_CTX *store, void *user) {
    const struct hr_tls_settings *settings = user;
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct hr_tls_stream *tls = SSL_get_app_data(ssl);
    char reason[HR_TLS_REASON_MAX];
    int64_t now_s = hr__tls_state_now_s(tls);
    X509_STORE_CTX_set_time(store, 0, (time_t)now_s);
    X509_STORE_CTX_set_verify_cb(store, hr__tls_name_verify);
    if (!settings->insecure && X509_verify_cert(store) != 1) {
        tls->failure = HR_ERR_TLS_CERTIFICATE;
        hr__tls_error_certificate(store, reason);
        hr__tls_state_set_reason(tls, reason);
        return 0;
    }
    if (settings->insecure) X509_STORE_CTX_set_error(store, X509_V_OK);
    STACK_OF(X509) *chain = settings->insecure ? NULL : X509_STORE_CTX_get0_chain(store);
    tls->resumption.until_s = hr__tls_sessions_hold_until(chain, now_s);
    if (settings->pins.count == 0) return 1;
    if (hr__tls_pins_match(&settings->pins, X509_STORE_CTX_get0_cert(store))) return 1;
    tls->failure = HR_ERR_TLS_PIN;
    hr__tls_state_set_reason(
        tls, "the server's public key is not among pinned_keys: if it was exchanged "
             "on purpose, pin the new one");
    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
}

/* The peer's alert or end that follows says less: this reason comes first. */
void hr__tls_verify_on_alert(const SSL *ssl, int where, int what) {
    if (where != SSL_CB_WRITE_ALERT || (what & 0xff) != SSL_AD_NO_RENEGOTIATION) return;
    hr__tls_state_set_reason(SSL_get_app_data(ssl),
                             "it wanted to renegotiate, for a certificate of ours "
                             "perhaps, and renegotiation is refused here");
}
