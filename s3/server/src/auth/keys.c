/* The keys that are let in: their memory, and how one is found. */
#include "keys.h"

#include <stdlib.h>

#include <openssl/crypto.h>

const struct s3_key *s3_server__key_find(const struct s3_key *keys, size_t count,
                                         struct hr_slice access_key) {
    for (size_t i = 0; i < count; i++)
        if (hr_slice_equal(keys[i].access_key, access_key)) return &keys[i];
    return NULL;
}

bool s3_server__key_init(struct s3_key *key, const char *access_key, const char *secret_key) {
    size_t access_size = strlen(access_key), secret_size = strlen(secret_key);
    char *text = malloc(access_size + secret_size);
    if (!text) return false;
    memcpy(text, access_key, access_size);
    memcpy(text + access_size, secret_key, secret_size);
    key->access_key = hr_slice_bytes(text, access_size);
    key->secret_key = hr_slice_bytes(text + access_size, secret_size);
    return true;
}

void s3_server__key_deinit(struct s3_key *key) {
    if (!key->access_key.data) return;
    OPENSSL_cleanse((char *)key->secret_key.data, key->secret_key.size);
    free((char *)key->access_key.data);
    *key = (struct s3_key){.read_only = false};
}
