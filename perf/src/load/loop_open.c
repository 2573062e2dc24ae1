/* The open loop: operation n is due at start + n / rate, or when a trace says, whatever happened to
 * those before it. One that finds no free slot is taken by the next slot that becomes free, and its
 * latency counts from when it was due. */
#include <assert.h>

#include <headrace/clock.h>

#include "loop_core.h"

#define BACKLOG_NS 1000000u  /* look again for a free slot */
#define SLEEP_NS   50000000u /* look again whether the loop is stopping */

static uint64_t due_time(const perf_loop *loop, uint64_t number) {
    const struct perf_trace *trace = loop->options.workload->trace;
    if (!loop->options.traced)
        return loop->started_ns + (uint64_t)((double)number * 1e9 / loop->options.rate);
    return number < trace->count ? loop->started_ns + trace->entries[number].due_ns : UINT64_MAX;
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
    pthread_mutex_lock(&loop->starter.lock);
    slot->next_free = loop->starter.first;
    loop->starter.first = slot;
    pthread_mutex_unlock(&loop->starter.lock);
}

static struct perf_slot *acquire_slot(perf_loop *loop) {
    pthread_mutex_lock(&loop->starter.lock);
    struct perf_slot *slot = loop->starter.first;
    if (slot) loop->starter.first = slot->next_free;
    pthread_mutex_unlock(&loop->starter.lock);
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

static void *keep_schedule(void *user) {
    perf_loop *loop = user;
    uint64_t now = hr_clock_monotonic_ns();
    while (!perf_loop_is_over(loop, now)) {
        start_due(loop, now);
        uint64_t wake = due_time(loop, atomic_load(&loop->claimed));
        if (wake <= now) wake = now + BACKLOG_NS;
        if (wake > now + SLEEP_NS) wake = now + SLEEP_NS;
        perf_starter_sleep(wake);
        now = hr_clock_monotonic_ns();
    }
    perf_holders_release(&loop->holders);
    return NULL;
}

static int start(perf_loop *loop) {
    for (unsigned i = 0; i < loop->options.concurrency; i++) release_slot(perf_slot_at(loop, i));
    return perf_starter_begin(loop, keep_schedule);
}

static uint64_t due(const perf_loop *loop, uint64_t now_ns) {
    uint64_t until = loop->until_ns < now_ns ? loop->until_ns : now_ns;
    if (loop->options.traced)
        return perf_trace_due(loop->options.workload->trace, until - loop->started_ns);
    uint64_t count = (uint64_t)((double)(until - loop->started_ns) / 1e9 * loop->options.rate);
    uint64_t most = loop->options.operations;
    return most && count > most ? most : count;
}

const struct perf_schedule perf_schedule_open = {
    .start = start, .next = next_due, .due = due, .close = perf_starter_join};
