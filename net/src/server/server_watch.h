/* Watching over a connection's time: one timer, moved only when it would fire too late.
 *
 * Progress of bodies is sampled when the timer fires, a few times in a stall time-out, so that no
 * byte costs anything here. Reactor thread only. */
#ifndef HR_NET_SERVER_WATCH_H
#define HR_NET_SERVER_WATCH_H

#include "server_shard.h"

enum hr_server_watch_kind {
    HR_SERVER_WATCH_NONE,
    HR_SERVER_WATCH_HANDSHAKE,
    HR_SERVER_WATCH_IDLE,
    HR_SERVER_WATCH_HEAD,
    HR_SERVER_WATCH_BODY,
    HR_SERVER_WATCH_RESPONSE,
    HR_SERVER_WATCH_LINGER,
};

struct hr_server_watch;

struct hr_server_watch_events {
    /* Bytes of the body that have moved so far, in the direction of `watch->kind`. */
    uint64_t (*moved)(const struct hr_server_watch *watch);
    /* Too long, or too slow. */
    void (*on_time_out)(struct hr_server_watch *watch, enum hr_server_watch_kind kind);
};

struct hr_server_watch {
    struct hr_timer timer;
    const struct hr_server_shard *shard;
    const struct hr_server_watch_events *events;
    uint64_t deadline_ns;
    struct {
        uint64_t start_ns, start_bytes, last_ns, last_bytes; /* start_ns 0: no sample yet */
    } progress;
    uint8_t kind;
};

void hr__server_watch_init(struct hr_server_watch *watch, const struct hr_server_shard *shard,
                           const struct hr_server_watch_events *events);
/* From now on this is watched over, and nothing else. */
void hr__server_watch_set(struct hr_server_watch *watch, enum hr_server_watch_kind kind);
/* Watches over nothing more, for good. */
void hr__server_watch_stop(struct hr_server_watch *watch);

#endif
