/* The seam over epoll: what is asked is carried out in the next turn, what would wait is tried
 * again at the edge of its descriptor, and files are left to helper threads. */
#include "backend_epoll.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <headrace/clock.h>

#define BLOCK       256 /* slots allocated at a time */
#define EDGES       256 /* taken from the kernel at a time */
#define NS_IN_S     UINT64_C(1000000000)
#define NS_IN_MS    UINT64_C(1000000)
#define TIMEOUT_MAX (UINT64_C(3600) * 1000) /* ms */
#define OWN_WAKE    (UINT64_C(1) << 32)     /* no descriptor has such a number */
#define OWN_TIMER   (UINT64_C(2) << 32)

static struct hr_epoll *epoll_of(struct hr_backend *backend) {
    return (struct hr_epoll *)backend;
}

/* Slots. */

static struct hr_epoll_slot *find_slot(const struct hr_epoll *epoll, uint64_t id) {
    uint32_t index = (uint32_t)id, block = index / BLOCK;
    if (block >= epoll->slot_blocks || !epoll->slots[block]) return NULL;
    return &epoll->slots[block][index % BLOCK];
}

static struct hr_epoll_slot *make_slot(struct hr_epoll *epoll, uint64_t id) {
    uint32_t block = (uint32_t)id / BLOCK;
    assert((uint32_t)id != 0);
    if (block >= epoll->slot_blocks) {
        unsigned count = block < 8 ? 16 : block * 2;
        struct hr_epoll_slot **slots = realloc(epoll->slots, count * sizeof *epoll->slots);
        if (!slots) return NULL;
        for (unsigned i = epoll->slot_blocks; i < count; i++) slots[i] = NULL;
        epoll->slots = slots;
        epoll->slot_blocks = count;
    }
    if (!epoll->slots[block]) epoll->slots[block] = calloc(BLOCK, sizeof(struct hr_epoll_slot));
    return find_slot(epoll, id);
}

/* Opening and closing. */

static void epoll_close(struct hr_backend *backend) {
    struct hr_epoll *epoll = epoll_of(backend);
    if (!epoll) return;
    hr__file_threads_free(epoll->pool);
    if (epoll->timer_fd >= 0) close(epoll->timer_fd);
    if (epoll->wake_fd >= 0) close(epoll->wake_fd);
    if (epoll->fd >= 0) close(epoll->fd);
    hr__epoll_descriptors_free(epoll);
    for (unsigned i = 0; i < epoll->slot_blocks; i++) free(epoll->slots[i]);
    free(epoll->slots);
    free(epoll->lent.free);
    free(epoll->edges);
    free(epoll);
}

/* One of the back end's own, never read: each write, each expiry is an edge. */
static int watch_own(const struct hr_epoll *epoll, int fd, uint64_t number) {
    struct epoll_event edge = {.events = EPOLLIN | EPOLLET, .data.u64 = number};
    return epoll_ctl(epoll->fd, EPOLL_CTL_ADD, fd, &edge) < 0 ? -errno : 0;
}

static int set_up(struct hr_epoll *epoll) {
    epoll->edges = calloc(EDGES, sizeof *epoll->edges);
    if (!epoll->edges) return -ENOMEM;
    epoll->fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll->fd < 0) return -errno;
    epoll->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (epoll->wake_fd < 0) return -errno;
    int result = watch_own(epoll, epoll->wake_fd, OWN_WAKE);
    return result < 0 ? result : hr__file_threads_new(epoll->wake_fd, &epoll->pool);
}

static int refused(int result, struct hr_error *error) {
    if (result == -EMFILE)
        return hr_error_set(error, result,
                            "epoll: this process may open no more descriptors: raise "
                            "RLIMIT_NOFILE (ulimit -n)");
    if (result == -ENFILE)
        return hr_error_set(error, result,
                            "epoll: the system has no more descriptors: raise sysctl fs.file-max");
    if (result == -ENOSPC)
        return hr_error_set(error, result,
                            "epoll: this user watches too much: raise sysctl "
                            "fs.epoll.max_user_watches");
    if (result == -ENOMEM) return hr_error_set(error, result, "epoll: no memory");
    return hr_error_set(error, result,
                        "epoll: refused (%s): allow epoll_create1, epoll_ctl, epoll_wait, eventfd2",
                        hr_error_text(result));
}

