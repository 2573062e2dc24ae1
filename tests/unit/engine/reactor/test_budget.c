#include <limits.h>
#include <pthread.h>
#include <sched.h>

#include "engine_fixture.h"

#define MIB (UINT64_C(1) << 20)

struct waiter {
    struct hr_budget_waiter waiter;
    int granted;
};

static void on_granted(struct hr_budget_waiter *waiter) {
    struct waiter *self = (struct waiter *)waiter;
    cr_assert_eq(hr__reactor_current(), reactor, "from the FIFO");
    self->granted++;
}

static struct waiter waiting_for(size_t bytes) {
    return (struct waiter){.waiter = {.bytes = bytes, .on_granted = on_granted}};
}

static void open_budget(uint64_t bytes) {
    open_engine((struct hr_engine_options){.budget_bytes = bytes}, NULL);
}

Test(budget, to_the_last_byte_and_no_further) {
    open_budget(10 * MIB + 123);
    for (int i = 0; i < 10; i++) cr_assert_eq(hr__budget_reserve(reactor, MIB), 0);
    cr_assert_eq(hr__budget_reserve(reactor, 124), -ENOBUFS);
    cr_assert_eq(hr__budget_reserve(reactor, 123), 0);
    cr_assert_eq(hr__budget_reserve(reactor, 1), -ENOBUFS);
    cr_assert_eq(hr__budget_reserve(reactor, 0), 0);
    cr_assert_eq(metrics().budget_used_bytes, 10 * MIB + 123);
    cr_assert_eq(metrics().budget_limit_bytes, 10 * MIB + 123);
    cr_assert_eq(metrics().budget_peak_bytes, 10 * MIB + 123);
    hr__budget_release(reactor, 123 + 10 * MIB);
    cr_assert_eq(metrics().budget_used_bytes, 0);
    cr_assert_eq(hr__budget_reserve(reactor, 10 * MIB + 123), 0);
    hr__budget_release(reactor, 10 * MIB + 123);
    close_engine();
}

Test(budget, what_can_never_be_is_refused_at_once) {
    open_budget(MIB);
    struct waiter more = waiting_for(MIB + 1);
    cr_assert_eq(hr__budget_reserve(reactor, MIB + 1), -ENOBUFS);
    cr_assert_eq(hr__budget_wait(reactor, &more.waiter), -ENOBUFS);
    close_engine();
}

Test(budget, waiters_are_served_in_their_order) {
    open_budget(4 * MIB);
    cr_assert_eq(hr__budget_reserve(reactor, 4 * MIB), 0);
    struct waiter large = waiting_for(3 * MIB), small = waiting_for(MIB), last = waiting_for(MIB);
    cr_assert_eq(hr__budget_wait(reactor, &large.waiter), 0);
    cr_assert_eq(hr__budget_wait(reactor, &small.waiter), 0);
    cr_assert_eq(hr__budget_wait(reactor, &last.waiter), 0);
    hr__budget_release(reactor, MIB);
    hr_engine_poll(engine, 0);
    cr_assert_eq(small.granted, 0, "the large one is before it");
    cr_assert_eq(hr__budget_reserve(reactor, 1), -ENOBUFS, "others wait");
    hr__budget_release(reactor, 2 * MIB);
    cr_assert_eq(large.granted, 0, "never from inside");
    TURN_UNTIL(large.granted == 1);
    hr_engine_poll(engine, 0);
    cr_assert_eq(small.granted, 0);
    hr__budget_release(reactor, MIB);
    TURN_UNTIL(small.granted == 1);
    hr_engine_poll(engine, 0);
    cr_assert_eq(last.granted, 0);
    hr__budget_unwait(reactor, &last.waiter);
    hr__budget_unwait(reactor, &last.waiter); /* not waiting: ignored */
    hr__budget_release(reactor, 4 * MIB);
    hr_engine_poll(engine, 0);
    cr_assert_eq(last.granted, 0);
    cr_assert_eq(engine->group.budget.waiting, 0);
    close_engine();
}

