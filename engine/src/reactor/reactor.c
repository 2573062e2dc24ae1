/* A reactor's turn: submit and wait in one enter, call back from a FIFO, run what was posted, fire
 * the wheel, again. And its mailbox, by which other threads reach it. */
#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include <headrace/clock.h>

#include "reactor_core.h"

static _Thread_local struct hr_reactor *current __attribute__((tls_model("initial-exec")));

/* The mailbox: a stack that any thread pushes on and the reactor takes as a whole. The pusher's
 * exchange and the reactor's store of `sleeping` are sequentially consistent, each followed by a
 * load of what the other wrote: at least one of them sees the other. */

/* A forked child has a copy of the mailbox, but the descriptor that wakes is its parent's too. */
static void wake(struct hr_reactor *reactor) {
    struct hr_mailbox *mail = &reactor->mail;
    if (__atomic_load_n(&mail->sleeping, __ATOMIC_SEQ_CST) &&
        __atomic_exchange_n(&mail->sleeping, 0, __ATOMIC_SEQ_CST) &&
        __atomic_load_n(reactor->group->alive, __ATOMIC_RELAXED))
        reactor->vtable->wake(reactor->backend);
}

static void push(struct hr_mailbox *mail, struct hr_task *task) {
    struct hr_task *first = __atomic_load_n(&mail->posted, __ATOMIC_RELAXED);
    assert(task->run);
    do {
        task->next = first;
    } while (!__atomic_compare_exchange_n(&mail->posted, &first, task, true, __ATOMIC_SEQ_CST,
                                          __ATOMIC_RELAXED));
}

static void fetch_posts(struct hr_reactor *reactor);

void hr__reactor_post(struct hr_reactor *reactor, struct hr_task *task) {
    if (current == reactor) {
        fetch_posts(reactor); /* which were made before this one */
        hr__reactor_defer(reactor, task);
        return;
    }
    /* Once pushed, the task may run and end whatever kept the engine from being closed; the reactor
     * waits for those who are in here before it goes. */
    __atomic_fetch_add(&reactor->mail.posters, 1, __ATOMIC_ACQUIRE);
    push(&reactor->mail, task);
    wake(reactor);
    __atomic_fetch_sub(&reactor->mail.posters, 1, __ATOMIC_RELEASE);
}

void hr__reactor_signal(struct hr_reactor *reactor, uint32_t *flag) {
    assert(flag == &reactor->mail.stop || flag == &reactor->mail.stop_run);
    __atomic_fetch_add(&reactor->mail.posters, 1, __ATOMIC_ACQUIRE);
    __atomic_store_n(flag, 1, __ATOMIC_SEQ_CST);
    wake(reactor);
    __atomic_fetch_sub(&reactor->mail.posters, 1, __ATOMIC_RELEASE);
}

void hr__reactor_wait_for_posters(struct hr_reactor *reactor) {
    while (__atomic_load_n(&reactor->mail.posters, __ATOMIC_ACQUIRE)) sched_yield();
}

void hr__reactor_defer(struct hr_reactor *reactor, struct hr_task *task) {
    assert((!current || current == reactor) && task->run && task != reactor->tasks.last);
    task->next = NULL;
    if (reactor->tasks.last)
        reactor->tasks.last->next = task;
    else
        reactor->tasks.first = task;
    reactor->tasks.last = task;
}

static bool posted(const struct hr_reactor *reactor) {
    return __atomic_load_n(&reactor->mail.posted, __ATOMIC_SEQ_CST) != NULL;
}

static void stamp(struct hr_reactor *reactor) {
    if (reactor->counter) reactor->stamp = reactor->counter();
}

/* Moves the posts, oldest first, behind the deferred ones. Whoever has posted has read the counter
 * before, so it is read anew. */
static void fetch_posts(struct hr_reactor *reactor) {
    if (!__atomic_load_n(&reactor->mail.posted, __ATOMIC_RELAXED)) return;
    struct hr_task *task = __atomic_exchange_n(&reactor->mail.posted, NULL, __ATOMIC_ACQUIRE);
    struct hr_task *last = task, *first = NULL;
    while (task) {
        struct hr_task *next = task->next;
        task->next = first;
        first = task;
        task = next;
    }
    if (!first) return;
    assert(current == reactor && !last->next);
    if (reactor->tasks.last)
        reactor->tasks.last->next = first;
    else
        reactor->tasks.first = first;
    reactor->tasks.last = last;
    stamp(reactor);
}

