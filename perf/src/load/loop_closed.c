/* The closed loop: each slot starts its next operation when the one before it has ended. */
#include <headrace/clock.h>

#include "loop_private.h"

#define GATE_NS 15000000000ull /* longest time that first uploads wait for each other */

bool perf_closed_next(struct perf_slot *slot, uint64_t now_ns) {
    perf_loop *loop = slot->loop;
    if (atomic_load_explicit(&loop->stopping, memory_order_relaxed) || now_ns >= loop->until_ns)
        return false;
    uint64_t number = atomic_fetch_add_explicit(&loop->claimed, 1, memory_order_relaxed);
    if (loop->options.operations && number >= loop->options.operations) return false;
    return perf_slot_start(slot, number, now_ns) == 0;
}

/* Only where all of the first ones are uploads: others would not wait, and their slots go on. */
static unsigned count_gated(const perf_loop *loop, unsigned first) {
    if (!loop->options.together || !loop->options.workload->size_bytes) return 0;
    for (unsigned i = 0; i < first; i++) {
        struct perf_step step;
        loop->options.choose(loop->options.workload, i, &step);
        if (step.kind != PERF_PUT) return 0;
    }
    return first;
}

int perf_closed_start(perf_loop *loop) {
    unsigned first = loop->options.concurrency;
    if (loop->options.operations && loop->options.operations < first)
        first = (unsigned)loop->options.operations;
    loop->gate_expected = count_gated(loop, first);
    loop->gate_until_ns = loop->started_ns + GATE_NS;
    /* One more holder until all have begun: a quick end of the first ones is not the end. */
    atomic_store(&loop->holders, first + 1);
    for (unsigned i = 0; i < first; i++) {
        struct perf_slot *slot = &loop->slots[i];
        perf_slot_lock(slot);
        slot->gated = loop->gate_expected > 0;
        bool started = perf_closed_next(slot, hr_clock_monotonic_ns());
        if (!started && slot->gated) perf_gate_arrive(slot);
        perf_slot_unlock(slot);
        if (!started) perf_loop_release(loop);
    }
    perf_loop_release(loop);
    return 0;
}
