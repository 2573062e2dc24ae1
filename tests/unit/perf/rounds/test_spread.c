/* Medians with the least and the most, and ratios round by round. */
#include <criterion/criterion.h>

#include "spread.h"

Test(spread, of_odd_and_even_numbers) {
    double odd[] = {3, 1, 2}, even[] = {4, 1, 3, 2}, one[] = {7};
    struct perf_spread spread = perf_spread_of(odd, 3);
    cr_expect(spread.least == 1 && spread.median == 2 && spread.most == 3);
    spread = perf_spread_of(even, 4);
    cr_expect(spread.least == 1 && spread.median == 2.5 && spread.most == 4);
    spread = perf_spread_of(one, 1);
    cr_expect(spread.least == 7 && spread.median == 7 && spread.most == 7);
}

Test(spread, what_was_not_measured_does_not_count) {
    double some[] = {-1, 5, -1, 9}, none[] = {-1, -1};
    struct perf_spread spread = perf_spread_of(some, 4);
    cr_expect(spread.least == 5 && spread.median == 7 && spread.most == 9);
    spread = perf_spread_of(none, 2);
    cr_expect(spread.least == -1 && spread.median == -1 && spread.most == -1);
    spread = perf_spread_of(none, 0);
    cr_expect_eq(spread.median, -1);
}

Test(spread, ratios_are_of_one_round_each) {
    static const double above[] = {10, 30, -1, 8, 4}, below[] = {5, 10, 1, -1, 0};
    const struct perf_ratio ratio = {above, below};
    struct perf_spread spread = perf_spread_of_ratios(ratio, 5);
    cr_expect(spread.least == 2 && spread.median == 2.5 && spread.most == 3);
    cr_expect_eq(perf_spread_of_ratios(ratio, 0).median, -1);
}