/* Runs what is queued now; what these defer is for the next time, so that a long job in slices does
 * not hold the turn. */
static unsigned run_tasks(struct hr_reactor *reactor) {
    struct hr_task *task = reactor->tasks.first;
    reactor->tasks = (struct hr_task_list){NULL, NULL};
    unsigned count = 0;
    while (task) {
        struct hr_task *next = task->next;
        task->next = NULL;
        assert(task->run);
        task->run(task);
        task = next;
        count++;
    }
    return count;
}

bool hr__reactor_busy(const struct hr_reactor *reactor) {
    return reactor->tasks.first || reactor->ending.first || reactor->unasked.first ||
           reactor->buffers.parked.first;
}

bool hr__reactor_may_leave(const struct hr_reactor *reactor) {
    return __atomic_load_n(&reactor->mail.stop, __ATOMIC_ACQUIRE) &&
           !__atomic_load_n(&reactor->mail.posted, __ATOMIC_ACQUIRE) && !hr__reactor_busy(reactor);
}

/* A reason to stay awake that another thread gave after the last look. */
static bool called(const struct hr_reactor *reactor) {
    const struct hr_mailbox *mail = &reactor->mail;
    return posted(reactor) || __atomic_load_n(&mail->stop, __ATOMIC_SEQ_CST) ||
           (reactor->in_run && __atomic_load_n(&mail->stop_run, __ATOMIC_SEQ_CST));
}

/* Until when this turn may sleep, 0: not at all; then others know that it has to be woken. */
static uint64_t sleep_until(struct hr_reactor *reactor, uint64_t limit_ns) {
    if (limit_ns == 0 || hr__reactor_busy(reactor)) return 0;
    uint64_t next = hr__wheel_next(reactor->wheel);
    uint64_t deadline = next < limit_ns ? next : limit_ns;
    if (deadline <= reactor->now_ns) return 0;
    assert(!__atomic_load_n(&reactor->mail.sleeping, __ATOMIC_RELAXED));
    __atomic_store_n(&reactor->mail.sleeping, 1, __ATOMIC_SEQ_CST);
    if (!called(reactor)) return deadline;
    __atomic_store_n(&reactor->mail.sleeping, 0, __ATOMIC_RELAXED);
    return 0;
}

static void count_turn(struct hr_reactor *reactor, int events) {
    hr__count(&reactor->counters.turns, 1);
    if (events > 0) hr__count(&reactor->counters.events, (uint64_t)events);
    uint64_t overflows = reactor->backend->overflows;
    if (overflows != reactor->overflows_seen) {
        assert(overflows > reactor->overflows_seen);
        hr__count(&reactor->counters.overflows, overflows - reactor->overflows_seen);
        reactor->overflows_seen = overflows;
    }
}

static void rest_a_little(void) {
    const struct timespec rest = {.tv_nsec = HR_FAILED_TURN_REST_NS};
    nanosleep(&rest, NULL);
}

/* A turn that fails may be followed by a better one, so the reactor rests and tries again. When
 * none comes the ring is lost (closed by somebody, forbidden by a new filter): nothing will ever be
 * heard of what was asked of it, and everything ends with the error that the turns meet. */
static void turn_failed(struct hr_reactor *reactor, int result) {
    assert(result < 0 && !reactor->broken);
    rest_a_little();
    if (result == -ENOMEM || ++reactor->failed_turns < HR_FAILED_TURNS_MAX) return;
    reactor->broken = result;
    if (reactor->vtable->abandon) reactor->vtable->abandon(reactor->backend);
    hr__operation_end_all(reactor, result);
}

/* One enter. It waits for no more than one event: waiting for 8 or 32 for up to 200 µs saved
 * nothing at 64 and 1000 connections (docs/kernels.md). A lost ring is never entered again: the
 * owners of what was asked have their memory back, and the kernel would write to it. */
static int take_events(struct hr_reactor *reactor, uint64_t deadline_ns) {
    if (reactor->broken) {
        if (!hr__reactor_busy(reactor)) rest_a_little();
        return 0;
    }
    return reactor->vtable->turn(reactor->backend, deadline_ns, 1, reactor->events, HR_TURN_EVENTS);
}

