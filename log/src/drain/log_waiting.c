/* Waiting until what was logged has been written: how far that is, and telling those who wait. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "log_drain.h"

/* ---- What has been written. */

uint64_t hr__log_waiting_durable(const struct hr__log_drain *drain,
                                 const struct hr__log_producer *producer, bool all) {
    uint64_t least = producer->ring.read;
    for (unsigned i = 0; i < drain->sink_count; i++) {
        const struct hr__log_sink *sink = &drain->sinks[i];
        if (sink->class_->drops && !all) continue;
        uint64_t position = hr__log_sink_durable(sink, producer);
        if (position < least) least = position;
    }
    return least;
}

/* ---- Flushes. */

static bool reached(const struct hr__log_drain *drain, const struct hr__log_flush *flush) {
    struct hr__log_producer *producer = hr__log_rings_first(drain->host.rings);
    for (; producer; producer = producer->next)
        if (producer->index < flush->target_count &&
            hr__log_waiting_durable(drain, producer, flush->patient) <
                flush->targets[producer->index])
            return false;
    return true;
}

static void free_flush(struct hr__log_flush *flush) {
    free(flush->targets);
    free(flush);
}

void hr__log_waiting_add(struct hr__log_drain *drain, struct hr__log_flush *flush) {
    const struct hr__log_producer *producer = hr__log_rings_first(drain->host.rings);
    uint32_t count = producer ? producer->index + 1 : 0;
    assert(!flush->targets && !flush->done);
    flush->targets = count ? malloc(count * sizeof *flush->targets) : NULL;
    flush->target_count = flush->targets ? count : 0;
    for (; producer && flush->targets; producer = producer->next)
        flush->targets[producer->index] = hr__log_ring_head(&producer->ring);
    if (count && !flush->targets) {
        flush->barrier = true;
        flush->result = -ENOMEM;
    }
    flush->next = drain->waiting.flushes;
    drain->waiting.flushes = flush;
}

/* The flush is over, and in no list. */
static void end_flush(struct hr__log_waiting *waiting, struct hr__log_flush *flush) {
    if (flush->on_done) {
        flush->on_done(flush, flush->result);
        free_flush(flush);
        return;
    }
    pthread_mutex_lock(&waiting->monitor.lock);
    assert(!flush->done);
    bool given_up = flush->given_up;
    flush->done = true;
    pthread_cond_broadcast(&waiting->monitor.changed);
    pthread_mutex_unlock(&waiting->monitor.lock);
    if (given_up) free_flush(flush);
}

static void tell_flushes(struct hr__log_drain *drain) {
    struct hr__log_flush **link = &drain->waiting.flushes;
    while (*link) {
        struct hr__log_flush *flush = *link;
        bool there = flush->barrier || reached(drain, flush);
        if (!there && hr__log_drain_is_started(drain)) {
            link = &flush->next;
            continue;
        }
        *link = flush->next;
        if (!there) flush->result = -EAGAIN;
        end_flush(&drain->waiting, flush);
    }
}

/* ---- Room in a ring. */

struct wanted_tail {
    const struct hr__log_ring *ring;
    uint64_t tail;
};

static bool is_there(const void *of) {
    const struct wanted_tail *wanted = of;
    return hr__log_ring_tail(wanted->ring) >= wanted->tail;
}

/* Either the drain sees that a thread waits, or the thread sees the tail that the drain has set. */
bool hr__log_waiting_tail(struct hr__log_drain *drain, const struct hr__log_ring *ring,
                          uint64_t tail, int timeout_ms) {
    const struct wanted_tail wanted = {ring, tail};
    struct hr__log_waiting *waiting = &drain->waiting;
    assert(tail <= hr__log_ring_head(ring));
    pthread_mutex_lock(&waiting->monitor.lock);
    __atomic_fetch_add(&waiting->threads, 1, __ATOMIC_SEQ_CST);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    int err = hr__log_monitor_wait_until(&waiting->monitor, is_there, &wanted, timeout_ms);
    __atomic_fetch_sub(&waiting->threads, 1, __ATOMIC_SEQ_CST);
    pthread_mutex_unlock(&waiting->monitor.lock);
    return err == 0;
}

static void tell_threads(struct hr__log_waiting *waiting) {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (__atomic_load_n(&waiting->threads, __ATOMIC_SEQ_CST) == 0) return;
    hr__log_monitor_wake(&waiting->monitor);
}

/* ---- All of them. */

void hr__log_waiting_open(struct hr__log_waiting *waiting) {
    assert(!waiting->flushes && !waiting->threads);
    hr__log_monitor_open(&waiting->monitor);
}

void hr__log_waiting_close(struct hr__log_waiting *waiting) {
    assert(!waiting->threads);
    while (waiting->flushes) {
        struct hr__log_flush *next = waiting->flushes->next;
        free_flush(waiting->flushes);
        waiting->flushes = next;
    }
    hr__log_monitor_close(&waiting->monitor);
}

void hr__log_waiting_tell(struct hr__log_drain *drain) {
    tell_threads(&drain->waiting);
    tell_flushes(drain);
}
