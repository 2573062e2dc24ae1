/* An SSL_CTX as the settings describe it, one a reactor. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>

#include "tls_library.h"
#include "tls_private.h"

#define LOOK_NS (UINT64_C(1000) * 1000000) /* between two looks at the certificate's files */

static const unsigned char alpn_http11[] = "\x08http/1.1";
#define ALPN_SIZE (sizeof alpn_http11 - 1)

/* ---- Building. */

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
    bool judges = !settings->insecure || settings->pins.count > 0;
    SSL_CTX_set_verify(ssl_context, judges ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    long mode = settings->resumption ? SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL
                                     : SSL_SESS_CACHE_OFF;
    SSL_CTX_set_session_cache_mode(ssl_context, mode);
    if (settings->resumption) SSL_CTX_sess_set_new_cb(ssl_context, hr__tls_new_session);
}

/* Tickets without a memory of them: any reactor's context takes another one's. */
static void set_server(const struct hr_tls_settings *settings, SSL_CTX *ssl_context) {
    SSL_CTX_set_alpn_select_cb(ssl_context, choose_alpn, NULL);
    SSL_CTX_set_options(ssl_context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_session_cache_mode(ssl_context, SSL_SESS_CACHE_OFF);
    if (settings->resumption) {
        SSL_CTX_set_tlsext_ticket_key_evp_cb(ssl_context, hr__tls_ticket_key);
        SSL_CTX_set_num_tickets(ssl_context, 1);
        static const unsigned char name[] = "headrace";
        SSL_CTX_set_session_id_context(ssl_context, name, sizeof name - 1);
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
    SSL_CTX_set_info_callback(ssl_context, hr__tls_see);
    SSL_CTX_set_cert_verify_callback(ssl_context, hr__tls_verify, (void *)settings);
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
    hr__tls_error_take(err, settings->server, reason);
    return hr_error_set(error, err, "tls: certificate %s: %s", settings->certificate_file, reason);
}

int hr__tls_context_build(const struct hr_tls_settings *settings,
                          const struct hr_tls_identity *identity, struct hr_error *error,
                          SSL_CTX **out) {
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

/* ---- The context of a reactor. */

int hr__tls_context_new(struct hr_tls_settings *settings, struct hr_reactor *reactor,
                        struct hr_tls_context **context) {
    struct hr_tls_context *made = calloc(1, sizeof *made);
    if (!made) return -ENOMEM;
    int err = hr__tls_context_build(settings, &settings->identity, NULL, &made->ssl_context);
    if (err) {
        free(made);
        return err;
    }
    SSL_CTX_set_app_data(made->ssl_context, made);
    __atomic_add_fetch(&settings->references, 1, __ATOMIC_RELAXED);
    made->settings = settings;
    made->reactor = reactor;
    made->buffers.reactor = reactor;
    hr__tls_identity_copy(&settings->identity, &made->identity);
    *context = made;
    return 0;
}

void hr__tls_context_free(struct hr_tls_context *context) {
    if (!context) return;
    SSL_CTX_free(context->ssl_context);
    hr__tls_identity_clear(&context->identity);
    hr__tls_buffers_free(&context->buffers);
    hr__tls_settings_free(context->settings);
    OPENSSL_cleanse(context->lent, sizeof context->lent);
    OPENSSL_cleanse(context->gathered, sizeof context->gathered);
    free(context);
}

/* Into a new SSL_CTX: an old one would keep its certificate beside one with another kind of key,
 * and show it to whoever likes that kind better. Whom to trust stays as it was. */
static int exchange(struct hr_tls_context *context, const struct hr_tls_identity *fresh) {
    SSL_CTX *made;
    int err = hr__tls_context_build(context->settings, fresh, NULL, &made);
    if (err) return err;
    SSL_CTX_set1_cert_store(made, SSL_CTX_get_cert_store(context->ssl_context));
    SSL_CTX_set_app_data(made, context);
    SSL_CTX_free(context->ssl_context); /* connections that stand hold on to it */
    context->ssl_context = made;
    context->generation++;
    return 0;
}

void hr__tls_context_refresh(struct hr_tls_context *context) {
    const struct hr_tls_settings *settings = context->settings;
    if (!context->identity.certificate) return;
    uint64_t now = hr__reactor_now(context->reactor);
    if (context->looked_ns && now - context->looked_ns < LOOK_NS) return;
    context->looked_ns = now;
    const char *certificate = settings->certificate_file, *key = settings->key_file;
    if (!hr__tls_identity_changed(&context->identity, certificate, key)) return;
    struct hr_tls_identity fresh;
    if (hr__tls_identity_read(certificate, key, NULL, &fresh)) return;
    if (exchange(context, &fresh) == 0) {
        hr__tls_identity_clear(&context->identity);
        context->identity = fresh;
    } else {
        hr__tls_identity_clear(&fresh);
    }
}
