/* The engine: makes N reactors and their threads, or one that its caller drives. */
#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <engine/thread_signals.h>
#include <headrace/clock.h>
#include <headrace/text.h>

#include "engine_core.h"
#include "machine.h"

/* Options. */

static bool power_of_two(unsigned number) {
    return number && (number & (number - 1)) == 0;
}

static unsigned cores_allowed(cpu_set_t *set) {
    CPU_ZERO(set);
    if (sched_getaffinity(0, sizeof *set, set) < 0) return 0;
    return (unsigned)CPU_COUNT(set);
}

/* Puts the defaults in and judges the rest. */
static int complete_options(struct hr_engine_options *options, unsigned cores, bool stepped,
                            struct hr_error *error) {
    bool caller = options->mode == HR_ENGINE_CALLER;
    if (options->mode != HR_ENGINE_THREADS && !caller)
        return hr_error_set(error, -EINVAL, "engine: unknown mode %d", (int)options->mode);
    if (caller && options->reactors > 1 && !stepped)
        return hr_error_set(error, -EINVAL, "engine: a caller-driven one has 1 reactor, not %u",
                            options->reactors);
    if (options->reactors > HR_REACTORS_MAX)
        return hr_error_set(error, -EINVAL, "engine: %u reactors, the limit is %u",
                            options->reactors, HR_REACTORS_MAX);
    if (options->spin_us > HR_SPIN_US_MAX)
        return hr_error_set(error, -EINVAL, "engine: spin_us %u, the limit is %u", options->spin_us,
                            HR_SPIN_US_MAX);
    if (options->ring_entries > HR_RING_ENTRIES_MAX)
        return hr_error_set(error, -EINVAL, "engine: ring_entries %u, the limit is %u",
                            options->ring_entries, HR_RING_ENTRIES_MAX);
    if (options->reactors == 0) options->reactors = caller || cores == 0 ? 1 : cores;
    if (options->ring_entries == 0) options->ring_entries = HR_RING_ENTRIES;
    if (options->buffer_count == 0) options->buffer_count = HR_BUFFERS;
    if (options->buffer_size_bytes == 0) options->buffer_size_bytes = HR_BUFFER_BYTES;
    if (options->requests_max == 0) options->requests_max = HR_REQUESTS;
    if (options->budget_bytes == 0) options->budget_bytes = hr__budget_default_bytes("");
    if (!power_of_two(options->buffer_count) || options->buffer_count > HR_BUFFERS_MAX)
        return hr_error_set(error, -EINVAL,
                            "engine: buffer_count %u is not a power of two up to %u",
                            options->buffer_count, HR_BUFFERS_MAX);
    if (options->buffer_size_bytes < HR_BUFFER_BYTES_MIN ||
        options->buffer_size_bytes > HR_BUFFER_BYTES_MAX)
        return hr_error_set(error, -EINVAL, "engine: buffer_size_bytes %u is not in %u to %u",
                            options->buffer_size_bytes, HR_BUFFER_BYTES_MIN, HR_BUFFER_BYTES_MAX);
    return 0;
}

/* Notices: gathered while the reactors open, told once by hr_engine_new on its own thread. */

static bool same_kind(const char *a, const char *b) {
    while (*a && *b) {
        a += strspn(a, "0123456789");
        b += strspn(b, "0123456789");
        if (*a != *b) return false;
        if (*a) a++, b++;
    }
    return *a == *b;
}

void hr__engine_notice(void *user, const char *text) {
    hr_engine *engine = user;
    pthread_mutex_lock(&engine->lock);
    bool known = engine->notice_count == HR_NOTICES_MAX;
    for (unsigned i = 0; i < engine->notice_count; i++)
        known |= same_kind(engine->notices[i].text, text);
    if (!known) {
        char *kept = engine->notices[engine->notice_count++].text;
        hr_text_copy(kept, sizeof engine->notices[0].text, hr_slice_of(text));
    }
    pthread_mutex_unlock(&engine->lock);
}

static void tell_notices(hr_engine *engine) {
    for (unsigned i = 0; i < engine->notice_count; i++) {
        if (engine->options.on_notice)
            engine->options.on_notice(engine->options.user, engine->notices[i].text);
        else
            fprintf(stderr, "headrace: %s\n", engine->notices[i].text);
    }
}

/* Threads. */

static void bind_to_core(const struct hr_reactor *reactor) {
    char name[16];
    snprintf(name, sizeof name, "headrace/%u", reactor->index);
    pthread_setname_np(pthread_self(), name);
    if (reactor->core < 0) return;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)reactor->core, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set); /* unbound works too */
}

