/* Other thresholds for a breaker that is in use. */
#include <criterion/criterion.h>

#include <base/clock_source.h>

#include "breaker_core.h"

static uint64_t now_ns = UINT64_C(1000000000);

static uint64_t read_clock(void) {
    return now_ns;
}

static void use_virtual_clock(void) {
    static const struct hr_clock_source source = {read_clock, read_clock};
    hr__clock_source = &source;
}

TestSuite(breaker_adjust, .init = use_virtual_clock);

static void call(hr_breaker *breaker, enum hr_breaker_outcome outcome) {
    struct hr_breaker_pass pass;
    cr_assert_eq(hr_breaker_enter(breaker, &pass, NULL), 0);
    hr_breaker_leave(breaker, &pass, outcome, -1);
}

static enum hr_breaker_state state_of(hr_breaker *breaker) {
    struct hr_breaker_status status;
    hr_breaker_status_get(breaker, &status);
    return status.state;
}

Test(breaker_adjust, other_thresholds_count_from_now_on) {
    static const struct hr_breaker_options other = {
        .failures_max = 2, .open_ms = 1000, .probes_max = 2};
    hr_breaker *breaker;
    cr_assert_eq(hr_breaker_new(NULL, NULL, &breaker), 0);
    for (int i = 0; i < 3; i++) call(breaker, HR_BREAKER_FAILURE);
    cr_assert_eq(state_of(breaker), HR_BREAKER_CLOSED);
    hr__breaker_adjust(breaker, &other);
    call(breaker, HR_BREAKER_FAILURE);
    cr_assert_eq(state_of(breaker), HR_BREAKER_OPEN, "the failures before count");
    now_ns += UINT64_C(1000000000);
    call(breaker, HR_BREAKER_SUCCESS);
    cr_assert_eq(state_of(breaker), HR_BREAKER_HALF_OPEN, "one of two probes");
    call(breaker, HR_BREAKER_SUCCESS);
    cr_assert_eq(state_of(breaker), HR_BREAKER_CLOSED);
    hr_breaker_free(breaker);
}

Test(breaker_adjust, an_open_one_waits_as_long_as_it_was_to) {
    static const struct hr_breaker_options first = {.failures_max = 1, .open_ms = 5000},
                                           other = {.failures_max = 1, .open_ms = 1000};
    hr_breaker *breaker;
    cr_assert_eq(hr_breaker_new(&first, NULL, &breaker), 0);
    call(breaker, HR_BREAKER_FAILURE);
    hr__breaker_adjust(breaker, &other);
    now_ns += UINT64_C(4999000000);
    cr_assert_eq(state_of(breaker), HR_BREAKER_OPEN);
    now_ns += UINT64_C(1000000);
    cr_assert_eq(state_of(breaker), HR_BREAKER_HALF_OPEN);
    hr_breaker_free(breaker);
}