Test(budget, when_the_first_gives_up_the_next_is_served) {
    open_budget(2 * MIB);
    cr_assert_eq(hr__budget_reserve(reactor, MIB), 0);
    struct waiter large = waiting_for(2 * MIB), small = waiting_for(MIB);
    cr_assert_eq(hr__budget_wait(reactor, &large.waiter), 0);
    cr_assert_eq(hr__budget_wait(reactor, &small.waiter), 0);
    hr_engine_poll(engine, 0);
    cr_assert_eq(small.granted, 0);
    hr__budget_unwait(reactor, &large.waiter);
    TURN_UNTIL(small.granted == 1);
    hr__budget_release(reactor, 2 * MIB);
    close_engine();
}

Test(budget, who_holds_some_grows_before_those_that_wait) {
    open_budget(4 * MIB);
    cr_assert_eq(hr__budget_reserve(reactor, 3 * MIB), 0);
    struct waiter large = waiting_for(2 * MIB);
    cr_assert_eq(hr__budget_wait(reactor, &large.waiter), 0);
    hr_engine_poll(engine, 0);
    cr_assert_eq(hr__budget_reserve(reactor, 1), -ENOBUFS, "a new one waits its turn");
    cr_assert_eq(hr__budget_grow(reactor, MIB), 0);
    cr_assert_eq(hr__budget_grow(reactor, 1), -ENOBUFS, "the limit is hard");
    cr_assert_eq(large.granted, 0);
    hr__budget_release(reactor, 4 * MIB);
    TURN_UNTIL(large.granted == 1);
    hr__budget_release(reactor, 2 * MIB);
    close_engine();
}

static void *give_back(void *unused) {
    (void)unused;
    hr__budget_give_back(engine, MIB);
    return NULL;
}

Test(budget, memory_that_outlived_its_request_comes_back_from_any_thread) {
    open_budget(MIB);
    cr_assert_eq(hr__budget_reserve(reactor, MIB), 0);
    struct waiter next = waiting_for(MIB);
    cr_assert_eq(hr__budget_wait(reactor, &next.waiter), 0);
    hr_engine_poll(engine, 0);
    pthread_t thread;
    pthread_create(&thread, NULL, give_back, NULL);
    TURN_UNTIL(next.granted == 1);
    pthread_join(thread, NULL);
    cr_assert_eq(metrics().budget_used_bytes, MIB);
    hr__budget_release(reactor, MIB);
    cr_assert_eq(metrics().budget_used_bytes, 0);
    close_engine();
}

/* Between reactors: each task on its own one. */
struct worker {
    struct hr_task task;
    struct hr_reactor *own;
    struct hr_budget_waiter waiter;
    size_t bytes;
    int left;
    bool same; /* the same number of bytes each time */
    uint64_t *held;
    uint32_t *running;
};

static const uint64_t limit = 3 * MIB;

static void work(struct hr_task *task);

static void got(struct worker *self) {
    uint64_t now = __atomic_add_fetch(self->held, self->bytes, __ATOMIC_SEQ_CST);
    cr_assert_leq(now, limit, "more was given than there is");
    self->task.run = work;
    hr__reactor_defer(self->own, &self->task);
}

static void granted_to_worker(struct hr_budget_waiter *waiter) {
    got((struct worker *)((char *)waiter - offsetof(struct worker, waiter)));
}

static void take(struct hr_task *task) {
    struct worker *self = (struct worker *)task;
    if (hr__budget_reserve(self->own, self->bytes) == 0) {
        got(self);
        return;
    }
    self->waiter = (struct hr_budget_waiter){.bytes = self->bytes, .on_granted = granted_to_worker};
    cr_assert_eq(hr__budget_wait(self->own, &self->waiter), 0);
}

static void work(struct hr_task *task) {
    struct worker *self = (struct worker *)task;
    __atomic_sub_fetch(self->held, self->bytes, __ATOMIC_SEQ_CST);
    hr__budget_release(self->own, self->bytes);
    if (__atomic_sub_fetch(&self->left, 1, __ATOMIC_RELAXED) == 0) {
        __atomic_sub_fetch(self->running, 1, __ATOMIC_RELEASE);
        return;
    }
    if (!self->same) self->bytes = 1 + hr__reactor_random(self->own) % (2 * MIB);
    self->task.run = take;
    hr__reactor_defer(self->own, &self->task);
}