static int epoll_open(const struct hr_backend_options *options, struct hr_error *error,
                      struct hr_backend **backend) {
    (void)options; /* what is asked is kept in its owner: there is no queue to be sized */
    struct hr_epoll *epoll = calloc(1, sizeof *epoll);
    if (!epoll) return refused(-ENOMEM, error);
    epoll->base.vtable = &hr__backend_epoll;
    epoll->base.capabilities = HR_CAPABILITY_LENT_MULTI;
    epoll->fd = epoll->wake_fd = epoll->timer_fd = -1;
    int result = set_up(epoll);
    if (result < 0) {
        epoll_close(&epoll->base);
        return refused(result, error);
    }
    epoll->now_ns = hr_clock_monotonic_ns();
    *backend = &epoll->base;
    return 0;
}

/* Asking. */

static int epoll_prepare(struct hr_backend *backend, struct hr_operation *operation) {
    struct hr_epoll *epoll = epoll_of(backend);
    if (operation->kind >= HR_OP_KINDS) return -EINVAL;
    struct hr_epoll_slot *slot = make_slot(epoll, operation->id);
    if (!slot) return -ENOMEM;
    assert(slot->id == 0);
    *slot = (struct hr_epoll_slot){.operation = operation, .id = operation->id};
    epoll->sends |= operation->kind == HR_OP_SEND || operation->kind == HR_OP_SENDV;
    struct hr_epoll_slot *before = epoll->chain;
    epoll->chain = operation->link ? slot : NULL;
    if (!before)
        hr__epoll_queue_push(&epoll->submitted, slot);
    else if (before->done) /* cancelled already */
        hr__epoll_finish(epoll, slot, -ECANCELED);
    else
        before->follower = slot;
    return 0;
}

static int epoll_cancel(struct hr_backend *backend, uint64_t user_data) {
    struct hr_epoll *epoll = epoll_of(backend);
    struct hr_epoll_slot *slot = find_slot(epoll, user_data);
    if (!slot || slot->id != user_data || slot->done) return 0;
    if (slot->helped && !hr__file_threads_withdraw(epoll->pool, &slot->job)) return 0;
    assert(slot->operation && !slot->cancelled);
    slot->cancelled = true;
    if (slot->queue || slot->helped)
        hr__epoll_finish(epoll, slot, slot->moved ? (int32_t)slot->moved : -ECANCELED);
    return 0;
}

/* A turn. */

static void submit(struct hr_epoll *epoll) {
    struct hr_epoll_slot *slot;
    epoll->chain = NULL;
    epoll->sends = false;
    while ((slot = epoll->submitted.first)) {
        assert(slot->queue == &epoll->submitted);
        hr__epoll_queue_remove(slot);
        hr__epoll_start(epoll, slot);
    }
}

static void collect_helped(struct hr_epoll *epoll) {
    struct hr_file_job *next, *job = hr__file_threads_collect(epoll->pool);
    for (; job; job = next) {
        struct hr_epoll_slot *slot = (struct hr_epoll_slot *)job;
        next = job->next;
        assert(slot->helped && !slot->done);
        if (slot->operation->kind == HR_OP_OPEN && slot->result >= 0)
            hr__epoll_forget(epoll, slot->result);
        hr__epoll_finish(epoll, slot, slot->result);
    }
}

static bool has_work(const struct hr_epoll *epoll) {
    return epoll->held_count > 0 || epoll->done.first || epoll->ready_first ||
           epoll->submitted.first;
}

/* Linux 5.11; older ones wait in whole milliseconds, at least as long as asked for. */
static int wait_ns(const struct hr_epoll *epoll, uint64_t left_ns) {
#ifdef SYS_epoll_pwait2
    static bool unknown;
    if (!__atomic_load_n(&unknown, __ATOMIC_RELAXED)) {
        struct timespec left = {.tv_sec = (time_t)(left_ns / NS_IN_S),
                                .tv_nsec = (long)(left_ns % NS_IN_S)};
        long result = syscall(SYS_epoll_pwait2, epoll->fd, epoll->edges, EDGES, &left, NULL, 0);
        if (result >= 0) return (int)result;
        if (errno != ENOSYS && errno != EPERM) return -errno;
        __atomic_store_n(&unknown, true, __ATOMIC_RELAXED);
    }
#endif
    uint64_t left_ms = (left_ns + NS_IN_MS - 1) / NS_IN_MS;
    int timeout = (int)(left_ms < TIMEOUT_MAX ? left_ms : TIMEOUT_MAX);
    int result = epoll_wait(epoll->fd, epoll->edges, EDGES, timeout);
    return result < 0 ? -errno : result;
}

