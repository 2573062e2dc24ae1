/* An attempt waits for the peer, within the time-out of that step, or for this side, which has all
 * the time that the request has. And the minimum throughput of a body, either way
 * (throughput_min): over each window so many bytes move at least; the window stands still while it
 * is this side that waits, or the server that thinks. */
#include <inttypes.h>

#include "call.h"

static uint64_t now(const struct hr_call_attempt *attempt) {
    return hr__reactor_now(attempt->call->shard->reactor);
}

static struct hr_client_counters *counters(const struct hr_call_attempt *attempt) {
    return &attempt->call->shard->counters;
}

/* ---- The minimum throughput. */

/* Bytes that the peer has had or has sent. Makes system calls: asked at the edges of a window
 * only. */
static uint64_t bytes_moved(const struct hr_call_attempt *attempt) {
    const struct hr_stream *stream = attempt->waiter.connection->stream;
    struct hr_stream_info info;
    stream->vtable->info(stream, &info);
    return info.bytes_received + info.bytes_sent - info.bytes_queued;
}

static void begin_window(struct hr_call_attempt *attempt) {
    struct hr_watch *watch = &attempt->watch;
    watch->window_left_ns = attempt->call->times.throughput_window_ns;
    watch->window_end_ns = now(attempt) + watch->window_left_ns;
    watch->window_moved = 0;
}

/* The window runs while bytes are awaited. */
static void watch_throughput(struct hr_call_attempt *attempt) {
    struct hr_watch *watch = &attempt->watch;
    bool counts = watch->awaited == HR_AWAITED_BYTES;
    if (counts == watch->window_runs || attempt->call->times.throughput_window_ns == HR_FOREVER_NS)
        return;
    uint64_t now_ns = now(attempt), moved = bytes_moved(attempt);
    watch->window_runs = counts;
    if (!counts) {
        watch->window_left_ns = watch->window_end_ns > now_ns ? watch->window_end_ns - now_ns : 0;
        watch->window_moved += moved - watch->window_mark;
    } else if (watch->window_left_ns == 0) {
        begin_window(attempt);
    } else {
        watch->window_end_ns = now_ns + watch->window_left_ns;
    }
    watch->window_mark = moved;
}

/* The window has ended: an error where too little moved, else the next begins. */
static int end_window(struct hr_call_attempt *attempt) {
    struct hr_watch *watch = &attempt->watch;
    const struct hr_call_times *times = &attempt->call->times;
    uint64_t moved = bytes_moved(attempt);
    uint64_t in_window = watch->window_moved + moved - watch->window_mark;
    uint64_t window_ms = times->throughput_window_ns / 1000000;
    if (in_window * 1000 >= times->throughput_min * window_ms) {
        begin_window(attempt);
        watch->window_mark = moved;
        return 0;
    }
    char peer[HR_ORIGIN_TEXT_MAX];
    hr__count(&counters(attempt)->timeouts.throughput, 1);
    return hr__attempt_say(attempt, HR_ERR_TOO_SLOW,
                           "%" PRIu64 " bytes from or to %s in %" PRIu64
                           " ms (throughput_window_ms), fewer than %u a second (throughput_min)",
                           in_window, hr__attempt_peer(attempt, peer, sizeof peer), window_ms,
                           times->throughput_min);
}

/* ---- Who is awaited. */

static enum hr_awaited awaited(const struct hr_call_attempt *attempt) {
    const struct hr_receiver *receiver = &attempt->receiver;
    const struct hr_sender *sender = &attempt->sender;
    if (receiver->limited || sender->limited) return HR_AWAITED_TURN;
    /* Before all else: a server whose response is not read need not read the request. */
    if (receiver->paused || receiver->flushing) return HR_AWAITED_NOBODY;
    if (sender->writing) return HR_AWAITED_BYTES;
    if (receiver->waiting) return HR_AWAITED_NOBODY; /* the source is slow */
    if (receiver->state >= HR_RECEIVER_BODY) return HR_AWAITED_BYTES;
    if (sender->state == HR_SENDER_AWAIT_100) return HR_AWAITED_CONTINUE;
    if (sender->state < HR_SENDER_TRAILERS) return HR_AWAITED_NOBODY;
    return receiver->state == HR_RECEIVER_BEGUN ? HR_AWAITED_BYTES : HR_AWAITED_FIRST_BYTE;
}

