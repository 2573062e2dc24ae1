/* Whom an attempt waits for: the peer, within the time-out of that step, or this side, which has
 * all the time that the request has. */
#include "http_call.h"

static enum hr_deadline_kind awaited(const struct hr_call *call) {
    /* Before all else: a server whose answer is not read need not read the request. */
    if (call->sink_paused || call->flushing) return HR_DEADLINE_NONE;
    if (call->connection->writing) return HR_DEADLINE_STALL;
    if (call->answer_waits) return HR_DEADLINE_NONE; /* the source is slow */
    if (call->final_head) return HR_DEADLINE_STALL;
    if (call->await_continue) return HR_DEADLINE_EXPECT;
    if (!call->write_error && !call->send_stopped && !call->body_done) return HR_DEADLINE_NONE;
    return call->answered && !call->interim_seen ? HR_DEADLINE_STALL : HR_DEADLINE_FIRST_BYTE;
}

void hr__receive_deadline(struct hr_call *call) {
    const struct hr_call_times *times = &call->times;
    const uint64_t timeouts_ns[] = {[HR_DEADLINE_NONE] = 0,
                                    [HR_DEADLINE_EXPECT] = times->expect_ns,
                                    [HR_DEADLINE_FIRST_BYTE] = times->first_byte_ns,
                                    [HR_DEADLINE_STALL] = times->stall_ns};
    if (call->state != HR_CALL_ACTIVE || call->connection->closing) return;
    enum hr_deadline_kind kind = awaited(call);
    hr__connection_deadline(call->connection, kind, timeouts_ns[kind]);
}

bool hr__call_holds_itself_up(const struct hr_call *call) {
    return call->state == HR_CALL_ACTIVE && call->connection && awaited(call) == HR_DEADLINE_NONE;
}
