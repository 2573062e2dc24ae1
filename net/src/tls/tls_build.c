/* Building an SSL_CTX as the settings describe it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "tls_private.h"

static const unsigned char alpn_http11[] = "\x08http/1.1";
#define ALPN_SIZE (sizeof alpn_http11 - 1)

static int version_of(enum hr_tls_version version) {
    return version == HR_TLS_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
}

/* The default never goes below what the system's own configuration asks for. */
static void set_versions(const struct hr_tls_settings *settings, SSL_CTX *ssl_context) {
    if (settings->version_min != HR_TLS_DEFAULT)
        SSL_CTX_set_min_proto_version(ssl_context, version_of(settings->version_min));
    else if (SSL_CTX_get_min_proto_version(ssl_context) < TLS1_2_VERSION)
        SSL_CTX_set_min_proto_version(ssl_context, TLS1_2_VERSION);
    if (settings->version_max != HR_TLS_DEFAULT)
        SSL_CTX_set_max_proto_version(ssl_context, version_of(settings->version_max));
}

static int refused(struct hr_error *error, const char *option, const char *value) {
    return hr_error_set(error, HR_ERR_TLS_OPTIONS, "tls: %s: OpenSSL does not take \"%s\"", option,
                        value);
}

static int set_algorithms(const struct hr_tls_settings *settings, struct hr_error *error,
                          SSL_CTX *ssl_context) {
    const char *ciphers = settings->ciphers, *suites = settings->cipher_suites;
    if (ciphers && SSL_CTX_set_cipher_list(ssl_context, ciphers) != 1)
        return refused(error, "ciphers", ciphers);
    if (suites && SSL_CTX_set_ciphersuites(ssl_context, suites) != 1)
        return refused(error, "cipher_suites", suites);
    if (settings->groups && SSL_CTX_set1_groups_list(ssl_context, settings->groups) != 1)
        return refused(error, "groups", settings->groups);
    return 0;
}

/* A client that offers protocols without http/1.1 cannot be talked with (RFC 7301 3.2). */
static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_size,
                       const unsigned char *in, unsigned in_size, void *user) {
    (void)ssl;
    (void)user;
    unsigned char *chosen;
    if (SSL_select_next_proto(&chosen, out_size, alpn_http11, ALPN_SIZE, in, in_size) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static void set_client(const struct hr_tls_settings *settings, SSL_CTX *ssl_context) {
    SSL_CTX_set_alpn_protos(ssl_context, alpn_http11, ALPN_SIZE);
    bool verifies = !settings->insecure || settings->pins.count > 0;
    SSL_CTX_set_verify(ssl_context, verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    long mode = settings->resumption ? SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL
                                     : SSL_SESS_CACHE_OFF;
    SSL_CTX_set_session_cache_mode(ssl_context, mode);
    if (settings->resumption) hr__tls_sessions_keep(ssl_context);
}

static void set_server(const struct hr_tls_settings *settings, SSL_CTX *ssl_context) {
    SSL_CTX_set_alpn_select_cb(ssl_context, choose_alpn, NULL);
    SSL_CTX_set_options(ssl_context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_session_cache_mode(ssl_context, SSL_SESS_CACHE_OFF);
    if (settings->resumption) {
        hr__tls_sessions_serve(ssl_context);
    } else {
        SSL_CTX_set_options(ssl_context, SSL_OP_NO_TICKET);
        SSL_CTX_set_num_tickets(ssl_context, 0);
    }
    if (!settings->verify_client) return;
    SSL_CTX_set_verify(ssl_context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    STACK_OF(X509_NAME) *names = SSL_dup_CA_list(settings->client_ca_names);
    if (names) SSL_CTX_set_client_CA_list(ssl_context, names);
}

#ifndef NDEBUG
static void log_keys(const SSL *ssl, const char *line) {
    const struct hr_tls_context *context = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    if (!context || context->settings->key_log_fd < 0) return;
    char text[512];
    int size = snprintf(text, sizeof text, "%s\n", line);
    if (size <= 0 || (size_t)size >= sizeof text) return;
    ssize_t written = write(context->settings->key_log_fd, text, (size_t)size);
    (void)written; /* a full disk costs lines of the log, nothing else */
    OPENSSL_cleanse(text, sizeof text);
}
#endif

static int set_trust(const struct hr_tls_settings *settings, struct hr_error *error,
                     SSL_CTX *ssl_context) {
    bool system = !settings->server && !settings->insecure && !settings->store;
    if (settings->store) SSL_CTX_set1_cert_store(ssl_context, settings->store);
    if (!system) return 0;
    X509_STORE *store = hr__tls_trust_system();
    if (!store) return hr_error_set(error, -ENOMEM, "tls: out of memory");
    SSL_CTX_set_cert_store(ssl_context, store);
    return 0;
}

static int configure(const struct hr_tls_settings *settings, const struct hr_tls_identity *identity,
                     struct hr_error *error, SSL_CTX *ssl_context) {
    SSL_CTX_set_options(ssl_context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(ssl_context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    set_versions(settings, ssl_context);
    int err = set_algorithms(settings, error, ssl_context);
    if (err) return err;
    err = set_trust(settings, error, ssl_context);
    if (err) return err;
    SSL_CTX_set_info_callback(ssl_context, hr__tls_verify_on_alert);
    SSL_CTX_set_cert_verify_callback(ssl_context, hr__tls_verify_certificate, (void *)settings);
    if (settings->server)
        set_server(settings, ssl_context);
    else
        set_client(settings, ssl_context);
#ifndef NDEBUG
    if (settings->key_log_fd >= 0) SSL_CTX_set_keylog_callback(ssl_context, log_keys);
#endif
    err = hr__tls_identity_use(identity, ssl_context);
    if (!err) return 0;
    char reason[HR_TLS_REASON_MAX];
    hr__tls_error_classify(err, settings->server, reason);
    const char *file = settings->certificate_file;
    return hr_error_set(error, err, "tls: certificate %s: %s", file ? file : "certificate_pem",
                        reason);
}

int hr__tls_build(const struct hr_tls_settings *settings, const struct hr_tls_identity *identity,
                  struct hr_error *error, SSL_CTX **out) {
    ERR_clear_error();
    SSL_CTX *made = SSL_CTX_new_ex(hr__tls_library(), NULL,
                                   settings->server ? TLS_server_method() : TLS_client_method());
    if (!made) {
        ERR_clear_error();
        return hr_error_set(error, -ENOMEM, "tls: out of memory");
    }
    int err = configure(settings, identity, error, made);
    ERR_clear_error();
    if (err) {
        SSL_CTX_free(made);
        return err;
    }
    *out = made;
    return 0;
}