/* Looks again and again instead of sleeping, for spin_us after the last thing that ran; so a
 * reactor with nothing to do sleeps. Who spins need not be woken. */
static int spin(struct hr_reactor *reactor, uint64_t limit_ns) {
    uint64_t until = reactor->ran_ns + reactor->group->spin_ns;
    uint64_t next = hr__wheel_next(reactor->wheel);
    if (next < until) until = next;
    if (limit_ns < until) until = limit_ns;
    int events = 0;
    while (events == 0 && reactor->now_ns < until && !hr__reactor_busy(reactor) &&
           !called(reactor)) {
        events = take_events(reactor, 0);
        reactor->now_ns = reactor->vtable->now(reactor->backend);
    }
    return events;
}

static int sleep_for_events(struct hr_reactor *reactor, uint64_t limit_ns) {
    uint64_t deadline = sleep_until(reactor, limit_ns);
    int events = take_events(reactor, deadline);
    if (deadline && !__atomic_exchange_n(&reactor->mail.sleeping, 0, __ATOMIC_RELAXED))
        hr__count(&reactor->counters.wakes, 1);
    return events;
}

void hr__reactor_submit(struct hr_reactor *reactor) {
    if (reactor->vtable->submit && !reactor->broken) reactor->vtable->submit(reactor->backend);
}

/* The owner of a receive that found no buffer sees nothing of it. */
static void pass_on(struct hr_reactor *reactor, struct hr_operation *operation,
                    const struct hr_event *event, const char *data) {
    if (event->result == -ENOBUFS && operation->kind == HR_OP_RECV_LENT &&
        !(event->flags & HR_EVENT_MORE))
        hr__buffers_park(reactor, operation);
    else
        hr__operation_deliver(reactor, operation, event, data);
}

/* An event without an operation is a late one: its owner is long gone. Inline in the turn: one
 * frame less below every callback. */
inline void hr__reactor_dispatch(struct hr_reactor *reactor, const struct hr_event *event) {
    struct hr_operation *operation = hr__slab_find(&reactor->slab, event->user_data);
    if (!(event->flags & HR_EVENT_BUFFER)) {
        if (operation) pass_on(reactor, operation, event, NULL);
        return;
    }
    const char *data = hr__buffers_lend(reactor, event->buffer);
    if (operation) pass_on(reactor, operation, event, event->result > 0 ? data : NULL);
    hr__buffers_return(reactor, event->buffer);
}

unsigned hr__reactor_turn(struct hr_reactor *reactor, uint64_t limit_ns) {
    struct hr_reactor *before = current;
    assert(!reactor->in_turn && reactor->backend);
    current = reactor;
    reactor->in_turn = true;
    int events = reactor->group->spin_ns ? spin(reactor, limit_ns) : 0;
    if (events == 0) events = sleep_for_events(reactor, limit_ns);
    if (events < 0)
        turn_failed(reactor, events);
    else
        reactor->failed_turns = 0;
    assert(events <= HR_TURN_EVENTS);
    reactor->now_ns = reactor->vtable->now(reactor->backend);
    reactor->wall_ns = 0;
    stamp(reactor);
    count_turn(reactor, events);
    unsigned ran = events > 0 ? (unsigned)events : 0;
    for (int i = 0; i < events; i++) hr__reactor_dispatch(reactor, &reactor->events[i]);
    ran += hr__operation_deliver_ending(reactor);
    fetch_posts(reactor);
    ran += run_tasks(reactor);
    ran += hr__wheel_fire(reactor->wheel, reactor->now_ns);
    ran += run_tasks(reactor);
    hr__operation_ask_unasked(reactor);
    hr__buffers_flush(reactor);
    if (ran > 0) reactor->ran_ns = reactor->now_ns;
    assert(current == reactor);
    reactor->in_turn = false;
    current = before;
    return ran;
}

void hr__reactor_doze(struct hr_reactor *reactor) {
    assert(!reactor->in_turn);
    __atomic_store_n(&reactor->mail.sleeping, 1, __ATOMIC_SEQ_CST);
    bool awake = called(reactor) || hr__reactor_busy(reactor);
    if (reactor->broken ||
        reactor->vtable->arm(reactor->backend, hr__wheel_next(reactor->wheel)) < 0)
        awake = true;
    if (awake) wake(reactor);
}