bool hr__watch_is_own(const struct hr_call_attempt *attempt) {
    return attempt->state == HR_ATTEMPT_ACTIVE && awaited(attempt) <= HR_AWAITED_TURN;
}

static uint64_t timeout_ns(const struct hr_call_attempt *attempt) {
    const struct hr_call_times *times = &attempt->call->times;
    switch ((enum hr_awaited)attempt->watch.awaited) {
    case HR_AWAITED_TURN:
        return hr__watch_turn_ns(attempt);
    case HR_AWAITED_CONTINUE:
        return times->expect_ns;
    case HR_AWAITED_FIRST_BYTE:
        return times->first_byte_ns;
    case HR_AWAITED_BYTES:
        return times->stall_ns;
    default:
        return HR_FOREVER_NS;
    }
}

static void set_deadline(struct hr_call_attempt *attempt) {
    const struct hr_watch *watch = &attempt->watch;
    uint64_t due_ns = watch->due_ns;
    if (watch->window_runs && watch->window_end_ns < due_ns) due_ns = watch->window_end_ns;
    hr__deadline_set(&attempt->waiter.connection->deadline, attempt->call->shard->reactor, due_ns);
}

void hr__watch_set(struct hr_call_attempt *attempt) {
    struct hr_watch *watch = &attempt->watch;
    watch->awaited = (uint8_t)awaited(attempt);
    if (attempt->call->times.throughput_min) watch_throughput(attempt);
    uint64_t limit_ns = timeout_ns(attempt);
    watch->due_ns = limit_ns == HR_FOREVER_NS ? UINT64_MAX : now(attempt) + limit_ns;
    set_deadline(attempt);
}

/* ---- A time-out. */

/* Whether a write that has not ended yet has moved since the last look. */
static bool write_moved(struct hr_call_attempt *attempt) {
    const struct hr_stream *stream = attempt->waiter.connection->stream;
    struct hr_stream_info info;
    stream->vtable->info(stream, &info);
    bool moved = info.bytes_sent != attempt->sender.sent_mark;
    attempt->sender.sent_mark = info.bytes_sent;
    return moved;
}

static int say_no_first_byte(const struct hr_call_attempt *attempt) {
    char peer[HR_ORIGIN_TEXT_MAX];
    hr__count(&counters(attempt)->timeouts.first_byte, 1);
    return hr__attempt_say(attempt, HR_ERR_FIRST_BYTE_TIMEOUT,
                           "%s sent no response within %" PRIu64 " ms (first_byte_timeout_ms)",
                           hr__attempt_peer(attempt, peer, sizeof peer),
                           attempt->call->times.first_byte_ns / 1000000);
}

static int say_stalled(const struct hr_call_attempt *attempt) {
    char peer[HR_ORIGIN_TEXT_MAX];
    hr__count(&counters(attempt)->timeouts.stall, 1);
    return hr__attempt_say(attempt, HR_ERR_STALL_TIMEOUT,
                           "no byte from or to %s within %" PRIu64 " ms (stall_timeout_ms)",
                           hr__attempt_peer(attempt, peer, sizeof peer),
                           attempt->call->times.stall_ns / 1000000);
}

int hr__watch_due(struct hr_call_attempt *attempt) {
    struct hr_watch *watch = &attempt->watch;
    if (watch->window_runs && now(attempt) >= watch->window_end_ns) {
        int err = end_window(attempt);
        if (err) return err;
    }
    if (now(attempt) < watch->due_ns) {
        set_deadline(attempt);
        return 0;
    }
    switch ((enum hr_awaited)watch->awaited) {
    case HR_AWAITED_TURN:
        return 1;
    case HR_AWAITED_CONTINUE:
        hr__send_continue(attempt);
        return 1;
    case HR_AWAITED_FIRST_BYTE:
        return say_no_first_byte(attempt);
    case HR_AWAITED_BYTES:
        return attempt->sender.writing && write_moved(attempt) ? 1 : say_stalled(attempt);
    default:
        return 0;
    }
}