static int wait_for_edges(const struct hr_epoll *epoll, uint64_t deadline_ns, unsigned wait_n) {
    bool waits = wait_n > 0 && deadline_ns > epoll->now_ns && !has_work(epoll);
    if (waits && deadline_ns != HR_NO_DEADLINE) return wait_ns(epoll, deadline_ns - epoll->now_ns);
    int result = epoll_wait(epoll->fd, epoll->edges, EDGES, waits ? -1 : 0);
    return result < 0 ? -errno : result;
}

static void take_edges(struct hr_epoll *epoll, int count) {
    assert(count <= EDGES);
    for (int i = 0; i < count; i++) {
        uint64_t number = epoll->edges[i].data.u64;
        if (number == OWN_TIMER)
            epoll->armed_ns = 0;
        else if (number != OWN_WAKE)
            hr__epoll_edge(epoll, (int)number, epoll->edges[i].events);
    }
}

static int look(struct hr_epoll *epoll, uint64_t deadline_ns, unsigned wait_n) {
    int result = wait_for_edges(epoll, deadline_ns, wait_n);
    take_edges(epoll, result);
    collect_helped(epoll);
    return result;
}

/* Round and round, a piece of each, until nothing is ready or the turn is full. */
static void serve(struct hr_epoll *epoll) {
    while (epoll->ready_first && epoll->count + epoll->done_count < epoll->max) {
        struct hr_epoll_descriptor *descriptor = epoll->ready_first;
        epoll->ready_first = descriptor->next_ready;
        if (!epoll->ready_first) epoll->ready_last = NULL;
        assert(descriptor->listed);
        descriptor->listed = false;
        hr__epoll_serve(epoll, descriptor);
        if (epoll->starved) break; /* buffers come back between turns */
    }
}

/* Bytes that arrived before a send are told before it: behind it they would seem to answer it. */
static int take_arrived(struct hr_epoll *epoll) {
    int result = look(epoll, 0, 0);
    serve(epoll);
    return result;
}

static void tell_held(struct hr_epoll *epoll) {
    unsigned count = epoll->held_count < epoll->max ? epoll->held_count : epoll->max;
    memcpy(epoll->events, epoll->held, count * sizeof *epoll->held);
    memmove(epoll->held, epoll->held + count, (epoll->held_count - count) * sizeof *epoll->held);
    assert(count <= epoll->held_count);
    epoll->held_count -= count;
    epoll->count = count;
}

static int epoll_turn(struct hr_backend *backend, uint64_t deadline_ns, unsigned wait_n,
                      struct hr_event *events, unsigned max) {
    struct hr_epoll *epoll = epoll_of(backend);
    assert(max > 0);
    epoll->events = events;
    epoll->count = 0;
    epoll->max = max;
    epoll->starved = false;
    int result = 0;
    tell_held(epoll);
    bool looked = epoll->sends;
    if (looked) result = take_arrived(epoll);
    submit(epoll);
    /* Operations that were done at once are told without a look at the kernel, every other time. */
    bool skips = (epoll->done.first || epoll->count > 0) && (looked || !epoll->skipped);
    epoll->skipped = skips && !looked;
    if (!skips) result = look(epoll, deadline_ns, wait_n);
    serve(epoll);
    hr__epoll_tell_done(epoll);
    if (epoll->count > 0 || result >= 0 || result == -EINTR) return (int)epoll->count;
    return result;
}

static void raise_eventfd(const struct hr_epoll *epoll) {
    const uint64_t one = 1;
    ssize_t written = write(epoll->wake_fd, &one, sizeof one);
    (void)written; /* fails only at 2^64 - 1, when it is readable anyhow */
}

static void epoll_wake(struct hr_backend *backend) {
    raise_eventfd(epoll_of(backend));
}

static uint64_t epoll_now(struct hr_backend *backend) {
    struct hr_epoll *epoll = epoll_of(backend);
    return epoll->now_ns = hr_clock_monotonic_ns();
}

/* Lent buffers. */

