/* TLS before the scripted peer of client_fixture.h, and what its client trusts. */
#ifndef TEST_SECURE_FIXTURE_H
#define TEST_SECURE_FIXTURE_H

#include <stdio.h>

#include "client_fixture.h"
#include "tls_certs.h"
#include "tls_front.h"

struct secure {
    struct tls_cert leaf;
    struct tls_front *front;
    char url[64]; /* "https://127.0.0.1:PORT/" */
};

/* The authority of all of them; of the process. */
static inline const struct tls_cert *secure_ca(void) {
    static struct tls_cert ca;
    if (!ca.pem) ca = tls_cert_make(&(struct tls_cert_plan){.common_name = "ca", .ca = true});
    return &ca;
}

static inline void secure_open(struct secure *secure, struct peer *peer, bool truncates) {
    secure->leaf = tls_cert_make(&(struct tls_cert_plan){
        .common_name = "leaf", .alt_names = "IP:127.0.0.1", .issuer = secure_ca()});
    struct tls_front_plan plan = {.chain_pem = secure->leaf.pem,
                                  .key_pem = secure->leaf.key_pem,
                                  .server_port = peer_port(peer),
                                  .truncates = truncates};
    secure->front = tls_front_start(&plan);
    snprintf(secure->url, sizeof secure->url, "https://127.0.0.1:%u/",
             tls_front_port(secure->front));
}

/* A client of these options that trusts them. */
static inline void open_secure(struct fixture *fixture, struct hr_http_client_options options) {
    options.tls.ca_pem = hr_slice_of(secure_ca()->pem);
    open_engine(fixture, 0);
    open_client(fixture, &options);
}

static inline void secure_close(struct secure *secure) {
    tls_front_stop(secure->front);
    tls_cert_deinit(&secure->leaf);
}

#endif
