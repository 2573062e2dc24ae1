/* SHA-256 and HMAC-SHA-256 in memory of the caller: nothing is allocated, and nothing fails. */
#ifndef HR_S3_DIGEST_H
#define HR_S3_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/sha.h>

#include <headrace/slice.h>

#define HR__SHA256_SIZE 32
#define HR__HEX_SIZE    64

/* The hash of no bytes at all, in hex. */
#define HR__SHA256_EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* An incremental SHA-256, good from begin to end. */
struct hr__sha256 {
    SHA256_CTX state;
};
void hr__sha256_begin(struct hr__sha256 *hash);
void hr__sha256_update(struct hr__sha256 *hash, const void *data, size_t size);
void hr__sha256_end(struct hr__sha256 *hash, uint8_t digest[HR__SHA256_SIZE]);

/* All of it: the digest of one text. */
void hr__sha256_of(struct hr_slice text, uint8_t digest[HR__SHA256_SIZE]);

/* HMAC under one key, over and over. Its two states stand for the key: deinit wipes them. */
struct hr__hmac {
    struct hr__sha256 inner, outer;
};
void hr__hmac_set_key(struct hr__hmac *hmac, struct hr_slice key);
void hr__hmac_sign(const struct hr__hmac *hmac, struct hr_slice text, uint8_t mac[HR__SHA256_SIZE]);
/* Of a text whose first bytes `begun`, a copy of `inner`, has taken; `rest` is behind them. */
void hr__hmac_go_on(const struct hr__hmac *hmac, const struct hr__sha256 *begun,
                    struct hr_slice rest, uint8_t mac[HR__SHA256_SIZE]);
void hr__hmac_deinit(struct hr__hmac *hmac);

#endif
