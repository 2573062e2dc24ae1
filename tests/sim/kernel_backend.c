/* The seam over the simulated kernel: queues, turns, lent buffers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel_core.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define POISON(memory, size)   __asan_poison_memory_region(memory, size)
#define UNPOISON(memory, size) __asan_unpoison_memory_region(memory, size)
#else
#define POISON(memory, size)   ((void)0)
#define UNPOISON(memory, size) ((void)0)
#endif

#define RETURNED 0xdd /* what a buffer holds that has been given back */

static struct sim_kernel *const kernel = &sim__kernel;

static struct sim_backend *backend_of(struct hr_backend *backend) {
    return (struct sim_backend *)backend;
}

static bool faulty(const struct sim_backend *backend, uint16_t chance) {
    return backend->buffer_count > 0 && sim_chance(chance); /* not while it is being made */
}

/* Opening. */

static int sim_backend_open(const struct hr_backend_options *options, struct hr_error *error,
                            struct hr_backend **backend) {
    (void)error;
    sim__lock();
    struct sim_backend *made = sim__allocate(sizeof *made);
    made->base.vtable = &sim__backend;
    made->base.capabilities = HR_CAPABILITY_LENT_MULTI;
    made->number = kernel->backends_made++;
    made->entries = options->entries;
    made->submissions = sim__allocate(made->entries * sizeof *made->submissions);
    made->completions_max = options->completions ? options->completions : 4 * made->entries;
    made->armed_ns = HR_NO_DEADLINE;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&made->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    struct sim_backend **link = &kernel->backends; /* in the order of their making */
    while (*link) link = &(*link)->next;
    *link = made;
    sim__unlock();
    *backend = &made->base;
    return 0;
}

static void lose_records(struct sim_backend *backend) {
    for (unsigned i = 0; i < backend->slot_count; i++) {
        if (!backend->slots[i]) continue;
        kernel->records_lost++;
        sim__record_free(backend->slots[i]);
    }
}

static void sim_backend_close(struct hr_backend *closed) {
    if (!closed) return;
    struct sim_backend *backend = backend_of(closed);
    sim__lock();
    sim__events_forget(backend);
    lose_records(backend);
    kernel->buffers_lost += backend->buffer_count - backend->free_count;
    kernel->buffers_lent -= backend->buffer_count - backend->free_count;
    UNPOISON(backend->memory, (size_t)backend->buffer_count * backend->buffer_size);
    struct sim_backend **link = &kernel->backends;
    while (*link != backend) link = &(*link)->next;
    *link = backend->next;
    pthread_cond_destroy(&backend->changed);
    free(backend->submissions);
    free(backend->slots);
    free(backend->completions);
    free(backend->free);
    free(backend->used);
    free(backend);
    sim__run_due();
    sim__unlock();
}

/* Submissions. */

static void submit_all(struct sim_backend *backend) {
    for (unsigned i = 0; i < backend->submission_count; i++) {
        const struct sim_submission *submission = &backend->submissions[i];
        const struct sim_faults *faults = &kernel->options.faults;
        if (submission->record) {
            sim__submit(submission->record);
        } else if (faulty(backend, faults->cancel_late)) {
            uint64_t most_us = faults->delay_us_max + faults->latency_us_max + 1;
            struct sim_event *event =
                sim__event_add(SIM_EVENT_CANCEL, sim__below(most_us * UINT64_C(1000)));
            event->of.backend = backend;
            event->id = submission->id;
        } else {
            sim__cancel(backend, submission->id);
        }
    }
    backend->submission_count = 0;
    backend->chain = NULL;
    sim__run_due();
}

static struct sim_submission *next_submission(struct sim_backend *backend) {
    if (faulty(backend, kernel->options.faults.try_again)) return NULL;
    if (backend->submission_count == backend->entries) submit_all(backend);
    return &backend->submissions[backend->submission_count++];
}

static int sim_backend_prepare(struct hr_backend *asked, struct hr_operation *operation) {
    struct sim_backend *backend = backend_of(asked);
    if (operation->kind >= HR_OP_KINDS) return -EINVAL;
    sim__lock();
    struct sim_submission *submission = next_submission(backend);
    if (submission)
        *submission = (struct sim_submission){.record = sim__record_new(backend, operation)};
    sim__unlock();
    return submission ? 0 : -EAGAIN;
}

