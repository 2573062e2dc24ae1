/* Reactors that a thread of the caller's drives: they belong to the thread that made the engine. */
#include <assert.h>
#include <errno.h>

#include "engine_core.h"

/* The reactors of this thread. */

static _Thread_local struct hr_reactor *owned_first;

struct hr_reactor *hr__engine_owned(const struct hr_reactor *reactor) {
    struct hr_reactor *owned = owned_first;
    while (owned && owned != reactor) owned = owned->thread.next_owned;
    return owned;
}

static void disown(struct hr_reactor *reactor) {
    struct hr_reactor **link = &owned_first;
    while (*link && *link != reactor) link = &(*link)->thread.next_owned;
    assert(*link);
    *link = reactor->thread.next_owned;
}

static void leave_caller(hr_engine *engine) {
    for (unsigned i = 0; i < engine->group.count; i++) {
        if (!hr__engine_owned(engine->group.reactors[i])) continue;
        hr__reactor_wait_for_posters(engine->group.reactors[i]);
        hr__reactor_close(engine->group.reactors[i]);
        disown(engine->group.reactors[i]);
    }
}

int hr__engine_caller_start(hr_engine *engine, struct hr_error *error) {
    for (unsigned i = 0; i < engine->group.count; i++) {
        struct hr_reactor *reactor = engine->group.reactors[i];
        int result = hr__reactor_open(reactor, error);
        if (result < 0) {
            leave_caller(engine);
            return result;
        }
        assert(!hr__engine_owned(reactor));
        reactor->thread.next_owned = owned_first;
        owned_first = reactor;
    }
    for (unsigned i = 0; i < engine->group.count; i++) hr__reactor_doze(engine->group.reactors[i]);
    return 0;
}

/* Running them. */

static struct hr_reactor *driven(const hr_engine *engine) {
    return engine && engine->options.mode == HR_ENGINE_CALLER ? engine->group.reactors[0] : NULL;
}

/* Whether this thread may run it now. */
static int drivable(const hr_engine *engine) {
    const struct hr_reactor *reactor = driven(engine);
    if (!reactor) return -EINVAL;
    if (hr__reactor_current()) return -EDEADLK;
    if (!hr__engine_owned(reactor)) return -EPERM;
    return hr__engine_alive(engine) ? 0 : -ESHUTDOWN;
}

bool hr__engine_end_at_rest(hr_engine *engine) {
    for (unsigned i = 0; i < engine->group.count; i++)
        if (!hr__reactor_may_leave(engine->group.reactors[i])) return false;
    assert(engine->closing.begun);
    leave_caller(engine);
    if (engine->closing.on_closed) engine->closing.on_closed(engine->closing.user);
    hr__engine_free(engine);
    return true;
}

int hr_engine_run(hr_engine *engine) {
    int result = drivable(engine);
    if (result < 0) return result;
    struct hr_reactor *reactor = driven(engine);
    hr__reactor_rouse(reactor);
    assert(!reactor->in_run);
    reactor->in_run = true;
    while (!__atomic_exchange_n(&reactor->mail.stop_run, 0, __ATOMIC_SEQ_CST)) {
        hr__reactor_turn(reactor, HR_NO_DEADLINE);
        if (hr__engine_end_at_rest(engine)) return 0;
    }
    reactor->in_run = false;
    hr__reactor_doze(reactor);
    return 0;
}

void hr_engine_stop(hr_engine *engine) {
    struct hr_reactor *reactor = driven(engine);
    if (reactor) hr__reactor_signal(reactor, &reactor->mail.stop_run);
}

int hr_engine_poll(hr_engine *engine, int timeout_ms) {
    int result = drivable(engine);
    if (result < 0) return result;
    struct hr_reactor *reactor = driven(engine);
    hr__reactor_rouse(reactor);
    uint64_t limit = timeout_ms < 0 ? HR_NO_DEADLINE : 0;
    if (timeout_ms > 0) limit = reactor->now_ns + (uint64_t)timeout_ms * 1000000u;
    unsigned ran = hr__reactor_turn(reactor, limit);
    if (!hr__engine_end_at_rest(engine)) hr__reactor_doze(reactor);
    return (int)ran;
}

int hr__engine_step(hr_engine *engine, unsigned index) {
    assert(index < engine->group.count);
    struct hr_reactor *reactor = engine->group.reactors[index];
    hr__reactor_rouse(reactor);
    unsigned ran = hr__reactor_turn(reactor, 0);
    if (hr__engine_end_at_rest(engine)) return -ESHUTDOWN;
    hr__reactor_doze(reactor);
    return (int)ran;
}

int hr_engine_fd(const hr_engine *engine) {
    const struct hr_reactor *reactor = driven(engine);
    if (!reactor) return -EINVAL;
    if (!reactor->backend || !hr__engine_alive(engine)) return -ESHUTDOWN;
    return reactor->vtable->fd(reactor->backend);
}
