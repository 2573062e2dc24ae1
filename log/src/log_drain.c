/* The drain: its passes have the rings read and the sinks write, and free ring space when the sinks
 * have written it; how it is opened and closed. */
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <headrace/clock.h>

#include "log_core.h"
#include "log_tell.h"

#define MS                UINT64_C(1000000)
#define SECOND_NS         (1000 * MS)
#define BUSY_NS           MS /* from one pass to the next while there is work */
#define INTERVAL_MS       100
#define CLOSE_PATIENCE_MS 1000 /* with a console that nobody reads */
#define STOP_MS           5000 /* for writes to end that were asked to */

/* ---- What has been written. */

uint64_t hr__log_drain_durable(struct hr__log_drain *drain, const struct hr__log_producer *producer,
                               bool all) {
    uint64_t least = producer->ring.read;
    for (unsigned i = 0; i < drain->sink_count; i++) {
        struct hr__log_sink *sink = &drain->sinks[i];
        if (sink->class_->drops && !all) continue;
        uint64_t position = hr__log_sink_durable(sink, producer);
        if (position < least) least = position;
    }
    return least;
}

/* Somebody counts what is in the rings: they are freed in the next pass. */
static void free_space(struct hr__log_drain *drain) {
    if (pthread_mutex_trylock(&drain->walk) != 0) {
        drain->held_back = true;
        return;
    }
    struct hr__log_producer *producer = hr__log_rings_first(drain->host.rings);
    for (; producer; producer = producer->next) {
        uint64_t position = hr__log_drain_durable(drain, producer, false);
        if (position > hr__log_ring_tail(&producer->ring))
            hr__log_ring_free(&producer->ring, position);
    }
    pthread_mutex_unlock(&drain->walk);
}

/* ---- Passes. */

static void correct_clock(struct hr__log_drain *drain) {
    uint64_t now = hr__reactor_now(drain->host.reactor);
    if (now - drain->corrected_ns < SECOND_NS) return;
    drain->corrected_ns = now;
    /* No buffer has lines of two readings in it: its journal has one. */
    for (unsigned i = 0; i < drain->sink_count; i++)
        if (drain->sinks[i].buffers[0].journal) hr__log_sink_push(&drain->sinks[i], true);
    struct hr__log_reading reading = hr__log_read_clocks(drain->slow_ticks);
    hr__log_ticks_correct(&drain->host.ticks, &reading);
}

static void defer_pass(struct hr__log_drain *drain) {
    if (drain->pass_deferred) return;
    drain->pass_deferred = true;
    hr__reactor_defer(drain->host.reactor, &drain->deferred_task);
}

/* The next pass: at once while a pass had too much, in a millisecond while there is work, then
 * later and later. */
static void schedule(struct hr__log_drain *drain, uint64_t bytes) {
    if (drain->host.stopping) return;
    if (bytes >= HR_LOG_PASS_BYTES && !drain->blocked) {
        defer_pass(drain);
        return;
    }
    if (bytes > 0 || drain->held_back)
        drain->interval_ns = BUSY_NS;
    else if (drain->interval_ns < drain->interval_max_ns)
        drain->interval_ns *= 2;
    if (drain->interval_ns > drain->interval_max_ns) drain->interval_ns = drain->interval_max_ns;
    hr__timer_start(drain->host.reactor, &drain->timer,
                    hr__reactor_now(drain->host.reactor) + drain->interval_ns);
}

static void close_if_done(struct hr__log_drain *drain);

/* Once: a full disk, or no memory, and the calls of that thread are dropped and counted. */
static void tell_ring_error(struct hr__log_drain *drain) {
    int err = __atomic_load_n(&drain->host.rings->ring_error, __ATOMIC_RELAXED);
    if (!err || drain->ring_error_told) return;
    drain->ring_error_told = true;
    hr__log_tell("headrace log: no ring for another thread: %s; its records are dropped\n",
                 hr_error_text(err));
}

