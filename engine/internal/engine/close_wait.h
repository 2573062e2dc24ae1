/* Closing a client or a server without on_closed: whoever closes it sleeps until it is gone. */
#ifndef HR_ENGINE_CLOSE_WAIT_H
#define HR_ENGINE_CLOSE_WAIT_H

#include <stdint.h>

#include <headrace/engine.h>

/* On the stack of the thread that closes. */
struct hr_close_wait {
    hr_engine *engine;
    uint32_t done;
};

/* Returns `wait`, which hr__close_wait_end is to be called with; or NULL where the caller must not
 * sleep: it is told by `on_closed`, it is a reactor's thread, the engine's turns are stepped, or it
 * is a forked child, where nothing ends. */
struct hr_close_wait *hr__close_wait_begin(struct hr_close_wait *wait, hr_engine *engine,
                                           void (*on_closed)(void *user));

/* Sleeps until the end; the owner of a caller-driven engine runs it meanwhile. NULL: returns at
 * once. The handle is not touched. */
void hr__close_wait_sleep(struct hr_close_wait *wait);

/* The handle is gone: nothing of it or of `wait` is touched afterwards. NULL: nothing. Reactor's
 * thread. */
void hr__close_wait_end(struct hr_close_wait *wait);

#endif
