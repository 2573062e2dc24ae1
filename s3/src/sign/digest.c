/* OpenSSL's SHA-256 and HMAC. */
#include "digest.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>

#include <openssl/core_names.h>
#include <openssl/params.h>

/* Fetched once for the process and never freed: OpenSSL's own shutdown frees them. */
static EVP_MD *sha256;
static EVP_MAC *hmac_algorithm;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void fetch(void) {
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    hmac_algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
}

int hr__sha256_begin(struct hr__sha256 *hash) {
    pthread_once(&fetched, fetch);
    if (!sha256) return -ENOMEM;
    if (!hash->context) hash->context = EVP_MD_CTX_new();
    if (!hash->context) return -ENOMEM;
    return EVP_DigestInit_ex2(hash->context, sha256, NULL) == 1 ? 0 : -ENOMEM;
}

int hr__sha256_update(struct hr__sha256 *hash, const void *data, size_t size) {
    assert(hash->context);
    return EVP_DigestUpdate(hash->context, data, size) == 1 ? 0 : -ENOMEM;
}

int hr__sha256_end(struct hr__sha256 *hash, uint8_t digest[HR__SHA256_SIZE]) {
    assert(hash->context);
    return EVP_DigestFinal_ex(hash->context, digest, NULL) == 1 ? 0 : -ENOMEM;
}

void hr__sha256_deinit(struct hr__sha256 *hash) {
    EVP_MD_CTX_free(hash->context);
    hash->context = NULL;
}

int hr__hmac_set_key(struct hr__hmac *hmac, const void *key, size_t size) {
    pthread_once(&fetched, fetch);
    if (!hmac_algorithm) return -ENOMEM;
    if (!hmac->context) hmac->context = EVP_MAC_CTX_new(hmac_algorithm);
    if (!hmac->context) return -ENOMEM;
    char name[] = "SHA256";
    OSSL_PARAM parameters[2] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, sizeof name - 1),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_init(hmac->context, key, size, parameters) == 1 ? 0 : -ENOMEM;
}

int hr__hmac_sign(struct hr__hmac *hmac, struct hr_slice text, uint8_t mac[HR__SHA256_SIZE]) {
    /* Without a key the context starts over with the one it has. */
    size_t size = 0;
    assert(hmac->context);
    if (EVP_MAC_init(hmac->context, NULL, 0, NULL) != 1 ||
        EVP_MAC_update(hmac->context, (const unsigned char *)text.data, text.size) != 1 ||
        EVP_MAC_final(hmac->context, mac, &size, HR__SHA256_SIZE) != 1)
        return -ENOMEM;
    return 0;
}

void hr__hmac_deinit(struct hr__hmac *hmac) {
    EVP_MAC_CTX_free(hmac->context);
    hmac->context = NULL;
}
