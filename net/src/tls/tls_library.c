/* OpenSSL 3.0 and 3.1 go through all kinds of keys and set up all their decoders (some eighty), for
 * each certificate of each handshake, to use one of them: a quarter of a client's work. Here is a
 * library context whose one provider is the default one as it is, but for the kinds of keys that
 * TLS does not know, and for decoders of all but the public keys of certificates.
 *
 * A provider that passes calls on to another one is what OpenSSL's own test/filterprov.c is. */
#include "tls_private.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#define NAME        "headrace"
#define OFFERED_MAX 127 /* of a kind; one behind the last is zeroed */
#define PUBLIC_KEY  "structure=SubjectPublicKeyInfo"

static struct {
    pthread_once_t once;
    OSSL_LIB_CTX *library; /* never freed, as OpenSSL's own is not before the end */
    OSSL_PROVIDER *passed_on_to;
    OSSL_ALGORITHM decoders[OFFERED_MAX + 1], keys[OFFERED_MAX + 1], ciphers[OFFERED_MAX + 1];
} shared = {.once = PTHREAD_ONCE_INIT};

/* ---- The provider. */

static const OSSL_ALGORITHM *query(void *provider, int operation, int *no_cache) {
    (void)provider;
    *no_cache = 0;
    if (operation == OSSL_OP_DECODER) return shared.decoders;
    if (operation == OSSL_OP_KEYMGMT) return shared.keys;
    if (operation == OSSL_OP_CIPHER) return shared.ciphers;
    return OSSL_PROVIDER_query_operation(shared.passed_on_to, operation, no_cache);
}

/* The groups of TLS. */
static int get_capabilities(void *provider, const char *capability, OSSL_CALLBACK *callback,
                            void *user) {
    (void)provider;
    return OSSL_PROVIDER_get_capabilities(shared.passed_on_to, capability, callback, user);
}

static int begin(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
                 void **provider) {
    static const OSSL_DISPATCH functions[] = {
        {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query},
        {OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (void (*)(void))get_capabilities},
        {0, NULL},
    };
    (void)handle;
    (void)in;
    *provider = OSSL_PROVIDER_get0_provider_ctx(shared.passed_on_to);
    *out = functions;
    return 1;
}

/* ---- Making it. */

static int count_others(OSSL_PROVIDER *provider, void *user) {
    unsigned *others = user;
    if (strcmp(OSSL_PROVIDER_get0_name(provider), "default") != 0) ++*others;
    return 1;
}

/* An implementation that the process has chosen, for FIPS 140 say, stays in use. */
static bool is_untouched(void) {
    unsigned others = 0;
    return OSSL_PROVIDER_do_all(NULL, count_others, &others) == 1 && others == 0 &&
           !EVP_default_properties_is_fips_enabled(NULL);
}

/* Names are those of OpenSSL's default provider, the first one up to a colon. */
static bool is_one_of(const OSSL_ALGORITHM *algorithm, const char *const *names) {
    size_t size = strcspn(algorithm->algorithm_names, ":");
    while (*names && (strlen(*names) != size || strncmp(*names, algorithm->algorithm_names, size)))
        names++;
    return *names != NULL;
}

static bool is_unknown_to_tls(const OSSL_ALGORITHM *key) {
    static const char *const names[] = {"DHX",  "SCRYPT", "SIPHASH", "POLY1305",
                                        "CMAC", "SM2",    NULL};
    return is_one_of(key, names);
}

static bool is_of_no_certificate(const OSSL_ALGORITHM *decoder) {
    static const char *const names[] = {"DH", "DHX", "X25519", "X448", "SM2", NULL};
    return !strstr(decoder->property_definition, PUBLIC_KEY) || is_one_of(decoder, names);
}

static bool is_of_no_record(const OSSL_ALGORITHM *cipher) {
    static const char *const modes[] = {"-ECB", "-OFB", "-CFB", "-CTR", "-CTS",
                                        "-XTS", "-OCB", "-SIV", "WRAP"};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
        if (strstr(cipher->algorithm_names, modes[i])) return true;
    return false;
}

static bool take(int operation, bool (*is_left_out)(const OSSL_ALGORITHM *),
                 OSSL_ALGORITHM taken[OFFERED_MAX]) {
    int no_cache = 0;
    unsigned count = 0;
    const OSSL_ALGORITHM *all =
        OSSL_PROVIDER_query_operation(shared.passed_on_to, operation, &no_cache);
    if (!all || no_cache) return false;
    for (; all->algorithm_names && count < OFFERED_MAX; all++)
        if (!is_left_out(all)) taken[count++] = *all;
    return count > 0 && !all->algorithm_names;
}

static bool take_all(void) {
    return take(OSSL_OP_DECODER, is_of_no_certificate, shared.decoders) &&
           take(OSSL_OP_KEYMGMT, is_unknown_to_tls, shared.keys) &&
           take(OSSL_OP_CIPHER, is_of_no_record, shared.ciphers);
}

static void make(void) {
    if (OPENSSL_version_major() != 3 || OPENSSL_version_minor() > 1 || !is_untouched()) return;
    shared.passed_on_to = OSSL_PROVIDER_load(NULL, "default");
    OSSL_LIB_CTX *made = shared.passed_on_to && take_all() ? OSSL_LIB_CTX_new() : NULL;
    if (made && OSSL_PROVIDER_add_builtin(made, NAME, begin) == 1 &&
        OSSL_PROVIDER_load(made, NAME)) {
        shared.library = made;
    } else {
        OSSL_LIB_CTX_free(made);
        OSSL_PROVIDER_unload(shared.passed_on_to);
    }
    ERR_clear_error();
}

OSSL_LIB_CTX *hr__tls_library(void) {
    pthread_once(&shared.once, make);
    return shared.library && is_untouched() ? shared.library : NULL;
}
