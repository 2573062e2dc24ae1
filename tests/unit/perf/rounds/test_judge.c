/* Intervals, tests and verdicts beside values that scipy.stats and tables of the binomial give. */
#include <criterion/criterion.h>

#include "judge.h"

#define FIGURES(...)                                                                               \
    ((struct perf_figures){(const double[]){__VA_ARGS__},                                          \
                           sizeof((const double[]){__VA_ARGS__}) / sizeof(double)})

/* scipy.stats.mannwhitneyu(…, method='exact'). */
Test(judge, the_test_is_exact_without_ties) {
    cr_expect_float_eq(perf_mann_whitney(FIGURES(1, 2, 3, 4, 5, 6), FIGURES(7, 8, 9, 10, 11, 12)),
                       0.0021645021645021645, 1e-12);
    cr_expect_float_eq(perf_mann_whitney(FIGURES(1, 2, 3, 5, 6, 8), FIGURES(4, 7, 9, 10, 11, 12)),
                       0.025974025974025976, 1e-12);
    cr_expect_float_eq(perf_mann_whitney(FIGURES(1, 3, 5, 7, 9, 11), FIGURES(2, 4, 6, 8, 10, 12)),
                       0.6991341991341992, 1e-12);
    cr_expect_float_eq(perf_mann_whitney(FIGURES(1, 2, 3), FIGURES(4, 5, 6)), 0.1, 1e-12);
    cr_expect_float_eq(perf_mann_whitney(FIGURES(1, 2, 3, 4), FIGURES(5, 6, 7, 8)),
                       0.02857142857142857, 1e-12);
    cr_expect_float_eq(
        perf_mann_whitney(FIGURES(3.1, 2.2, 5.5, 4.4, 1.1), FIGURES(6.1, 2.9, 7.2, 8.8)),
        0.1111111111111111, 1e-12);
}

/* scipy.stats.mannwhitneyu(…, method='asymptotic'). */
Test(judge, ties_and_many_figures_are_approximated) {
    cr_expect_float_eq(perf_mann_whitney(FIGURES(1, 2, 2, 3, 4, 4), FIGURES(2, 4, 5, 5, 6, 7)),
                       0.041965813836852627, 1e-9);
    cr_expect_float_eq(perf_mann_whitney(FIGURES(1, 1, 1, 1, 2, 2), FIGURES(2, 2, 2, 3, 3, 3)),
                       0.013378287811594171, 1e-9);
    double a[30], b[30];
    for (int i = 0; i < 30; i++) {
        a[i] = i + 1;
        b[i] = i + 8.5;
    }
    cr_expect_float_eq(
        perf_mann_whitney((struct perf_figures){a, 30}, (struct perf_figures){b, 30}),
        0.003670893392450653, 1e-9);
    cr_expect_eq(perf_mann_whitney(FIGURES(1, 1), FIGURES(1, 1)), 1);
    cr_expect_eq(perf_mann_whitney((struct perf_figures){a, 0}, (struct perf_figures){b, 5}), 1);
}

/* 1 - 2·P(Bin(n, ½) ≤ k - 1) for the k-th figure from either end: 6 figures, 0.969 from least to
 * most; 5 give 0.9375; 9 the second, 0.961; 20 the sixth, 0.959. */
Test(judge, an_interval_has_the_figures_that_the_binomial_names) {
    double figures[20];
    static const struct {
        unsigned count, cut;
        double confidence;
    } rows[] = {{1, 0, 0},      {2, 0, 0.5},       {5, 0, 0.9375},   {6, 0, 0.96875},
                {8, 0, 0.9922}, {9, 1, 0.9609375}, {20, 5, 0.95861}, {12, 2, 0.96143}};
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        unsigned count = rows[row].count;
        for (unsigned i = 0; i < count; i++) figures[i] = count - i;
        struct perf_interval made = perf_interval_of(figures, count);
        cr_expect_eq(made.low, 1 + rows[row].cut, "%u figures", count);
        cr_expect_eq(made.high, count - rows[row].cut, "%u figures", count);
        cr_expect_float_eq(made.median, (count + 1) / 2.0, 1e-12);
        cr_expect_float_eq(made.confidence, rows[row].confidence, 1e-4, "%u figures", count);
    }
}

Test(judge, figures_that_were_not_measured_are_in_no_interval) {
    double some[] = {-1, 5, -1, 9, 7}, none[] = {-1, -1};
    struct perf_interval made = perf_interval_of(some, 5);
    cr_expect(made.low == 5 && made.median == 7 && made.high == 9);
    cr_expect_eq(perf_interval_of(none, 2).median, -1);
    cr_expect_eq(perf_interval_of(none, 0).median, -1);
}

static struct perf_judgement judge(const double *first, const double *second, unsigned count) {
    const struct perf_rules rules = PERF_RULES_STANDARD;
    return perf_judge(first, second, count, &rules);
}

