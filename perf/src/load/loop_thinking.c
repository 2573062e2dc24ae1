/* The closed loop of users who think: each slot starts its next operation a while after the one
 * before it has ended. All think equally long, so slots start again in the order in which they
 * ended. A thread of its own starts them. */
#include <assert.h>

#include <headrace/clock.h>

#include "loop_core.h"

#define SLEEP_NS                                                                                   \
    10000000u /* look again whether there is something to do, or the loop is stopping */

/* Nothing that is appended meanwhile is due earlier than that. */
static uint64_t longest_sleep(const perf_loop *loop) {
    return loop->options.think_ns < SLEEP_NS ? loop->options.think_ns : SLEEP_NS;
}

static void append(struct perf_slot *slot, uint64_t thought_ns) {
    perf_loop *loop = slot->loop;
    pthread_mutex_lock(&loop->starter.lock);
    slot->thought_ns = thought_ns;
    slot->next_free = NULL;
    if (loop->starter.last)
        loop->starter.last->next_free = slot;
    else
        loop->starter.first = slot;
    loop->starter.last = slot;
    pthread_mutex_unlock(&loop->starter.lock);
}

/* The first slot, where it has thought by `now_ns`; else NULL, and when the first one will have. */
static struct perf_slot *take(perf_loop *loop, uint64_t now_ns, uint64_t *wake_ns) {
    pthread_mutex_lock(&loop->starter.lock);
    struct perf_slot *slot = loop->starter.first;
    *wake_ns = slot ? slot->thought_ns : now_ns + longest_sleep(loop);
    if (slot && slot->thought_ns > now_ns) slot = NULL;
    if (slot) loop->starter.first = slot->next_free;
    if (!loop->starter.first) loop->starter.last = NULL;
    pthread_mutex_unlock(&loop->starter.lock);
    return slot;
}

/* The ended operation's hold on the loop ends with it: the thread holds the loop meanwhile. */
static bool next(struct perf_slot *slot, uint64_t now_ns) {
    append(slot, now_ns + slot->loop->options.think_ns);
    return false;
}

/* Under the slot's lock: whoever stops the loop finds it busy, or it does not start. */
static void start_one(struct perf_slot *slot, uint64_t now_ns) {
    perf_loop *loop = slot->loop;
    perf_holders_add(&loop->holders, 1);
    perf_slot_lock(slot);
    bool due = !perf_loop_is_over(loop, now_ns);
    bool started = due && perf_slot_start(slot, atomic_fetch_add(&loop->claimed, 1), now_ns) == 0;
    perf_slot_unlock(slot);
    if (started) return;
    if (due) append(slot, now_ns + loop->options.think_ns); /* it has been counted as failed */
    perf_holders_release(&loop->holders);
}

static void *keep_thinking(void *user) {
    perf_loop *loop = user;
    uint64_t now = hr_clock_monotonic_ns(), wake;
    while (!perf_loop_is_over(loop, now)) {
        struct perf_slot *slot = take(loop, now, &wake);
        if (slot)
            start_one(slot, now);
        else
            perf_starter_sleep(wake < now + longest_sleep(loop) ? wake : now + longest_sleep(loop));
        now = hr_clock_monotonic_ns();
    }
    perf_holders_release(&loop->holders);
    return NULL;
}

static int start(perf_loop *loop) {
    assert(loop->options.think_ns > 0);
    for (unsigned i = 0; i < loop->options.concurrency; i++)
        append(perf_slot_at(loop, i), loop->started_ns);
    return perf_starter_begin(loop, keep_thinking);
}

const struct perf_schedule perf_schedule_thinking = {
    .start = start, .next = next, .close = perf_starter_join};
