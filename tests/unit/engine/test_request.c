#include <pthread.h>

#include "engine_fixture.h"

TestSuite(request, .init = open_default_engine, .fini = close_engine);

static struct timer_request with_callback(uint64_t delay_ns) {
    return (struct timer_request){.request.on_done = timer_request_done, .delay_ns = delay_ns};
}

Test(request, calls_back_once_and_never_from_inside) {
    struct timer_request self = with_callback(0);
    cr_assert_eq(submit(&self), 0);
    cr_assert_eq(self.starts, 0);
    cr_assert_eq(submit(&self), -EBUSY, "in progress");
    TURN_UNTIL(self.dones == 1);
    cr_assert_eq(self.request.result, 0);
    cr_assert_eq(self.request.error.code, 0);
    cr_assert_geq(hr_clock_monotonic_ns(), self.request.started_ns);
    hr_cancel(&self.request); /* finished: ignored */
    hr_resume(&self.request);
    hr_engine_poll(engine, 0);
    cr_assert_eq(self.dones + self.starts, 2);
    cr_assert_eq(self.stops + self.resumes, 0);
}

Test(request, out_part_is_cleared_at_each_start) {
    struct timer_request self = with_callback(NEVER_NS);
    cr_assert_eq(submit(&self), 0);
    hr_cancel(&self.request);
    TURN_UNTIL(self.dones == 1);
    cr_assert_eq(self.request.result, -ECANCELED);
    cr_assert_str_eq(self.request.error.message, hr_error_text(-ECANCELED));
    self.delay_ns = 1000000;
    self.request.attempts = 9;
    cr_assert_eq(submit(&self), 0);
    TURN_UNTIL(self.dones == 2);
    cr_assert_eq(self.request.result, 0);
    cr_assert_eq(self.request.attempts, 0);
    cr_assert_str_empty(self.request.error.message);
    cr_assert_geq(self.request.total_ns, 1000000);
}

Test(request, a_cancel_before_the_reactor_saw_it) {
    struct timer_request self = with_callback(NEVER_NS);
    cr_assert_eq(submit(&self), 0);
    hr_cancel(&self.request);
    hr_cancel(&self.request);
    hr_resume(&self.request);
    TURN_UNTIL(self.dones == 1);
    cr_assert_eq(self.request.result, -ECANCELED);
    cr_assert_eq(self.starts, 1);
    cr_assert_eq(self.stops, 1);
    cr_assert_eq(self.resumes, 0);
}

Test(request, a_cancel_that_meets_its_end) {
    struct timer_request self = with_callback(0); /* ends inside its start */
    cr_assert_eq(submit(&self), 0);
    hr_cancel(&self.request);
    TURN_UNTIL(self.dones == 1);
    cr_assert_eq(self.request.result, 0);
    cr_assert_eq(self.stops, 0, "never after finish");
}

static int dones_at_end = -1;
static void note_end(void *owner) {
    dones_at_end = ((struct timer_request *)owner)->dones;
}

/* Also when the callback has to wait for a node on its way: whoever lends the owner counts on it.
 */
Test(request, its_owner_is_told_after_the_callback) {
    struct hr_request_class class_ = timer_request_class;
    class_.ended = note_end;
    struct timer_request self = {.request.on_done = timer_request_done, .delay_ns = 0};
    cr_assert_eq(hr__request_submit(&self.request, reactor, &class_, &self), 0);
    hr_cancel(&self.request);
    TURN_UNTIL(dones_at_end >= 0);
    cr_assert_eq(dones_at_end, 1);
}

Test(request, cancel_of_nothing) {
    struct timer_request self = {.starts = 0};
    hr_cancel(NULL);
    hr_resume(NULL);
    hr_cancel(&self.request);
    hr_resume(&self.request);
    cr_assert_eq(hr_wait(NULL), -EINVAL);
    cr_assert_eq(hr_wait(&self.request), -EINVAL);
}

