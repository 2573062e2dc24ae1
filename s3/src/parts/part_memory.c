/* Memory for parts: a queue of those that wait for bulk. */
#include "part_memory.h"

#include <assert.h>
#include <errno.h>

#define LOOK_NS 5000000u /* between two looks, as other clients and reactors tell nobody */

static void look_in(struct hr__part_memory *memory, uint64_t ns) {
    hr__timer_start(memory->reactor, &memory->timer, hr__reactor_now(memory->reactor) + ns);
}

static void remove_first(struct hr__part_memory *memory) {
    struct hr__part_waiter *waiter = memory->first;
    memory->first = waiter->next;
    if (!memory->first) memory->last = &memory->first;
    waiter->next = NULL;
    waiter->waits = false;
    hr__budget_bulk_waits(memory->reactor, false);
}

static void look(struct hr_timer *timer) {
    struct hr__part_memory *memory = hr__container_of(timer, struct hr__part_memory, timer);
    struct hr__part_waiter *waiter = memory->first;
    if (!waiter) return;
    if (hr__budget_bulk_reserve(memory->reactor, waiter->bytes)) {
        look_in(memory, LOOK_NS);
        return;
    }
    remove_first(memory);
    if (memory->first) look_in(memory, 0);
    waiter->on_granted(waiter);
}

void hr__part_memory_open(struct hr__part_memory *memory, struct hr_reactor *reactor) {
    *memory = (struct hr__part_memory){.reactor = reactor, .timer.on_fire = look};
    memory->last = &memory->first;
}

int hr__part_memory_try(struct hr__part_memory *memory, size_t bytes) {
    if (hr__budget_bulk_wanted(memory->reactor)) return -ENOBUFS;
    return hr__budget_bulk_reserve(memory->reactor, bytes);
}

int hr__part_memory_wait(struct hr__part_memory *memory, struct hr__part_waiter *waiter) {
    assert(!waiter->waits && waiter->on_granted);
    if (waiter->bytes > hr__budget_bulk_limit(memory->reactor)) return -ENOBUFS;
    waiter->next = NULL;
    waiter->waits = true;
    hr__budget_bulk_waits(memory->reactor, true);
    *memory->last = waiter;
    memory->last = &waiter->next;
    if (memory->first == waiter) look_in(memory, 0);
    return 0;
}

void hr__part_memory_unwait(struct hr__part_memory *memory, struct hr__part_waiter *waiter) {
    if (!waiter->waits) return;
    struct hr__part_waiter **at = &memory->first;
    while (*at != waiter) at = &(*at)->next;
    *at = waiter->next;
    if (memory->last == &waiter->next) memory->last = at;
    waiter->next = NULL;
    waiter->waits = false;
    hr__budget_bulk_waits(memory->reactor, false);
    if (!memory->first) hr__timer_stop(memory->reactor, &memory->timer);
}

void hr__part_memory_release(struct hr__part_memory *memory, size_t bytes) {
    hr__budget_bulk_release(memory->reactor, bytes);
    if (memory->first) look_in(memory, 0);
}
