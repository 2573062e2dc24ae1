/* One operation in a slot: started, ended, counted. */
#include <assert.h>
#include <errno.h>
#include <sched.h>

#include <headrace/clock.h>

#include "loop_core.h"

struct perf_slot *perf_slot_at(const perf_loop *loop, unsigned index) {
    assert(index < loop->options.concurrency);
    return (struct perf_slot *)(void *)(loop->slots + index * loop->options.protocol->slot_size);
}

void perf_slot_lock(struct perf_slot *slot) {
    while (atomic_flag_test_and_set_explicit(&slot->lock, memory_order_acquire)) sched_yield();
}

void perf_slot_unlock(struct perf_slot *slot) {
    atomic_flag_clear_explicit(&slot->lock, memory_order_release);
}

static void count(struct perf_slot *slot, struct perf_outcome *outcome, uint64_t now_ns) {
    outcome->error = &slot->request->error;
    slot->loop->options.protocol->classify(slot, outcome);
    perf_shards_record(&slot->loop->shards, outcome, now_ns);
}

static void on_done(struct hr_request *request) {
    struct perf_slot *slot = request->user;
    perf_loop *loop = slot->loop;
    uint64_t now = hr_clock_monotonic_ns();
    struct perf_outcome outcome = {
        .kind = slot->step.kind,
        .result = request->result,
        .attempts = request->attempts,
        .latency_ns = now - slot->begun_ns,
    };
    count(slot, &outcome, now);
    perf_slot_lock(slot);
    assert(slot->busy && slot->request == request);
    slot->busy = false;
    bool more = loop->schedule->next(slot, now);
    perf_slot_unlock(slot);
    if (!more) perf_holders_release(&loop->holders);
}

unsigned perf_slot_size_class(const struct perf_slot *slot) {
    const struct perf_workload *workload = slot->loop->options.workload;
    if (workload->sizes.count == 0) return 0;
    return 1 + (unsigned)perf_sizes_class(&workload->sizes, workload->seed, slot->step.body);
}

void perf_slot_prepare(struct perf_slot *slot, struct hr_request *request) {
    request->on_done = on_done;
    request->user = slot;
    request->timeout_ms = slot->loop->options.timeout_ms;
    slot->request = request;
}

int perf_slot_start(struct perf_slot *slot, uint64_t number, uint64_t begun_ns) {
    perf_loop *loop = slot->loop;
    assert(!slot->busy);
    loop->options.choose(loop->options.workload, loop->options.before_operations + number,
                         &slot->step);
    slot->begun_ns = begun_ns;
    slot->busy = true;
    atomic_fetch_add_explicit(&loop->submitted, 1, memory_order_relaxed);
    int err = loop->options.protocol->start(slot);
    assert(slot->request);
    if (!err) return 0;
    slot->busy = false;
    struct perf_outcome outcome = {.kind = slot->step.kind, .result = err};
    hr_error_set(&slot->request->error, err, "the request was refused: %s", hr_error_text(err));
    count(slot, &outcome, hr_clock_monotonic_ns());
    return err;
}
