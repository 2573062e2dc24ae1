/* The gate of `together`. A loopback server answers an upload faster than a thousand can be begun,
 * so without it the first connections would be free again before the last are wanted. Here each
 * first upload takes its connection, sends its head, and holds its body until all have come so far.
 */
#include <errno.h>

#include <headrace/clock.h>

#include "loop_private.h"

/* In a signed upload the first pass over the body is for its hash. */
static bool is_sending(const struct perf_slot *slot) {
    return slot->loop->options.payload == HR_S3_PAYLOAD_UNSIGNED || slot->pass > 0;
}

static ssize_t produce(void *user, void *buffer, size_t capacity) {
    struct perf_slot *slot = user;
    perf_loop *loop = slot->loop;
    if (is_sending(slot) && !atomic_load(&loop->gate_open)) {
        if (!slot->arrived) perf_gate_arrive(slot);
        return -EAGAIN;
    }
    uint64_t left = loop->options.workload->size_bytes - slot->position;
    size_t size = left < capacity ? (size_t)left : capacity;
    perf_workload_body_read(loop->options.workload, slot->step.index, slot->position, buffer, size);
    slot->position += size;
    return (ssize_t)size;
}

static int rewind_body(void *user) {
    struct perf_slot *slot = user;
    if (slot->position) slot->pass++;
    slot->position = 0;
    return 0;
}

struct hr_source perf_gate_source(struct perf_slot *slot) {
    return hr_source_producer(produce, rewind_body, slot, slot->loop->options.workload->size_bytes);
}

void perf_gate_arrive(struct perf_slot *slot) {
    perf_loop *loop = slot->loop;
    slot->arrived = true;
    if (atomic_fetch_add(&loop->gate_arrived, 1) + 1 == loop->gate_expected) perf_loop_wake(loop);
}

void perf_gate_service(perf_loop *loop) {
    if (!loop->gate_expected || atomic_load(&loop->gate_open)) return;
    bool complete = atomic_load(&loop->gate_arrived) >= loop->gate_expected;
    if (!complete && hr_clock_monotonic_ns() < loop->gate_until_ns && !atomic_load(&loop->stopping))
        return;
    loop->gate_complete = complete;
    atomic_store(&loop->gate_open, true);
    for (unsigned i = 0; i < loop->options.concurrency; i++) {
        struct perf_slot *slot = &loop->slots[i];
        perf_slot_lock(slot);
        if (slot->busy && slot->gated) hr_resume(&slot->any.request);
        perf_slot_unlock(slot);
    }
}
