/* A connection from nothing: name, address, TCP, proxy, TLS, each with its time-out. Ends with a
 * stream that is ready for a request. Reactor thread only. */
#ifndef HR_NET_DIAL_H
#define HR_NET_DIAL_H

#include <engine/reactor.h>
#include <engine/socket.h>
#include <headrace/error.h>

#include "proxy.h"
#include "resolver.h"
#include "slab.h"
#include "stream.h"
#include "tls_stream.h"

/* Shared by all dials of a client on one reactor; the shard's. */
struct hr_dial_context {
    struct hr_reactor *reactor;
    struct hr_resolver *resolver;
    struct hr_tls_context *tls; /* NULL until the first https */
    const char *unix_socket;    /* NULL: none */
    struct hr_socket_options socket;
    struct hr_slabs dials; /* their memory */
};

/* Somebody who remembers how addresses have done. */
struct hr_dial_memory {
    /* Before addresses are tried: they may be put in another order. Not `whole`: of one family, and
     * those of the other may follow. */
    void (*arrange)(void *user, struct hr_addresses *addresses, bool whole);
    /* The address took no connection, or not as quickly as another did that was tried later, or the
     * handshake failed there. */
    void (*on_failed)(void *user, const union hr_address *address);
};

/* In; borrowed until on_done but for the numbers. */
struct hr_dial_target {
    struct hr_slice host;
    uint16_t port;
    bool tls;
    const struct hr_proxy *proxy; /* NULL: directly */
    struct hr_tls_sessions *sessions;
    uint64_t resolve_ns, connect_ns, handshake_ns; /* time-outs; UINT64_MAX is none. The proxy's
                                                      CONNECT counts to the connect time-out */
    const struct hr_dial_memory *memory;           /* NULL: nobody */
    void *memory_user;
    union hr_address avoid; /* tried behind all others; family 0: none is */
};

struct hr_dial;

/* The outcome of a dial. */
struct hr_dial_result {
    int result; /* 0; HR_ERR_RESOLVE_TIMEOUT, HR_ERR_CONNECT_TIMEOUT, HR_ERR_HANDSHAKE_TIMEOUT,
                   those of resolver, connect, proxy and tls; -ECANCELED */
    struct hr_stream *stream;                /* its events and owner are the caller's to set */
    union hr_address peer;                   /* family 0: none (a unix socket) */
    unsigned addresses;                      /* of the name: so many could have been tried */
    uint64_t resolve_ns, connect_ns, tls_ns; /* spent */
    char reason[192]; /* what failed and the remedy, without the host's name; "" where the code says
                         it all */
};

/* on_done: once, never from inside, the last touch. -ENOMEM. */
int hr__dial_start(struct hr_dial_context *context, const struct hr_dial_target *target,
                   void (*on_done)(void *user, const struct hr_dial_result *result), void *user,
                   struct hr_dial **dial);
/* Early end; on_done comes with -ECANCELED. */
void hr__dial_cancel(struct hr_dial *dial);

#endif