void hr__log_drain_pass(struct hr__log_drain *drain) {
    if (!drain->running) return;
    correct_clock(drain);
    drain->blocked = drain->held_back = false;
    uint64_t began = hr_clock_monotonic_ns(), bytes = hr__log_merge(drain);
    if (bytes) hr__count(&drain->busy_ns, hr_clock_monotonic_ns() - began);
    for (unsigned i = 0; i < drain->sink_count; i++) hr__log_sink_push(&drain->sinks[i], false);
    for (unsigned i = 0; i < drain->sink_count; i++) hr__log_sink_commit(&drain->sinks[i]);
    tell_ring_error(drain);
    free_space(drain); /* by what was committed, never before */
    hr__log_drain_tell_waiters(drain);
    hr__log_drain_tell_flushes(drain);
    schedule(drain, bytes);
    close_if_done(drain);
}

static void go_on(struct hr__log_host *host) {
    defer_pass(hr__container_of(host, struct hr__log_drain, host));
}

static void run_deferred(struct hr_task *task) {
    struct hr__log_drain *drain = hr__container_of(task, struct hr__log_drain, deferred_task);
    drain->pass_deferred = false;
    hr__log_drain_pass(drain);
}

static void run_posted(struct hr_task *task) {
    struct hr__log_drain *drain = hr__container_of(task, struct hr__log_drain, pass_task);
    __atomic_store_n(&drain->pass_posted, 0, __ATOMIC_SEQ_CST);
    hr__log_drain_pass(drain);
}

static void run_timer(struct hr_timer *timer) {
    hr__log_drain_pass(hr__container_of(timer, struct hr__log_drain, timer));
}

void hr__log_drain_wake(struct hr__log_drain *drain) {
    if (__atomic_load_n(&drain->pass_posted, __ATOMIC_RELAXED)) return;
    if (__atomic_exchange_n(&drain->pass_posted, 1, __ATOMIC_SEQ_CST)) return;
    hr__reactor_post(drain->host.reactor, &drain->pass_task);
}

/* Records from before are formatted first, so that it stands in the old file. */
static void run_reopen(struct hr_task *task) {
    struct hr__log_drain *drain = hr__container_of(task, struct hr__log_drain, reopen_task);
    __atomic_store_n(&drain->reopen_posted, 0, __ATOMIC_SEQ_CST);
    bool stopping = drain->host.stopping;
    hr__log_drain_pass(drain);
    if (stopping) return; /* and the drain may be gone */
    for (unsigned i = 0; i < drain->sink_count; i++) {
        struct hr__log_sink *sink = &drain->sinks[i];
        if (sink->class_->reopen) sink->class_->reopen(sink);
    }
}

void hr__log_drain_reopen(struct hr__log_drain *drain) {
    if (__atomic_exchange_n(&drain->reopen_posted, 1, __ATOMIC_SEQ_CST)) return;
    hr__reactor_post(drain->host.reactor, &drain->reopen_task);
}

int hr__log_drain_reopened(const struct hr__log_drain *drain) {
    if (__atomic_load_n(&drain->reopen_posted, __ATOMIC_ACQUIRE)) return -EINPROGRESS;
    int first = 0;
    for (unsigned i = 0; i < drain->sink_count; i++) {
        const struct hr__log_sink *sink = &drain->sinks[i];
        int err = sink->class_->reopened ? sink->class_->reopened(sink) : 0;
        if (err == -EINPROGRESS) return err;
        if (!first) first = err;
    }
    return first;
}

/* ---- Opening and closing. */

static struct hr__log_buffer *buffer_at(struct hr__log_drain *drain, unsigned index) {
    return &drain->sinks[index / HR_LOG_BUFFERS].buffers[index % HR_LOG_BUFFERS];
}

