/* Who keeps a loop going, and how its end is told. */
#include <criterion/criterion.h>
#include <poll.h>

#include "holders.h"

static bool is_readable(const struct perf_holders *holders) {
    struct pollfd ready = {.fd = holders->event_fd, .events = POLLIN};
    return poll(&ready, 1, 0) == 1;
}

Test(holders, the_last_release_ends_it) {
    struct perf_holders holders = {.event_fd = -1};
    cr_assert_eq(perf_holders_open(&holders), 0);
    perf_holders_add(&holders, 2);
    perf_holders_add(&holders, 1);
    perf_holders_release(&holders);
    perf_holders_release(&holders);
    cr_expect_not(is_readable(&holders));
    cr_expect_not(perf_holders_gone(&holders));
    perf_holders_release(&holders);
    cr_expect(is_readable(&holders));
    cr_expect(perf_holders_gone(&holders));
    cr_expect_not(is_readable(&holders), "it was emptied");
    perf_holders_close(&holders);
    perf_holders_close(&holders);
}

Test(holders, waking_is_not_the_end) {
    struct perf_holders holders = {.event_fd = -1};
    cr_assert_eq(perf_holders_open(&holders), 0);
    perf_holders_add(&holders, 1);
    for (int i = 0; i < 1000; i++) perf_holders_wake(&holders);
    cr_expect(is_readable(&holders));
    cr_expect_not(perf_holders_gone(&holders));
    perf_holders_wake(&holders);
    perf_holders_release(&holders);
    perf_holders_wake(&holders);
    cr_expect(perf_holders_gone(&holders), "a wake-up before or behind hides no end");
    perf_holders_close(&holders);
}
