/* spin_us: looking again instead of sleeping, on a clock of the test's. */
#include "engine_fixture.h"

static struct hr_backend_vtable watched;
static unsigned looks, sleeps;
static uint64_t clock_ns;

static int count_turn(struct hr_backend *backend, uint64_t deadline_ns, unsigned wait_n,
                      struct hr_event *events, unsigned max) {
    if (deadline_ns == 0)
        looks++;
    else
        sleeps++;
    return hr__backend_uring.turn(backend, 0, wait_n, events, max);
}

/* Each reading is 10 µs after the one before. */
static uint64_t step_clock(struct hr_backend *backend) {
    (void)backend;
    return clock_ns += 10000;
}

static void open_watched(unsigned spin_us) {
    watched = hr__backend_uring;
    watched.turn = count_turn;
    watched.now = step_clock;
    clock_ns = hr_clock_monotonic_ns();
    const struct hr_engine_tuning tuning = {.backend = &watched};
    open_engine((struct hr_engine_options){.spin_us = spin_us}, &tuning);
    cr_assert_eq(do_operation((struct hr_operation){.kind = HR_OP_NOP}), 0);
    looks = sleeps = 0;
}

Test(spin, looks_for_spin_us_after_the_last_event_and_then_sleeps, .fini = close_engine) {
    open_watched(200);
    hr_engine_poll(engine, 1000);
    cr_assert_geq(looks, 15, "%u looks of 10 µs each", looks);
    cr_assert_leq(looks, 20, "%u looks of 10 µs each", looks);
    cr_assert_eq(sleeps, 1);
    looks = sleeps = 0;
    hr_engine_poll(engine, 1000);
    cr_assert_eq(looks, 0, "nothing has happened since: it sleeps at once");
    cr_assert_eq(sleeps, 1);
}

Test(spin, without_it_a_turn_sleeps_at_once, .fini = close_engine) {
    open_watched(0);
    hr_engine_poll(engine, 1000);
    cr_assert_eq(looks, 0);
    cr_assert_eq(sleeps, 1);
}

Test(spin, ends_with_a_post) {
    open_watched(1000);
    struct timer_request request = {.delay_ns = 0, .request.on_done = timer_request_done};
    cr_assert_eq(submit(&request), 0);
    hr_engine_poll(engine, 1000);
    cr_assert_eq(looks, 1, "a look that does not wait fetches the post");
    cr_assert_eq(sleeps, 0);
    cr_assert_eq(request.dones, 1);
    close_engine();
}

Test(spin, ends_in_time_for_a_timer) {
    open_watched(1000);
    struct timer_request request = {.delay_ns = 300000, .request.on_done = timer_request_done};
    cr_assert_eq(submit(&request), 0);
    hr_engine_poll(engine, 0);
    uint64_t started = clock_ns;
    while (request.dones == 0) hr_engine_poll(engine, 1000);
    cr_assert_geq(clock_ns - started, 300000u);
    cr_assert_leq(clock_ns - started, 2100000u, "the wheel's tick of a millisecond, and the spin");
    close_engine();
}

Test(spin, more_than_a_millisecond_is_refused) {
    const struct hr_engine_options options = {.mode = HR_ENGINE_CALLER, .spin_us = 1001};
    struct hr_error error = {0};
    hr_engine *made;
    cr_assert_eq(hr_engine_new(&options, &error, &made), -EINVAL);
    cr_assert_not_null(strstr(error.message, "spin_us 1001"));
}
