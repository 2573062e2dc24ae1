/* Bytes a second: what is charged, and when the next may move. */
#include <criterion/criterion.h>

#include "bandwidth.h"

#define SECOND UINT64_C(1000000000)

Test(bandwidth, without_a_limit_nothing_waits) {
    struct hr_bandwidth bandwidth = {0};
    cr_assert_not(hr__bandwidth_limited(&bandwidth));
    cr_assert_eq(hr__bandwidth_charge(&bandwidth, SECOND, 1u << 30), SECOND);
    cr_assert_eq(hr__bandwidth_debt_ns(&bandwidth, SECOND), 0);
    cr_assert_eq(hr__bandwidth_piece(&bandwidth, 77777), 77777);
}

Test(bandwidth, a_second_of_bytes_takes_a_second) {
    struct hr_bandwidth bandwidth = {0};
    uint64_t now = 10 * SECOND, begun = now, moved = 0;
    hr__bandwidth_set(&bandwidth, 1000000);
    for (; moved < 10000000; moved += 3333) now = hr__bandwidth_charge(&bandwidth, now, 3333);
    cr_assert_leq(now - begun, 10 * SECOND);
    cr_assert_geq(now - begun, 10 * SECOND - HR_BANDWIDTH_SAVED_NS);
}

Test(bandwidth, all_share_it) {
    struct hr_bandwidth bandwidth = {0};
    hr__bandwidth_set(&bandwidth, 1000);
    for (unsigned i = 0; i < 10; i++) hr__bandwidth_charge(&bandwidth, SECOND, 100);
    cr_assert_eq(hr__bandwidth_debt_ns(&bandwidth, SECOND), SECOND - HR_BANDWIDTH_SAVED_NS);
    cr_assert_eq(hr__bandwidth_debt_ns(&bandwidth, 3 * SECOND), 0);
}

Test(bandwidth, a_pause_is_saved_up_for_a_moment_only) {
    struct hr_bandwidth bandwidth = {0};
    hr__bandwidth_set(&bandwidth, 1000);
    cr_assert_eq(hr__bandwidth_charge(&bandwidth, 3600 * SECOND, 1000),
                 3601 * SECOND - HR_BANDWIDTH_SAVED_NS);
}

Test(bandwidth, a_piece_is_a_twentieth_of_a_second) {
    struct hr_bandwidth bandwidth = {0};
    hr__bandwidth_set(&bandwidth, 2000000);
    cr_assert_eq(hr__bandwidth_piece(&bandwidth, 1u << 20), 100000);
    cr_assert_eq(hr__bandwidth_piece(&bandwidth, 5000), 5000);
    hr__bandwidth_set(&bandwidth, 1);
    cr_assert_eq(hr__bandwidth_piece(&bandwidth, 1u << 20), 4096);
    hr__bandwidth_set(&bandwidth, HR_BANDWIDTH_MAX);
    cr_assert_eq(hr__bandwidth_piece(&bandwidth, 1u << 20), 1u << 20);
}
