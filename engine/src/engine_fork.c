/* A forked child is told from its parent by pages that the kernel wipes in the child. */
#include <assert.h>
#include <errno.h>
#include <sys/mman.h>

#include "engine_core.h"

/* Zero in a forked child. */
static void *map_wiped(size_t size) {
    void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return NULL;
    madvise(page, size, MADV_WIPEONFORK);
    return page;
}

/* The number of this process among those that have forked from each other with engines; kept for
 * its life, as a request may be waited for when its engine is gone. Without a lock, which a child
 * could inherit locked. */
static uint64_t *process;

static int number_process(hr_engine *engine) {
    static uint64_t count; /* a child goes on from its parent's */
    uint64_t *page = __atomic_load_n(&process, __ATOMIC_ACQUIRE);
    if (!page) {
        uint64_t *made = map_wiped(sizeof *made);
        if (!made) return -ENOMEM;
        if (__atomic_compare_exchange_n(&process, &page, made, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE))
            page = made;
        else
            munmap(made, sizeof *made);
    }
    uint64_t number = __atomic_load_n(page, __ATOMIC_RELAXED);
    uint64_t next = number ? number : __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);
    if (number == 0 &&
        __atomic_compare_exchange_n(page, &number, next, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        number = next;
    assert(number);
    engine->process = number;
    return 0;
}

uint64_t hr__engine_process(void) {
    return __atomic_load_n(process, __ATOMIC_RELAXED);
}

int hr__engine_open_gate(hr_engine *engine) {
    assert(!engine->gate);
    engine->gate = map_wiped(sizeof *engine->gate);
    if (!engine->gate || number_process(engine) < 0) return -ENOMEM;
    engine->group.alive = &engine->gate->alive;
    engine->gate->open = 1;
    engine->gate->alive = 1;
    return 0;
}

void hr__engine_close_gate(hr_engine *engine) {
    if (engine->gate) munmap(engine->gate, sizeof *engine->gate);
}