static int epoll_buffers_open(struct hr_backend *backend, char *memory, unsigned count,
                              unsigned size) {
    struct hr_epoll *epoll = epoll_of(backend);
    assert(!epoll->lent.free);
    epoll->lent.free = calloc(count, sizeof *epoll->lent.free);
    if (!epoll->lent.free) return -ENOMEM;
    epoll->lent.memory = memory;
    epoll->lent.size = size;
    for (unsigned i = 0; i < count; i++) epoll->lent.free[i] = (uint16_t)(count - 1 - i);
    epoll->lent.count = count;
    return 0;
}

static void epoll_buffers_return(struct hr_backend *backend, const uint16_t *buffers,
                                 unsigned count) {
    struct hr_epoll *epoll = epoll_of(backend);
    assert(epoll->lent.free);
    for (unsigned i = 0; i < count; i++) epoll->lent.free[epoll->lent.count++] = buffers[i];
}

/* A helper thread may be reading into the memory of an operation that is about to end. */
static void epoll_abandon(struct hr_backend *backend) {
    struct hr_epoll *epoll = epoll_of(backend);
    hr__file_threads_stop(epoll->pool);
    struct hr_file_job *job = hr__file_threads_collect(epoll->pool);
    for (; job; job = job->next) {
        const struct hr_epoll_slot *slot = (struct hr_epoll_slot *)job;
        if (slot->operation->kind == HR_OP_OPEN && slot->result >= 0) close(slot->result);
    }
}

static int epoll_memory_register(struct hr_backend *backend, const struct iovec *iov,
                                 unsigned count) {
    (void)backend;
    (void)iov;
    (void)count;
    return -ENOTSUP;
}

/* Sleeping in a loop of the caller's: an epoll descriptor is readable while an edge is untaken. */

static int epoll_fd(struct hr_backend *backend) {
    struct hr_epoll *epoll = epoll_of(backend);
    if (!epoll->watched) raise_eventfd(epoll); /* for what was armed before */
    epoll->watched = true;
    return epoll->fd;
}

static int set_timer(struct hr_epoll *epoll, uint64_t deadline_ns) {
    if (epoll->timer_fd < 0) {
        int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
        int result = fd < 0 ? -errno : watch_own(epoll, fd, OWN_TIMER);
        if (result < 0) {
            if (fd >= 0) close(fd);
            return result;
        }
        epoll->timer_fd = fd;
    }
    assert(deadline_ns != 0);
    const struct itimerspec at = {.it_value = {.tv_sec = (time_t)(deadline_ns / NS_IN_S),
                                               .tv_nsec = (long)(deadline_ns % NS_IN_S)}};
    if (timerfd_settime(epoll->timer_fd, TFD_TIMER_ABSTIME, &at, NULL) < 0) return -errno;
    epoll->armed_ns = deadline_ns;
    return 0;
}

static int epoll_arm(struct hr_backend *backend, uint64_t deadline_ns) {
    struct hr_epoll *epoll = epoll_of(backend);
    assert(epoll->held_count <= HR_EPOLL_HELD);
    if (epoll->sends) {
        epoll->events = epoll->held;
        epoll->count = epoll->held_count;
        epoll->max = HR_EPOLL_HELD;
        epoll->starved = false;
        take_arrived(epoll);
        epoll->held_count = epoll->count;
    }
    submit(epoll);
    if (!epoll->watched) return 0;
    if (has_work(epoll)) raise_eventfd(epoll);
    bool earlier =
        deadline_ns != HR_NO_DEADLINE && (epoll->armed_ns == 0 || deadline_ns < epoll->armed_ns);
    /* A deadline of 0 would disarm it. */
    return earlier ? set_timer(epoll, deadline_ns ? deadline_ns : 1) : 0;
}

const struct hr_backend_vtable hr__backend_epoll = {
    .name = "epoll",
    .open = epoll_open,
    .close = epoll_close,
    .prepare = epoll_prepare,
    .cancel = epoll_cancel,
    .turn = epoll_turn,
    .wake = epoll_wake,
    .buffers_open = epoll_buffers_open,
    .buffers_return = epoll_buffers_return,
    .memory_register = epoll_memory_register,
    .now = epoll_now,
    .fd = epoll_fd,
    .arm = epoll_arm,
    .abandon = epoll_abandon,
};
