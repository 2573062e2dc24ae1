/* When figures over rounds have settled: the last seven within 7.5 %. */
#include <criterion/criterion.h>

#include "settled.h"

Test(settled, the_last_seven_decide) {
    static const double figures[] = {50, 200, 100, 101, 102, 103, 104, 105, 107.4, 107.6};
    cr_expect_not(perf_settled(figures + 2, 6), "six show nothing");
    cr_expect(perf_settled(figures + 2, 7));
    cr_expect(perf_settled(figures, 9), "what was before does not matter");
    cr_expect_not(perf_settled(figures, 8), "200 is among the last seven");
    cr_expect(perf_settled(figures, 10), "101 to 107.6");
}

Test(settled, the_bound_is_of_the_smallest) {
    double figures[] = {100, 100, 100, 100, 100, 100, 107.49};
    cr_expect(perf_settled(figures, 7));
    figures[6] = 107.51;
    cr_expect_not(perf_settled(figures, 7));
    figures[6] = 93.0; /* 7 % below, 100 is 7.53 % above it */
    cr_expect_not(perf_settled(figures, 7));
}

Test(settled, one_that_was_not_measured_is_none) {
    double figures[] = {100, 100, 100, -1, 100, 100, 100, 100};
    cr_expect_not(perf_settled(figures, 8));
    cr_expect_not(perf_settled(figures, 0));
}