/* Memory of all buffers in one piece: registered where that is to be had. */
static int open_memory(struct hr__log_drain *drain) {
    size_t size = 0, at = 0;
    for (unsigned i = 0; i < drain->sink_count; i++)
        size += HR_LOG_BUFFERS * hr__log_sink_buffer_bytes(&drain->sinks[i]);
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return -ENOMEM;
    drain->memory = memory;
    drain->memory_bytes = size;
    for (unsigned i = 0; i < drain->sink_count * HR_LOG_BUFFERS; i++) {
        struct hr__log_buffer *buffer = buffer_at(drain, i);
        buffer->sink = &drain->sinks[i / HR_LOG_BUFFERS];
        buffer->capacity = hr__log_sink_buffer_bytes(buffer->sink);
        buffer->data = memory + at;
        at += buffer->capacity;
    }
    return 0;
}

static void register_memory(struct hr__log_drain *drain) {
    unsigned count = drain->sink_count * HR_LOG_BUFFERS;
    struct iovec pieces[HR_LOG_SINKS_MAX * HR_LOG_BUFFERS] = {{0}};
    for (unsigned i = 0; i < count; i++) {
        const struct hr__log_buffer *buffer = buffer_at(drain, i);
        pieces[i] = (struct iovec){buffer->data, buffer->capacity};
    }
    if (hr__reactor_memory_register(drain->host.reactor, pieces, count) != 0) return;
    for (unsigned i = 0; i < count; i++) buffer_at(drain, i)->fixed = (int)i + 1;
}

static void run_open(struct hr_task *task) {
    struct hr__log_drain *drain = hr__container_of(task, struct hr__log_drain, open_task);
    register_memory(drain);
    drain->corrected_ns = hr__reactor_now(drain->host.reactor);
    drain->interval_ns = BUSY_NS;
    __atomic_store_n(&drain->thread, syscall(SYS_gettid), __ATOMIC_RELEASE);
    drain->running = true;
    drain->timer.on_fire = run_timer;
    for (unsigned i = 0; i < drain->sink_count; i++)
        if (drain->sinks[i].class_->begin) drain->sinks[i].class_->begin(&drain->sinks[i]);
    hr__log_drain_pass(drain);
    pthread_mutex_lock(&drain->lock);
    drain->opened = true;
    pthread_cond_broadcast(&drain->changed);
    pthread_mutex_unlock(&drain->lock);
}

static void free_drain(struct hr__log_drain *drain) {
    for (unsigned i = 0; i < drain->sink_count; i++) hr__log_sink_close(&drain->sinks[i]);
    hr__log_drain_forget_flushes(drain);
    if (drain->memory) munmap(drain->memory, drain->memory_bytes);
    pthread_cond_destroy(&drain->changed);
    pthread_mutex_destroy(&drain->walk);
    pthread_mutex_destroy(&drain->lock);
}

/* Each would rotate and complete the file as if it were its own. */
static int check_files(const struct hr__log_drain *drain, struct hr_error *error) {
    for (unsigned i = 0; i < drain->sink_count; i++) {
        const struct hr__log_sink *one = &drain->sinks[i];
        for (unsigned k = 0; k < i && one->target.inode; k++) {
            const struct hr__log_sink *other = &drain->sinks[k];
            if (one->target.inode == other->target.inode &&
                one->target.device == other->target.device)
                return hr_error_set(error, -EINVAL,
                                    "two sinks of a log write to one file, %s: give each a path "
                                    "of its own",
                                    one->path);
        }
    }
    return 0;
}

static int open_sinks(struct hr__log_drain *drain, const struct hr_log_options *options,
                      struct hr_error *error) {
    static const struct hr_log_sink to_stderr = {.kind = HR_LOG_SINK_STDERR};
    unsigned count = options->sink_count ? options->sink_count : 1;
    const struct hr_log_sink *sinks = options->sink_count ? options->sinks : &to_stderr;
    int err = 0;
    for (unsigned i = 0; i < count && !err; i++) {
        drain->sink_count++;
        err = hr__log_sink_open(&drain->sinks[i], &drain->host, i, &sinks[i], error);
    }
    if (!err) err = check_files(drain, error);
    if (!err) err = open_memory(drain);
    if (err == -ENOMEM) hr_error_set(error, err, "no memory for a log");
    return err;
}

