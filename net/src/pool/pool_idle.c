/* How long a connection may stand idle before nothing is sent over it any more: as the options say,
 * as the peer announces, and as the loss of connections has taught. A request that may not be
 * repeated is lost with its connection, so it does not go over one that the peer is about to close.
 *
 * All that is known of an origin stands in its shared part and serves all reactors. */
#include "pool_idle.h"

#define NS_PER_S UINT64_C(1000000000)

/* A shorter time says nothing about a time-out of the peer's. */
#define LEARNED_MIN_NS (NS_PER_S / 10)
/* So long is a peer believed to close so early; then twice as long is tried. */
#define LEARNED_KEPT_NS (600 * NS_PER_S)
/* Taken off an announcement: the peer's clock starts when it has sent, ours when we have received,
 * and the next request is on its way for a while. */
#define HINT_MARGIN_NS NS_PER_S

static uint64_t get(const uint64_t *value) {
    return __atomic_load_n(value, __ATOMIC_RELAXED);
}

static void set(uint64_t *value, uint64_t to) {
    __atomic_store_n(value, to, __ATOMIC_RELAXED);
}

/* The time learned, as far as it is still believed; 0: none. */
static uint64_t learned_ns(struct hr_origin_shared *shared, uint64_t now_ns) {
    uint64_t learned = get(&shared->idle_learned_ns), at = get(&shared->idle_learned_at_ns);
    while (learned > 0 && now_ns > at && now_ns - at >= LEARNED_KEPT_NS) {
        learned = learned > UINT64_MAX / 2 ? 0 : learned * 2;
        at += LEARNED_KEPT_NS;
        set(&shared->idle_learned_ns, learned);
        set(&shared->idle_learned_at_ns, at);
    }
    return learned;
}

uint64_t hr__idle_timeout_ns(const struct hr_origin *origin) {
    struct hr_origin_shared *shared = origin->shared;
    uint64_t timeout_ns = origin->shard->limits.idle_timeout_ns;
    uint64_t learned = learned_ns(shared, hr__reactor_now(origin->shard->reactor));
    uint64_t hint = get(&shared->idle_hint_ns);
    if (learned > 0 && learned < timeout_ns) timeout_ns = learned;
    if (hint > 0 && hint < timeout_ns) timeout_ns = hint;
    return timeout_ns;
}

bool hr__idle_too_long(const struct hr_connection *connection) {
    uint64_t now_ns = hr__reactor_now(connection->origin->shard->reactor);
    return now_ns - connection->idle_since_ns >= hr__idle_timeout_ns(connection->origin);
}

/* A connection was closed, or found dead, after standing idle so long. */
static void learn(struct hr_origin *origin, uint64_t idle_ns) {
    uint64_t learned = idle_ns - idle_ns / 5;
    if (learned < LEARNED_MIN_NS) learned = LEARNED_MIN_NS;
    if (learned > hr__idle_timeout_ns(origin)) return;
    set(&origin->shared->idle_learned_ns, learned);
    set(&origin->shared->idle_learned_at_ns, hr__reactor_now(origin->shard->reactor));
}

void hr__idle_closed(const struct hr_connection *connection) {
    uint64_t now_ns = hr__reactor_now(connection->origin->shard->reactor);
    if (connection->served) learn(connection->origin, now_ns - connection->idle_since_ns);
}

void hr__idle_lost(struct hr_origin *origin, uint64_t idle_ns) {
    if (idle_ns >= LEARNED_MIN_NS) learn(origin, idle_ns);
}

void hr__idle_announced(struct hr_origin *origin, uint64_t timeout_ns) {
    set(&origin->shared->idle_hint_ns,
        timeout_ns > 2 * HINT_MARGIN_NS ? timeout_ns - HINT_MARGIN_NS : timeout_ns / 2);
}

/* ---- The lists. */

void hr__idle_remove(struct hr_connection *connection) {
    struct hr_pool_shard *shard = connection->origin->shard;
    connection->idle = false;
    hr__count(&shard->counters.connections_idle,
              UINT64_MAX); /* one fewer; metrics are read from any thread */
    if (connection->origin_newer)
        connection->origin_newer->origin_older = connection->origin_older;
    else
        connection->origin->idle = connection->origin_older;
    if (connection->origin_older) connection->origin_older->origin_newer = connection->origin_newer;
    if (connection->newer)
        connection->newer->older = connection->older;
    else
        shard->idle_newest = connection->older;
    if (connection->older)
        connection->older->newer = connection->newer;
    else
        shard->idle_oldest = connection->newer;
}

void hr__idle_add(struct hr_connection *connection) {
    struct hr_pool_shard *shard = connection->origin->shard;
    connection->idle = true;
    hr__count(&shard->counters.connections_idle, 1);
    connection->origin_newer = NULL;
    connection->origin_older = connection->origin->idle;
    if (connection->origin_older) connection->origin_older->origin_newer = connection;
    connection->origin->idle = connection;
    connection->newer = NULL;
    connection->older = shard->idle_newest;
    if (connection->older)
        connection->older->newer = connection;
    else
        shard->idle_oldest = connection;
    shard->idle_newest = connection;
}
