/* A small HTTPS server of OpenSSL's own API on blocking sockets, to see what a client does with
 * servers of every kind. Independent of the library. */
#ifndef TEST_TLS_PEER_H
#define TEST_TLS_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tls_peer_close { TLS_PEER_NOTIFIES, TLS_PEER_TRUNCATES, TLS_PEER_RESETS };

struct tls_peer_plan {
    const char *chain_pem, *key_pem; /* the leaf first */
    const char *sni;                 /* the chain is for this name alone, others get a stranger's */
    const char *alpn;                /* chosen when it is offered; NULL: no ALPN */
    bool alpn_forced;                /* chosen whether it was offered or not */
    int version_min, version_max;    /* OpenSSL's numbers; 0: any */
    bool hangs;                      /* says nothing to the ClientHello */
    bool wants_client_certificate;
    bool until_end;    /* the body ends with the connection */
    bool updates_keys; /* asks for new keys before each answer (TLS 1.3) */
    bool renegotiates; /* asks for it before each answer (TLS 1.2) */
    bool no_tickets;
    enum tls_peer_close close;
    size_t body_size;   /* of pattern bytes; 0: "hello" */
    size_t record_size; /* 0: 16 KiB */
    size_t fragment;    /* bytes a send; 0: as OpenSSL writes */
};

struct tls_peer_seen {
    unsigned connections, handshakes, resumed;
    uint64_t application_bytes;
    bool sni_sent;
    char sni[256]; /* of the last handshake */
    char client_subject[256];
};

struct tls_peer;

/* On 127.0.0.1. NULL: OpenSSL does not take certificate or key. What the plan points to is
 * borrowed. */
struct tls_peer *tls_peer_start(const struct tls_peer_plan *plan);
uint16_t tls_peer_port(const struct tls_peer *peer);
/* The byte at `at` of a body. */
char tls_peer_byte(size_t at);
/* Ends the connection in progress and frees. */
void tls_peer_stop(struct tls_peer *peer, struct tls_peer_seen *seen);

#endif
