/* The drain's passes: the rings are read, the sinks write, and ring space is freed when they have.
 */
#include <assert.h>
#include <errno.h>

#include <headrace/clock.h>

#include "log_drain.h"
#include "log_tell.h"

#define MS          UINT64_C(1000000)
#define SECOND_NS   (1000 * MS)
#define BUSY_NS     MS /* from one pass to the next while there is work */
#define INTERVAL_MS 100

/* Frees ring space whose records have been written. While a thread walks the rings, the next pass
 * does it. */
static void free_space(struct hr__log_drain *drain) {
    if (pthread_mutex_trylock(&drain->walk) != 0) {
        drain->merging.held_back = true;
        return;
    }
    struct hr__log_producer *producer = hr__log_rings_first(drain->host.rings);
    for (; producer; producer = producer->next) {
        uint64_t position = hr__log_waiting_durable(drain, producer, false);
        assert(position <= producer->ring.read);
        if (position > hr__log_ring_tail(&producer->ring))
            hr__log_ring_free(&producer->ring, position);
    }
    pthread_mutex_unlock(&drain->walk);
}

/* ---- Passes. */

static void correct_clock(struct hr__log_drain *drain) {
    uint64_t now = hr__reactor_now(drain->host.reactor);
    assert(now >= drain->passes.corrected_ns);
    if (now - drain->passes.corrected_ns < SECOND_NS) return;
    drain->passes.corrected_ns = now;
    /* A journal has one reading of the clocks, so no buffer has lines of two. */
    for (unsigned i = 0; i < drain->sink_count; i++)
        if (drain->sinks[i].buffers[0].journal) hr__log_sink_push(&drain->sinks[i], true);
    struct hr__log_reading reading = hr__log_read_clocks(drain->host.rings->slow_ticks);
    hr__log_ticks_correct(&drain->host.ticks, &reading);
}

static void defer_pass(struct hr__log_drain *drain) {
    assert(drain->passes.running);
    if (drain->passes.deferred) return;
    drain->passes.deferred = true;
    hr__reactor_defer(drain->host.reactor, &drain->passes.deferred_task);
}

/* Schedules the next pass: at once where this one had too much, in a millisecond while there is
 * work, then later and later. */
static void schedule(struct hr__log_drain *drain, uint64_t bytes) {
    assert(drain->passes.running && drain->passes.interval_ns > 0);
    if (drain->host.stopping) return;
    if (bytes >= HR_LOG_PASS_BYTES && !drain->merging.blocked) {
        defer_pass(drain);
        return;
    }
    if (bytes > 0 || drain->merging.held_back)
        drain->passes.interval_ns = BUSY_NS;
    else if (drain->passes.interval_ns < drain->passes.interval_max_ns)
        drain->passes.interval_ns *= 2;
    if (drain->passes.interval_ns > drain->passes.interval_max_ns)
        drain->passes.interval_ns = drain->passes.interval_max_ns;
    hr__timer_start(drain->host.reactor, &drain->passes.timer,
                    hr__reactor_now(drain->host.reactor) + drain->passes.interval_ns);
}

/* Tells once that a thread got no ring (a full disk, or no memory): its records are dropped and
 * counted. */
static void tell_ring_error(struct hr__log_drain *drain) {
    int err = __atomic_load_n(&drain->host.rings->ring_error, __ATOMIC_RELAXED);
    if (!err || drain->passes.ring_error_told) return;
    assert(err < 0);
    drain->passes.ring_error_told = true;
    hr__log_tell("headrace log: no ring for another thread: %s; its records are dropped\n",
                 hr_error_text(err));
}

/* Closes the drain where the rings are empty and nothing is on its way: its memory may be freed
 * then. */
static void close_if_done(struct hr__log_drain *drain) {
    if (!drain->host.stopping || drain->passes.deferred ||
        __atomic_load_n(&drain->passes.posted, __ATOMIC_ACQUIRE) ||
        __atomic_load_n(&drain->reopening.posted, __ATOMIC_ACQUIRE))
        return;
    assert(drain->passes.running && !drain->life.closed);
    for (unsigned i = 0; i < drain->sink_count; i++) {
        const struct hr__log_sink *sink = &drain->sinks[i];
        if (sink->class_->busy && sink->class_->busy(sink)) return;
        for (unsigned k = 0; k < HR_LOG_BUFFERS; k++)
            if (sink->buffers[k].in_flight) return;
    }
    if (hr__log_merge_has_unread(drain)) { /* too young, or more than a pass reads */
        defer_pass(drain);
        return;
    }
    drain->passes.running = false;
    hr__timer_stop(drain->host.reactor, &drain->passes.timer);
    hr__log_monitor_set(&drain->waiting.monitor, &drain->life.closed);
}

