/* Timers on the reactor's wheel (hashed, hierarchical, 1 ms ticks). Reactor thread only. */
#ifndef HR_ENGINE_TIMER_H
#define HR_ENGINE_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include <base/container_of.h>

struct hr_timer {
    struct hr_timer *next, *prev; /* NULL: not running */
    uint64_t deadline_ns;
    void (*on_fire)(struct hr_timer *timer); /* may restart it or free its owner */
};

struct hr_wheel;

/* The wheel alone, for the reactor and for tests. `now_ns` is its origin. */
struct hr_wheel *hr__wheel_new(uint64_t now_ns);
void hr__wheel_free(struct hr_wheel *wheel);
void hr__wheel_start(struct hr_wheel *wheel, struct hr_timer *timer,
                     uint64_t deadline_ns);                          /* running: moved */
void hr__wheel_stop(struct hr_wheel *wheel, struct hr_timer *timer); /* idle: ignored */
/* Fires all that is due at `now_ns`, in order of tick; a timer never fires before its deadline and
 * at most one tick (plus the caller's delay) after it. Returns how many. Timers started inside with
 * a past deadline fire in the next call. */
unsigned hr__wheel_fire(struct hr_wheel *wheel, uint64_t now_ns);
/* A lower bound of the next deadline, exact within its level; UINT64_MAX when empty. Cheap. */
uint64_t hr__wheel_next(struct hr_wheel *wheel);

static inline bool hr__timer_running(const struct hr_timer *timer) {
    return timer->next != (struct hr_timer *)0;
}

#endif