static int sim_backend_cancel(struct hr_backend *asked, uint64_t user_data) {
    sim__lock();
    struct sim_submission *submission = next_submission(backend_of(asked));
    if (submission) *submission = (struct sim_submission){.id = user_data};
    sim__unlock();
    return submission ? 0 : -EAGAIN;
}

/* Completions. */

static struct sim_completion *completion_at(const struct sim_backend *backend, unsigned index) {
    return &backend->completions[(backend->first + index) & (backend->capacity - 1)];
}

static void make_room(struct sim_backend *backend) {
    if (backend->count < backend->capacity) return;
    unsigned capacity = backend->capacity ? backend->capacity * 2 : 64;
    struct sim_completion *grown = sim__allocate(capacity * sizeof *grown);
    for (unsigned i = 0; i < backend->count; i++) grown[i] = *completion_at(backend, i);
    free(backend->completions);
    backend->completions = grown;
    backend->capacity = capacity;
    backend->first = 0;
}

/* Of one operation they stay in their order, and so do linked ones, and no bytes are told before
 * the send that they may answer. */
static bool may_overtake(const struct sim_record *one, const struct sim_record *other) {
    bool answers = one->object && one->object == other->object && sim__receives(one);
    return one != other && !answers && !one->linked && !one->link && !other->linked && !other->link;
}

void sim__completion_add(struct sim_backend *backend, const struct sim_completion *completion) {
    make_room(backend);
    unsigned at = backend->count++;
    while (at > 0 && may_overtake(completion->record, completion_at(backend, at - 1)->record) &&
           sim_chance(kernel->options.faults.reorder)) {
        *completion_at(backend, at) = *completion_at(backend, at - 1);
        at--;
    }
    *completion_at(backend, at) = *completion;
    if (kernel->options.live) pthread_cond_signal(&backend->changed);
}

static int collect(struct sim_backend *backend, struct hr_event *events, unsigned max) {
    if (backend->count > backend->completions_max) backend->base.overflows++;
    unsigned count = 0;
    while (count < max && backend->count > 0) {
        const struct sim_completion completion = *completion_at(backend, 0);
        backend->first = (backend->first + 1) & (backend->capacity - 1);
        backend->count--;
        events[count++] = completion.event;
        if (!(completion.event.flags & HR_EVENT_MORE)) sim__record_free(completion.record);
    }
    return (int)count;
}

/* Turns. */

static void wait_live(struct sim_backend *backend, uint64_t deadline_ns) {
    while (backend->count == 0 && !backend->woken && deadline_ns > sim_now_ns()) {
        uint64_t until_ns = sim__next_event_ns();
        if (until_ns > deadline_ns) until_ns = deadline_ns;
        const struct timespec at = {.tv_sec = (time_t)(until_ns / 1000000000u),
                                    .tv_nsec = (long)(until_ns % 1000000000u)};
        if (until_ns == HR_NO_DEADLINE)
            sim__wait(&backend->changed, NULL);
        else
            sim__wait(&backend->changed, &at);
        sim__run_due();
    }
}

static int sim_backend_turn(struct hr_backend *asked, uint64_t deadline_ns, unsigned wait_n,
                            struct hr_event *events, unsigned max) {
    struct sim_backend *backend = backend_of(asked);
    sim__lock();
    backend->dozing = false;
    backend->armed_ns = HR_NO_DEADLINE;
    submit_all(backend);
    if (kernel->options.live && wait_n > 0) wait_live(backend, deadline_ns);
    backend->woken = false;
    bool interrupted = faulty(backend, kernel->options.faults.interrupted);
    if (interrupted) sim_trace("reactor %u is interrupted", backend->number);
    int count = interrupted ? 0 : collect(backend, events, max);
    sim__unlock();
    return count;
}

static void sim_backend_wake(struct hr_backend *woken) {
    struct sim_backend *backend = backend_of(woken);
    sim__lock();
    sim_trace("reactor %u is woken", backend->number);
    backend->woken = true;
    if (kernel->options.live) pthread_cond_signal(&backend->changed);
    sim__unlock();
}

