/* OpenSSL's SHA-256, and HMAC (RFC 2104) by two of its states. By EVP a signature takes a third
 * more time and most of its code, for parameters, reference counts and copies of contexts. OpenSSL
 * 3 deprecates these functions, as a provider cannot stand in for them: here alone they are called,
 * for what a store checks by the same algorithm. TLS and the checksums of bodies go through EVP. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "digest.h"

#include <assert.h>
#include <string.h>

#include <openssl/crypto.h>

/* ---- SHA-256. */

void hr__sha256_begin(struct hr__sha256 *hash) {
    SHA256_Init(&hash->state);
}

void hr__sha256_update(struct hr__sha256 *hash, const void *data, size_t size) {
    assert(hash->state.md_len == HR__SHA256_SIZE);
    SHA256_Update(&hash->state, data, size);
}

void hr__sha256_end(struct hr__sha256 *hash, uint8_t digest[HR__SHA256_SIZE]) {
    assert(hash->state.md_len == HR__SHA256_SIZE);
    SHA256_Final(digest, &hash->state);
}

void hr__sha256_of(struct hr_slice text, uint8_t digest[HR__SHA256_SIZE]) {
    struct hr__sha256 hash;
    hr__sha256_begin(&hash);
    hr__sha256_update(&hash, text.data, text.size);
    hr__sha256_end(&hash, digest);
}

/* ---- HMAC. */

#define BLOCK_SIZE 64

/* The state behind the key's block, each byte of which is changed by `pad`. */
static void begin_pad(struct hr__sha256 *hash, const uint8_t key[BLOCK_SIZE], uint8_t pad) {
    uint8_t block[BLOCK_SIZE];
    for (size_t i = 0; i < BLOCK_SIZE; i++) block[i] = key[i] ^ pad;
    hr__sha256_begin(hash);
    hr__sha256_update(hash, block, sizeof block);
    OPENSSL_cleanse(block, sizeof block);
}

void hr__hmac_set_key(struct hr__hmac *hmac, struct hr_slice key) {
    uint8_t block[BLOCK_SIZE] = {0};
    if (key.size > sizeof block) {
        struct hr__sha256 hash; /* its state is as good as the key */
        hr__sha256_begin(&hash);
        hr__sha256_update(&hash, key.data, key.size);
        hr__sha256_end(&hash, block);
        OPENSSL_cleanse(&hash, sizeof hash);
    } else if (key.size > 0) {
        memcpy(block, key.data, key.size);
    }
    begin_pad(&hmac->inner, block, 0x36);
    begin_pad(&hmac->outer, block, 0x5c);
    OPENSSL_cleanse(block, sizeof block);
}

/* The end of a hash wipes the bytes that it has buffered, but not its state, which is the value: of
 * a derivation that is a key. */
void hr__hmac_go_on(const struct hr__hmac *hmac, const struct hr__sha256 *begun,
                    struct hr_slice rest, uint8_t mac[HR__SHA256_SIZE]) {
    struct hr__sha256 hash = *begun;
    hr__sha256_update(&hash, rest.data, rest.size);
    hr__sha256_end(&hash, mac);
    hash = hmac->outer;
    hr__sha256_update(&hash, mac, HR__SHA256_SIZE);
    hr__sha256_end(&hash, mac);
    OPENSSL_cleanse(&hash, sizeof hash);
}

void hr__hmac_sign(const struct hr__hmac *hmac, struct hr_slice text,
                   uint8_t mac[HR__SHA256_SIZE]) {
    hr__hmac_go_on(hmac, &hmac->inner, text, mac);
}

void hr__hmac_deinit(struct hr__hmac *hmac) {
    OPENSSL_cleanse(hmac, sizeof *hmac);
}
