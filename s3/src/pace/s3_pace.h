/* The pace of a client: how fast attempts go to a store that asks to go slower. One rate for each
 * prefix, or one for the client (the SDKs' adaptive mode), shared by the reactors behind a lock
 * that is taken only where a rate is kept; the calls that wait for their turn stand in lanes, which
 * each reactor has for itself. So a complaint that one reactor hears slows all, and no thread waits
 * for another. */
#ifndef HR_S3_PACE_H
#define HR_S3_PACE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <engine/reactor.h>
#include <headrace/s3_client.h>
#include <net/http_hooks.h>

#include "adaptive_rate.h"
#include "prefix_rates.h"

/* Of a client. */
struct hr__s3_pace {
    enum hr_s3_pace mode; /* never HR_S3_PACE_DEFAULT */
    _Atomic bool active; /* attempts have to ask; read by all, as `slowed` is, and written under the
                            lock */
    _Atomic unsigned slowed; /* rates that are kept */
    pthread_mutex_t lock;    /* of the rest */
    struct hr__adaptive_rate adaptive;
    struct hr__prefix_rates *prefixes; /* NULL: none has been slowed yet */
};

struct hr__s3_lane;

/* An attempt's turn; idle before it waits and when on_turn is called. */
struct hr__s3_turn {
    struct hr__s3_lane *lane; /* that it waits in; NULL: in none */
    struct hr__s3_turn *next, *previous;
    void (*on_turn)(struct hr__s3_turn *turn);
    uint64_t name;     /* of its prefix, while it waits */
    uint64_t asked_ns; /* for the turn */
    uint64_t sent_ns;  /* when the attempt began */
};

/* Of a reactor: its attempts that wait. Counters are read by any thread. */
struct hr__s3_lanes {
    struct hr__s3_pace *pace;
    struct hr_reactor *reactor;
    hr_http_client *const *http;  /* kept while turns come */
    struct hr__s3_lane *lanes;    /* by the place of the prefix; NULL: nobody has waited yet */
    uint64_t throttled;           /* responses that asked to go slower */
    uint64_t delayed, delayed_ns; /* attempts that waited for their turn, and how long */
};

void hr__s3_pace_open(struct hr__s3_pace *pace);
/* Before its first use. `asked` DEFAULT: by the mode of retries, `adaptive` or not. */
void hr__s3_pace_choose(struct hr__s3_pace *pace, enum hr_s3_pace asked, bool adaptive);
void hr__s3_pace_close(struct hr__s3_pace *pace);
void hr__s3_lanes_free(struct hr__s3_lanes *lanes);

/* As hr__s3_pace_holds, where attempts have to ask. */
bool hr__s3_pace_wait(struct hr__s3_lanes *lanes, const struct hr__prefix *prefix,
                      struct hr__s3_turn *turn);
/* It waits no longer. One that does not: nothing. */
void hr__s3_pace_leave(struct hr__s3_lanes *lanes, struct hr__s3_turn *turn);
/* An attempt has ended. */
struct hr__s3_said {
    bool slow;        /* the store asks to go slower */
    int status;       /* 0: there was no response */
    uint64_t sent_ns; /* of its turn */
};
void hr__s3_pace_note(struct hr__s3_lanes *lanes, const struct hr__prefix *prefix,
                      const struct hr__s3_said *said);

/* ---- The two looks at the pace that each attempt costs: a load and a branch where nothing is
 * slowed. */

static inline bool hr__s3_pace_active(const struct hr__s3_lanes *lanes) {
    return atomic_load_explicit(&lanes->pace->active, memory_order_relaxed);
}

/* An attempt is about to begin: true where it has to wait for its turn, and turn->on_turn is called
 * then, never from inside. */
static inline bool hr__s3_pace_holds(struct hr__s3_lanes *lanes, const struct hr__prefix *prefix,
                                     struct hr__s3_turn *turn) {
    turn->sent_ns = hr__reactor_now(lanes->reactor);
    return hr__s3_pace_active(lanes) && hr__s3_pace_wait(lanes, prefix, turn);
}

#endif
