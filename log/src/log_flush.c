/* Waiting until what was logged has been written; starting and stopping the drain. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "log_core.h"

/* ---- Flushing. */

static bool reached(struct hr__log_drain *drain, const struct hr__log_flush *flush) {
    struct hr__log_producer *producer = hr__log_rings_first(drain->host.rings);
    for (; producer; producer = producer->next)
        if (producer->index < flush->target_count &&
            hr__log_drain_durable(drain, producer, flush->patient) <
                flush->targets[producer->index])
            return false;
    return true;
}

static void free_flush(struct hr__log_flush *flush) {
    free(flush->targets);
    free(flush);
}

void hr__log_drain_tell_flushes(struct hr__log_drain *drain) {
    struct hr__log_flush **link = &drain->flushes;
    while (*link) {
        struct hr__log_flush *flush = *link;
        bool there = flush->barrier || reached(drain, flush);
        if (!there && __atomic_load_n(&drain->started, __ATOMIC_ACQUIRE)) {
            link = &flush->next;
            continue;
        }
        *link = flush->next;
        if (!there) flush->result = -EAGAIN;
        if (flush->on_done) {
            flush->on_done(flush, flush->result);
            free_flush(flush);
            continue;
        }
        pthread_mutex_lock(&drain->lock);
        bool given_up = flush->given_up;
        flush->done = true;
        pthread_cond_broadcast(&drain->changed);
        pthread_mutex_unlock(&drain->lock);
        if (given_up) free_flush(flush);
    }
}

/* Nobody waits for them any more. */
void hr__log_drain_forget_flushes(struct hr__log_drain *drain) {
    while (drain->flushes) {
        struct hr__log_flush *next = drain->flushes->next;
        free_flush(drain->flushes);
        drain->flushes = next;
    }
}

void hr__log_flush_begin(struct hr__log_drain *drain, struct hr__log_flush *flush) {
    struct hr__log_producer *producer = hr__log_rings_first(drain->host.rings);
    uint32_t count = producer ? producer->index + 1 : 0;
    flush->targets = count ? malloc(count * sizeof *flush->targets) : NULL;
    flush->target_count = flush->targets ? count : 0;
    for (; producer && flush->targets; producer = producer->next)
        flush->targets[producer->index] = hr__log_ring_head(&producer->ring);
    if (count && !flush->targets) {
        flush->barrier = true;
        flush->result = -ENOMEM;
    }
    flush->next = drain->flushes;
    drain->flushes = flush;
    hr__log_drain_pass(drain);
}

void hr__log_flush_abandon(struct hr__log_flush *flush) {
    flush->on_done = NULL;
    flush->given_up = true;
}

static void begin_flush(struct hr_task *task) {
    struct hr__log_flush *flush = hr__container_of(task, struct hr__log_flush, task);
    hr__log_flush_begin(flush->drain, flush);
}

static struct timespec end_of(int timeout_ms) {
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += timeout_ms / 1000;
    end.tv_nsec += timeout_ms % 1000 * 1000000L;
    if (end.tv_nsec >= 1000000000L) {
        end.tv_sec++;
        end.tv_nsec -= 1000000000L;
    }
    return end;
}

int hr__log_drain_wait(struct hr__log_drain *drain, const bool *done, int timeout_ms) {
    struct timespec end = end_of(timeout_ms);
    int err = 0;
    while (!*done && !err)
        err = timeout_ms < 0 ? pthread_cond_wait(&drain->changed, &drain->lock)
                             : pthread_cond_timedwait(&drain->changed, &drain->lock, &end);
    return *done ? 0 : -err;
}

/* Either the drain sees that somebody waits, or who waits sees the tail that the drain has set. */
bool hr__log_drain_wait_tail(struct hr__log_drain *drain, const struct hr__log_ring *ring,
                             uint64_t tail, int timeout_ms) {
    struct timespec end = end_of(timeout_ms);
    int err = 0;
    hr__log_drain_wake(drain);
    pthread_mutex_lock(&drain->lock);
    __atomic_fetch_add(&drain->waiters, 1, __ATOMIC_SEQ_CST);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    while (hr__log_ring_tail(ring) < tail && !err)
        err = pthread_cond_timedwait(&drain->changed, &drain->lock, &end);
    __atomic_fetch_sub(&drain->waiters, 1, __ATOMIC_SEQ_CST);
    pthread_mutex_unlock(&drain->lock);
    return hr__log_ring_tail(ring) >= tail;
}

void hr__log_drain_tell_waiters(struct hr__log_drain *drain) {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (__atomic_load_n(&drain->waiters, __ATOMIC_SEQ_CST) == 0) return;
    pthread_mutex_lock(&drain->lock);
    pthread_cond_broadcast(&drain->changed);
    pthread_mutex_unlock(&drain->lock);
}

static int wait_for_flush(struct hr__log_drain *drain, int timeout_ms, bool patient, bool barrier) {
    struct hr__log_flush *flush = calloc(1, sizeof *flush);
    if (!flush) return -ENOMEM;
    flush->drain = drain;
    flush->patient = patient;
    flush->barrier = barrier;
    flush->task.run = begin_flush;
    hr__reactor_post(drain->host.reactor, &flush->task);
    pthread_mutex_lock(&drain->lock);
    int err = hr__log_drain_wait(drain, &flush->done, timeout_ms);
    if (err) flush->given_up = true;
    pthread_mutex_unlock(&drain->lock);
    if (err) return err;
    err = flush->result;
    free_flush(flush);
    return err;
}

int hr__log_drain_flush(struct hr__log_drain *drain, int timeout_ms, bool patient) {
    return wait_for_flush(drain, timeout_ms, patient, false);
}

/* ---- Starting and stopping. */

void hr__log_drain_resume(struct hr__log_drain *drain) {
    __atomic_store_n(&drain->started, 1, __ATOMIC_RELEASE);
    hr__log_drain_wake(drain);
}

/* The pass that a barrier makes sees that it is stopped; a pass that did not has ended by then. */
int hr__log_drain_pause(struct hr__log_drain *drain) {
    __atomic_store_n(&drain->started, 0, __ATOMIC_RELEASE);
    return wait_for_flush(drain, -1, true, true);
}

/* The ring is not freed meanwhile, so that all between tail and head stays as it is. */
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