static void report(hr_engine *engine, int result, const struct hr_error *error) {
    pthread_mutex_lock(&engine->lock);
    if (result < 0 && engine->start_result == 0) {
        engine->start_result = result;
        engine->start_error = *error;
    }
    if (--engine->starting == 0) pthread_cond_signal(&engine->started);
    pthread_mutex_unlock(&engine->lock);
}

static bool told_to_leave(const struct hr_reactor *reactor) {
    return __atomic_load_n(&reactor->mail.stop, __ATOMIC_ACQUIRE) &&
           !__atomic_load_n(&reactor->mail.posted, __ATOMIC_ACQUIRE) && !hr__reactor_busy(reactor);
}

static void *reactor_main(void *argument) {
    struct hr_reactor *reactor = argument;
    struct hr_error error = {.code = 0};
    bind_to_core(reactor);
    int result = hr__reactor_open(reactor, &error);
    report(reactor->engine, result, &error);
    if (result == 0) {
        while (!told_to_leave(reactor)) hr__reactor_turn(reactor, HR_NO_DEADLINE);
        hr__reactor_wait_for_posters(reactor);
        hr__reactor_close(reactor);
    }
    hr__engine_thread_left(reactor);
    return NULL;
}

/* Signals go to the caller's threads, not to ours. */
static int start_thread(struct hr_reactor *reactor) {
    sigset_t all, before;
    hr__thread_signals(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int result = -pthread_create(&reactor->thread, NULL, reactor_main, reactor);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

static int start_threads(hr_engine *engine, struct hr_error *error) {
    engine->start_result = 0;
    engine->starting = engine->reactor_count;
    engine->reactors_running = engine->reactor_count;
    unsigned made = 0;
    int result = 0;
    while (made < engine->reactor_count && result == 0) {
        result = start_thread(engine->reactors[made]);
        if (result == 0) made++;
    }
    pthread_mutex_lock(&engine->lock);
    engine->starting -= engine->reactor_count - made;
    while (engine->starting) pthread_cond_wait(&engine->started, &engine->lock);
    if (result < 0)
        hr_error_set(&engine->start_error, result, "engine: no thread for a reactor: %s",
                     hr_error_text(result));
    else
        result = engine->start_result;
    pthread_mutex_unlock(&engine->lock);
    if (result == 0) return 0;
    for (unsigned i = 0; i < made; i++)
        hr__reactor_signal(engine->reactors[i], &engine->reactors[i]->mail.stop);
    for (unsigned i = 0; i < made; i++) pthread_join(engine->reactors[i]->thread, NULL);
    if (error) *error = engine->start_error;
    return result;
}

/* Caller mode: the reactors of this thread. */

static _Thread_local struct hr_reactor *owned_first;

struct hr_reactor *hr__engine_owned(const struct hr_reactor *reactor) {
    struct hr_reactor *owned = owned_first;
    while (owned && owned != reactor) owned = owned->next_owned;
    return owned;
}

static void disown(struct hr_reactor *reactor) {
    struct hr_reactor **link = &owned_first;
    while (*link && *link != reactor) link = &(*link)->next_owned;
    if (*link) *link = reactor->next_owned;
}

static void leave_caller(hr_engine *engine) {
    for (unsigned i = 0; i < engine->reactor_count; i++) {
        if (!hr__engine_owned(engine->reactors[i])) continue;
        hr__reactor_wait_for_posters(engine->reactors[i]);
        hr__reactor_close(engine->reactors[i]);
        disown(engine->reactors[i]);
    }
}

static int start_caller(hr_engine *engine, struct hr_error *error) {
    for (unsigned i = 0; i < engine->reactor_count; i++) {
        struct hr_reactor *reactor = engine->reactors[i];
        int result = hr__reactor_open(reactor, error);
        if (result < 0) {
            leave_caller(engine);
            return result;
        }
        reactor->next_owned = owned_first;
        owned_first = reactor;
    }
    for (unsigned i = 0; i < engine->reactor_count; i++) hr__reactor_doze(engine->reactors[i]);
    return 0;
}

/* Making and freeing. */

static struct hr_reactor *make_reactor(hr_engine *engine, unsigned index) {
    size_t size = (sizeof(struct hr_reactor) + HR_CACHE_LINE - 1) & ~(size_t)(HR_CACHE_LINE - 1);
    struct hr_reactor *reactor = aligned_alloc(HR_CACHE_LINE, size);
    if (!reactor) return NULL;
    memset(reactor, 0, sizeof *reactor);
    reactor->engine = engine;
    reactor->index = index;
    reactor->core = -1;
    reactor->latency.unit = HR_HISTOGRAM_SECONDS;
    hr__budget_share_open(reactor);
    return reactor;
}

static void free_reactors(hr_engine *engine) {
    for (unsigned i = 0; engine->reactors && i < engine->reactor_count; i++)
        free(engine->reactors[i]);
    free(engine->reactors);
    engine->reactors = NULL;
}

static int make_reactors(hr_engine *engine, const cpu_set_t *cores) {
    engine->reactors = calloc(engine->reactor_count, sizeof(struct hr_reactor *));
    if (!engine->reactors) return -ENOMEM;
    int core = -1;
    for (unsigned i = 0; i < engine->reactor_count; i++) {
        struct hr_reactor *reactor = engine->reactors[i] = make_reactor(engine, i);
        if (!reactor) return -ENOMEM;
        if (CPU_COUNT(cores) == 0 || engine->options.unpinned) continue;
        do {
            core = (core + 1) % CPU_SETSIZE;
        } while (!CPU_ISSET((size_t)core, cores));
        reactor->core = core;
    }
    return 0;
}

void hr__engine_free(hr_engine *engine) {
    pthread_mutex_lock(&engine->lock); /* whoever told us is out of it now */
    pthread_mutex_unlock(&engine->lock);
    free_reactors(engine);
    hr__engine_close_gate(engine);
    pthread_cond_destroy(&engine->started);
    pthread_mutex_destroy(&engine->lock);
    free(engine);
}

static hr_engine *make_engine(const struct hr_engine_options *options,
                              const struct hr_engine_tuning *tuning) {
    size_t size = (sizeof(hr_engine) + HR_CACHE_LINE - 1) & ~(size_t)(HR_CACHE_LINE - 1);
    hr_engine *engine = aligned_alloc(HR_CACHE_LINE, size);
    if (!engine) return NULL;
    memset(engine, 0, sizeof *engine);
    engine->options = *options;
    if (tuning) engine->tuning = *tuning;
    if (!engine->tuning.backend && hr__engine_default_tuning) {
        unsigned completions = engine->tuning.completions;
        engine->tuning = *hr__engine_default_tuning;
        engine->tuning.completions = completions;
    }
    engine->sockets = engine->tuning.sockets ? engine->tuning.sockets : &hr__sockets_kernel;
    engine->reactor_count = options->reactors;
    pthread_mutex_init(&engine->lock, NULL);
    pthread_cond_init(&engine->started, NULL);
    hr__budget_open(engine);
    return engine;
}

const struct hr_engine_tuning *hr__engine_default_tuning;

/* Starting. A start that fails leaves its mark on the reactors (told to leave, counted), so each
 * has reactors of its own. */

static int start_reactors(hr_engine *engine, const struct hr_backend_vtable *backend,
                          const cpu_set_t *cores, struct hr_error *error) {
    engine->backend = backend;
    free_reactors(engine);
    if (make_reactors(engine, cores) < 0) return hr_error_set(error, -ENOMEM, "engine: no memory");
    return engine->options.mode == HR_ENGINE_CALLER ? start_caller(engine, error)
                                                    : start_threads(engine, error);
}

/* Whether it was the ring that failed, and epoll may do better: without descriptors it would not.
 */
static bool epoll_may_help(const hr_engine *engine, int result) {
    bool refused = false;
    for (unsigned i = 0; engine->reactors && i < engine->reactor_count; i++)
        refused = refused || (engine->reactors[i] && engine->reactors[i]->refused);
    return refused && result != -EMFILE && result != -ENFILE;
}

static int start(hr_engine *engine, const cpu_set_t *cores, struct hr_error *error) {
    enum hr_engine_backend choice = engine->options.backend;
    if (engine->tuning.backend) return start_reactors(engine, engine->tuning.backend, cores, error);
    if (choice == HR_BACKEND_EPOLL) return start_reactors(engine, &hr__backend_epoll, cores, error);
    struct hr_error refused = {.code = 0};
    int result = start_reactors(engine, &hr__backend_uring, cores, &refused);
    if (result == 0) return 0;
    if (choice == HR_BACKEND_IO_URING || !epoll_may_help(engine, result)) {
        if (error) *error = refused;
        return result;
    }
    char text[sizeof engine->notices[0].text];
    snprintf(text, sizeof text, "going on with epoll: %s", refused.message);
    engine->notice_count = 0; /* of a ring that is not used */
    hr__engine_notice(engine, text);
    return start_reactors(engine, &hr__backend_epoll, cores, error);
}

int hr__engine_new(const struct hr_engine_options *options, const struct hr_engine_tuning *tuning,
                   struct hr_error *error, hr_engine **engine) {
    static const struct hr_engine_options defaults;
    if (!engine) return hr_error_set(error, -EINVAL, "engine: nowhere to put it");
    struct hr_engine_options completed = options ? *options : defaults;
    cpu_set_t cores;
    if (!tuning) tuning = hr__engine_default_tuning;
    int result =
        complete_options(&completed, cores_allowed(&cores), tuning && tuning->stepped, error);
    if (result < 0) return result;
    result = hr__backend_choose(&completed.backend, error);
    if (result < 0) return result;
    hr_engine *made = make_engine(&completed, tuning);
    if (!made) return hr_error_set(error, -ENOMEM, "engine: no memory");
    if (hr__engine_open_gate(made) < 0)
        result = hr_error_set(error, -ENOMEM, "engine: no memory");
    else
        result = start(made, &cores, error);
    if (result < 0) {
        hr__engine_free(made);
        return result;
    }
    tell_notices(made);
    *engine = made;
    return 0;
}

int hr_engine_new(const struct hr_engine_options *options, struct hr_error *error,
                  hr_engine **engine) {
    return hr__engine_new(options, NULL, error, engine);
}

/* Running it from outside. */

static struct hr_reactor *driven(const hr_engine *engine) {
    return engine && engine->options.mode == HR_ENGINE_CALLER ? engine->reactors[0] : NULL;
}

/* Whether this thread may run it now. */
static int drivable(const hr_engine *engine) {
    const struct hr_reactor *reactor = driven(engine);
    if (!reactor) return -EINVAL;
    if (hr__reactor_current()) return -EDEADLK;
    if (!hr__engine_owned(reactor)) return -EPERM;
    return hr__engine_alive(engine) ? 0 : -ESHUTDOWN;
}

bool hr__engine_settle(hr_engine *engine) {
    for (unsigned i = 0; i < engine->reactor_count; i++)
        if (!told_to_leave(engine->reactors[i])) return false;
    leave_caller(engine);
    if (engine->on_closed) engine->on_closed(engine->on_closed_user);
    hr__engine_free(engine);
    return true;
}

int hr_engine_run(hr_engine *engine) {
    int result = drivable(engine);
    if (result < 0) return result;
    struct hr_reactor *reactor = driven(engine);
    hr__reactor_rouse(reactor);
    reactor->in_run = true;
    while (!__atomic_exchange_n(&reactor->mail.stop_run, 0, __ATOMIC_SEQ_CST)) {
        hr__reactor_turn(reactor, HR_NO_DEADLINE);
        if (hr__engine_settle(engine)) return 0;
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
    if (!hr__engine_settle(engine)) hr__reactor_doze(reactor);
    return (int)ran;
}

int hr__engine_step(hr_engine *engine, unsigned index) {
    struct hr_reactor *reactor = hr__engine_reactor(engine, index);
    hr__reactor_rouse(reactor);
    unsigned ran = hr__reactor_turn(reactor, 0);
    if (hr__engine_settle(engine)) return -ESHUTDOWN;
    hr__reactor_doze(reactor);
    return (int)ran;
}

int hr_engine_fd(const hr_engine *engine) {
    const struct hr_reactor *reactor = driven(engine);
    if (!reactor) return -EINVAL;
    if (!reactor->backend || !hr__engine_alive(engine)) return -ESHUTDOWN;
    return reactor->vtable->fd(reactor->backend);
}

/* Reactors. */

const char *hr_engine_backend_name(const hr_engine *engine) {
    return engine ? engine->backend->name : "none";
}

unsigned hr_engine_reactors(const hr_engine *engine) {
    return engine ? engine->reactor_count : 0;
}

struct hr_reactor *hr__engine_reactor(hr_engine *engine, unsigned index) {
    assert(index < engine->reactor_count);
    return engine->reactors[index];
}

/* Not for secrets; only to spread. */
static uint32_t thread_random(void) {
    static _Thread_local uint32_t state;
    if (state == 0) state = (uint32_t)hr_clock_monotonic_ns() ^ (uint32_t)(uintptr_t)&state;
    if (state == 0) state = 1;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static uint32_t load_of(const struct hr_reactor *reactor) {
    return __atomic_load_n(&reactor->mail.load, __ATOMIC_RELAXED);
}

struct hr_reactor *hr__engine_pick(hr_engine *engine) {
    struct hr_reactor *current = hr__reactor_current();
    if (current && current->engine == engine) return current;
    if (engine->reactor_count == 1) return engine->reactors[0];
    uint32_t random =
        engine->tuning.seed ? (uint32_t)hr__reactor_random(engine->reactors[0]) : thread_random();
    unsigned one = random % engine->reactor_count;
    unsigned other =
        (one + 1 + (random >> 16) % (engine->reactor_count - 1)) % engine->reactor_count;
    struct hr_reactor *a = engine->reactors[one], *b = engine->reactors[other];
    return load_of(b) < load_of(a) ? b : a;
}
