/* SHA-256 and HMAC-SHA-256 over OpenSSL, with the algorithms fetched once and contexts that are
 * used again: fetching by name on every call costs more than hashing a short text. */
#ifndef HR_S3_DIGEST_H
#define HR_S3_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include <headrace/slice.h>

#define HR__SHA256_SIZE 32
#define HR__HEX_SIZE    64

/* The hash of no bytes at all, in hex. */
#define HR__SHA256_EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* An incremental SHA-256. Zeroed is valid; deinit frees. Every call: 0 or -ENOMEM. */
struct hr__sha256 {
    EVP_MD_CTX *context;
};
int hr__sha256_begin(struct hr__sha256 *hash);
int hr__sha256_update(struct hr__sha256 *hash, const void *data, size_t size);
int hr__sha256_end(struct hr__sha256 *hash, uint8_t digest[HR__SHA256_SIZE]);
void hr__sha256_deinit(struct hr__sha256 *hash);

/* HMAC under one key, over and over. Zeroed is valid; deinit wipes and frees. */
struct hr__hmac {
    EVP_MAC_CTX *context;
};
int hr__hmac_set_key(struct hr__hmac *hmac, const void *key, size_t size);
int hr__hmac_sign(struct hr__hmac *hmac, struct hr_slice text, uint8_t mac[HR__SHA256_SIZE]);
void hr__hmac_deinit(struct hr__hmac *hmac);

#endif
