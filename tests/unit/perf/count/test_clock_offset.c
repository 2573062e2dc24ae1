/* The offset of a clock that tells whole seconds. */
#include <criterion/criterion.h>

#include "clock_offset.h"

#define SECOND_NS 1000000000ull
#define OWN_NS    (1700000000 * SECOND_NS)
#define WAY_NS    2000000 /* there, and back */

/* The other clock shows so much more than ours; it is asked `count` times, each 90 ms later. */
static struct perf_clock_offset asked(int64_t offset_ns, unsigned count) {
    struct perf_clock_offset offset = {.samples = 0};
    for (unsigned i = 0; i < count; i++) {
        uint64_t sent = OWN_NS + i * 90000000ull;
        uint64_t there = (uint64_t)((int64_t)(sent + WAY_NS) + offset_ns);
        perf_clock_offset_add(
            &offset, &(struct perf_clock_sample){there / SECOND_NS, sent, sent + 2 * WAY_NS});
    }
    return offset;
}

Test(clock_offset, one_sample_bounds_it_by_a_second_and_the_way) {
    struct perf_clock_offset offset = asked(0, 1);
    cr_expect_eq(offset.samples, 1);
    cr_expect_leq(offset.low_ns, 0);
    cr_expect_geq(offset.high_ns, 0);
    cr_expect_eq(offset.high_ns - offset.low_ns, (int64_t)SECOND_NS + 2 * WAY_NS);
}

Test(clock_offset, samples_across_a_second_bound_it_narrowly) {
    static const int64_t offsets[] = {
        0,           1,           -1,        250000000, -777000000,
        61000000000, -3600000000, 999999999, 5000,      -86400000000000};
    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        struct perf_clock_offset offset = asked(offsets[i], 12);
        cr_expect_leq(offset.low_ns, offsets[i], "%zu", i);
        cr_expect_geq(offset.high_ns, offsets[i], "%zu", i);
        cr_expect_leq(offset.high_ns - offset.low_ns, 94000000, "%zu", i);
    }
}

/* Our clock is set back by a minute between two samples. */
Test(clock_offset, a_clock_that_was_set_is_known_by_its_bounds) {
    struct perf_clock_offset offset = asked(0, 12);
    perf_clock_offset_add(&offset, &(struct perf_clock_sample){1700000002, OWN_NS - 58 * SECOND_NS,
                                                               OWN_NS - 58 * SECOND_NS});
    cr_expect_gt(offset.low_ns, offset.high_ns);
}
