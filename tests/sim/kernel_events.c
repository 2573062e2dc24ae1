/* What the simulated kernel does by itself, in the order of its time, and who runs next. */
#include <errno.h>
#include <stdlib.h>

#include "kernel_core.h"

#define BACKENDS_MAX 1024

static struct sim_kernel *const kernel = &sim__kernel;

/* The heap. */

static bool earlier(const struct sim_event *a, const struct sim_event *b) {
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->seq < b->seq;
}

static void swap(unsigned one, unsigned other) {
    struct sim_event kept = kernel->events[one];
    kernel->events[one] = kernel->events[other];
    kernel->events[other] = kept;
}

static void sink(unsigned at) {
    for (;;) {
        unsigned least = at;
        for (unsigned child = 2 * at + 1; child <= 2 * at + 2; child++)
            if (child < kernel->event_count &&
                earlier(&kernel->events[child], &kernel->events[least]))
                least = child;
        if (least == at) return;
        swap(at, least);
        at = least;
    }
}

/* The caller fills in the rest; what orders it stands. */
struct sim_event *sim__event_add(enum sim_event_kind kind, uint64_t delay_ns) {
    if (kernel->event_count == kernel->event_capacity) {
        kernel->event_capacity = kernel->event_capacity ? kernel->event_capacity * 2 : 256;
        kernel->events = sim__grow(kernel->events, kernel->event_capacity * sizeof *kernel->events);
    }
    unsigned at = kernel->event_count++;
    kernel->events[at] =
        (struct sim_event){.due_ns = sim_now_ns() + delay_ns, .seq = kernel->seq++, .kind = kind};
    while (at > 0 && earlier(&kernel->events[at], &kernel->events[(at - 1) / 2])) {
        swap(at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
    return &kernel->events[at];
}

static struct sim_event take_first(void) {
    struct sim_event event = kernel->events[0];
    kernel->events[0] = kernel->events[--kernel->event_count];
    sink(0);
    return event;
}

uint64_t sim__next_event_ns(void) {
    return kernel->event_count ? kernel->events[0].due_ns : HR_NO_DEADLINE;
}

/* Those of a back end that closes; of all: lets go of what they hold. */
void sim__events_forget(const struct sim_backend *backend) {
    for (unsigned i = 0; i < kernel->event_count; i++) {
        struct sim_event *event = &kernel->events[i];
        bool own = event->kind == SIM_EVENT_COMPLETION || event->kind == SIM_EVENT_CANCEL;
        if (own && event->of.backend == backend) event->kind = SIM_EVENT_NONE;
    }
    while (!backend && kernel->event_count) {
        struct sim_event event = take_first();
        if (event.kind == SIM_EVENT_SYN) sim__socket_syn(&event);
        if (event.kind == SIM_EVENT_REFUSE) sim__socket_refused(&event);
        if (event.kind == SIM_EVENT_ARRIVE) sim__segment_arrives(&event);
    }
}

uint64_t sim__latency(void) {
    return sim__below(kernel->options.faults.latency_us_max * UINT64_C(1000) + 1);
}

static void run_first(void) {
    struct sim_event event = take_first();
    switch (event.kind) {
    case SIM_EVENT_ARRIVE:
        sim__segment_arrives(&event);
        break;
    case SIM_EVENT_SYN:
        sim__socket_syn(&event);
        break;
    case SIM_EVENT_REFUSE:
        sim__socket_refused(&event);
        break;
    case SIM_EVENT_COMPLETION:
        sim__deliver(&event.completion);
        break;
    case SIM_EVENT_CANCEL:
        sim__cancel(event.of.backend, event.id);
        break;
    case SIM_EVENT_NONE:
        break;
    }
}

void sim__run_due(void) {
    while (kernel->options.live && sim__next_event_ns() <= sim_now_ns()) run_first();
}

/* Stepping. */

void sim_engine_add(hr_engine *engine) {
    for (unsigned i = 0; i < engine->group.count; i++) {
        struct sim_backend *backend = (struct sim_backend *)engine->group.reactors[i]->backend;
        backend->engine = engine;
        backend->index = i;
    }
}

/* Only by what the reactor or its kernel has said: a wake-up that is forgotten stays forgotten. */
static bool runnable(const struct sim_backend *backend) {
    return backend->engine && (!backend->dozing || backend->woken || backend->count > 0 ||
                               backend->armed_ns <= kernel->now_ns);
}

static uint64_t next_deadline(void) {
    uint64_t next = sim__next_event_ns();
    for (const struct sim_backend *each = kernel->backends; each; each = each->next)
        if (each->engine && each->armed_ns < next) next = each->armed_ns;
    return next;
}

static unsigned find_runnable(struct sim_backend *found[]) {
    unsigned count = 0;
    for (struct sim_backend *each = kernel->backends; each && count < BACKENDS_MAX;
         each = each->next)
        if (runnable(each)) found[count++] = each;
    return count;
}

static void maybe_jump(void) {
    const struct sim_faults *faults = &kernel->options.faults;
    if (!sim_chance(faults->clock_jump)) return;
    uint64_t most_ns = faults->jump_ms_max * UINT64_C(1000000);
    kernel->now_ns += sim__below(most_ns + 1);
    kernel->wall_offset_ns = (int64_t)sim__below(2 * most_ns + 1) - (int64_t)most_ns;
    sim_trace("the clock jumps; wall time is off by %lld ns", (long long)kernel->wall_offset_ns);
}

enum sim_stepped sim_step(void) {
    static struct sim_backend *found[BACKENDS_MAX];
    maybe_jump();
    unsigned count = find_runnable(found);
    bool own = sim__next_event_ns() <= kernel->now_ns;
    if (count == 0 && !own) {
        uint64_t next = next_deadline();
        if (next == HR_NO_DEADLINE) return SIM_STUCK;
        kernel->now_ns = next;
        count = find_runnable(found);
        own = sim__next_event_ns() <= kernel->now_ns;
    }
    uint64_t choice = sim__below(count + own);
    if (choice < count)
        hr__engine_step(found[choice]->engine, found[choice]->index);
    else
        run_first();
    kernel->now_ns += sim__below(SIM_STEP_NS);
    return SIM_RAN;
}