static int sim_backend_arm(struct hr_backend *asked, uint64_t deadline_ns) {
    struct sim_backend *backend = backend_of(asked);
    sim__lock();
    submit_all(backend);
    backend->dozing = true;
    backend->armed_ns = deadline_ns;
    sim__unlock();
    return 0;
}

static uint64_t sim_backend_now(struct hr_backend *backend) {
    (void)backend;
    return sim_now_ns();
}

static int sim_backend_fd(struct hr_backend *backend) {
    (void)backend;
    return -ENOTSUP;
}

/* Lent buffers. */

static void give_free(struct sim_backend *backend, uint16_t buffer) {
    char *memory = backend->memory + (size_t)buffer * backend->buffer_size;
    memset(memory, RETURNED, backend->used[buffer] ? backend->used[buffer] - 1 : 0);
    POISON(memory, backend->buffer_size);
    backend->used[buffer] = 0;
    backend->free[(backend->free_first + backend->free_count++) & (backend->buffer_count - 1)] =
        buffer;
}

static int sim_backend_buffers_open(struct hr_backend *asked, char *memory, unsigned count,
                                    unsigned size) {
    struct sim_backend *backend = backend_of(asked);
    sim__lock();
    backend->memory = memory;
    backend->buffer_count = count;
    backend->buffer_size = size;
    backend->free = sim__allocate(count * sizeof *backend->free);
    backend->used = sim__allocate(count * sizeof *backend->used);
    for (unsigned i = 0; i < count; i++) give_free(backend, (uint16_t)i);
    sim__unlock();
    return 0;
}

static void sim_backend_buffers_return(struct hr_backend *asked, const uint16_t *buffers,
                                       unsigned count) {
    struct sim_backend *backend = backend_of(asked);
    sim__lock();
    for (unsigned i = 0; i < count; i++) {
        if (buffers[i] >= backend->buffer_count || backend->used[buffers[i]] == 0) {
            sim__complain("reactor %u: buffer %u is returned and was not lent", backend->number,
                          buffers[i]);
            continue;
        }
        kernel->buffers_lent--;
        give_free(backend, buffers[i]);
    }
    sim__unlock();
}

int sim__buffer_take(struct sim_backend *backend, char **memory) {
    if (backend->free_count == 0 || faulty(backend, kernel->options.faults.no_buffers))
        return SIM_NO_BUFFER;
    uint16_t buffer = backend->free[backend->free_first];
    backend->free_first = (backend->free_first + 1) & (backend->buffer_count - 1);
    backend->free_count--;
    *memory = backend->memory + (size_t)buffer * backend->buffer_size;
    UNPOISON(*memory, backend->buffer_size);
    kernel->buffers_lent++;
    backend->used[buffer] = 1;
    return buffer;
}

void sim__buffer_used(struct sim_backend *backend, int buffer, size_t size) {
    backend->used[buffer] = (uint32_t)size + 1;
}

/* Nothing came: it is the next one again. */
void sim__buffer_untake(struct sim_backend *backend, int buffer) {
    kernel->buffers_lent--;
    backend->used[buffer] = 0;
    backend->free_first = (backend->free_first - 1) & (backend->buffer_count - 1);
    backend->free[backend->free_first] = (uint16_t)buffer;
    backend->free_count++;
    POISON(backend->memory + (size_t)buffer * backend->buffer_size, backend->buffer_size);
}

static int sim_backend_memory_register(struct hr_backend *backend, const struct iovec *iov,
                                       unsigned count) {
    (void)backend;
    (void)iov;
    (void)count;
    return -ENOTSUP;
}

const struct hr_backend_vtable sim__backend = {
    .name = "simulated",
    .open = sim_backend_open,
    .close = sim_backend_close,
    .prepare = sim_backend_prepare,
    .cancel = sim_backend_cancel,
    .turn = sim_backend_turn,
    .wake = sim_backend_wake,
    .buffers_open = sim_backend_buffers_open,
    .buffers_return = sim_backend_buffers_return,
    .memory_register = sim_backend_memory_register,
    .now = sim_backend_now,
    .fd = sim_backend_fd,
    .arm = sim_backend_arm,
};