Test(budget, reactors_share_it_and_nobody_waits_for_ever) {
    enum { WORKERS = 12 };
    const struct hr_engine_options options = {.reactors = 3, .budget_bytes = limit};
    cr_assert_eq(hr_engine_new(&options, NULL, &engine), 0);
    struct worker workers[WORKERS];
    uint64_t held = 0;
    uint32_t running = WORKERS;
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i] = (struct worker){.task.run = take,
                                     .own = hr__engine_reactor(engine, i % 3),
                                     .bytes = (i + 1) * 100000,
                                     .left = 1000,
                                     .held = &held,
                                     .running = &running};
        hr__reactor_post(workers[i].own, &workers[i].task);
    }
    while (__atomic_load_n(&running, __ATOMIC_ACQUIRE)) sched_yield();
    cr_assert_eq(metrics().budget_used_bytes, 0);
    cr_assert_leq(metrics().budget_peak_bytes, limit);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
}

/* A large one against streams of small ones on other reactors, which never leave enough free at
 * once: it has its turn all the same, before any that came later. */
Test(budget, a_large_one_is_not_overtaken_for_ever) {
    enum { SMALL = 8 };
    const struct hr_engine_options options = {.reactors = 3, .budget_bytes = limit};
    cr_assert_eq(hr_engine_new(&options, NULL, &engine), 0);
    static struct worker small[SMALL], large;
    uint64_t held = 0;
    uint32_t small_running = SMALL, large_running = 1;
    for (unsigned i = 0; i < SMALL; i++) {
        small[i] = (struct worker){.task.run = take,
                                   .own = hr__engine_reactor(engine, 1 + i % 2),
                                   .bytes = MIB,
                                   .left = INT_MAX,
                                   .same = true,
                                   .held = &held,
                                   .running = &small_running};
        hr__reactor_post(small[i].own, &small[i].task);
    }
    while (__atomic_load_n(&held, __ATOMIC_SEQ_CST) < limit) sched_yield();
    large = (struct worker){.task.run = take,
                            .own = hr__engine_reactor(engine, 0),
                            .bytes = limit,
                            .left = 100,
                            .same = true,
                            .held = &held,
                            .running = &large_running};
    hr__reactor_post(large.own, &large.task);
    while (__atomic_load_n(&large_running, __ATOMIC_ACQUIRE)) sched_yield();
    for (unsigned i = 0; i < SMALL; i++) __atomic_store_n(&small[i].left, 1, __ATOMIC_RELAXED);
    while (__atomic_load_n(&small_running, __ATOMIC_ACQUIRE)) sched_yield();
    cr_assert_eq(metrics().budget_used_bytes, 0);
    cr_assert_leq(metrics().budget_peak_bytes, limit);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
}

/* Ten thousand in a budget for a hundred, half of them given up. */
Test(budget, ten_thousand_in_a_budget_for_a_hundred) {
    enum { WAITERS = 10000, AT_ONCE = 100 };
    static struct waiter waiters[WAITERS];
    open_budget(AT_ONCE * (uint64_t)MIB / 4);
    for (unsigned i = 0; i < AT_ONCE; i++) cr_assert_eq(hr__budget_reserve(reactor, MIB / 4), 0);
    for (unsigned i = 0; i < WAITERS; i++) {
        waiters[i] = waiting_for(MIB / 4);
        cr_assert_eq(hr__budget_wait(reactor, &waiters[i].waiter), 0);
    }
    unsigned served = 0, expected = 0;
    for (unsigned i = 0; i < WAITERS; i++)
        if (i % 2)
            hr__budget_unwait(reactor, &waiters[i].waiter);
        else
            expected++;
    for (unsigned next = 0; served < expected; served++, next += 2) {
        cr_assert_eq(waiters[next].granted, 0, "before there was room");
        hr__budget_release(reactor, MIB / 4);
        TURN_UNTIL(waiters[next].granted == 1);
        cr_assert_leq(metrics().budget_used_bytes, metrics().budget_limit_bytes);
    }
    for (unsigned i = 1; i < WAITERS; i += 2) cr_assert_eq(waiters[i].granted, 0);
    hr__budget_release(reactor, AT_ONCE * (size_t)MIB / 4);
    hr_engine_poll(engine, 0);
    cr_assert_eq(metrics().budget_used_bytes, 0);
    cr_assert_eq(metrics().budget_peak_bytes, metrics().budget_limit_bytes);
    close_engine();
}
