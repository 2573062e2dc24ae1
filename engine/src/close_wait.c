/* The sleep of a thread that closes a client or a server. */
#include <assert.h>
#include <engine/close_wait.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine_core.h"

struct hr_close_wait *hr__close_wait_begin(struct hr_close_wait *wait, hr_engine *engine,
                                           void (*on_closed)(void *user)) {
    if (on_closed || hr__reactor_current() || engine->tuning.stepped || !hr__engine_alive(engine))
        return NULL;
    wait->engine = engine;
    wait->done = 0;
    return wait;
}

static bool is_done(const struct hr_close_wait *wait) {
    return __atomic_load_n(&wait->done, __ATOMIC_ACQUIRE) != 0;
}

/* The owner of a caller-driven engine runs it until the handle is gone. */
static void run_until_done(struct hr_reactor *reactor, const struct hr_close_wait *wait) {
    hr__reactor_rouse(reactor);
    while (!is_done(wait)) hr__reactor_turn(reactor, HR_NO_DEADLINE);
    if (!hr__engine_end_at_rest(reactor->engine)) hr__reactor_doze(reactor);
}

void hr__close_wait_sleep(struct hr_close_wait *wait) {
    if (!wait) return;
    struct hr_reactor *owned = hr__engine_owned(wait->engine->group.reactors[0]);
    if (owned) {
        run_until_done(owned, wait);
        return;
    }
    while (!is_done(wait)) syscall(SYS_futex, &wait->done, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

void hr__close_wait_end(struct hr_close_wait *wait) {
    if (!wait) return;
    uint32_t *done = &wait->done;
    assert(hr__reactor_current() && !is_done(wait));
    __atomic_store_n(done, 1, __ATOMIC_RELEASE);
    /* An address only: the waiter may have left its stack already. */
    syscall(SYS_futex, done, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}
