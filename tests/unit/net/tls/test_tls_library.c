/* The library context for TLS beside OpenSSL's own: it leaves nothing out that TLS uses. */
#include <criterion/criterion.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "tls_private.h"

/* Of a version that needs no help there is none. */
static OSSL_LIB_CTX *library_here(void) {
    OSSL_LIB_CTX *library = hr__tls_library();
    if (!library) cr_skip_test("this OpenSSL, as it is set up, is used as it is");
    return library;
}

static SSL_CTX *context_of(OSSL_LIB_CTX *library) {
    SSL_CTX *context = SSL_CTX_new_ex(library, NULL, TLS_client_method());
    cr_assert(context);
    cr_assert_eq(SSL_CTX_set_cipher_list(context, "ALL:COMPLEMENTOFALL:@SECLEVEL=0"), 1);
    cr_assert_eq(SSL_CTX_set_ciphersuites(context,
                                          "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"
                                          "TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_SHA256:"
                                          "TLS_AES_128_CCM_8_SHA256"),
                 1);
    return context;
}

Test(tls_library, has_all_ciphers) {
    SSL_CTX *own = context_of(NULL), *ours = context_of(library_here());
    STACK_OF(SSL_CIPHER) *expected = SSL_CTX_get_ciphers(own), *got = SSL_CTX_get_ciphers(ours);
    cr_assert_gt(sk_SSL_CIPHER_num(expected), 50);
    cr_assert_eq(sk_SSL_CIPHER_num(got), sk_SSL_CIPHER_num(expected));
    for (int i = 0; i < sk_SSL_CIPHER_num(expected); i++)
        cr_assert_str_eq(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(got, i)),
                         SSL_CIPHER_get_name(sk_SSL_CIPHER_value(expected, i)));
    SSL_CTX_free(own);
    SSL_CTX_free(ours);
}

Test(tls_library, has_all_groups) {
    static const char *const groups[] = {"X25519",    "X448",      "P-256",     "P-384",
                                         "P-521",     "ffdhe2048", "ffdhe3072", "ffdhe4096",
                                         "ffdhe6144", "ffdhe8192"};
    SSL_CTX *ours = context_of(library_here());
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        cr_assert_eq(SSL_CTX_set1_groups_list(ours, groups[i]), 1, "%s", groups[i]);
    SSL_CTX_free(ours);
}

/* ---- Keys of certificates. */

static EVP_PKEY *key_of(const char *kind, const char *name, int value) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
    EVP_PKEY *key = NULL;
    cr_assert(context && EVP_PKEY_keygen_init(context) == 1);
    OSSL_PARAM parameters[2] = {OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end()};
    if (value)
        parameters[0] = OSSL_PARAM_construct_int("bits", &value);
    else if (name)
        parameters[0] = OSSL_PARAM_construct_utf8_string("group", (char *)(uintptr_t)name, 0);
    cr_assert_eq(EVP_PKEY_CTX_set_params(context, parameters), 1);
    cr_assert_eq(EVP_PKEY_generate(context, &key), 1, "%s", kind);
    EVP_PKEY_CTX_free(context);
    return key;
}

/* A certificate that the key has signed, in DER; its size. */
static int encode(EVP_PKEY *key, const EVP_MD *digest, unsigned char **encoded) {
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"a", -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 7);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 600);
    X509_set_pubkey(certificate, key);
    cr_assert_gt(X509_sign(certificate, key, digest), 0);
    int size = i2d_X509(certificate, encoded);
    cr_assert_gt(size, 0);
    X509_free(certificate);
    return size;
}

static void expect_verified(OSSL_LIB_CTX *library, const char *kind, EVP_PKEY *key,
                            const EVP_MD *digest) {
    unsigned char *encoded = NULL;
    int size = encode(key, digest, &encoded);
    const unsigned char *at = encoded;
    X509 *read = X509_new_ex(library, NULL);
    cr_assert_neq(d2i_X509(&read, &at, size), NULL, "%s", kind);
    cr_assert(X509_get0_pubkey(read), "the %s key of a certificate is not read", kind);
    cr_assert_eq(X509_verify(read, X509_get0_pubkey(read)), 1, "%s", kind);
    cr_assert_eq(X509_verify(read, key), 1, "a %s key of OpenSSL's own context", kind);
    encoded[size - 1] ^= 1; /* the signature is at the end */
    at = encoded;
    X509 *forged = X509_new_ex(library, NULL);
    if (d2i_X509(&forged, &at, size))
        cr_assert_neq(X509_verify(forged, X509_get0_pubkey(read)), 1, "%s: forged", kind);
    X509_free(forged);
    X509_free(read);
    OPENSSL_free(encoded);
    EVP_PKEY_free(key);
    ERR_clear_error();
}

Test(tls_library, reads_the_keys_of_certificates_and_verifies_with_them) {
    OSSL_LIB_CTX *library = library_here();
    const EVP_MD *digest = EVP_sha256();
    expect_verified(library, "RSA", key_of("RSA", NULL, 2048), digest);
    expect_verified(library, "RSA-PSS", key_of("RSA-PSS", NULL, 2048), digest);
    expect_verified(library, "P-256", key_of("EC", "P-256", 0), digest);
    expect_verified(library, "P-384", key_of("EC", "P-384", 0), EVP_sha384());
    expect_verified(library, "P-521", key_of("EC", "P-521", 0), EVP_sha512());
    expect_verified(library, "Ed25519", key_of("ED25519", NULL, 0), NULL);
    expect_verified(library, "Ed448", key_of("ED448", NULL, 0), NULL);
}

/* ---- What others have set up. */

Test(tls_library, is_not_used_beside_other_providers) {
    library_here();
    OSSL_PROVIDER *base = OSSL_PROVIDER_try_load(NULL, "base", 1);
    cr_assert(base);
    cr_assert_null(hr__tls_library());
    OSSL_PROVIDER_unload(base);
    cr_assert_not_null(hr__tls_library());
}

Test(tls_library, is_not_used_where_fips_is_asked_for) {
    library_here();
    cr_assert_eq(EVP_default_properties_enable_fips(NULL, 1), 1);
    cr_assert_null(hr__tls_library());
    cr_assert_eq(EVP_default_properties_enable_fips(NULL, 0), 1);
    cr_assert_not_null(hr__tls_library());
}
