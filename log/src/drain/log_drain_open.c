/* The beginning and the end of a drain: memory, sinks, its first pass and its last. */
#include <assert.h>
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "log_drain.h"

/* ---- Opening. */

static struct hr__log_buffer *buffer_at(struct hr__log_drain *drain, unsigned index) {
    return &drain->sinks[index / HR_LOG_BUFFERS].buffers[index % HR_LOG_BUFFERS];
}

/* Takes the memory of all buffers in one piece. */
static int open_memory(struct hr__log_drain *drain) {
    assert(!drain->memory);
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
    assert(at == size);
    return 0;
}

/* Registers it with the kernel where that is possible. */
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
    struct hr__log_drain *drain = hr__container_of(task, struct hr__log_drain, life.open_task);
    assert(!drain->life.opened);
    register_memory(drain);
    __atomic_store_n(&drain->thread, syscall(SYS_gettid), __ATOMIC_RELEASE);
    hr__log_drain_passes_begin(drain);
    for (unsigned i = 0; i < drain->sink_count; i++)
        if (drain->sinks[i].class_->begin) drain->sinks[i].class_->begin(&drain->sinks[i]);
    hr__log_drain_pass(drain);
    hr__log_monitor_set(&drain->waiting.monitor, &drain->life.opened);
}

static void free_drain(struct hr__log_drain *drain) {
    for (unsigned i = 0; i < drain->sink_count; i++) hr__log_sink_close(&drain->sinks[i]);
    hr__log_waiting_close(&drain->waiting);
    if (drain->memory) munmap(drain->memory, drain->memory_bytes);
    pthread_mutex_destroy(&drain->walk);
}

/* Refuses two sinks on one file: each would rotate and complete it as its own. */
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
    size_t count = options->sink_count ? options->sink_count : 1;
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
    assert(drain->host.rings && drain->host.reactor && drain->sink_count == 0);
    pthread_mutex_init(&drain->walk, NULL);
    hr__log_waiting_open(&drain->waiting);
    hr__log_drain_passes_init(drain, options->flush_interval_ms);
    drain->started = !options->unstarted;
    drain->life.open_task.run = run_open;
    hr__log_ticks_open(&drain->host.ticks, drain->host.rings->slow_ticks);
    int err = open_sinks(drain, options, error);
    if (err) {
        free_drain(drain);
        return err;
    }
    hr__reactor_post(drain->host.reactor, &drain->life.open_task);
    return 0;
}

/* ---- Closing. */

static uint64_t records_left(const struct hr__log_drain *drain) {
    uint64_t left = 0;
    for (unsigned i = 0; i < drain->sink_count; i++) left += drain->sinks[i].counts.dropped;
    return left;
}

/* Asks work on its way to end early, and gives failed work up. */
static void run_close(struct hr_task *task) {
    struct hr__log_drain *drain = hr__container_of(task, struct hr__log_drain, life.close_task);
    assert(!drain->host.stopping && drain->passes.running);
    drain->host.stopping = true;
    for (unsigned i = 0; i < drain->sink_count; i++) hr__log_sink_stop(&drain->sinks[i]);
    hr__log_drain_pass(drain);
}

void hr__log_drain_stop(struct hr__log_drain *drain) {
    assert(!drain->life.close_task.run);
    drain->life.close_task.run = run_close;
    hr__reactor_post(drain->host.reactor, &drain->life.close_task);
}

uint64_t hr__log_drain_deinit(struct hr__log_drain *drain) {
    assert(drain->life.closed && !drain->passes.running);
    uint64_t left = records_left(drain);
    drain->life.complete = true;
    for (unsigned i = 0; i < drain->sink_count; i++)
        drain->life.complete &= hr__log_sink_committed_all(&drain->sinks[i]);
    free_drain(drain);
    return left;
}
