/* The memory of an engine: made with its reactors before they open, freed when they are closed. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine_core.h"

const struct hr_engine_tuning *hr__engine_default_tuning;

static struct hr_reactor *make_reactor(hr_engine *engine, unsigned index) {
    assert(index < engine->group.count);
    size_t size = (sizeof(struct hr_reactor) + HR_CACHE_LINE - 1) & ~(size_t)(HR_CACHE_LINE - 1);
    struct hr_reactor *reactor = aligned_alloc(HR_CACHE_LINE, size);
    if (!reactor) return NULL;
    memset(reactor, 0, sizeof *reactor);
    reactor->engine = engine;
    reactor->group = &engine->group;
    reactor->index = index;
    reactor->thread.core = -1;
    hr__budget_share_open(reactor);
    return reactor;
}

static void free_reactors(struct hr_reactor_group *group) {
    for (unsigned i = 0; group->reactors && i < group->count; i++) {
        assert(!group->reactors[i] || !group->reactors[i]->backend);
        free(group->reactors[i]);
    }
    free(group->reactors);
    group->reactors = NULL;
}

int hr__engine_make_reactors(hr_engine *engine, const struct hr_backend_vtable *backend) {
    struct hr_reactor_group *group = &engine->group;
    assert(group->count > 0);
    free_reactors(group);
    group->backend = backend;
    group->reactors = calloc(group->count, sizeof(struct hr_reactor *));
    if (!group->reactors) return -ENOMEM;
    for (unsigned i = 0; i < group->count; i++) {
        group->reactors[i] = make_reactor(engine, i);
        if (!group->reactors[i]) return -ENOMEM;
    }
    return 0;
}

void hr__engine_free(hr_engine *engine) {
    pthread_mutex_lock(&engine->lock); /* whoever told us is out of it now */
    pthread_mutex_unlock(&engine->lock);
    assert(engine->closing.handles_open == 0 && engine->requests_in_progress == 0);
    free_reactors(&engine->group);
    hr__engine_close_gate(engine);
    pthread_cond_destroy(&engine->threads.started);
    pthread_mutex_destroy(&engine->lock);
    free(engine);
}

/* Tells the reactors all that they may know of their engine. */
static void fill_group(hr_engine *engine) {
    const struct hr_engine_options *options = &engine->options;
    const struct hr_engine_tuning *tuning = &engine->tuning;
    struct hr_reactor_group *group = &engine->group;
    assert(options->reactors && options->ring_entries && options->buffer_count);
    group->sockets = tuning->sockets ? tuning->sockets : &hr__sockets_kernel;
    group->on_notice = hr__engine_notice;
    group->ring_entries = options->ring_entries;
    group->completions = tuning->completions;
    group->buffer_count = options->buffer_count;
    group->buffer_size_bytes = options->buffer_size_bytes;
    group->spin_ns = options->spin_us * UINT64_C(1000);
    group->seed = tuning->seed;
    group->caller = options->mode == HR_ENGINE_CALLER;
    group->count = options->reactors;
    hr__budget_open(group, options->budget_bytes);
}

hr_engine *hr__engine_make(const struct hr_engine_options *options,
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
    pthread_mutex_init(&engine->lock, NULL);
    pthread_cond_init(&engine->threads.started, NULL);
    fill_group(engine);
    return engine;
}
