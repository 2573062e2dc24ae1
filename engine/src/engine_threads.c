/* Reactors on threads of their own: starting them, their loop, and the last one out. */
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include <engine/thread_signals.h>

#include "engine_core.h"

static void bind_to_core(const struct hr_reactor *reactor) {
    char name[16];
    snprintf(name, sizeof name, "headrace/%u", reactor->index);
    pthread_setname_np(pthread_self(), name);
    if (reactor->thread.core < 0) return;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)reactor->thread.core, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set); /* unbound works too */
}

static void report(hr_engine *engine, int result, const struct hr_error *error) {
    struct hr_engine_threads *threads = &engine->threads;
    pthread_mutex_lock(&engine->lock);
    if (result < 0 && threads->result == 0) {
        threads->result = result;
        threads->error = *error;
    }
    assert(threads->starting > 0);
    if (--threads->starting == 0) pthread_cond_signal(&threads->started);
    pthread_mutex_unlock(&engine->lock);
}

/* The last thread of an engine that nobody waits for: joins the others, tells, frees all. */
static void finish_from_inside(struct hr_reactor *last) {
    hr_engine *engine = last->engine;
    assert(engine->closing.begun);
    for (unsigned i = 0; i < engine->group.count; i++)
        if (engine->group.reactors[i] != last)
            pthread_join(engine->group.reactors[i]->thread.id, NULL);
    pthread_detach(pthread_self());
    engine->closing.on_closed(engine->closing.user);
    hr__engine_free(engine);
}

/* The last touch of a thread that has closed its reactor. The last one ends the engine when
 * hr_engine_close has not waited. */
static void thread_left(struct hr_reactor *reactor) {
    hr_engine *engine = reactor->engine;
    /* Read before the count: without on_closed the engine is freed by who joins this thread. */
    bool told = engine->closing.on_closed != NULL;
    uint32_t left = __atomic_sub_fetch(&engine->threads.running, 1, __ATOMIC_ACQ_REL);
    assert(left < engine->group.count);
    if (left == 0 && told) finish_from_inside(reactor);
}

static void *reactor_main(void *argument) {
    struct hr_reactor *reactor = argument;
    struct hr_error error = {.code = 0};
    bind_to_core(reactor);
    int result = hr__reactor_open(reactor, &error);
    report(reactor->engine, result, &error);
    if (result == 0) {
        while (!hr__reactor_may_leave(reactor)) hr__reactor_turn(reactor, HR_NO_DEADLINE);
        hr__reactor_wait_for_posters(reactor);
        hr__reactor_close(reactor);
    }
    thread_left(reactor);
    return NULL;
}

/* Signals go to the caller's threads, not to ours. */
static int start_thread(struct hr_reactor *reactor) {
    sigset_t all, before;
    hr__thread_signals(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int result = -pthread_create(&reactor->thread.id, NULL, reactor_main, reactor);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

/* Round and round over the cores that the maker of the engine may run on. */
static void choose_cores(hr_engine *engine, const cpu_set_t *cores) {
    int core = -1;
    if (CPU_COUNT(cores) == 0 || !engine->options.pinned) return;
    for (unsigned i = 0; i < engine->group.count; i++) {
        do {
            core = (core + 1) % CPU_SETSIZE;
        } while (!CPU_ISSET((size_t)core, cores));
        assert(engine->group.reactors[i]->thread.core < 0);
        engine->group.reactors[i]->thread.core = core;
    }
}

int hr__engine_threads_start(hr_engine *engine, const cpu_set_t *cores, struct hr_error *error) {
    struct hr_engine_threads *threads = &engine->threads;
    assert(threads->starting == 0);
    choose_cores(engine, cores);
    threads->result = 0;
    threads->starting = engine->group.count;
    threads->running = engine->group.count;
    unsigned made = 0;
    int result = 0;
    while (made < engine->group.count && result == 0) {
        result = start_thread(engine->group.reactors[made]);
        if (result == 0) made++;
    }
    pthread_mutex_lock(&engine->lock);
    threads->starting -= engine->group.count - made;
    while (threads->starting) pthread_cond_wait(&threads->started, &engine->lock);
    if (result < 0)
        hr_error_set(&threads->error, result, "engine: no thread for a reactor: %s",
                     hr_error_text(result));
    else
        result = threads->result;
    pthread_mutex_unlock(&engine->lock);
    if (result == 0) return 0;
    for (unsigned i = 0; i < made; i++)
        hr__reactor_signal(engine->group.reactors[i], &engine->group.reactors[i]->mail.stop);
    for (unsigned i = 0; i < made; i++) pthread_join(engine->group.reactors[i]->thread.id, NULL);
    if (error) *error = threads->error;
    return result;
}

void hr__engine_threads_join(hr_engine *engine) {
    assert(engine->closing.begun);
    for (unsigned i = 0; i < engine->group.count; i++)
        pthread_join(engine->group.reactors[i]->thread.id, NULL);
}
