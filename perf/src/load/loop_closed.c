/* The closed loop: each slot starts its next operation when the one before it has ended. */
#include <headrace/clock.h>

#include "loop_core.h"

#define GATE_NS 15000000000ull /* longest time that first uploads wait for each other */

static bool start_next(struct perf_slot *slot, uint64_t now_ns) {
    perf_loop *loop = slot->loop;
    if (atomic_load_explicit(&loop->stopping, memory_order_relaxed) || now_ns >= loop->until_ns)
        return false;
    uint64_t number = atomic_fetch_add_explicit(&loop->claimed, 1, memory_order_relaxed);
    if (loop->options.operations && number >= loop->options.operations) return false;
    return perf_slot_start(slot, number, now_ns) == 0;
}

static bool next(struct perf_slot *slot, uint64_t now_ns) {
    perf_gate_leave(slot);
    return start_next(slot, now_ns);
}

/* Slots are gated only where all first operations are uploads: others would not wait, and their
 * slots go on. */
static unsigned count_gated(const perf_loop *loop, unsigned first) {
    if (!loop->options.together || !loop->options.workload->size_bytes) return 0;
    for (unsigned i = 0; i < first; i++) {
        struct perf_step step;
        loop->options.choose(loop->options.workload, i, &step);
        if (step.kind != PERF_PUT) return 0;
    }
    return first;
}

static int start(perf_loop *loop) {
    unsigned first = loop->options.concurrency;
    if (loop->options.operations && loop->options.operations < first)
        first = (unsigned)loop->options.operations;
    perf_gate_expect(loop, count_gated(loop, first), loop->started_ns + GATE_NS);
    /* One more holder until all have begun: a quick end of the first ones is not the end. */
    perf_holders_add(&loop->holders, first + 1);
    for (unsigned i = 0; i < first; i++) {
        struct perf_slot *slot = perf_slot_at(loop, i);
        perf_slot_lock(slot);
        slot->gate.waits = loop->gate.expected > 0;
        bool started = start_next(slot, hr_clock_monotonic_ns());
        if (!started || slot->step.kind != PERF_PUT) perf_gate_leave(slot);
        perf_slot_unlock(slot);
        if (!started) perf_holders_release(&loop->holders);
    }
    perf_holders_release(&loop->holders);
    return 0;
}

const struct perf_schedule perf_schedule_closed = {.start = start, .next = next};
