/* First uploads wait for each other. */
#include "gate.h"

#include <assert.h>
#include <errno.h>

#include <headrace/clock.h>

#include "loop_core.h"

static void arrive(struct perf_slot *slot) {
    struct perf_gate *gate = &slot->loop->gate;
    assert(!slot->gate.arrived);
    slot->gate.arrived = true;
    unsigned arrived = atomic_fetch_add(&gate->arrived, 1) + 1;
    assert(arrived <= gate->expected);
    if (arrived == gate->expected) perf_holders_wake(&slot->loop->holders);
}

static bool is_sending(const struct perf_gate_place *place) {
    return !place->hashed || place->pass > 0;
}

static ssize_t produce(void *user, void *buffer, size_t capacity) {
    struct perf_slot *slot = user;
    struct perf_gate_place *place = &slot->gate;
    const struct perf_workload *workload = slot->loop->options.workload;
    if (is_sending(place) && !atomic_load(&slot->loop->gate.open)) {
        if (!place->arrived) arrive(slot);
        return -EAGAIN;
    }
    uint64_t all = perf_workload_size(workload, slot->step.body);
    assert(place->position <= all);
    uint64_t left = all - place->position;
    size_t size = left < capacity ? (size_t)left : capacity;
    perf_workload_body_read(workload, slot->step.body, place->position, buffer, size);
    place->position += size;
    return (ssize_t)size;
}

static int rewind_body(void *user) {
    struct perf_gate_place *place = &((struct perf_slot *)user)->gate;
    if (place->position) place->pass++;
    place->position = 0;
    return 0;
}

void perf_gate_expect(perf_loop *loop, unsigned slots, uint64_t until_ns) {
    assert(!loop->gate.expected && slots <= loop->options.concurrency);
    loop->gate.expected = slots;
    loop->gate.until_ns = until_ns;
}

struct hr_source perf_gate_source(struct perf_slot *slot, bool hashed) {
    assert(slot->gate.waits);
    slot->gate.hashed = hashed;
    slot->gate.pass = 0;
    slot->gate.position = 0;
    return hr_source_producer(produce, rewind_body, slot,
                              perf_workload_size(slot->loop->options.workload, slot->step.body));
}

void perf_gate_leave(struct perf_slot *slot) {
    if (!slot->gate.waits) return;
    if (!slot->gate.arrived) arrive(slot);
    slot->gate.waits = false;
}

void perf_gate_service(perf_loop *loop) {
    struct perf_gate *gate = &loop->gate;
    if (!gate->expected || atomic_load(&gate->open)) return;
    bool complete = atomic_load(&gate->arrived) >= gate->expected;
    if (!complete && hr_clock_monotonic_ns() < gate->until_ns && !atomic_load(&loop->stopping))
        return;
    gate->complete = complete;
    atomic_store(&gate->open, true);
    for (unsigned i = 0; i < loop->options.concurrency; i++) {
        struct perf_slot *slot = perf_slot_at(loop, i);
        perf_slot_lock(slot);
        if (slot->busy && slot->gate.waits) hr_resume(slot->request);
        perf_slot_unlock(slot);
    }
}