Test(judge, a_difference_is_larger_than_chance_and_than_two_per_cent) {
    static const double base[] = {100, 101, 99, 100.5, 99.5, 100.2};
    double other[6];
    for (int i = 0; i < 6; i++) other[i] = base[i] * 1.1;
    cr_expect_eq(judge(other, base, 6).verdict, PERF_LARGER);
    cr_expect_eq(judge(base, other, 6).verdict, PERF_SMALLER);
    cr_expect_float_eq(judge(other, base, 6).ratio.median, 1.1, 1e-9);
    cr_expect_eq(judge(base, base, 6).verdict, PERF_ALIKE);
    static const double steady[] = {100, 100.01, 99.99, 100.02, 99.98, 100.03};
    for (int i = 0; i < 6; i++) other[i] = steady[i] * 1.01;
    struct perf_judgement made = judge(other, steady, 6);
    cr_expect(made.p < 0.01 && made.verdict == PERF_ALIKE); /* certain, and too small to matter */
    static const double wild[] = {60, 180, 90, 150, 99, 140};
    cr_expect_eq(judge(wild, base, 6).verdict, PERF_ALIKE); /* large, and may be chance */
}

Test(judge, three_rounds_show_nothing) {
    static const double small[] = {1, 2, 3, -1}, large[] = {10, 20, 30, 40};
    cr_expect_eq(judge(small, large, 4).verdict, PERF_TOO_FEW);
    cr_expect_float_eq(judge(small, large, 4).ratio.median, 0.1, 1e-12);
}

Test(judge, what_is_unstable_says_why) {
    static const double steady[] = {100, 101, 99, 100, 100, 100}, wide[] = {70, 130, 100, 100},
                        outlier[] = {100, 100, 100, 100, 100, 100, 100, 100, 100, 100,
                                     100, 100, 100, 100, 100, 100, 100, 100, 100, 100,
                                     100, 100, 100, 100, 100, 100, 100, 100, 100, 151};
    char why[96];
    perf_unstable(steady, 6, why, sizeof why);
    cr_expect_str_eq(why, "");
    perf_unstable(wide, 4, why, sizeof why);
    cr_expect_str_eq(why, "its standard deviation is 24 % of the mean");
    perf_unstable(outlier, 30, why, sizeof why);
    cr_expect_str_eq(why, "one round is 1.5 times the median");
    perf_unstable(wide, 1, why, sizeof why);
    cr_expect_str_eq(why, "");
}

/* scipy.stats.mannwhitneyu(method="exact") gives p; the interval is that of R's wilcox.test on the
 * logarithms: of 6 and 6 figures the 6th least and 6th largest of the 36 ratios. */
Test(judge, sets_apart_have_the_interval_of_the_test) {
    const double a[] = {1, 2, 3, 4, 5, 6}, b[] = {10, 10, 10, 10, 10, 10};
    struct perf_judgement made = perf_judge_apart(
        (struct perf_figures){a, 6}, (struct perf_figures){b, 6}, &PERF_RULES_STANDARD);
    cr_expect_eq(made.verdict, PERF_SMALLER);
    cr_expect_float_eq(made.ratio.low, 0.1, 1e-12);
    cr_expect_float_eq(made.ratio.median, 0.35, 1e-12);
    cr_expect_float_eq(made.ratio.high, 0.6, 1e-12);
    cr_expect_float_eq(made.ratio.confidence, 1 - 2 * 19 / 924.0, 1e-9); /* P(U <= 5) */
}

Test(judge, three_apart_show_nothing) {
    const double a[] = {1, 2, 3}, b[] = {10, 11, 12};
    struct perf_judgement made = perf_judge_apart(
        (struct perf_figures){a, 3}, (struct perf_figures){b, 3}, &PERF_RULES_STANDARD);
    cr_expect_eq(made.verdict, PERF_TOO_FEW);
    cr_expect_float_eq(made.ratio.low, 1 / 12.0, 1e-12);
    cr_expect_float_eq(made.ratio.high, 0.3, 1e-12);
}

Test(judge, one_apart_is_its_own_ratio) {
    const double a[] = {3}, b[] = {2};
    struct perf_judgement made = perf_judge_apart(
        (struct perf_figures){a, 1}, (struct perf_figures){b, 1}, &PERF_RULES_STANDARD);
    cr_expect_eq(made.verdict, PERF_TOO_FEW);
    cr_expect(made.ratio.low == 1.5 && made.ratio.median == 1.5 && made.ratio.high == 1.5);
    made = perf_judge_apart((struct perf_figures){a, 0}, (struct perf_figures){b, 1},
                            &PERF_RULES_STANDARD);
    cr_expect_lt(made.ratio.median, 0);
}
