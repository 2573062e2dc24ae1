/* A reactor's context: its SSL_CTX, and the certificate that it shows, taken anew when it changes.
 */
#include <errno.h>
#include <stdlib.h>

#include <openssl/crypto.h>

#include "tls_private.h"

#define LOOK_NS (UINT64_C(1000) * 1000000) /* between two looks at the certificate's files */

int hr__tls_context_new(struct hr_tls_settings *settings, struct hr_reactor *reactor,
                        struct hr_tls_context **context) {
    struct hr_tls_context *made = calloc(1, sizeof *made);
    if (!made) return -ENOMEM;
    int err = hr__tls_build(settings, &settings->identity, NULL, &made->ssl_context);
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
    int err = hr__tls_build(context->settings, fresh, NULL, &made);
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
    if (!context->identity.certificate || !settings->certificate_file) return;
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
