/* The keys that encrypt a server's session tickets: shared by its contexts, so that any reactor
 * takes another one's ticket. Whoever comes to know a key can read what was said on the connections
 * of its tickets (TLS 1.2), so that none lives long and none is ever written anywhere. Any thread.
 */
#ifndef HR_NET_TLS_TICKET_KEYS_H
#define HR_NET_TLS_TICKET_KEYS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <openssl/ssl.h>

/* A key makes tickets for this long and is good for as long again; tickets themselves are good for
 * two hours. */
#define HR_TLS_TICKET_KEY_NS (UINT64_C(6) * 3600 * 1000000000)

struct hr_tls_ticket_key {
    bool is_set;
    uint64_t made_ns;
    unsigned char name[16], cipher[32], mac[32];
};

struct hr_tls_ticket_keys {
    pthread_mutex_t mutex;
    struct hr_tls_ticket_key current, before;
};

void hr__tls_ticket_keys_init(struct hr_tls_ticket_keys *tickets);
void hr__tls_ticket_keys_deinit(struct hr_tls_ticket_keys *tickets);
/* The key for a new ticket, a fresh one where it is time. False: no randomness. The copy is the
 * caller's to cleanse, here and below. */
bool hr__tls_ticket_keys_current(struct hr_tls_ticket_keys *tickets, uint64_t now_ns,
                                 struct hr_tls_ticket_key *key);
/* That of a client's ticket. False: it is none of ours, or too old. */
bool hr__tls_ticket_keys_find(struct hr_tls_ticket_keys *tickets, const unsigned char name[16],
                              uint64_t now_ns, struct hr_tls_ticket_key *key);
/* OpenSSL asks for keys through it: 1 with `cipher` and `mac` ready, 2 where the client should get
 * a new ticket as well, 0 for a ticket to be passed over, below 0 on failure. */
int hr__tls_ticket_keys_prepare(struct hr_tls_ticket_keys *tickets, uint64_t now_ns,
                                unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                                EVP_MAC_CTX *mac, bool encrypts);

#endif
