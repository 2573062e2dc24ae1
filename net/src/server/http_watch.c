/* Watching over a session's time: one timer, moved only when it would fire too late.
 *
 * Progress of bodies is sampled when the timer fires, a few times in a stall time-out, so that no
 * byte costs anything here. */
#include "http_server_private.h"

#define NS_PER_MS UINT64_C(1000000)
/* Samples in a stall time-out. A stall is seen between 1 and 1 + 2/SAMPLES of it. */
#define SAMPLES 8
/* How long a peer that has its last response may keep sending. */
#define LINGER_MS_MAX 2000

static uint64_t period_of(const struct hr_http_server_options *options, enum hr_http_watch watch) {
    switch (watch) {
    case HR_HTTP_WATCH_HANDSHAKE:
        return options->handshake_timeout_ms * NS_PER_MS;
    case HR_HTTP_WATCH_IDLE:
        return options->idle_timeout_ms * NS_PER_MS;
    case HR_HTTP_WATCH_HEAD:
        return options->head_timeout_ms * NS_PER_MS;
    case HR_HTTP_WATCH_BODY:
    case HR_HTTP_WATCH_RESPONSE: {
        uint32_t shorter = options->stall_timeout_ms < options->body_grace_ms
                               ? options->stall_timeout_ms
                               : options->body_grace_ms;
        return shorter * NS_PER_MS / SAMPLES + 1;
    }
    case HR_HTTP_WATCH_LINGER:
        return (options->stall_timeout_ms < LINGER_MS_MAX ? options->stall_timeout_ms
                                                          : LINGER_MS_MAX) *
               NS_PER_MS;
    case HR_HTTP_WATCH_NONE:
        break;
    }
    return 0;
}

static void set_deadline(struct hr_http_session *session, uint64_t deadline_ns) {
    session->deadline_ns = deadline_ns;
    struct hr_timer *timer = &session->timer;
    if (hr__timer_running(timer) && timer->deadline_ns <= deadline_ns) return;
    hr__timer_start(session->shard->reactor, timer, deadline_ns);
}

void hr__http_watch_set(struct hr_http_session *session, enum hr_http_watch watch) {
    const struct hr_http_server_options *options = &session->shard->server->options;
    session->watch = (uint8_t)watch;
    session->progress.start_ns = 0;
    if (watch == HR_HTTP_WATCH_NONE) return;
    set_deadline(session, hr__reactor_now(session->shard->reactor) + period_of(options, watch));
}

static uint64_t moved(const struct hr_http_session *session) {
    if (session->watch == HR_HTTP_WATCH_BODY) return session->body_bytes;
    struct hr_stream_info info;
    session->stream->vtable->info(session->stream, &info);
    /* The kernel may hold megabytes of a slow reader's answer: what counts is what has arrived. */
    return info.bytes_sent - info.bytes_queued;
}

/* Whether a body moves as it must. */
static bool moves(struct hr_http_session *session, uint64_t now) {
    const struct hr_http_server_options *options = &session->shard->server->options;
    uint64_t bytes = moved(session);
    if (session->progress.start_ns == 0) {
        session->progress.start_ns = session->progress.last_ns = now;
        session->progress.start_bytes = session->progress.last_bytes = bytes;
        return true;
    }
    if (bytes != session->progress.last_bytes) {
        session->progress.last_bytes = bytes;
        session->progress.last_ns = now;
    }
    if (now - session->progress.last_ns >= options->stall_timeout_ms * NS_PER_MS) return false;
    uint64_t elapsed_ms = (now - session->progress.start_ns) / NS_PER_MS;
    if (elapsed_ms < options->body_grace_ms) return true;
    uint64_t wanted = elapsed_ms * options->body_rate_min / 1000;
    if (bytes - session->progress.start_bytes < wanted) return false;
    /* A new window: what was fast once does not pay for being slow later. */
    session->progress.start_ns = now;
    session->progress.start_bytes = bytes;
    return true;
}

static void on_fire(struct hr_timer *timer) {
    struct hr_http_session *session = hr__container_of(timer, struct hr_http_session, timer);
    enum hr_http_watch watch = session->watch;
    uint64_t now = hr__reactor_now(session->shard->reactor);
    if (watch == HR_HTTP_WATCH_NONE) return;
    if (now < session->deadline_ns) {
        set_deadline(session, session->deadline_ns);
        return;
    }
    bool sampled = watch == HR_HTTP_WATCH_BODY || watch == HR_HTTP_WATCH_RESPONSE;
    if (sampled && moves(session, now))
        set_deadline(session, now + period_of(&session->shard->server->options, watch));
    else
        hr__http_session_timed_out(session, watch);
}

void hr__http_watch_init(struct hr_http_session *session) {
    session->timer.on_fire = on_fire;
}
