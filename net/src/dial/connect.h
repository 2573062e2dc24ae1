/* A connected stream to one of some addresses (RFC 8305, "happy eyeballs"): the next is tried when
 * the one before has not answered within 250 ms, or at once when it has failed; the first to
 * connect wins, the others are closed. Addresses that are found later join. Reactor thread only. */
#ifndef HR_NET_CONNECT_H
#define HR_NET_CONNECT_H

#include <engine/reactor.h>

#include "resolve.h"
#include "stream.h"

#define HR_CONNECT_DELAY_NS (250 * UINT64_C(1000000))

struct hr_connect_attempt {
    struct hr_connect *connect;
    struct hr_stream *stream; /* NULL: not begun, or closed again */
    bool closing;
    uint64_t begun_ns;
};

struct hr_connect {
    /* In. */
    struct hr_reactor *reactor;
    struct hr_addresses addresses;
    bool more;           /* hr__connect_add follows: failures of all of these are not yet the end */
    uint64_t timeout_ns; /* for all of them; UINT64_MAX is none */
    /* Once, never from inside a call, when nothing else of it is open any more: 0 with the stream
     * (whose events and owner are now the caller's to set), else the error: of the first address
     * that failed, or HR_ERR_CONNECT_TIMEOUT, or -ECANCELED. The last touch. */
    void (*on_done)(struct hr_connect *connect, int result, struct hr_stream *stream);

    /* Out, with result 0: which address it was. */
    unsigned index;
    union hr_address peer;
    /* Out, with any result: a bit for each address that took no connection, or had not in
     * HR_CONNECT_DELAY_NS when another had. */
    uint32_t failed;

    /* Private. */
    unsigned next, open; /* address to be tried; streams that are not closed */
    uint64_t begun_ns;   /* the last attempt */
    int result;
    bool ended, cancelled; /* no address is tried any more; not even the winner is wanted */
    bool finishing;        /* the end is queued */
    struct hr_stream *winner;
    struct hr_timer delay, deadline;
    struct hr_task task;
    struct hr_connect_attempt attempts[HR_ADDRESSES_MAX];
};

/* Whether a failure is of the address, and not of this process or its host. */
bool hr__connect_blames(int result);
void hr__connect_start(struct hr_connect *connect);
/* Before on_done, where `more` was said: the addresses of `all` that were not there yet are tried
 * before those that still wait for their turn, in turns with them. No others follow. NULL: there
 * are none. */
void hr__connect_add(struct hr_connect *connect, const struct hr_addresses *all);
/* Early end; on_done comes with -ECANCELED. */
void hr__connect_cancel(struct hr_connect *connect);

#endif
