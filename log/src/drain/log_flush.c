/* Flushing, stopping and closing a drain from outside of it. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "log_drain.h"

#define CLOSE_PATIENCE_MS 1000 /* with a console that nobody reads */
#define STOP_MS           5000 /* for writes to end that were asked to */

/* ---- Flushing. */

void hr__log_flush_begin(struct hr__log_drain *drain, struct hr__log_flush *flush) {
    hr__log_waiting_add(drain, flush);
    hr__log_drain_pass(drain);
}

void hr__log_flush_abandon(struct hr__log_flush *flush) {
    assert(flush->on_done && !flush->given_up);
    flush->on_done = NULL;
    flush->given_up = true;
}

static void begin_flush(struct hr_task *task) {
    struct hr__log_flush *flush = hr__container_of(task, struct hr__log_flush, task);
    hr__log_flush_begin(flush->drain, flush);
}

static int wait_for_flush(struct hr__log_drain *drain, int timeout_ms, bool patient, bool barrier) {
    assert(hr__reactor_current() != drain->host.reactor);
    struct hr__log_monitor *monitor = &drain->waiting.monitor;
    struct hr__log_flush *flush = calloc(1, sizeof *flush);
    if (!flush) return -ENOMEM;
    flush->drain = drain;
    flush->patient = patient;
    flush->barrier = barrier;
    flush->task.run = begin_flush;
    hr__reactor_post(drain->host.reactor, &flush->task);
    pthread_mutex_lock(&monitor->lock);
    int err = hr__log_monitor_wait(monitor, &flush->done, timeout_ms);
    if (err) flush->given_up = true;
    pthread_mutex_unlock(&monitor->lock);
    if (err) return err;
    err = flush->result;
    free(flush->targets);
    free(flush);
    return err;
}

int hr__log_drain_flush(struct hr__log_drain *drain, int timeout_ms, bool patient) {
    return wait_for_flush(drain, timeout_ms, patient, false);
}

bool hr__log_drain_wait_tail(struct hr__log_drain *drain, const struct hr__log_ring *ring,
                             uint64_t tail, int timeout_ms) {
    hr__log_drain_wake(drain);
    return hr__log_waiting_tail(drain, ring, tail, timeout_ms);
}

/* ---- Starting and stopping. */

void hr__log_drain_resume(struct hr__log_drain *drain) {
    __atomic_store_n(&drain->started, 1, __ATOMIC_RELEASE);
    hr__log_drain_wake(drain);
}

/* The pass that the barrier makes sees that the drain is stopped; passes that did not have ended by
 * then. */
int hr__log_drain_pause(struct hr__log_drain *drain) {
    assert(hr__reactor_current() != drain->host.reactor);
    __atomic_store_n(&drain->started, 0, __ATOMIC_RELEASE);
    return wait_for_flush(drain, -1, true, true);
}

/* The records of a ring. It is not freed meanwhile, so that all between tail and head stays as it
 * is. */
static uint64_t count_ring(struct hr__log_drain *drain, const struct hr__log_ring *ring) {
    uint64_t records = 0;
    struct hr__log_record record;
    pthread_mutex_lock(&drain->walk);
    uint64_t head = hr__log_ring_head(ring), position = hr__log_ring_tail(ring);
    while ((position = hr__log_ring_skip(ring, position, head)) < head &&
           !hr__log_record_read(hr__log_ring_at(ring, position), head - position, &record)) {
        position += record.size;
        records += hr__log_record_site(&record) != HR_LOG_SITE_DROPPED;
    }
    pthread_mutex_unlock(&drain->walk);
    return records;
}

uint64_t hr__log_drain_queued(struct hr__log_drain *drain) {
    uint64_t records = 0;
    struct hr__log_producer *producer = hr__log_rings_first(drain->host.rings);
    for (; producer; producer = producer->next) records += count_ring(drain, &producer->ring);
    return records;
}

/* ---- Closing. */

void hr__log_drain_wait_opened(struct hr__log_drain *drain) {
    struct hr__log_monitor *monitor = &drain->waiting.monitor;
    pthread_mutex_lock(&monitor->lock);
    hr__log_monitor_wait(monitor, &drain->life.opened, -1);
    pthread_mutex_unlock(&monitor->lock);
}

int hr__log_drain_close(struct hr__log_drain *drain, uint32_t timeout_ms, uint64_t *left) {
    struct hr__log_monitor *monitor = &drain->waiting.monitor;
    hr__log_drain_resume(drain);
    hr__log_drain_flush(drain, (int)timeout_ms, false);
    hr__log_rings_tell(drain->host.rings);
    hr__log_drain_flush(drain, CLOSE_PATIENCE_MS, true);
    hr__log_drain_stop(drain);
    pthread_mutex_lock(&monitor->lock);
    int err = hr__log_monitor_wait(monitor, &drain->life.closed, STOP_MS);
    pthread_mutex_unlock(&monitor->lock);
    if (!err) *left = hr__log_drain_deinit(drain);
    return err;
}
