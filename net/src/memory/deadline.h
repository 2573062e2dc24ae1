/* A timer for deadlines that move often: moving one on writes a number, and the wheel is touched
 * only where the timer would fire too late. When it fires early, it goes on to where the deadline
 * has moved. Reactor thread only. */
#ifndef HR_NET_DEADLINE_H
#define HR_NET_DEADLINE_H

#include <stdint.h>

#include <engine/reactor.h>
#include <engine/timer.h>

struct hr_deadline {
    uint64_t due_ns; /* UINT64_MAX: never */
    struct hr_timer timer;
    /* The time has come; due_ns is UINT64_MAX again. May free its owner. May be exchanged. */
    void (*on_due)(struct hr_deadline *deadline);
};

/* Zeroed memory becomes one that is never due. */
void hr__deadline_init(struct hr_deadline *deadline, void (*on_due)(struct hr_deadline *deadline));
void hr__deadline_stop(struct hr_deadline *deadline, struct hr_reactor *reactor);

static inline void hr__deadline_set(struct hr_deadline *deadline, struct hr_reactor *reactor,
                                    uint64_t due_ns) {
    struct hr_timer *timer = &deadline->timer;
    deadline->due_ns = due_ns;
    if (due_ns != UINT64_MAX && (!hr__timer_running(timer) || timer->deadline_ns > due_ns))
        hr__timer_start(reactor, timer, due_ns);
}

#endif
