/* Requests: from a start on any thread to the one callback. All that other threads want of a
 * request (start, cancel, resume) are bits in its state; one node carries them to the reactor. */
#include <assert.h>
#include <base/error_list.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <engine/request_core.h>
#include <headrace/clock.h>
#include <headrace/text.h>

#include "engine_core.h"

enum request_state {
    STATE_ACTIVE = 1,    /* from start to finish */
    STATE_QUEUED = 2,    /* its node is on the way to the reactor */
    STATE_START = 4,     /* what the node carries: start, */
    STATE_CANCEL = 8,    /* a cancel (stays: there is only one), */
    STATE_RESUME = 16,   /* a resume */
    STATE_HELD = 32,     /* the reactor is at work on it and finishes it afterwards */
    STATE_FINISHED = 64, /* hr__request_finish was called */
    STATE_WAITED = 128,  /* a thread sleeps in hr_wait */
    STATE_DONE = 256,    /* the caller's again */
};

static_assert(sizeof(struct hr_timer) <= sizeof(((struct hr_request *)0)->private_.timer),
              "the request's timer has room in it");
static_assert(sizeof(struct hr_task) <= sizeof(((struct hr_request *)0)->private_.links),
              "the request's node has room in it");

static struct hr_task *node_of(struct hr_request *request) {
    return (struct hr_task *)(void *)request->private_.links;
}

static struct hr_request *of_node(struct hr_task *task) {
    return hr__container_of((void *)task, struct hr_request, private_.links);
}

static struct hr_timer *timer_of(struct hr_request *request) {
    return (struct hr_timer *)(void *)request->private_.timer;
}

static struct hr_request *of_timer(struct hr_timer *timer) {
    return hr__container_of((void *)timer, struct hr_request, private_.timer);
}

static uint32_t state_of(const struct hr_request *request) {
    return __atomic_load_n(&request->private_.state, __ATOMIC_ACQUIRE);
}

/* The end. */

