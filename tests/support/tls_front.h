/* TLS before a plain server on the loopback: accepts TLS, and hands on what is inside, both ways.
 * Of OpenSSL's own API; independent of the library. */
#ifndef TEST_TLS_FRONT_H
#define TEST_TLS_FRONT_H

#include <stdbool.h>
#include <stdint.h>

struct tls_front_plan {
    const char *chain_pem, *key_pem; /* the leaf first */
    uint16_t server_port;            /* of the plain server, on 127.0.0.1 */
    bool truncates; /* where the server ends, no close_notify comes before the FIN */
};

struct tls_front;

/* Listens on 127.0.0.1, a port from the kernel. A connection of its own to the server for each one
 * that is accepted; an end and a reset of the server are handed on as such. */
struct tls_front *tls_front_start(const struct tls_front_plan *plan);
uint16_t tls_front_port(const struct tls_front *front);
/* Ends all connections and frees. */
void tls_front_stop(struct tls_front *front);

#endif
