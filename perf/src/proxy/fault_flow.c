/* One direction of a proxied connection: its buffer, its writes, its rate. */
#include "fault_flow.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <engine/reactor.h>

#define NS_PER_S UINT64_C(1000000000)
/* Pieces a second at a rate. */
#define PIECES 20

static void on_pace(struct hr_timer *timer) {
    fault_flow_push(hr__container_of(timer, struct fault_flow, pace));
}

int fault_flow_init(struct fault_flow *flow, struct hr_reactor *reactor, uint64_t *written) {
    *flow = (struct fault_flow){.reactor = reactor, .written = written, .pace.on_fire = on_pace};
    flow->data = malloc(FAULT_FLOW_SIZE);
    return flow->data ? 0 : -ENOMEM;
}

void fault_flow_deinit(struct fault_flow *flow) {
    assert(flow->writing == 0 || !flow->data);
    if (flow->data) hr__timer_stop(flow->reactor, &flow->pace);
    free(flow->data);
    flow->data = NULL;
}

/* Moves what is left to the front; bytes of a write stay where they are. */
static void make_room(struct fault_flow *flow) {
    size_t start = flow->start;
    if (flow->writing > 0 || start == 0) return;
    memmove(flow->data, flow->data + start, flow->end - start);
    flow->ready -= start;
    flow->seen -= start;
    flow->end -= start;
    flow->start = 0;
}

size_t fault_flow_take(struct fault_flow *flow, const char *data, size_t size) {
    if (flow->start == flow->end || FAULT_FLOW_SIZE - flow->end < size) make_room(flow);
    size_t room = FAULT_FLOW_SIZE - flow->end, taken = size < room ? size : room;
    memcpy(flow->data + flow->end, data, taken);
    flow->end += taken;
    flow->starved = taken < size;
    return taken;
}

static size_t piece_size(const struct fault_flow *flow) {
    size_t size = flow->ready - flow->start;
    if (flow->rate == 0) return size;
    uint64_t piece = flow->rate < PIECES ? 1 : flow->rate / PIECES;
    return piece < size ? (size_t)piece : size;
}

void fault_flow_push(struct fault_flow *flow) {
    assert(flow->start <= flow->ready && flow->ready <= flow->seen && flow->seen <= flow->end);
    if (!flow->to || flow->writing > 0 || flow->start == flow->ready) return;
    if (flow->rate && hr__reactor_now(flow->reactor) < flow->next_ns) {
        hr__timer_start(flow->reactor, &flow->pace, flow->next_ns);
        return;
    }
    flow->writing = piece_size(flow);
    flow->piece = (struct iovec){.iov_base = flow->data + flow->start, .iov_len = flow->writing};
    flow->to->vtable->write(flow->to, &flow->piece, 1);
}

void fault_flow_written(struct fault_flow *flow) {
    assert(flow->writing > 0 && flow->start + flow->writing <= flow->ready);
    *flow->written += flow->writing;
    if (flow->rate)
        flow->next_ns = hr__reactor_now(flow->reactor) + flow->writing * NS_PER_S / flow->rate;
    flow->start += flow->writing;
    flow->writing = 0;
    if (flow->start == flow->end || flow->end == FAULT_FLOW_SIZE) make_room(flow);
}

void fault_flow_drop(struct fault_flow *flow) {
    assert(flow->writing == 0);
    flow->start = flow->ready = flow->seen;
}