Test(request, timeout_stops_it) {
    struct timer_request self = with_callback(NEVER_NS);
    self.request.timeout_ms = 10;
    cr_assert_eq(submit(&self), 0);
    TURN_UNTIL(self.dones == 1);
    cr_assert_eq(self.request.result, -ETIMEDOUT);
    cr_assert_eq(self.reason, -ETIMEDOUT);
    cr_assert(strstr(self.request.error.message, "time-out of 10 ms"), "%s",
              self.request.error.message);
    cr_assert_geq(self.request.total_ns, 10000000);
}

static uint64_t fifteen_ms(const struct hr_request *request) {
    (void)request;
    return 15000000;
}
static uint64_t never(const struct hr_request *request) {
    (void)request;
    return UINT64_MAX;
}

/* Requests of a client take its time-out where they have none of their own. */
Test(request, its_class_says_what_bounds_it_by_default) {
    struct hr_request_class class_ = timer_request_class;
    class_.timeout_ns = fifteen_ms;
    struct timer_request self = with_callback(NEVER_NS);
    cr_assert_eq(hr__request_submit(&self.request, reactor, &class_, &self), 0);
    TURN_UNTIL(self.dones == 1);
    cr_assert_eq(self.request.result, -ETIMEDOUT);
    cr_assert(strstr(self.request.error.message, "time-out of 15 ms"), "%s",
              self.request.error.message);
    struct timer_request quick = with_callback(NEVER_NS);
    quick.request.timeout_ms = 5;
    cr_assert_eq(hr__request_submit(&quick.request, reactor, &class_, &quick), 0);
    TURN_UNTIL(quick.dones == 1);
    cr_assert(strstr(quick.request.error.message, "time-out of 5 ms"), "its own goes before");
    for (int i = 0; i < 2; i++) {
        struct timer_request patient = with_callback(30000000);
        if (i) class_.timeout_ns = never;
        patient.request.timeout_ms = i ? 0 : HR_NO_TIMEOUT;
        cr_assert_eq(hr__request_submit(&patient.request, reactor, &class_, &patient), 0);
        cr_assert_eq(hr__request_timeout_ns(&patient.request), UINT64_MAX);
        TURN_UNTIL(patient.dones == 1);
        cr_assert_eq(patient.request.result, 0);
    }
}

/* None at all, and not the 49.7 days that the largest number of milliseconds would be. */
Test(request, no_timeout_is_none) {
    struct timer_request self = with_callback(NEVER_NS);
    self.request.timeout_ms = HR_NO_TIMEOUT;
    cr_assert_eq(submit(&self), 0);
    cr_assert_eq(hr__request_timeout_ns(&self.request), UINT64_MAX);
    hr_cancel(&self.request);
    TURN_UNTIL(self.dones == 1);
    cr_assert_eq(hr__timeout_ns(HR_NO_TIMEOUT - 1, 7), (HR_NO_TIMEOUT - 1) * UINT64_C(1000000));
    cr_assert_eq(hr__timeout_ns(0, 7), 7);
}

Test(request, stopped_at_most_once) {
    struct timer_request self = with_callback(60000000);
    self.request.timeout_ms = 10;
    self.deaf = true;
    cr_assert_eq(submit(&self), 0);
    TURN_UNTIL(self.stops == 1);
    hr_cancel(&self.request);
    TURN_UNTIL(self.dones == 1);
    cr_assert_eq(self.stops, 1);
    cr_assert_eq(self.reason, -ETIMEDOUT);
    cr_assert_eq(self.request.result, 0, "its own end came after all");
}

Test(request, a_timeout_is_forgotten_at_the_end) {
    struct timer_request self = with_callback(1000000);
    self.request.timeout_ms = 20;
    cr_assert_eq(submit(&self), 0);
    TURN_UNTIL(self.dones == 1);
    for (uint64_t until = hr_clock_monotonic_ns() + 40000000; hr_clock_monotonic_ns() < until;)
        hr_engine_poll(engine, 5);
    cr_assert_eq(self.stops, 0);
    cr_assert_eq(hr__wheel_next(reactor->wheel), UINT64_MAX);
}

