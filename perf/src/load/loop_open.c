/* The open loop: operation n is due at start + n / rate, whatever happened to those before it. One
 * that finds no free slot is taken by the next slot that becomes free, and its latency counts from
 * when it was due. */
#include <assert.h>
#include <errno.h>
#include <time.h>

#include <headrace/clock.h>

#include "loop_core.h"

#define BACKLOG_NS 1000000u  /* look again for a free slot */
#define SLEEP_NS   50000000u /* look again whether the loop is stopping */

static uint64_t due_time(const perf_loop *loop, uint64_t number) {
    return loop->started_ns + (uint64_t)((double)number * 1e9 / loop->options.rate);
}

/* Claims the next operation where one is due. */
static bool claim(perf_loop *loop, uint64_t now_ns, uint64_t *number) {
    uint64_t next = atomic_load(&loop->claimed);
    do {
        if (atomic_load(&loop->stopping) || now_ns >= loop->until_ns) return false;
        if (loop->options.operations && next >= loop->options.operations) return false;
        if (due_time(loop, next) > now_ns) return false;
    } while (!atomic_compare_exchange_weak(&loop->claimed, &next, next + 1));
    *number = next;
    return true;
}

static void release_slot(struct perf_slot *slot) {
    perf_loop *loop = slot->loop;
    assert(!slot->busy);
    pthread_mutex_lock(&loop->open.lock);
    slot->next_free = loop->open.free;
    loop->open.free = slot;
    pthread_mutex_unlock(&loop->open.lock);
}

static struct perf_slot *acquire_slot(perf_loop *loop) {
    pthread_mutex_lock(&loop->open.lock);
    struct perf_slot *slot = loop->open.free;
    if (slot) loop->open.free = slot->next_free;
    pthread_mutex_unlock(&loop->open.lock);
    return slot;
}

/* The ended operation's hold on the loop passes to the next one in the slot. */
static bool next_due(struct perf_slot *slot, uint64_t now_ns) {
    uint64_t number;
    while (claim(slot->loop, now_ns, &number))
        if (perf_slot_start(slot, number, due_time(slot->loop, number)) == 0) return true;
    release_slot(slot);
    return false;
}

/* Starts what is due, as long as there are free slots. */
static void start_due(perf_loop *loop, uint64_t now_ns) {
    struct perf_slot *slot;
    while (due_time(loop, atomic_load(&loop->claimed)) <= now_ns && (slot = acquire_slot(loop))) {
        /* Held before it is started: it may end at once. */
        perf_holders_add(&loop->holders, 1);
        perf_slot_lock(slot);
        bool started = next_due(slot, now_ns);
        perf_slot_unlock(slot);
        if (started) continue;
        perf_holders_release(&loop->holders);
        return;
    }
}

static bool is_over(const perf_loop *loop, uint64_t now_ns) {
    return atomic_load(&loop->stopping) || now_ns >= loop->until_ns ||
           (loop->options.operations && atomic_load(&loop->claimed) >= loop->options.operations);
}

static void *keep_schedule(void *user) {
    perf_loop *loop = user;
    uint64_t now = hr_clock_monotonic_ns();
    while (!is_over(loop, now)) {
        start_due(loop, now);
        uint64_t wake = due_time(loop, atomic_load(&loop->claimed));
        if (wake <= now) wake = now + BACKLOG_NS;
        if (wake > now + SLEEP_NS) wake = now + SLEEP_NS;
        struct timespec until = {.tv_sec = (time_t)(wake / 1000000000u),
                                 .tv_nsec = (long)(wake % 1000000000u)};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {}
        now = hr_clock_monotonic_ns();
    }
    perf_holders_release(&loop->holders);
    return NULL;
}

static int start(perf_loop *loop) {
    for (unsigned i = 0; i < loop->options.concurrency; i++) release_slot(perf_slot_at(loop, i));
    perf_holders_add(&loop->holders, 1);
    int err = pthread_create(&loop->open.thread, NULL, keep_schedule, loop);
    loop->open.runs = err == 0;
    return -err;
}

static uint64_t due(const perf_loop *loop, uint64_t ended_ns) {
    uint64_t until = loop->until_ns < ended_ns ? loop->until_ns : ended_ns;
    uint64_t count = (uint64_t)((double)(until - loop->started_ns) / 1e9 * loop->options.rate);
    uint64_t most = loop->options.operations;
    return most && count > most ? most : count;
}

static void close_schedule(perf_loop *loop) {
    if (loop->open.runs) pthread_join(loop->open.thread, NULL);
    loop->open.runs = false;
}

const struct perf_schedule perf_schedule_open = {
    .start = start, .next = next_due, .due = due, .close = close_schedule};
