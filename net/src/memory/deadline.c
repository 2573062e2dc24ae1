/* A timer for deadlines that move often. */
#include "deadline.h"

static void on_fire(struct hr_timer *timer) {
    struct hr_deadline *deadline = hr__container_of(timer, struct hr_deadline, timer);
    struct hr_reactor *reactor = hr__reactor_current();
    if (hr__reactor_now(reactor) < deadline->due_ns) {
        hr__deadline_set(deadline, reactor, deadline->due_ns);
        return;
    }
    deadline->due_ns = UINT64_MAX;
    deadline->on_due(deadline);
}

void hr__deadline_init(struct hr_deadline *deadline, void (*on_due)(struct hr_deadline *deadline)) {
    *deadline =
        (struct hr_deadline){.due_ns = UINT64_MAX, .timer = {.on_fire = on_fire}, .on_due = on_due};
}

void hr__deadline_stop(struct hr_deadline *deadline, struct hr_reactor *reactor) {
    deadline->due_ns = UINT64_MAX;
    hr__timer_stop(reactor, &deadline->timer);
}