void hr__reactor_rouse(struct hr_reactor *reactor) {
    assert(!reactor->in_turn);
    __atomic_store_n(&reactor->mail.sleeping, 0, __ATOMIC_RELAXED);
    reactor->now_ns = reactor->vtable->now(reactor->backend); /* it slept outside */
}

/* Opening and closing, on the reactor's own thread. */

int hr__reactor_open(struct hr_reactor *reactor, struct hr_error *error) {
    assert(!reactor->backend);
    const struct hr_reactor_group *group = reactor->group;
    const struct hr_backend_options options = {
        .entries = group->ring_entries,
        .completions = group->completions,
        .on_notice = group->on_notice,
        .user = reactor->engine,
    };
    reactor->vtable = group->backend;
    int result = reactor->vtable->open(&options, error, &reactor->backend);
    reactor->refused = result < 0;
    if (result < 0) return result;
    result = hr__backend_probe(reactor->backend, error);
    reactor->refused = result < 0;
    reactor->now_ns = reactor->vtable->now(reactor->backend);
    if (group->seed)
        reactor->random[0] = group->seed + reactor->index;
    else if (getrandom(reactor->random, sizeof reactor->random, 0) != sizeof reactor->random)
        reactor->random[0] = reactor->now_ns ^ (uintptr_t)reactor;
    reactor->random[0] |= 1; /* all zero would stay zero */
    reactor->wheel = hr__wheel_new(reactor->now_ns);
    if (result == 0 && (!reactor->wheel || hr__slab_open(&reactor->slab) < 0))
        result = hr_error_set(error, -ENOMEM, "no memory for a reactor");
    if (result == 0) result = hr__buffers_open(reactor, error);
    if (result < 0) hr__reactor_close(reactor);
    return result;
}

void hr__reactor_close(struct hr_reactor *reactor) {
    assert(!reactor->in_turn && !reactor->tasks.first);
    if (reactor->backend) reactor->vtable->close(reactor->backend);
    reactor->backend = NULL;
    hr__buffers_close(reactor);
    hr__slab_close(&reactor->slab);
    hr__wheel_free(reactor->wheel);
    reactor->wheel = NULL;
}

/* The questions of the modules above. */

uint64_t hr__reactor_now(const struct hr_reactor *reactor) {
    return reactor->now_ns;
}

uint64_t hr__reactor_wall_ns(const struct hr_reactor *reactor) {
    if (reactor->wall_ns) return reactor->wall_ns;
    uint64_t wall = hr_clock_wall_ns();
    ((struct hr_reactor *)(uintptr_t)reactor)->wall_ns = wall; /* kept for this turn */
    return wall;
}

/* xorshift128+ (Vigna 2014). */
uint64_t hr__reactor_random(struct hr_reactor *reactor) {
    uint64_t a = reactor->random[0], b = reactor->random[1];
    assert(a || b); /* all zero would stay zero */
    reactor->random[0] = b;
    a ^= a << 23;
    reactor->random[1] = a ^ b ^ (a >> 17) ^ (b >> 26);
    return reactor->random[1] + b;
}

void hr__timer_start(struct hr_reactor *reactor, struct hr_timer *timer, uint64_t deadline_ns) {
    hr__wheel_start(reactor->wheel, timer, deadline_ns);
}

void hr__timer_stop(struct hr_reactor *reactor, struct hr_timer *timer) {
    hr__wheel_stop(reactor->wheel, timer);
}

struct hr_reactor *hr__reactor_current(void) {
    return current;
}

/* Between the turns of a caller's engine a stamp would be as old as its last turn. */
const uint64_t *hr__reactor_stamp(uint64_t (*counter)(void)) {
    if (!current || current->group->caller) return NULL;
    assert(!current->counter || current->counter == counter);
    current->counter = counter;
    stamp(current);
    return &current->stamp;
}

int hr__reactor_memory_register(struct hr_reactor *reactor, const struct iovec *iov,
                                unsigned count) {
    return reactor->vtable->memory_register(reactor->backend, iov, count);
}

hr_engine *hr__reactor_engine(const struct hr_reactor *reactor) {
    return reactor->engine;
}
unsigned hr__reactor_index(const struct hr_reactor *reactor) {
    return reactor->index;
}
struct hr_counters *hr__reactor_counters(struct hr_reactor *reactor) {
    return &reactor->counters;
}
