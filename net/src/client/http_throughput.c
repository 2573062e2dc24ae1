/* The minimum throughput of a body, either way (throughput_min): over each window so many bytes
 * move at least. The window stands still while it is this side that waits, or the server that
 * thinks. */
#include "http_call.h"

#include <inttypes.h>

/* That the peer has had or has sent. Makes system calls: asked at the edges of a window only. */
static uint64_t bytes_moved(const struct hr_http_connection *connection) {
    struct hr_stream_info info;
    connection->stream->vtable->info(connection->stream, &info);
    return info.bytes_received + info.bytes_sent - info.bytes_queued;
}

static void begin_window(struct hr_call *call, uint64_t now_ns) {
    call->window_left_ns = call->times.throughput_window_ns;
    call->window_end_ns = now_ns + call->window_left_ns;
    call->window_moved = 0;
}

void hr__throughput_watch(struct hr_http_connection *connection, enum hr_deadline_kind kind) {
    struct hr_call *call = connection->call;
    bool counts = kind == HR_DEADLINE_STALL;
    if (!call || call->times.throughput_min == 0 || counts == call->window_runs) return;
    if (call->times.throughput_window_ns == HR_FOREVER_NS) return;
    uint64_t now_ns = hr__reactor_now(call->shard->reactor), moved = bytes_moved(connection);
    call->window_runs = counts;
    if (!counts) {
        call->window_left_ns = call->window_end_ns > now_ns ? call->window_end_ns - now_ns : 0;
        call->window_moved += moved - call->window_mark;
    } else if (call->window_left_ns == 0) {
        begin_window(call, now_ns);
    } else {
        call->window_end_ns = now_ns + call->window_left_ns;
    }
    call->window_mark = moved;
}

uint64_t hr__throughput_due(const struct hr_http_connection *connection) {
    const struct hr_call *call = connection->call;
    return call && call->window_runs ? call->window_end_ns : UINT64_MAX;
}

bool hr__throughput_failed(struct hr_http_connection *connection) {
    struct hr_call *call = connection->call;
    uint64_t now_ns = hr__reactor_now(connection->host->shard->reactor);
    if (now_ns < hr__throughput_due(connection)) return false;
    uint64_t moved = bytes_moved(connection);
    uint64_t in_window = call->window_moved + moved - call->window_mark;
    uint64_t window_ms = call->times.throughput_window_ns / 1000000;
    if (in_window * 1000 >= call->times.throughput_min * window_ms) {
        begin_window(call, now_ns);
        call->window_mark = moved;
        return false;
    }
    char peer[150];
    hr__count(&call->shard->metrics.timeouts_throughput, 1);
    hr__call_fail(call, HR_ERR_TOO_SLOW,
                  "%" PRIu64 " bytes from or to %s in %" PRIu64 " ms (throughput_window_ms), fewer "
                  "than %u a second (throughput_min)",
                  in_window, hr__call_peer(call, peer, sizeof peer), window_ms,
                  call->times.throughput_min);
    return true;
}
