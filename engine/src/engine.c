/* The engine: made on the back end that is chosen, and which of its reactors takes what. */
#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>

#include <headrace/clock.h>

#include "engine_core.h"

static unsigned cores_allowed(cpu_set_t *set) {
    CPU_ZERO(set);
    if (sched_getaffinity(0, sizeof *set, set) < 0) return 0;
    return (unsigned)CPU_COUNT(set);
}

/* Starting. A start that fails leaves its mark on the reactors (told to leave, counted), so each
 * has reactors of its own. */

static int start_reactors(hr_engine *engine, const struct hr_backend_vtable *backend,
                          const cpu_set_t *cores, struct hr_error *error) {
    if (hr__engine_make_reactors(engine, backend) < 0)
        return hr_error_set(error, -ENOMEM, "engine: no memory");
    return engine->options.mode == HR_ENGINE_CALLER
               ? hr__engine_caller_start(engine, error)
               : hr__engine_threads_start(engine, cores, error);
}

/* Whether it was the ring that failed, and epoll may do better: without descriptors it would not.
 */
static bool epoll_may_help(const hr_engine *engine, int result) {
    bool refused = false;
    for (unsigned i = 0; engine->group.reactors && i < engine->group.count; i++)
        refused = refused || (engine->group.reactors[i] && engine->group.reactors[i]->refused);
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
    char text[sizeof engine->notices.entries[0].text];
    snprintf(text, sizeof text, "going on with epoll: %s", refused.message);
    hr__engine_notices_forget(engine); /* of a ring that is not used */
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
    int result = hr__engine_options_complete(&completed, cores_allowed(&cores),
                                             tuning && tuning->stepped, error);
    if (result < 0) return result;
    result = hr__backend_choose(&completed.backend, error);
    if (result < 0) return result;
    hr_engine *made = hr__engine_make(&completed, tuning);
    if (!made) return hr_error_set(error, -ENOMEM, "engine: no memory");
    if (hr__engine_open_gate(made) < 0)
        result = hr_error_set(error, -ENOMEM, "engine: no memory");
    else
        result = start(made, &cores, error);
    if (result < 0) {
        hr__engine_free(made);
        return result;
    }
    hr__engine_notices_tell(made);
    *engine = made;
    return 0;
}

int hr_engine_new(const struct hr_engine_options *options, struct hr_error *error,
                  hr_engine **engine) {
    return hr__engine_new(options, NULL, error, engine);
}

/* Its reactors, as others see them. */

const char *hr_engine_backend_name(const hr_engine *engine) {
    return engine ? engine->group.backend->name : "none";
}

unsigned hr_engine_reactors(const hr_engine *engine) {
    return engine ? engine->group.count : 0;
}

struct hr_reactor *hr__engine_reactor(hr_engine *engine, unsigned index) {
    assert(index < engine->group.count);
    return engine->group.reactors[index];
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
    if (engine->group.count == 1) return engine->group.reactors[0];
    uint32_t random = engine->tuning.seed ? (uint32_t)hr__reactor_random(engine->group.reactors[0])
                                          : thread_random();
    unsigned one = random % engine->group.count;
    unsigned other = (one + 1 + (random >> 16) % (engine->group.count - 1)) % engine->group.count;
    struct hr_reactor *a = engine->group.reactors[one], *b = engine->group.reactors[other];
    return load_of(b) < load_of(a) ? b : a;
}

void hr__budget_give_back(hr_engine *engine, size_t bytes) {
    hr__budget_returned(&engine->group, bytes);
}