int hr__log_drain_init(struct hr__log_drain *drain, const struct hr_log_options *options,
                       struct hr_error *error) {
    pthread_condattr_t attributes;
    pthread_mutex_init(&drain->lock, NULL);
    pthread_mutex_init(&drain->walk, NULL);
    drain->started = !options->unstarted;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&drain->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    drain->interval_max_ns =
        (options->flush_interval_ms ? options->flush_interval_ms : INTERVAL_MS) * MS;
    drain->host.go_on = go_on;
    drain->pass_task.run = run_posted;
    drain->deferred_task.run = run_deferred;
    drain->open_task.run = run_open;
    drain->reopen_task.run = run_reopen;
    hr__log_ticks_open(&drain->host.ticks, drain->slow_ticks);
    int err = open_sinks(drain, options, error);
    if (err) {
        free_drain(drain);
        return err;
    }
    hr__reactor_post(drain->host.reactor, &drain->open_task);
    return 0;
}

void hr__log_drain_wait_opened(struct hr__log_drain *drain) {
    pthread_mutex_lock(&drain->lock);
    hr__log_drain_wait(drain, &drain->opened, -1);
    pthread_mutex_unlock(&drain->lock);
}

static uint64_t records_left(const struct hr__log_drain *drain) {
    uint64_t left = 0;
    for (unsigned i = 0; i < drain->sink_count; i++) left += drain->sinks[i].counts.dropped;
    return left;
}

/* Nothing in the rings and nothing on its way any more: the memory may go. */
static void close_if_done(struct hr__log_drain *drain) {
    if (!drain->host.stopping || drain->pass_deferred ||
        __atomic_load_n(&drain->pass_posted, __ATOMIC_ACQUIRE) ||
        __atomic_load_n(&drain->reopen_posted, __ATOMIC_ACQUIRE))
        return;
    for (unsigned i = 0; i < drain->sink_count; i++) {
        const struct hr__log_sink *sink = &drain->sinks[i];
        if (sink->class_->busy && sink->class_->busy(sink)) return;
        for (unsigned k = 0; k < HR_LOG_BUFFERS; k++)
            if (sink->buffers[k].in_flight) return;
    }
    if (hr__log_merge_has_unread(drain)) { /* younger than the grace, or more than a pass reads */
        defer_pass(drain);
        return;
    }
    drain->running = false;
    hr__timer_stop(drain->host.reactor, &drain->timer);
    pthread_mutex_lock(&drain->lock);
    drain->closed = true;
    pthread_cond_broadcast(&drain->changed);
    pthread_mutex_unlock(&drain->lock);
}

/* Work still on its way is asked to end early, failed work is given up. */
static void run_close(struct hr_task *task) {
    struct hr__log_drain *drain = hr__container_of(task, struct hr__log_drain, close_task);
    drain->host.stopping = true;
    for (unsigned i = 0; i < drain->sink_count; i++) hr__log_sink_stop(&drain->sinks[i]);
    hr__log_drain_pass(drain);
}

void hr__log_drain_stop(struct hr__log_drain *drain) {
    drain->close_task.run = run_close;
    hr__reactor_post(drain->host.reactor, &drain->close_task);
}

uint64_t hr__log_drain_deinit(struct hr__log_drain *drain) {
    uint64_t left = records_left(drain);
    drain->complete = true;
    for (unsigned i = 0; i < drain->sink_count; i++)
        drain->complete &= hr__log_sink_committed_all(&drain->sinks[i]);
    free_drain(drain);
    return left;
}

int hr__log_drain_close(struct hr__log_drain *drain, uint32_t timeout_ms, uint64_t *left) {
    hr__log_drain_resume(drain);
    hr__log_drain_flush(drain, (int)timeout_ms, false);
    hr__log_rings_tell(drain->host.rings);
    hr__log_drain_flush(drain, CLOSE_PATIENCE_MS, true);
    hr__log_drain_stop(drain);
    pthread_mutex_lock(&drain->lock);
    int err = hr__log_drain_wait(drain, &drain->closed, STOP_MS);
    pthread_mutex_unlock(&drain->lock);
    if (!err) *left = hr__log_drain_deinit(drain);
    return err;
}
