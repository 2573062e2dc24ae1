/* Watching over a connection's time, by one deadline.
 *
 * Progress of bodies is sampled when the timer fires, a few times in a stall time-out, so that no
 * byte costs anything here. Reactor thread only. */
#ifndef HR_NET_SERVER_WATCH_H
#define HR_NET_SERVER_WATCH_H

#include <engine/reactor.h>
#include <headrace/http_server.h>

#include "deadline.h"

enum hr_server_watch_kind {
    HR_SERVER_WATCH_NONE,
    HR_SERVER_WATCH_HANDSHAKE,
    HR_SERVER_WATCH_IDLE,
    HR_SERVER_WATCH_HEAD,
    HR_SERVER_WATCH_BODY,
    HR_SERVER_WATCH_RESPONSE,
    HR_SERVER_WATCH_LINGER,
    HR_SERVER_WATCH_KINDS
};

struct hr_server_watch;

struct hr_server_watch_events {
    /* Bytes of the body that have moved so far, in the direction of `watch->kind`. */
    uint64_t (*moved)(const struct hr_server_watch *watch);
    /* Too long, or too slow. */
    void (*on_time_out)(struct hr_server_watch *watch, enum hr_server_watch_kind kind);
};

/* The periods of all watches of a reactor; UINT64_MAX: none. */
struct hr_server_watch_plan {
    struct hr_reactor *reactor;
    const struct hr_server_watch_events *events;
    uint64_t periods_ns[HR_SERVER_WATCH_KINDS]; /* of bodies: between two looks */
    uint64_t stall_ns, grace_ns;
    uint32_t rate_min; /* bytes a second */
};

struct hr_server_watch {
    struct hr_deadline deadline;
    const struct hr_server_watch_plan *plan;
    struct {
        uint64_t start_ns, start_bytes, last_ns, last_bytes; /* start_ns 0: no sample yet */
    } progress;
    uint8_t kind;
};

/* Of the time-outs in the options, all of them given. */
void hr__server_watch_plan(struct hr_server_watch_plan *plan, struct hr_reactor *reactor,
                           const struct hr_http_server_options *options,
                           const struct hr_server_watch_events *events);
void hr__server_watch_init(struct hr_server_watch *watch, const struct hr_server_watch_plan *plan);
/* From now on this is watched over, and nothing else. */
void hr__server_watch_set(struct hr_server_watch *watch, enum hr_server_watch_kind kind);
/* Watches over nothing more, for good. */
void hr__server_watch_stop(struct hr_server_watch *watch);

#endif
