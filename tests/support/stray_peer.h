/* A server that sends more than it was asked for, byte by byte under the test's control: over TCP,
 * over TLS, as a proxy with TLS inside its tunnel. Of OpenSSL's own API, independent of the
 * library.
 */
#ifndef TEST_STRAY_PEER_H
#define TEST_STRAY_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum stray_behind {
    STRAY_RESPONSE,   /* one that nobody asked for */
    STRAY_TICKETS,    /* of TLS 1.3, two */
    STRAY_KEYS,       /* new keys are announced (TLS 1.3) */
    STRAY_KEYS_ASKED, /* and new ones asked for */
};

struct stray_plan {
    const char *chain_pem, *key_pem; /* NULL: plain TCP */
    int version;                     /* of TLS, OpenSSL's number; 0: any */
    bool tunnel;                     /* a CONNECT comes first */
    enum stray_behind behind;
    bool same_record; /* as the response before it */
    bool later;       /* not before stray_peer_go_on */
    size_t body_size; /* of the first response */
    size_t split; /* bytes of what is behind that go with the response; the rest follows the next
                     request head. SIZE_MAX: all */
};

struct stray_peer;

/* Serves one connection after the other on 127.0.0.1. The first gives a response of `body_size`
 * bytes and what is behind it; whatever else is asked, there and on later ones, gets "good". The
 * plan's pointers are borrowed. */
struct stray_peer *stray_peer_start(const struct stray_plan *plan);
uint16_t stray_peer_port(const struct stray_peer *peer);
/* Of a plan with `later`: has it sent now; returns when the client's kernel has all of it. */
void stray_peer_go_on(struct stray_peer *peer);
/* After the client has closed. Returns how many connections there were; `behind_size`: the bytes
 * sent behind the first response, as they were on the wire. */
unsigned stray_peer_stop(struct stray_peer *peer, size_t *behind_size);

#endif