void hr__log_drain_pass(struct hr__log_drain *drain) {
    assert(hr__reactor_current() == drain->host.reactor);
    if (!drain->passes.running) return;
    correct_clock(drain);
    drain->merging.blocked = drain->merging.held_back = false;
    uint64_t began = hr_clock_monotonic_ns(), bytes = hr__log_merge(drain);
    if (bytes) hr__count(&drain->counts.busy_ns, hr_clock_monotonic_ns() - began);
    for (unsigned i = 0; i < drain->sink_count; i++) hr__log_sink_push(&drain->sinks[i], false);
    for (unsigned i = 0; i < drain->sink_count; i++) hr__log_sink_commit(&drain->sinks[i]);
    tell_ring_error(drain);
    free_space(drain); /* by what was committed, never before */
    hr__log_waiting_tell(drain);
    schedule(drain, bytes);
    close_if_done(drain);
}

static void go_on(struct hr__log_host *host) {
    defer_pass(hr__container_of(host, struct hr__log_drain, host));
}

static void run_deferred(struct hr_task *task) {
    struct hr__log_drain *drain =
        hr__container_of(task, struct hr__log_drain, passes.deferred_task);
    assert(drain->passes.deferred);
    drain->passes.deferred = false;
    hr__log_drain_pass(drain);
}

static void run_posted(struct hr_task *task) {
    struct hr__log_drain *drain = hr__container_of(task, struct hr__log_drain, passes.posted_task);
    assert(__atomic_load_n(&drain->passes.posted, __ATOMIC_RELAXED));
    __atomic_store_n(&drain->passes.posted, 0, __ATOMIC_SEQ_CST);
    hr__log_drain_pass(drain);
}

static void run_timer(struct hr_timer *timer) {
    hr__log_drain_pass(hr__container_of(timer, struct hr__log_drain, passes.timer));
}

/* The pass formats the records from before, whose lines go to the old file. */
static void run_reopen(struct hr_task *task) {
    struct hr__log_drain *drain = hr__container_of(task, struct hr__log_drain, reopening.task);
    assert(__atomic_load_n(&drain->reopening.posted, __ATOMIC_RELAXED));
    __atomic_store_n(&drain->reopening.posted, 0, __ATOMIC_SEQ_CST);
    bool stopping = drain->host.stopping;
    hr__log_drain_pass(drain);
    if (stopping) return; /* the drain may have been freed */
    for (unsigned i = 0; i < drain->sink_count; i++) {
        struct hr__log_sink *sink = &drain->sinks[i];
        if (sink->class_->reopen) sink->class_->reopen(sink);
    }
}

void hr__log_drain_passes_init(struct hr__log_drain *drain, uint32_t flush_interval_ms) {
    struct hr__log_passes *passes = &drain->passes;
    assert(!passes->running);
    passes->interval_max_ns = (flush_interval_ms ? flush_interval_ms : INTERVAL_MS) * MS;
    passes->posted_task.run = run_posted;
    passes->deferred_task.run = run_deferred;
    passes->timer.on_fire = run_timer;
    drain->host.go_on = go_on;
    drain->reopening.task.run = run_reopen;
}

void hr__log_drain_passes_begin(struct hr__log_drain *drain) {
    assert(!drain->passes.running && drain->passes.timer.on_fire);
    drain->passes.corrected_ns = hr__reactor_now(drain->host.reactor);
    drain->passes.interval_ns = BUSY_NS;
    drain->passes.running = true;
}

void hr__log_drain_wake(struct hr__log_drain *drain) {
    if (__atomic_load_n(&drain->passes.posted, __ATOMIC_RELAXED)) return;
    if (__atomic_exchange_n(&drain->passes.posted, 1, __ATOMIC_SEQ_CST)) return;
    hr__reactor_post(drain->host.reactor, &drain->passes.posted_task);
}

void hr__log_drain_reopen(struct hr__log_drain *drain) {
    if (__atomic_exchange_n(&drain->reopening.posted, 1, __ATOMIC_SEQ_CST)) return;
    hr__reactor_post(drain->host.reactor, &drain->reopening.task);
}

int hr__log_drain_reopened(const struct hr__log_drain *drain) {
    if (__atomic_load_n(&drain->reopening.posted, __ATOMIC_ACQUIRE)) return -EINPROGRESS;
    int first = 0;
    for (unsigned i = 0; i < drain->sink_count; i++) {
        const struct hr__log_sink *sink = &drain->sinks[i];
        int err = sink->class_->reopened ? sink->class_->reopened(sink) : 0;
        if (err == -EINPROGRESS) return err;
        if (!first) first = err;
    }
    return first;
}
