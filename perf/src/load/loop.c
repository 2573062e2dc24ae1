/* A loop's life: made, served, stopped, added up. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/clock.h>

#include "loop_core.h"

#define SHARDS_EXTRA 2 /* the thread that starts the loop and the one of the schedule */

static int allocate(perf_loop *loop) {
    unsigned slots = loop->options.concurrency;
    size_t iov_count = loop->options.workload->iov_count;
    if (iov_count <= 1) iov_count = 0;
    assert(loop->options.protocol->slot_size >= sizeof(struct perf_slot));
    loop->slots = calloc(slots, loop->options.protocol->slot_size);
    if (iov_count) loop->iov = calloc(slots * iov_count, sizeof *loop->iov);
    if (!loop->slots || (iov_count && !loop->iov)) return -ENOMEM;
    for (unsigned i = 0; i < slots; i++) {
        struct perf_slot *slot = perf_slot_at(loop, i);
        slot->loop = loop;
        atomic_flag_clear(&slot->lock);
        if (iov_count) slot->iov = loop->iov + i * iov_count;
    }
    return 0;
}

int perf_loop_new(const struct perf_loop_options *options, perf_loop **out) {
    if (!options->concurrency || !(options->operations || options->duration_ns)) return -EINVAL;
    perf_loop *loop = calloc(1, sizeof *loop);
    if (!loop) return -ENOMEM;
    loop->options = *options;
    loop->schedule = options->rate > 0 || options->traced ? &perf_schedule_open
                     : options->think_ns                  ? &perf_schedule_thinking
                                                          : &perf_schedule_closed;
    pthread_mutex_init(&loop->starter.lock, NULL);
    int err = perf_holders_open(&loop->holders);
    if (!err)
        err = perf_shards_open(&loop->shards, hr_engine_reactors(options->engine) + SHARDS_EXTRA);
    if (!err && options->collected) err = perf_shards_collectable(&loop->shards);
    if (!err) err = allocate(loop);
    if (err) {
        perf_loop_free(loop);
        return err;
    }
    *out = loop;
    return 0;
}

void perf_loop_free(perf_loop *loop) {
    if (!loop) return;
    if (loop->schedule->close) loop->schedule->close(loop);
    perf_holders_close(&loop->holders);
    perf_shards_close(&loop->shards);
    pthread_mutex_destroy(&loop->starter.lock);
    free(loop->slots);
    free(loop->iov);
    free(loop);
}

int perf_loop_start(perf_loop *loop) {
    assert(!loop->started_ns);
    loop->started_ns = hr_clock_monotonic_ns();
    perf_shards_begin(&loop->shards, loop->started_ns, loop->options.before_ns);
    loop->until_ns =
        loop->options.duration_ns ? loop->started_ns + loop->options.duration_ns : UINT64_MAX;
    return loop->schedule->start(loop);
}

int perf_loop_fd(const perf_loop *loop) {
    return loop->holders.event_fd;
}

bool perf_loop_service(perf_loop *loop) {
    bool over = perf_holders_gone(&loop->holders);
    perf_gate_service(loop);
    return over;
}

void perf_loop_stop(perf_loop *loop) {
    atomic_store(&loop->stopping, true);
    for (unsigned i = 0; i < loop->options.concurrency; i++) {
        struct perf_slot *slot = perf_slot_at(loop, i);
        perf_slot_lock(slot);
        if (slot->busy) hr_cancel(slot->request);
        perf_slot_unlock(slot);
    }
}

struct perf_totals perf_loop_live(const perf_loop *loop) {
    return perf_shards_live(&loop->shards);
}

uint64_t perf_loop_not_started(const perf_loop *loop, uint64_t now_ns) {
    assert(loop->started_ns);
    uint64_t due = loop->schedule->due ? loop->schedule->due(loop, now_ns) : 0;
    uint64_t submitted = atomic_load(&loop->submitted);
    return due > submitted ? due - submitted : 0;
}

unsigned perf_loop_collects(const perf_loop *loop) {
    return atomic_load(&loop->shards.collects);
}

void perf_loop_collect(perf_loop *loop, struct perf_collection *into) {
    perf_shards_collect(&loop->shards, into);
}

void perf_loop_latency(const perf_loop *loop, struct hr_histogram *latency_ns) {
    perf_shards_latency(&loop->shards, latency_ns);
}

void perf_loop_report(perf_loop *loop, struct perf_loop_report *report) {
    memset(report, 0, sizeof *report);
    report->submitted = atomic_load(&loop->submitted);
    report->started_ns = report->ended_ns = loop->started_ns;
    report->held_together = loop->gate.complete;
    for (unsigned i = 0; i < loop->shards.count; i++) {
        const struct perf_shard *shard = &loop->shards.list[i];
        perf_result_merge(&report->result, &shard->result);
        if (shard->tls.version) report->tls = shard->tls;
        if (shard->ended_ns > report->ended_ns) report->ended_ns = shard->ended_ns;
    }
    perf_shards_series(&loop->shards, &report->series);
    report->not_started = perf_loop_not_started(loop, report->ended_ns);
}
