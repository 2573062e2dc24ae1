#include <criterion/criterion.h>
#include <stdlib.h>

#include <engine/timer.h>

#define MS UINT64_C(1000000)

struct probe {
    struct hr_timer timer;
    uint64_t fired_at;
    unsigned count;
};

static uint64_t now_ns;

static void note(struct hr_timer *timer) {
    struct probe *probe = (struct probe *)timer;
    probe->fired_at = now_ns;
    probe->count++;
}

static uint64_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 16;
}

/* The plain model: a timer fires in the first call whose time, in whole ticks, has reached its
 * deadline. */
Test(timer, agrees_with_the_plain_model) {
    enum { COUNT = 4000 };
    static struct probe probes[COUNT];
    uint64_t state = 42;
    now_ns = 1234567 * MS + 17;
    struct hr_wheel *wheel = hr__wheel_new(now_ns);
    cr_assert_not_null(wheel);
    for (size_t i = 0; i < COUNT; i++) {
        probes[i].timer.on_fire = note;
        uint64_t reach = UINT64_C(1) << (next_random(&state) % 46);
        hr__wheel_start(wheel, &probes[i].timer, now_ns + next_random(&state) % reach);
    }
    for (size_t i = 0; i < COUNT; i += 5) hr__wheel_stop(wheel, &probes[i].timer);
    uint64_t left = COUNT - COUNT / 5;
    while (left > 0) {
        uint64_t before = now_ns, next = hr__wheel_next(wheel);
        cr_assert_neq(next, UINT64_MAX);
        now_ns = next > now_ns ? next : now_ns + 1;
        if (next_random(&state) % 4 == 0) now_ns += next_random(&state) % (50 * MS);
        left -= hr__wheel_fire(wheel, now_ns);
        for (size_t i = 0; i < COUNT; i++) {
            if (probes[i].fired_at != now_ns || probes[i].count == 0) continue;
            cr_assert_leq(probes[i].timer.deadline_ns, now_ns, "never early");
            cr_assert_geq(probes[i].timer.deadline_ns + MS, before, "late by a tick at most");
        }
    }
    for (size_t i = 0; i < COUNT; i++) cr_assert_eq(probes[i].count, i % 5 ? 1u : 0u);
    cr_assert_eq(hr__wheel_next(wheel), UINT64_MAX);
    hr__wheel_free(wheel);
}

static struct hr_wheel *shared_wheel;
static struct probe other;

static void restart_in_the_past_and_stop_other(struct hr_timer *timer) {
    note(timer);
    hr__wheel_start(shared_wheel, timer, 0);
    hr__wheel_stop(shared_wheel, &other.timer);
}

Test(timer, started_inside_with_a_past_deadline_fires_in_the_next_call) {
    struct probe probe = {.timer.on_fire = restart_in_the_past_and_stop_other};
    other.timer.on_fire = note;
    now_ns = 10 * MS;
    shared_wheel = hr__wheel_new(now_ns);
    hr__wheel_start(shared_wheel, &probe.timer, 12 * MS);
    hr__wheel_start(shared_wheel, &other.timer, 12 * MS);
    now_ns = 12 * MS;
    cr_assert_eq(hr__wheel_fire(shared_wheel, now_ns), 1);
    cr_assert_eq(hr__wheel_next(shared_wheel), 0);
    cr_assert_eq(hr__wheel_fire(shared_wheel, now_ns), 1);
    cr_assert_eq(probe.count, 2);
    cr_assert_eq(other.count, 0, "stopped by a callback of the same tick");
    hr__wheel_free(shared_wheel);
}

Test(timer, a_running_timer_is_moved) {
    struct probe probe = {.timer.on_fire = note};
    now_ns = 0;
    struct hr_wheel *wheel = hr__wheel_new(0);
    hr__wheel_start(wheel, &probe.timer, 5 * MS);
    hr__wheel_start(wheel, &probe.timer, 50000 * MS);
    cr_assert_eq(hr__wheel_fire(wheel, 10 * MS), 0);
    cr_assert_eq(hr__wheel_fire(wheel, 49999 * MS), 0);
    cr_assert_eq(hr__wheel_fire(wheel, 50000 * MS), 1);
    cr_assert_not(hr__timer_running(&probe.timer));
    hr__wheel_free(wheel);
}

/* A timer of the second or third level that is alone is what the reactor sleeps until. */
Test(timer, one_alone_wakes_once) {
    for (uint64_t start = 0; start < 200; start += 7) {
        struct probe probe = {.timer.on_fire = note};
        now_ns = (1000 + start) * MS;
        struct hr_wheel *wheel = hr__wheel_new(now_ns);
        for (uint64_t wait = 1; wait < 200000; wait = wait * 3 + start) {
            hr__wheel_start(wheel, &probe.timer, now_ns + wait * MS);
            cr_assert_eq(hr__wheel_next(wheel), now_ns + wait * MS, "%lu ms", (unsigned long)wait);
            now_ns += wait * MS;
            cr_assert_eq(hr__wheel_fire(wheel, now_ns), 1);
        }
        hr__wheel_free(wheel);
    }
}
