/* Time-outs of a connection: which period holds, and whether a body moves as it must. */
#include "server_watch.h"

#include <assert.h>

#include <engine/request_core.h>

#define NS_PER_MS  UINT64_C(1000000)
#define FOREVER_NS UINT64_MAX

#define HEAD_NS_DEFAULT      (10000 * NS_PER_MS)
#define HANDSHAKE_NS_DEFAULT (10000 * NS_PER_MS)
#define STALL_NS_DEFAULT     (30000 * NS_PER_MS)
#define IDLE_NS_DEFAULT      (60000 * NS_PER_MS)
#define GRACE_NS_DEFAULT     (10000 * NS_PER_MS)

/* Samples in a stall time-out. A stall is seen between 1 and 1 + 2/SAMPLES of it. */
#define SAMPLES 8
/* How long a peer that has its last response may keep sending. */
#define LINGER_MS_MAX 2000

static uint64_t shorter(uint64_t one_ns, uint64_t other_ns) {
    return one_ns < other_ns ? one_ns : other_ns;
}

void hr__server_watch_plan(struct hr_server_watch_plan *plan, struct hr_reactor *reactor,
                           const struct hr_http_server_options *options,
                           const struct hr_server_watch_events *events) {
    uint64_t stall_ns = hr__timeout_ns(options->stall_timeout_ms, STALL_NS_DEFAULT);
    uint64_t grace_ns = hr__timeout_ns(options->body_grace_ms, GRACE_NS_DEFAULT);
    uint64_t look_ns = shorter(stall_ns, grace_ns);
    if (look_ns != FOREVER_NS) look_ns = look_ns / SAMPLES + 1;
    assert(stall_ns > 0 && grace_ns > 0);
    *plan = (struct hr_server_watch_plan){
        .reactor = reactor,
        .events = events,
        .periods_ns =
            {
                [HR_SERVER_WATCH_NONE] = FOREVER_NS,
                [HR_SERVER_WATCH_HANDSHAKE] =
                    hr__timeout_ns(options->handshake_timeout_ms, HANDSHAKE_NS_DEFAULT),
                [HR_SERVER_WATCH_IDLE] = hr__timeout_ns(options->idle_timeout_ms, IDLE_NS_DEFAULT),
                [HR_SERVER_WATCH_HEAD] = hr__timeout_ns(options->head_timeout_ms, HEAD_NS_DEFAULT),
                [HR_SERVER_WATCH_BODY] = look_ns,
                [HR_SERVER_WATCH_RESPONSE] = look_ns,
                [HR_SERVER_WATCH_LINGER] = shorter(stall_ns, LINGER_MS_MAX * NS_PER_MS),
            },
        .stall_ns = stall_ns,
        .grace_ns = grace_ns,
        .rate_min = options->body_rate_min,
    };
}

static void begin_period(struct hr_server_watch *watch) {
    struct hr_reactor *reactor = watch->plan->reactor;
    uint64_t period_ns = watch->plan->periods_ns[watch->kind];
    uint64_t due_ns = period_ns == FOREVER_NS ? FOREVER_NS : hr__reactor_now(reactor) + period_ns;
    hr__deadline_set(&watch->deadline, reactor, due_ns);
}

void hr__server_watch_set(struct hr_server_watch *watch, enum hr_server_watch_kind kind) {
    assert(kind < HR_SERVER_WATCH_KINDS);
    watch->kind = (uint8_t)kind;
    watch->progress.start_ns = 0;
    begin_period(watch);
}

/* Whether a body moves as it must. */
static bool moves(struct hr_server_watch *watch, uint64_t now) {
    const struct hr_server_watch_plan *plan = watch->plan;
    uint64_t bytes = plan->events->moved(watch);
    if (watch->progress.start_ns == 0) {
        watch->progress.start_ns = watch->progress.last_ns = now;
        watch->progress.start_bytes = watch->progress.last_bytes = bytes;
        return true;
    }
    if (bytes != watch->progress.last_bytes) {
        watch->progress.last_bytes = bytes;
        watch->progress.last_ns = now;
    }
    if (now - watch->progress.last_ns >= plan->stall_ns) return false;
    uint64_t elapsed_ns = now - watch->progress.start_ns;
    if (elapsed_ns < plan->grace_ns) return true;
    uint64_t wanted = elapsed_ns / NS_PER_MS * plan->rate_min / 1000;
    if (bytes - watch->progress.start_bytes < wanted) return false;
    /* A new window: being fast once does not pay for being slow later. */
    watch->progress.start_ns = now;
    watch->progress.start_bytes = bytes;
    return true;
}

static void on_due(struct hr_deadline *deadline) {
    struct hr_server_watch *watch = hr__container_of(deadline, struct hr_server_watch, deadline);
    enum hr_server_watch_kind kind = watch->kind;
    assert(kind != HR_SERVER_WATCH_NONE);
    bool sampled = kind == HR_SERVER_WATCH_BODY || kind == HR_SERVER_WATCH_RESPONSE;
    if (sampled && moves(watch, hr__reactor_now(watch->plan->reactor)))
        begin_period(watch);
    else
        watch->plan->events->on_time_out(watch, kind);
}

void hr__server_watch_init(struct hr_server_watch *watch, const struct hr_server_watch_plan *plan) {
    watch->plan = plan;
    hr__deadline_init(&watch->deadline, on_due);
}

void hr__server_watch_stop(struct hr_server_watch *watch) {
    hr__server_watch_set(watch, HR_SERVER_WATCH_NONE);
    hr__deadline_stop(&watch->deadline, watch->plan->reactor);
}
