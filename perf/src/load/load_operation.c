/* One operation in a slot: started, ended, counted. */
#include <errno.h>
#include <sched.h>

#include <headrace/clock.h>

#include "loop_private.h"

void perf_slot_lock(struct perf_slot *slot) {
    while (atomic_flag_test_and_set_explicit(&slot->lock, memory_order_acquire)) sched_yield();
}

void perf_slot_unlock(struct perf_slot *slot) {
    atomic_flag_clear_explicit(&slot->lock, memory_order_release);
}

static void count(struct perf_slot *slot, struct perf_outcome *outcome, uint64_t now_ns) {
    struct perf_shard *shard = perf_loop_shard(slot->loop);
    outcome->error = &slot->any.request.error;
    slot->loop->protocol->judge(slot, outcome);
    perf_result_record(&shard->result, outcome);
    shard->ended_ns = now_ns;
    atomic_uint_fast64_t *live = outcome->result == 0            ? &shard->succeeded
                                 : outcome->result == -ECANCELED ? &shard->cancelled
                                                                 : &shard->failed;
    atomic_fetch_add_explicit(live, 1, memory_order_relaxed);
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
    if (slot->gated && !slot->arrived) perf_gate_arrive(slot);
    perf_slot_lock(slot);
    slot->busy = slot->gated = false;
    bool more = loop->options.rate > 0 ? perf_open_next(slot, now) : perf_closed_next(slot, now);
    perf_slot_unlock(slot);
    if (!more) perf_loop_release(loop);
}

void perf_slot_prepare(struct perf_slot *slot, struct hr_request *request) {
    request->on_done = on_done;
    request->user = slot;
    request->timeout_ms = slot->loop->options.timeout_ms;
}

int perf_slot_start(struct perf_slot *slot, uint64_t number, uint64_t begun_ns) {
    perf_loop *loop = slot->loop;
    loop->options.choose(loop->options.workload, number, &slot->step);
    slot->begun_ns = begun_ns;
    slot->position = 0;
    slot->pass = 0;
    slot->differs = false;
    slot->gated = slot->gated && slot->step.kind == PERF_PUT;
    slot->busy = true;
    atomic_fetch_add_explicit(&loop->submitted, 1, memory_order_relaxed);
    int err = loop->protocol->start(slot);
    if (!err) return 0;
    slot->busy = false;
    struct perf_outcome outcome = {.kind = slot->step.kind, .result = err};
    hr_error_set(&slot->any.request.error, err, "the request was refused: %s", hr_error_text(err));
    count(slot, &outcome, hr_clock_monotonic_ns());
    return err;
}
