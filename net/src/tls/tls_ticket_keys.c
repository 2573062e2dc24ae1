#include "tls_ticket_keys.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#define IV_SIZE 16 /* of AES in CBC mode */

void hr__tls_ticket_keys_init(struct hr_tls_ticket_keys *tickets) {
    memset(tickets, 0, sizeof *tickets);
    pthread_mutex_init(&tickets->mutex, NULL);
}

void hr__tls_ticket_keys_deinit(struct hr_tls_ticket_keys *tickets) {
    pthread_mutex_destroy(&tickets->mutex);
    OPENSSL_cleanse(tickets, sizeof *tickets);
}

static bool is_younger(const struct hr_tls_ticket_key *key, uint64_t now_ns, uint64_t age_ns) {
    return key->is_set && now_ns - key->made_ns < age_ns;
}

static bool make_key(struct hr_tls_ticket_key *key, uint64_t now_ns) {
    key->is_set = true;
    key->made_ns = now_ns;
    return RAND_bytes(key->name, sizeof key->name) == 1 &&
           RAND_priv_bytes(key->cipher, sizeof key->cipher) == 1 &&
           RAND_priv_bytes(key->mac, sizeof key->mac) == 1;
}

/* With the mutex held. What is too old goes for good. */
static bool keep_young(struct hr_tls_ticket_keys *tickets, uint64_t now_ns) {
    if (!is_younger(&tickets->before, now_ns, 2 * HR_TLS_TICKET_KEY_NS))
        OPENSSL_cleanse(&tickets->before, sizeof tickets->before);
    if (is_younger(&tickets->current, now_ns, HR_TLS_TICKET_KEY_NS)) return true;
    struct hr_tls_ticket_key fresh;
    bool made = make_key(&fresh, now_ns);
    if (made) {
        if (is_younger(&tickets->current, now_ns, 2 * HR_TLS_TICKET_KEY_NS))
            tickets->before = tickets->current;
        tickets->current = fresh;
    }
    OPENSSL_cleanse(&fresh, sizeof fresh);
    return made;
}

bool hr__tls_ticket_keys_current(struct hr_tls_ticket_keys *tickets, uint64_t now_ns,
                                 struct hr_tls_ticket_key *key) {
    pthread_mutex_lock(&tickets->mutex);
    /* Another reactor may have read the clock, and made the key, a moment later. */
    if (tickets->current.is_set && now_ns < tickets->current.made_ns)
        now_ns = tickets->current.made_ns;
    bool made = keep_young(tickets, now_ns);
    if (made) *key = tickets->current;
    pthread_mutex_unlock(&tickets->mutex);
    return made;
}

bool hr__tls_ticket_keys_find(struct hr_tls_ticket_keys *tickets, const unsigned char name[16],
                              uint64_t now_ns, struct hr_tls_ticket_key *key) {
    const struct hr_tls_ticket_key *keys[] = {&tickets->current, &tickets->before};
    bool found = false;
    pthread_mutex_lock(&tickets->mutex);
    for (unsigned i = 0; i < 2 && !found; i++) {
        if (!keys[i]->is_set || memcmp(keys[i]->name, name, sizeof keys[i]->name) != 0) continue;
        found = now_ns < keys[i]->made_ns || is_younger(keys[i], now_ns, 2 * HR_TLS_TICKET_KEY_NS);
        if (found) *key = *keys[i];
    }
    pthread_mutex_unlock(&tickets->mutex);
    return found;
}

static bool set_mac(EVP_MAC_CTX *mac, struct hr_tls_ticket_key *key) {
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key->mac, sizeof key->mac),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

int hr__tls_ticket_keys_prepare(struct hr_tls_ticket_keys *tickets, uint64_t now_ns,
                                unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                                EVP_MAC_CTX *mac, bool encrypts) {
    struct hr_tls_ticket_key key;
    bool done = encrypts ? hr__tls_ticket_keys_current(tickets, now_ns, &key)
                         : hr__tls_ticket_keys_find(tickets, name, now_ns, &key);
    if (!done) return encrypts ? -1 : 0;
    if (encrypts) {
        memcpy(name, key.name, sizeof key.name);
        done = RAND_bytes(iv, IV_SIZE) == 1;
    }
    done = done &&
           EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key.cipher, iv, encrypts) == 1 &&
           set_mac(mac, &key);
    bool renews = !encrypts && !is_younger(&key, now_ns, HR_TLS_TICKET_KEY_NS);
    OPENSSL_cleanse(&key, sizeof key);
    return !done ? -1 : renews ? 2 : 1;
}
