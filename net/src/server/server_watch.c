/* Time-outs of a connection: which period holds, and whether a body moves as it must. */
#include "server_watch.h"

#define NS_PER_MS UINT64_C(1000000)
/* Samples in a stall time-out. A stall is seen between 1 and 1 + 2/SAMPLES of it. */
#define SAMPLES 8
/* How long a peer that has its last response may keep sending. */
#define LINGER_MS_MAX 2000

static uint64_t period_of(const struct hr_http_server_options *options,
                          enum hr_server_watch_kind kind) {
    switch (kind) {
    case HR_SERVER_WATCH_HANDSHAKE:
        return options->handshake_timeout_ms * NS_PER_MS;
    case HR_SERVER_WATCH_IDLE:
        return options->idle_timeout_ms * NS_PER_MS;
    case HR_SERVER_WATCH_HEAD:
        return options->head_timeout_ms * NS_PER_MS;
    case HR_SERVER_WATCH_BODY:
    case HR_SERVER_WATCH_RESPONSE: {
        uint32_t shorter = options->stall_timeout_ms < options->body_grace_ms
                               ? options->stall_timeout_ms
                               : options->body_grace_ms;
        return shorter * NS_PER_MS / SAMPLES + 1;
    }
    case HR_SERVER_WATCH_LINGER:
        return (options->stall_timeout_ms < LINGER_MS_MAX ? options->stall_timeout_ms
                                                          : LINGER_MS_MAX) *
               NS_PER_MS;
    case HR_SERVER_WATCH_NONE:
        break;
    }
    return 0;
}

static void set_deadline(struct hr_server_watch *watch, uint64_t deadline_ns) {
    watch->deadline_ns = deadline_ns;
    struct hr_timer *timer = &watch->timer;
    if (hr__timer_running(timer) && timer->deadline_ns <= deadline_ns) return;
    hr__timer_start(watch->shard->reactor, timer, deadline_ns);
}

void hr__server_watch_set(struct hr_server_watch *watch, enum hr_server_watch_kind kind) {
    watch->kind = (uint8_t)kind;
    watch->progress.start_ns = 0;
    if (kind == HR_SERVER_WATCH_NONE) return;
    set_deadline(watch,
                 hr__reactor_now(watch->shard->reactor) + period_of(watch->shard->options, kind));
}

/* Whether a body moves as it must. */
static bool moves(struct hr_server_watch *watch, uint64_t now) {
    const struct hr_http_server_options *options = watch->shard->options;
    uint64_t bytes = watch->events->moved(watch);
    if (watch->progress.start_ns == 0) {
        watch->progress.start_ns = watch->progress.last_ns = now;
        watch->progress.start_bytes = watch->progress.last_bytes = bytes;
        return true;
    }
    if (bytes != watch->progress.last_bytes) {
        watch->progress.last_bytes = bytes;
        watch->progress.last_ns = now;
    }
    if (now - watch->progress.last_ns >= options->stall_timeout_ms * NS_PER_MS) return false;
    uint64_t elapsed_ms = (now - watch->progress.start_ns) / NS_PER_MS;
    if (elapsed_ms < options->body_grace_ms) return true;
    uint64_t wanted = elapsed_ms * options->body_rate_min / 1000;
    if (bytes - watch->progress.start_bytes < wanted) return false;
    /* A new window: being fast once does not pay for being slow later. */
    watch->progress.start_ns = now;
    watch->progress.start_bytes = bytes;
    return true;
}

static void on_fire(struct hr_timer *timer) {
    struct hr_server_watch *watch = hr__container_of(timer, struct hr_server_watch, timer);
    enum hr_server_watch_kind kind = watch->kind;
    uint64_t now = hr__reactor_now(watch->shard->reactor);
    if (kind == HR_SERVER_WATCH_NONE) return;
    if (now < watch->deadline_ns) {
        set_deadline(watch, watch->deadline_ns);
        return;
    }
    bool sampled = kind == HR_SERVER_WATCH_BODY || kind == HR_SERVER_WATCH_RESPONSE;
    if (sampled && moves(watch, now))
        set_deadline(watch, now + period_of(watch->shard->options, kind));
    else
        watch->events->on_time_out(watch, kind);
}

void hr__server_watch_init(struct hr_server_watch *watch, const struct hr_server_shard *shard,
                           const struct hr_server_watch_events *events) {
    watch->shard = shard;
    watch->events = events;
    watch->timer.on_fire = on_fire;
}

void hr__server_watch_stop(struct hr_server_watch *watch) {
    hr__server_watch_set(watch, HR_SERVER_WATCH_NONE);
    hr__timer_stop(watch->shard->reactor, &watch->timer);
}
