/* The end of an engine: it stops accepting, waits until its handles are closed and its requests are
 * done, lets the reactors leave their loops, and goes. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "engine_core.h"

/* Handles. */

int hr__engine_handle_open(hr_engine *engine) {
    if (!hr__engine_alive(engine)) return -ESHUTDOWN;
    pthread_mutex_lock(&engine->lock);
    bool open = __atomic_load_n(&engine->gate->open, __ATOMIC_RELAXED);
    assert(engine->closing.handles_closing <= engine->closing.handles_open);
    if (open) engine->closing.handles_open++;
    pthread_mutex_unlock(&engine->lock);
    return open ? 0 : -ESHUTDOWN;
}

int hr__engine_handle_closing(hr_engine *engine) {
    if (!hr__engine_alive(engine)) return -ESHUTDOWN;
    pthread_mutex_lock(&engine->lock);
    engine->closing.handles_closing++;
    assert(engine->closing.handles_closing <= engine->closing.handles_open);
    pthread_mutex_unlock(&engine->lock);
    return 0;
}

/* Under lock. The reactors hold out until this thread has let go of them and of the lock. */
static void stop_at_rest(hr_engine *engine) {
    struct hr_engine_closing *closing = &engine->closing;
    bool rest = closing->handles_open == 0 &&
                __atomic_load_n(&engine->requests_in_progress, __ATOMIC_SEQ_CST) == 0;
    if (!closing->begun || closing->stopped || !rest) return;
    assert(closing->handles_closing == 0);
    closing->stopped = true;
    for (unsigned i = 0; i < engine->group.count; i++)
        hr__reactor_signal(engine->group.reactors[i], &engine->group.reactors[i]->mail.stop);
}

void hr__engine_handle_closed(hr_engine *engine) {
    pthread_mutex_lock(&engine->lock);
    assert(engine->closing.handles_closing > 0);
    engine->closing.handles_open--;
    engine->closing.handles_closing--;
    stop_at_rest(engine);
    pthread_mutex_unlock(&engine->lock);
}

void hr__engine_handle_unopened(hr_engine *engine) {
    hr__engine_handle_closing(engine);
    hr__engine_handle_closed(engine);
}

void hr__engine_try_stop(hr_engine *engine) {
    pthread_mutex_lock(&engine->lock);
    stop_at_rest(engine);
    pthread_mutex_unlock(&engine->lock);
}

/* Closing. */

static int begin_close(hr_engine *engine, void (*on_closed)(void *user), void *user) {
    struct hr_engine_closing *closing = &engine->closing;
    pthread_mutex_lock(&engine->lock);
    bool busy = closing->handles_open > closing->handles_closing || closing->begun;
    if (!busy) {
        assert(!closing->stopped && !closing->on_closed);
        closing->on_closed = on_closed;
        closing->user = user;
        __atomic_store_n(&engine->gate->open, 0, __ATOMIC_SEQ_CST);
        __atomic_store_n(&closing->begun, 1, __ATOMIC_SEQ_CST);
        stop_at_rest(engine);
    }
    pthread_mutex_unlock(&engine->lock);
    return busy ? -EBUSY : 0;
}

static void close_caller(hr_engine *engine, bool wait) {
    struct hr_reactor *reactor = engine->group.reactors[0];
    if (engine->tuning.stepped) return; /* its steps end it */
    if (reactor->in_turn) return;       /* from a callback: hr_engine_run or _poll ends it */
    hr__reactor_rouse(reactor);
    while (!hr__engine_end_at_rest(engine)) {
        if (!wait && !reactor->mail.stop) {
            hr__reactor_doze(reactor);
            return;
        }
        hr__reactor_turn(reactor, HR_NO_DEADLINE);
    }
}

int hr_engine_close(hr_engine *engine, void (*on_closed)(void *user), void *user) {
    if (!engine) return 0;
    if (!hr__engine_alive(engine))
        return 0; /* in a forked child there is nothing of it but memory */
    if (!on_closed && hr__reactor_current()) return -EDEADLK;
    bool caller = engine->options.mode == HR_ENGINE_CALLER;
    if (caller && !hr__engine_owned(engine->group.reactors[0])) return -EPERM;
    int result = begin_close(engine, on_closed, user);
    if (result < 0) return result;
    if (caller)
        close_caller(engine, on_closed == NULL);
    else if (!on_closed) {
        hr__engine_threads_join(engine);
        hr__engine_free(engine);
    }
    return 0;
}
