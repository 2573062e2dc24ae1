/* Whom an attempt waits for: the peer, within the time-out of that step, or this side, which has
 * all the time that the request has. And the minimum throughput of a body, either way
 * (throughput_min): over each window so many bytes move at least; the window stands still while it
 * is this side that waits, or the server that thinks. */
#include <inttypes.h>

#include "call.h"

static uint64_t now(const struct hr_call *call) {
    return hr__reactor_now(call->shard->reactor);
}

/* ---- The minimum throughput. */

/* Bytes that the peer has had or has sent. Makes system calls: asked at the edges of a window
 * only. */
static uint64_t bytes_moved(const struct hr_call *call) {
    const struct hr_stream *stream = call->waiter.connection->stream;
    struct hr_stream_info info;
    stream->vtable->info(stream, &info);
    return info.bytes_received + info.bytes_sent - info.bytes_queued;
}

static void begin_window(struct hr_call *call) {
    call->window_left_ns = call->times.throughput_window_ns;
    call->window_end_ns = now(call) + call->window_left_ns;
    call->window_moved = 0;
}

/* The window runs while bytes are awaited. */
static void watch_throughput(struct hr_call *call) {
    bool counts = call->awaited == HR_AWAITED_BYTES;
    if (counts == call->window_runs || call->times.throughput_window_ns == HR_FOREVER_NS) return;
    uint64_t now_ns = now(call), moved = bytes_moved(call);
    call->window_runs = counts;
    if (!counts) {
        call->window_left_ns = call->window_end_ns > now_ns ? call->window_end_ns - now_ns : 0;
        call->window_moved += moved - call->window_mark;
    } else if (call->window_left_ns == 0) {
        begin_window(call);
    } else {
        call->window_end_ns = now_ns + call->window_left_ns;
    }
    call->window_mark = moved;
}

static uint64_t window_due_ns(const struct hr_call *call) {
    return call->window_runs ? call->window_end_ns : UINT64_MAX;
}

/* Whether a window has ended in which too little moved: the attempt has failed. Else the next
 * begins. */
static bool is_too_slow(struct hr_call *call) {
    if (now(call) < window_due_ns(call)) return false;
    uint64_t moved = bytes_moved(call);
    uint64_t in_window = call->window_moved + moved - call->window_mark;
    uint64_t window_ms = call->times.throughput_window_ns / 1000000;
    if (in_window * 1000 >= call->times.throughput_min * window_ms) {
        begin_window(call);
        call->window_mark = moved;
        return false;
    }
    char peer[HR_ORIGIN_TEXT_MAX];
    hr__count(&call->shard->counters.timeouts_throughput, 1);
    hr__call_fail(call, HR_ERR_TOO_SLOW,
                  "%" PRIu64 " bytes from or to %s in %" PRIu64 " ms (throughput_window_ms), fewer "
                  "than %u a second (throughput_min)",
                  in_window, hr__call_peer(call, peer, sizeof peer), window_ms,
                  call->times.throughput_min);
    return true;
}

/* ---- Whom it waits for. */

static enum hr_awaited awaited(const struct hr_call *call) {
    /* Before all else: a server whose response is not read need not read the request. */
    if (call->sink_paused || call->flushing) return HR_AWAITED_NOBODY;
    if (call->writing) return HR_AWAITED_BYTES;
    if (call->answer_waits) return HR_AWAITED_NOBODY; /* the source is slow */
    if (call->final_head) return HR_AWAITED_BYTES;
    if (call->await_continue) return HR_AWAITED_CONTINUE;
    if (!call->write_error && !call->send_stopped && !call->body_done) return HR_AWAITED_NOBODY;
    return call->answered && !call->interim_seen ? HR_AWAITED_BYTES : HR_AWAITED_FIRST_BYTE;
}

bool hr__call_holds_itself_up(const struct hr_call *call) {
    return call->state == HR_CALL_ACTIVE && awaited(call) == HR_AWAITED_NOBODY;
}

static uint64_t timeout_ns(const struct hr_call *call) {
    const struct hr_call_times *times = &call->times;
    switch ((enum hr_awaited)call->awaited) {
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

static void set_deadline(struct hr_call *call) {
    uint64_t due_ns = call->awaited_ns;
    if (call->window_runs && call->window_end_ns < due_ns) due_ns = call->window_end_ns;
    hr__deadline_set(&call->waiter.connection->deadline, call->shard->reactor, due_ns);
}

void hr__watch_attempt(struct hr_call *call) {
    if (call->state != HR_CALL_ACTIVE) return;
    call->awaited = (uint8_t)awaited(call);
    if (call->times.throughput_min) watch_throughput(call);
    uint64_t limit_ns = timeout_ns(call);
    call->awaited_ns = limit_ns == HR_FOREVER_NS ? UINT64_MAX : now(call) + limit_ns;
    set_deadline(call);
}

/* ---- A time-out. */

/* Whether a write that has not ended yet has moved since the last look. */
static bool write_moved(struct hr_call *call) {
    const struct hr_stream *stream = call->waiter.connection->stream;
    struct hr_stream_info info;
    stream->vtable->info(stream, &info);
    bool moved = info.bytes_sent != call->sent_mark;
    call->sent_mark = info.bytes_sent;
    return moved;
}

static void stalled(struct hr_call *call) {
    char peer[HR_ORIGIN_TEXT_MAX];
    if (call->writing && write_moved(call)) {
        hr__watch_attempt(call);
        return;
    }
    hr__count(&call->shard->counters.timeouts_stall, 1);
    hr__call_fail(call, HR_ERR_STALL_TIMEOUT,
                  "no byte from or to %s within %" PRIu64 " ms (stall_timeout_ms)",
                  hr__call_peer(call, peer, sizeof peer), call->times.stall_ns / 1000000);
}

static void waited_long_enough(struct hr_call *call) {
    char peer[HR_ORIGIN_TEXT_MAX];
    switch ((enum hr_awaited)call->awaited) {
    case HR_AWAITED_CONTINUE:
        call->await_continue = false;
        hr__send_more(call);
        return;
    case HR_AWAITED_FIRST_BYTE:
        hr__count(&call->shard->counters.timeouts_first_byte, 1);
        hr__call_fail(call, HR_ERR_FIRST_BYTE_TIMEOUT,
                      "%s sent no answer within %" PRIu64 " ms (first_byte_timeout_ms)",
                      hr__call_peer(call, peer, sizeof peer), call->times.first_byte_ns / 1000000);
        return;
    case HR_AWAITED_BYTES:
        stalled(call);
        return;
    default:
        return;
    }
}

void hr__watch_due(struct hr_deadline *deadline) {
    const struct hr_connection *connection =
        hr__container_of(deadline, struct hr_connection, deadline);
    struct hr_call *call = hr__container_of(connection->waiter, struct hr_call, waiter);
    if (is_too_slow(call)) return;
    if (now(call) < call->awaited_ns)
        set_deadline(call);
    else
        waited_long_enough(call);
}
