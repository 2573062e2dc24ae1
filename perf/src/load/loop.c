/* A loop's life: made, served, stopped, added up. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <headrace/clock.h>

#include "loop_private.h"

#define OVER         (1ull << 32)
#define SHARDS_EXTRA 2 /* the thread that starts the loop and the one of the schedule */

static int allocate(perf_loop *loop) {
    unsigned slots = loop->options.concurrency;
    size_t iov_count = loop->options.workload->iov_count;
    if (iov_count <= 1) iov_count = 0;
    loop->slots = calloc(slots, sizeof *loop->slots);
    loop->shards = calloc(loop->shards_max, sizeof *loop->shards);
    if (iov_count) loop->iov = calloc(slots * iov_count, sizeof *loop->iov);
    if (!loop->slots || !loop->shards || (iov_count && !loop->iov)) return -ENOMEM;
    for (unsigned i = 0; i < loop->shards_max; i++) perf_result_init(&loop->shards[i].result);
    for (unsigned i = 0; i < slots; i++) {
        loop->slots[i].loop = loop;
        atomic_flag_clear(&loop->slots[i].lock);
        if (iov_count) loop->slots[i].iov = loop->iov + i * iov_count;
    }
    return 0;
}

int perf_loop_new(const struct perf_loop_options *options, perf_loop **out) {
    static atomic_uint_fast64_t ids;
    if (!options->concurrency || !(options->operations || options->duration_ns)) return -EINVAL;
    perf_loop *loop = calloc(1, sizeof *loop);
    if (!loop) return -ENOMEM;
    loop->options = *options;
    loop->protocol = options->http ? &perf_protocol_http : &perf_protocol_s3;
    loop->id = atomic_fetch_add(&ids, 1) + 1;
    loop->shards_max = hr_engine_reactors(options->engine) + SHARDS_EXTRA;
    pthread_mutex_init(&loop->free_lock, NULL);
    loop->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int err = loop->event_fd < 0 ? -errno : allocate(loop);
    if (err) {
        perf_loop_free(loop);
        return err;
    }
    *out = loop;
    return 0;
}

void perf_loop_free(perf_loop *loop) {
    if (!loop) return;
    if (loop->schedule_runs) pthread_join(loop->schedule, NULL);
    if (loop->event_fd >= 0) close(loop->event_fd);
    pthread_mutex_destroy(&loop->free_lock);
    free(loop->slots);
    free(loop->shards);
    free(loop->iov);
    free(loop);
}

int perf_loop_start(perf_loop *loop) {
    loop->started_ns = hr_clock_monotonic_ns();
    loop->until_ns =
        loop->options.duration_ns ? loop->started_ns + loop->options.duration_ns : UINT64_MAX;
    return loop->options.rate > 0 ? perf_open_start(loop) : perf_closed_start(loop);
}

int perf_loop_fd(const perf_loop *loop) {
    return loop->event_fd;
}

void perf_loop_wake(perf_loop *loop) {
    uint64_t one = 1;
    (void)!write(loop->event_fd, &one, sizeof one);
}

/* The last holder's write is its last touch, and told from a mere wake-up by its value: only who
 * has read it may free the loop. */
void perf_loop_release(perf_loop *loop) {
    uint64_t over = OVER;
    if (atomic_fetch_sub_explicit(&loop->holders, 1, memory_order_acq_rel) == 1)
        (void)!write(loop->event_fd, &over, sizeof over);
}

bool perf_loop_service(perf_loop *loop) {
    uint64_t count = 0;
    if (read(loop->event_fd, &count, sizeof count) != (ssize_t)sizeof count) count = 0;
    perf_gate_service(loop);
    return count >= OVER;
}

void perf_loop_stop(perf_loop *loop) {
    atomic_store(&loop->stopping, true);
    for (unsigned i = 0; i < loop->options.concurrency; i++) {
        struct perf_slot *slot = &loop->slots[i];
        perf_slot_lock(slot);
        if (slot->busy) hr_cancel(&slot->any.request);
        perf_slot_unlock(slot);
    }
}

struct perf_shard *perf_loop_shard(perf_loop *loop) {
    static _Thread_local struct {
        uint64_t id;
        struct perf_shard *shard;
    } mine;
    if (mine.id != loop->id) {
        unsigned index = atomic_fetch_add(&loop->shards_used, 1);
        /* More threads than reactors call back never; if they did, they would share the last. */
        if (index >= loop->shards_max) index = loop->shards_max - 1;
        mine.id = loop->id;
        mine.shard = &loop->shards[index];
    }
    return mine.shard;
}

struct perf_live perf_loop_live(const perf_loop *loop) {
    struct perf_live live = {.succeeded = 0};
    for (unsigned i = 0; i < loop->shards_max; i++) {
        const struct perf_shard *shard = &loop->shards[i];
        live.succeeded += atomic_load_explicit(&shard->succeeded, memory_order_relaxed);
        live.failed += atomic_load_explicit(&shard->failed, memory_order_relaxed);
        live.cancelled += atomic_load_explicit(&shard->cancelled, memory_order_relaxed);
    }
    return live;
}

void perf_loop_report(const perf_loop *loop, struct perf_loop_report *report) {
    memset(report, 0, sizeof *report);
    report->submitted = atomic_load(&loop->submitted);
    report->started_ns = report->ended_ns = loop->started_ns;
    report->held_together = loop->gate_complete;
    for (unsigned i = 0; i < loop->shards_max; i++) {
        perf_result_merge(&report->result, &loop->shards[i].result);
        if (loop->shards[i].tls.version) report->tls = loop->shards[i].tls;
        if (loop->shards[i].ended_ns > report->ended_ns)
            report->ended_ns = loop->shards[i].ended_ns;
    }
    if (loop->options.rate > 0) {
        uint64_t until = loop->until_ns < report->ended_ns ? loop->until_ns : report->ended_ns;
        double seconds = (double)(until - loop->started_ns) / 1e9;
        uint64_t due = (uint64_t)(seconds * loop->options.rate);
        if (loop->options.operations && due > loop->options.operations)
            due = loop->options.operations;
        if (due > report->submitted) report->not_started = due - report->submitted;
    }
}
