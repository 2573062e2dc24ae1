/* The slope of what grows, beside scipy.stats.linregress with scipy.stats.t for its interval. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "service_growth.h"

static struct perf_growth growth_of(const double *bytes, unsigned count) {
    struct perf_growth growth = {.count = count};
    for (unsigned i = 0; i < count; i++) growth.work[i] = i, growth.bytes[i] = bytes[i];
    return growth;
}

Test(service_growth, a_slope_has_its_interval) {
    const double five[] = {10, 12, 11, 15, 14}, three[] = {0, 1, 3};
    struct perf_growth growth = growth_of(five, 5);
    struct perf_slope slope = perf_growth_slope(&growth);
    cr_expect_float_eq(slope.value, 1.1, 1e-12);
    cr_expect_float_eq(slope.low, -0.212156226454139, 1e-3);
    cr_expect_float_eq(slope.high, 2.4121562264541394, 1e-3);
    growth = growth_of(three, 3);
    slope = perf_growth_slope(&growth);
    cr_expect_float_eq(slope.low, -2.1679653624044897, 1e-3);
    cr_expect_float_eq(slope.high, 5.167965362404489, 1e-3);
}

Test(service_growth, many_looks_have_the_interval_of_many) {
    double bytes[30];
    for (int i = 0; i < 30; i++) bytes[i] = i * 7919 % 31 + 2 * i;
    const struct perf_growth growth = growth_of(bytes, 30);
    struct perf_slope slope = perf_growth_slope(&growth);
    cr_expect_float_eq(slope.value, 1.986206896551724, 1e-12);
    cr_expect_float_eq(slope.low, 1.5799380351618377, 1e-3);
    cr_expect_float_eq(slope.high, 2.3924757579416105, 1e-3);
}

Test(service_growth, two_looks_tell_no_slope) {
    const double two[] = {1, 5};
    struct perf_growth growth = growth_of(two, 2);
    struct perf_slope slope = perf_growth_slope(&growth);
    cr_expect(isinf(slope.low) && isinf(slope.high));
    cr_expect_eq(perf_growth_most(&growth), 4);
}

Test(service_growth, memory_that_is_touched_is_seen) {
    enum { SIZE = 32 << 20 };
    struct perf_growth growth = {.count = 0};
    perf_growth_look(&growth, 0);
    char *block = malloc(SIZE);
    cr_assert_not_null(block);
    memset(block, 1, SIZE);
    perf_growth_look(&growth, 1);
    cr_expect_geq(perf_growth_most(&growth), SIZE - (1 << 20), "block of %d", block[SIZE - 1]);
    free(block);
}

Test(service_growth, a_descriptor_that_stays_is_seen) {
    const struct perf_holdings before = perf_holdings_now();
    int fd = dup(0);
    const struct perf_holdings now = perf_holdings_now();
    cr_expect_eq(now.descriptors, before.descriptors + 1);
    cr_expect_eq(now.threads, before.threads);
    close(fd);
}