static void wake_waiters(uint32_t *state) {
    syscall(SYS_futex, state, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}

/* Debug builds make a late touch visible: all of the library's part but the state. */
static void poison(struct hr_request *request) {
#ifndef NDEBUG
    struct hr_request_private *private_ = &request->private_;
    void *poisoned = (void *)(uintptr_t)0xdeadbeefdeadbeefull;
    private_->class_ = poisoned;
    private_->owner = poisoned;
    __atomic_store_n(&private_->reactor, (struct hr_reactor *)poisoned, __ATOMIC_RELAXED);
    memset(private_->links, 0xa5, sizeof private_->links);
    memset(private_->timer, 0xa5, sizeof private_->timer);
#else
    (void)request;
#endif
}

static void count_result(struct hr_reactor *reactor, const struct hr_request *request) {
    struct hr_counters *counters = &reactor->counters;
    if (request->result == 0)
        hr__count(&counters->succeeded, 1);
    else if (request->cancelled)
        hr__count(&counters->cancelled, 1);
    else
        hr__count(&counters->failed, 1);
}

/* Nothing is queued and nobody can queue any more. */
static void complete(struct hr_request *request) {
    struct hr_reactor *reactor = request->private_.reactor;
    hr_engine *engine = reactor->engine;
    assert((state_of(request) & (STATE_FINISHED | STATE_QUEUED)) == STATE_FINISHED);
    hr__timer_stop(reactor, timer_of(request));
    count_result(reactor, request);
    /* Before the callback, which may want the place for the next one. The engine stays: it goes
     * only after this thread has left its loop. */
    __atomic_fetch_sub(&reactor->mail.load, 1, __ATOMIC_RELAXED);
    uint32_t left = __atomic_sub_fetch(&engine->requests_in_progress, 1, __ATOMIC_SEQ_CST);
    assert(left != UINT32_MAX);
    if (left == 0 && __atomic_load_n(&engine->closing.begun, __ATOMIC_SEQ_CST))
        hr__engine_try_stop(engine);
    void (*on_done)(struct hr_request *) = request->on_done;
    void (*ended)(void *owner) = request->private_.class_->ended;
    void *owner = request->private_.owner;
    poison(request);
    uint32_t *state = &request->private_.state;
    uint32_t before = __atomic_exchange_n(state, STATE_DONE, __ATOMIC_RELEASE);
    if (on_done)
        on_done(request);
    else if (before & STATE_WAITED)
        wake_waiters(state); /* an address only: the waiter may have freed it already */
    if (ended) ended(owner);
}

uint64_t hr__request_timeout_ns(const struct hr_request *request) {
    const struct hr_request_class *class_ = request->private_.class_;
    uint64_t otherwise_ns = UINT64_MAX;
    if (request->timeout_ms == 0 && class_->timeout_ns) otherwise_ns = class_->timeout_ns(request);
    return hr__timeout_ns(request->timeout_ms, otherwise_ns);
}

void hr__request_finish(struct hr_request *request, int result) {
    struct hr_reactor *reactor = request->private_.reactor;
    assert(reactor == hr__reactor_current());
    request->result = result;
    request->cancelled = result == -ECANCELED && request->private_.stop_reason == -ECANCELED;
    request->error.code = result;
    /* Its own time-out: the system's text would blame a connection. */
    if (result == -ETIMEDOUT && request->private_.stop_reason == -ETIMEDOUT)
        snprintf(request->error.message, sizeof request->error.message,
                 "not done within its time-out of %" PRIu64 " ms",
                 (timer_of(request)->deadline_ns - request->started_ns) / 1000000);
    if (result < 0 && request->error.message[0] == '\0')
        hr_text_copy(request->error.message, sizeof request->error.message,
                     hr_slice_of(hr_error_text(result)));
    request->total_ns =
        reactor->now_ns > request->started_ns ? reactor->now_ns - request->started_ns : 0;
    uint32_t before = __atomic_fetch_or(&request->private_.state, STATE_FINISHED, __ATOMIC_ACQ_REL);
    assert((before & STATE_ACTIVE) && !(before & STATE_FINISHED));
    if (!(before & (STATE_QUEUED | STATE_HELD))) complete(request);
}

/* On the reactor. */

static void stop(struct hr_request *request, int reason) {
    assert(reason < 0 && !(state_of(request) & STATE_FINISHED));
    if (request->private_.stop_reason) return;
    request->private_.stop_reason = reason;
    request->private_.class_->stop(request, reason);
}

static void on_timeout(struct hr_timer *timer) {
    struct hr_request *request = of_timer(timer);
    assert(state_of(request) & STATE_ACTIVE);
    if (state_of(request) & STATE_FINISHED) return;
    stop(request, -ETIMEDOUT);
}

static void begin(struct hr_request *request) {
    struct hr_reactor *reactor = request->private_.reactor;
    assert(reactor == hr__reactor_current());
    hr__count(&reactor->counters.submitted, 1);
    uint64_t timeout_ns = hr__request_timeout_ns(request);
    if (timeout_ns != UINT64_MAX) {
        timer_of(request)->on_fire = on_timeout;
        hr__timer_start(reactor, timer_of(request), request->started_ns + timeout_ns);
    }
    request->private_.class_->start(request);
}

/* The node has arrived: takes what it carries. Held meanwhile, as the request may finish in the
 * first of several steps. A start alone needs no hold, and its request may be gone afterwards. */
static void on_node(struct hr_task *task) {
    struct hr_request *request = of_node(task);
    uint32_t *state = &request->private_.state;
    uint32_t now = state_of(request), next;
    assert((now & STATE_ACTIVE) && (now & STATE_QUEUED) && !(now & STATE_HELD));
    do {
        next = now & ~(uint32_t)(STATE_QUEUED | STATE_START | STATE_RESUME);
        if (now & (STATE_CANCEL | STATE_RESUME)) next |= STATE_HELD;
    } while (
        !__atomic_compare_exchange_n(state, &now, next, true, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
    if (now & STATE_FINISHED) {
        complete(request);
        return;
    }
    if (now & STATE_START) begin(request);
    if (!(next & STATE_HELD)) return;
    const struct hr_request_class *class_ = request->private_.class_;
    if (!(state_of(request) & STATE_FINISHED) && (now & STATE_CANCEL))
        stop(request, -ECANCELED);
    else if (!(state_of(request) & STATE_FINISHED) && (now & STATE_RESUME) && class_->resume)
        class_->resume(request);
    now = __atomic_and_fetch(state, ~(uint32_t)STATE_HELD, __ATOMIC_ACQ_REL);
    if ((now & STATE_FINISHED) && !(now & STATE_QUEUED)) complete(request);
}

int hr__request_stopping(const struct hr_request *request) {
    return request->private_.stop_reason;
}

/* From any thread. */

static int admit(hr_engine *engine) {
    uint32_t before = __atomic_fetch_add(&engine->requests_in_progress, 1, __ATOMIC_SEQ_CST);
    assert(before != UINT32_MAX);
    int result = 0;
    if (!__atomic_load_n(&engine->gate->open, __ATOMIC_SEQ_CST))
        result = -ESHUTDOWN;
    else if (before >= engine->options.requests_max)
        result = -ENOBUFS;
    if (result == 0) return 0;
    __atomic_fetch_sub(&engine->requests_in_progress, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&engine->closing.begun, __ATOMIC_SEQ_CST)) hr__engine_try_stop(engine);
    return result;
}

static bool is_in_progress(const struct hr_request *request) {
    uint32_t state = state_of(request);
    return state != 0 && state != STATE_DONE;
}

int hr__request_refuse(struct hr_request *request, int code, const char *format, ...) {
    if (is_in_progress(request)) return -EBUSY;
    va_list arguments;
    va_start(arguments, format);
    hr__error_set_list(&request->error, code, format, arguments);
    va_end(arguments);
    return code;
}

/* It is admitted, and goes to its reactor. */
static void hand_over(struct hr_request *request, struct hr_reactor *reactor,
                      const struct hr_request_class *class_, void *owner) {
    assert(class_->start && class_->stop);
    request->result = 0;
    request->attempts = 0;
    request->cancelled = false;
    hr__error_clear(&request->error);
    memset(&request->timings, 0, sizeof request->timings);
    request->started_ns =
        hr__reactor_current() == reactor ? reactor->now_ns : hr_clock_monotonic_ns();
    request->total_ns = 0;
    request->private_ = (struct hr_request_private){
        .reactor = reactor, .class_ = class_, .owner = owner, .process = reactor->engine->process};
    node_of(request)->run = on_node;
    __atomic_fetch_add(&reactor->mail.load, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&request->private_.state, STATE_ACTIVE | STATE_QUEUED | STATE_START,
                     __ATOMIC_RELEASE);
    hr__reactor_post(reactor, node_of(request));
}

int hr__request_submit(struct hr_request *request, struct hr_reactor *reactor,
                       const struct hr_request_class *class_, void *owner) {
    if (is_in_progress(request)) return -EBUSY;
    int result = admit(reactor->engine);
    if (result == -ENOBUFS)
        return hr__request_refuse(request, result,
                                  "%u requests are in progress already (requests_max)",
                                  reactor->engine->options.requests_max);
    if (result < 0) return hr__request_refuse(request, result, "the engine is closing");
    hand_over(request, reactor, class_, owner);
    return 0;
}

void hr__request_submit_part(struct hr_request *request, const struct hr_request_class *class_,
                             void *owner) {
    struct hr_reactor *reactor = hr__reactor_current();
    uint32_t before =
        __atomic_fetch_add(&reactor->engine->requests_in_progress, 1, __ATOMIC_SEQ_CST);
    assert(before > 0 && !is_in_progress(request));
    (void)before;
    hand_over(request, reactor, class_, owner);
}

/* Adds a wish; sends the node unless it is on its way. */
static void want(struct hr_request *request, uint32_t wish, uint32_t unless) {
    assert(wish == STATE_CANCEL || wish == STATE_RESUME);
    if (!request) return;
    uint32_t now = state_of(request);
    do {
        if (!(now & STATE_ACTIVE) || (now & (STATE_FINISHED | unless))) return;
    } while (!__atomic_compare_exchange_n(&request->private_.state, &now, now | wish | STATE_QUEUED,
                                          true, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
    if (!(now & STATE_QUEUED)) hr__reactor_post(request->private_.reactor, node_of(request));
}

void hr_cancel(struct hr_request *request) {
    want(request, STATE_CANCEL, STATE_CANCEL);
}

void hr_resume(struct hr_request *request) {
    want(request, STATE_RESUME, STATE_RESUME);
}

static void sleep_until_done(uint32_t *state) {
    uint32_t now = __atomic_load_n(state, __ATOMIC_ACQUIRE);
    while (now != STATE_DONE) {
        assert(now & STATE_ACTIVE);
        if (!(now & STATE_WAITED) &&
            !__atomic_compare_exchange_n(state, &now, now | STATE_WAITED, true, __ATOMIC_ACQ_REL,
                                         __ATOMIC_ACQUIRE))
            continue;
        syscall(SYS_futex, state, FUTEX_WAIT_PRIVATE, now | STATE_WAITED, NULL, NULL, 0);
        now = __atomic_load_n(state, __ATOMIC_ACQUIRE);
    }
}

/* The owner of a caller-driven engine runs it until the request is done. */
static void run_until_done(struct hr_reactor *reactor, const uint32_t *state) {
    hr__reactor_rouse(reactor);
    while (__atomic_load_n(state, __ATOMIC_ACQUIRE) != STATE_DONE)
        hr__reactor_turn(reactor, HR_NO_DEADLINE);
    if (!hr__engine_end_at_rest(reactor->engine)) hr__reactor_doze(reactor);
}

int hr_wait(struct hr_request *request) {
    if (!request || request->on_done || state_of(request) == 0) return -EINVAL;
    if (hr__reactor_current()) return -EDEADLK;
    if (state_of(request) != STATE_DONE && request->private_.process != hr__engine_process())
        return -ESHUTDOWN; /* a forked child: nobody will end it here */
    /* An address only: another thread may finish the request at any moment. */
    struct hr_reactor *owned =
        hr__engine_owned(__atomic_load_n(&request->private_.reactor, __ATOMIC_RELAXED));
    if (owned)
        run_until_done(owned, &request->private_.state);
    else
        sleep_until_done(&request->private_.state);
    return request->result;
}