Test(request, resume_reaches_it_even_before_its_start) {
    struct timer_request self = with_callback(NEVER_NS);
    self.finish_on_resume = true;
    cr_assert_eq(submit(&self), 0);
    hr_resume(&self.request);
    TURN_UNTIL(self.dones == 1);
    cr_assert_eq(self.request.result, 0);
    cr_assert_eq(self.resumes, 1);
}

static int again;
static void start_again(struct hr_request *request) {
    struct timer_request *self = (struct timer_request *)request;
    self->dones++;
    if (self->dones < 100) again += submit(self) == 0;
}

/* With room for one: the place is free in the callback. */
Test(request, started_again_from_its_callback, .init = NULL) {
    open_engine((struct hr_engine_options){.requests_max = 1}, NULL);
    struct timer_request self = {.request.on_done = start_again}, other = with_callback(0);
    cr_assert_eq(submit(&self), 0);
    cr_assert_eq(submit(&other), -ENOBUFS);
    TURN_UNTIL(self.dones == 100);
    cr_assert_eq(again, 99);
    cr_assert_eq(other.dones, 0);
    cr_assert_eq(submit(&other), 0);
    TURN_UNTIL(other.dones == 1);
}

static int inside;
static struct timer_request waited;
static void wait_inside(struct hr_task *task) {
    (void)task;
    inside = hr_wait(&waited.request);
}

Test(request, wait_runs_the_callers_own_loop) {
    waited.delay_ns = 5000000;
    cr_assert_eq(submit(&waited), 0);
    struct hr_task task = {.run = wait_inside};
    hr__reactor_post(reactor, &task);
    cr_assert_eq(hr_wait(&waited.request), 0);
    cr_assert_eq(hr_wait(&waited.request), 0, "again: the same");
    cr_assert_eq(inside, -EDEADLK);
    struct timer_request calling = with_callback(0);
    cr_assert_eq(submit(&calling), 0);
    cr_assert_eq(hr_wait(&calling.request), -EINVAL, "it has a callback");
    TURN_UNTIL(calling.dones == 1);
}

static uint32_t left;
static void *wait_outside(void *argument) {
    struct timer_request *self = argument;
    int result = hr_wait(&self->request);
    __atomic_sub_fetch(&left, 1, __ATOMIC_RELEASE);
    return (void *)(intptr_t)result;
}

Test(request, wait_from_another_thread) {
    struct timer_request self = {.delay_ns = NEVER_NS};
    pthread_t threads[2];
    cr_assert_eq(submit(&self), 0);
    left = 2;
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, wait_outside, &self);
    hr_engine_poll(engine, 5);
    hr_cancel(&self.request);
    TURN_UNTIL(__atomic_load_n(&left, __ATOMIC_ACQUIRE) == 0);
    for (int i = 0; i < 2; i++) {
        void *result;
        pthread_join(threads[i], &result);
        cr_assert_eq((intptr_t)result, -ECANCELED);
    }
}

Test(request, counted) {
    struct timer_request good = with_callback(0), cancelled = with_callback(NEVER_NS),
                         late = with_callback(NEVER_NS), standing = with_callback(NEVER_NS);
    late.request.timeout_ms = 1;
    cr_assert_eq(submit(&good) + submit(&cancelled) + submit(&late) + submit(&standing), 0);
    hr_cancel(&cancelled.request);
    TURN_UNTIL(good.dones + cancelled.dones + late.dones == 3);
    struct hr_engine_metrics now = metrics();
    cr_assert_eq(now.submitted, 4);
    cr_assert_eq(now.succeeded, 1);
    cr_assert_eq(now.cancelled, 1);
    cr_assert_eq(now.failed, 1);
    cr_assert_eq(now.in_progress, 1);
    hr_cancel(&standing.request);
    TURN_UNTIL(standing.dones == 1);
}

#ifndef NDEBUG
Test(request, debug_builds_poison_it) {
    struct timer_request self = with_callback(0);
    cr_assert_eq(submit(&self), 0);
    TURN_UNTIL(self.dones == 1);
    cr_assert_eq((uintptr_t)self.request.private_.class_, 0xdeadbeefdeadbeef);
}
#endif
