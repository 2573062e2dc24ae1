/* The table of prefixes: what shares a rate, and which is forgotten. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "prefix_rates.h"

#define SECOND UINT64_C(1000000000)

static struct hr__prefix_rates table;

static uint64_t name(const char *bucket, const char *key) {
    return hr__prefix_name(&(struct hr__prefix){hr_slice_of(bucket), hr_slice_of(key)});
}

static uint64_t numbered(unsigned n) {
    char key[32];
    snprintf(key, sizeof key, "%u/k", n);
    return name("bucket", key);
}

static struct hr__prefix_rate *find(uint64_t what, uint64_t now_ns) {
    return hr__prefix_rates_find(&table, what, now_ns);
}

static void fill(void) {
    for (unsigned i = 0; i < HR__PREFIXES_MAX; i++)
        cr_assert_not_null(hr__prefix_rates_keep(&table, numbered(i), (1 + i) * SECOND));
    cr_assert_eq(table.count, HR__PREFIXES_MAX);
}

Test(prefix_rates, a_prefix_is_the_bucket_and_the_first_segment) {
    cr_expect_eq(name("b", "a/x"), name("b", "a/y/z"));
    cr_expect_eq(name("b", "x"), name("b", "y"), "keys without a segment share one");
    cr_expect_eq(name("b", ""), name("b", "y"), "as does the bucket itself");
    cr_expect_neq(name("b", "a/x"), name("b", "c/x"));
    cr_expect_neq(name("b", "a/x"), name("b", "a"));
    cr_expect_neq(name("b", "a/x"), name("c", "a/x"));
    cr_expect_neq(name("b", "/x"), 0);
    struct hr__prefix bucket = {hr_slice_of("b"), {NULL, 0}};
    cr_expect_eq(hr__prefix_name(&bucket), name("b", ""));
}

Test(prefix_rates, is_kept_once) {
    struct hr__prefix_rate *rate = hr__prefix_rates_keep(&table, numbered(1), SECOND);
    cr_assert_null(find(numbered(2), SECOND));
    cr_assert_eq(hr__prefix_rates_keep(&table, numbered(1), SECOND), rate);
    cr_assert_eq(find(numbered(1), SECOND), rate);
    cr_assert_eq(table.count, 1);
}

Test(prefix_rates, a_full_table_forgets_the_one_used_least_recently) {
    fill();
    cr_assert_not_null(find(numbered(0), 100 * SECOND));
    cr_assert_not_null(hr__prefix_rates_keep(&table, numbered(1000), 101 * SECOND));
    cr_assert_eq(table.count, HR__PREFIXES_MAX);
    cr_assert_null(find(numbered(1), 102 * SECOND));
    cr_assert_not_null(find(numbered(0), 102 * SECOND));
    cr_assert_not_null(find(numbered(2), 102 * SECOND));
}

Test(prefix_rates, one_that_is_waited_for_stays) {
    fill();
    for (unsigned i = 0; i < HR__PREFIXES_MAX; i++) table.rates[i].waiting = 1;
    cr_assert_null(hr__prefix_rates_keep(&table, numbered(1000), 101 * SECOND));
    hr__prefix_rates_sweep(&table, 1000 * SECOND);
    cr_assert_eq(table.count, HR__PREFIXES_MAX);
    table.rates[5].waiting = 0;
    cr_assert_not_null(hr__prefix_rates_keep(&table, numbered(1000), 101 * SECOND));
    cr_assert_null(find(numbered(5), 102 * SECOND));
}

Test(prefix_rates, a_rate_that_is_over_goes_before_those_that_wait_for_it) {
    struct hr__prefix_rate *rate = hr__prefix_rates_keep(&table, numbered(1), SECOND);
    rate->waiting = 1;
    rate->aimd = (struct hr__aimd){.per_second = 20, .before = 2, .refused_ns = SECOND};
    hr__prefix_rates_sweep(&table, 62 * SECOND);
    cr_assert_eq(find(numbered(1), 62 * SECOND), rate);
    for (unsigned i = 0; i < 9; i++) cr_assert_eq(hr__aimd_take(&rate->aimd, 62 * SECOND), 0);
    rate->waiting = 0;
    hr__prefix_rates_sweep(&table, 63 * SECOND);
    cr_assert_eq(table.count, 0);
}

Test(prefix_rates, those_that_nobody_uses_are_swept) {
    for (unsigned i = 0; i < 3; i++)
        hr__prefix_rates_keep(&table, numbered(i), SECOND)->aimd =
            (struct hr__aimd){.per_second = 1, .before = 2};
    find(numbered(2), 40 * SECOND);
    hr__prefix_rates_sweep(&table, 50 * SECOND);
    cr_assert_eq(table.count, 3);
    hr__prefix_rates_sweep(&table, SECOND + HR__AIMD_OVER_NS);
    cr_assert_eq(table.count, 1);
    cr_assert_not_null(find(numbered(2), 70 * SECOND));
}

/* Two reactors: the one that looked at the clock first comes second. */
Test(prefix_rates, a_time_before_the_last_sweeps_nothing) {
    struct hr__prefix_rate *rate = hr__prefix_rates_keep(&table, numbered(1), 100 * SECOND);
    rate->aimd = (struct hr__aimd){.usual = 0.2, .refused_ns = 100 * SECOND};
    table.swept_ns = 98 * SECOND;
    hr__prefix_rates_sweep(&table, 100 * SECOND - 1);
    cr_expect_eq(find(numbered(1), 100 * SECOND), rate);
    cr_expect_eq(rate->aimd.usual, 0.2);
    cr_expect_eq(hr__prefix_rates_slowed(&table), 0, "it has no rate yet");
    rate->aimd.per_second = 5;
    cr_expect_eq(hr__prefix_rates_slowed(&table), 1);
}
