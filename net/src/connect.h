/* A connected stream to the first of some addresses that answers. Reactor thread only. */
#ifndef HR_NET_CONNECT_H
#define HR_NET_CONNECT_H

#include <engine/reactor.h>

#include "resolve.h"
#include "stream.h"

struct hr_connect {
    /* In. */
    struct hr_reactor *reactor;
    const struct hr_addresses *addresses; /* borrowed until on_done */
    uint64_t timeout_ns;                  /* for all of them; UINT64_MAX is none */
    /* Once, never from inside a call: 0 with the stream (whose events and owner are now the
     * caller's to set), else the error: of the first address that failed, or
     * HR_ERR_CONNECT_TIMEOUT, or -ECANCELED. The last touch. */
    void (*on_done)(struct hr_connect *connect, int result, struct hr_stream *stream);

    /* Private. */
    struct hr_stream *stream;
    uint64_t deadline_ns;
    unsigned index;
    int result;
    bool cancelled;
    struct hr_timer timer;
    struct hr_task task;
};

void hr__connect_start(struct hr_connect *connect);
/* Early end; on_done comes with -ECANCELED. */
void hr__connect_cancel(struct hr_connect *connect);

#endif
