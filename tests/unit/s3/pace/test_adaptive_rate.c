/* The rate of adaptive mode against botocore's. */
#include <criterion/criterion.h>
#include <math.h>

#include "adaptive_rate.h"

#define MS     UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

/* botocore 1.44.5: the parts of retries/adaptive.py's ClientRateLimiter on a clock of the table's,
 * which begins at 1000 s. Each row: so many responses, so far apart, each so-and-so-many-th of them
 * throttled (0: none); then the bucket's rate, the measured one, and whether a token was there. */
static const struct {
    unsigned gap_ms, count, every;
    double rate, measured;
    bool token;
} botocore[] = {
    {50, 60, 0, 10.8, 19.99872, true},
    {50, 1, 1, 13.999104, 19.99872, true},
    {100, 20, 0, 19.9582006, 10.028798, true},
    {125, 1, 1, 7.02015857, 10.028798, true},
    {125, 1, 1, 4.914111, 10.028798, true},
    {250, 16, 0, 8.00007183, 4.00003591, true},
    {20, 100, 10, 0.611318124, 49.7472001, true},
    {500, 8, 0, 4.00085887, 2.00042943, true},
    {10, 1, 1, 1.4003006, 2.00042943, true},
    {1000, 4, 0, 2.01600137, 1.00800069, true},
    {2000, 3, 1, 0.5, 0.504064005, true},
    {3, 300, 0, 0.502289341, 286.100163, false},
};

static bool is_near(double value, double expected) {
    return fabs(value - expected) <= 1e-6 * fabs(expected);
}

Test(adaptive_rate, is_botocores) {
    struct hr__adaptive_rate rate;
    uint64_t now_ns = 1000 * SECOND;
    hr__adaptive_rate_init(&rate, now_ns);
    for (size_t i = 0; i < sizeof botocore / sizeof *botocore; i++) {
        for (unsigned k = 0; k < botocore[i].count; k++) {
            now_ns += botocore[i].gap_ms * MS;
            hr__adaptive_rate_note(&rate, now_ns, botocore[i].every && k % botocore[i].every == 0);
        }
        cr_expect(is_near(rate.fill_rate, botocore[i].rate), "%zu: %.9g", i, rate.fill_rate);
        cr_expect(is_near(rate.clocker.per_second, botocore[i].measured), "%zu: %.9g", i,
                  rate.clocker.per_second);
        cr_expect_eq(hr__adaptive_rate_take(&rate, now_ns) == 0, botocore[i].token, "%zu", i);
    }
}

Test(adaptive_rate, nothing_waits_before_the_first_complaint) {
    struct hr__adaptive_rate rate;
    hr__adaptive_rate_init(&rate, SECOND);
    for (unsigned i = 0; i < 1000; i++) {
        cr_assert_eq(hr__adaptive_rate_take(&rate, SECOND), 0);
        hr__adaptive_rate_note(&rate, SECOND, false);
    }
}

/* The wait that is told is the wait there is. */
Test(adaptive_rate, a_token_is_there_after_the_wait_and_not_before) {
    struct hr__adaptive_rate rate;
    uint64_t now_ns = 7 * SECOND, wait_ns;
    hr__adaptive_rate_init(&rate, now_ns);
    hr__adaptive_rate_note(&rate, now_ns, true);
    for (unsigned i = 0; i < 10; i++) {
        while (hr__adaptive_rate_take(&rate, now_ns) == 0) {}
        wait_ns = hr__adaptive_rate_take(&rate, now_ns);
        cr_assert(wait_ns > SECOND && wait_ns <= 2 * SECOND, "half a token a second");
        cr_assert_gt(hr__adaptive_rate_take(&rate, now_ns + wait_ns - MS), 0);
        now_ns += wait_ns + 10;
        cr_assert_eq(hr__adaptive_rate_take(&rate, now_ns), 0);
    }
}

/* Two reactors: the one that looked at the clock first comes second, and no time is filled twice.
 */
Test(adaptive_rate, a_time_before_the_last_fills_nothing) {
    struct hr__adaptive_rate rate;
    hr__adaptive_rate_init(&rate, 1000000000u);
    hr__adaptive_rate_note(&rate, 2000000000u, true);
    struct hr__adaptive_rate before = rate;
    uint64_t wait_ns = hr__adaptive_rate_take(&rate, 1500000000u);
    cr_expect_eq(rate.filled_s, before.filled_s);
    cr_expect(wait_ns > 0 ? rate.capacity == before.capacity : rate.capacity < before.capacity);
}
