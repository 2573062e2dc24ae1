#include <criterion/criterion.h>
#include <pthread.h>

#include "rate_limit.h"

#define MS UINT64_C(1000000)
#define S  (1000 * MS)

static uint64_t take(struct hr_rate_limit *limit, uint64_t now_ns) {
    struct hr_rate_asked asked = {.now_ns = now_ns, .wait_max_ns = UINT64_MAX};
    uint64_t wait_ns = UINT64_MAX;
    cr_assert(hr__rate_limit_take(limit, &asked, &wait_ns));
    return wait_ns;
}

Test(rate_limit, a_burst_and_then_in_turn) {
    struct hr_rate_limit limit;
    hr__rate_limit_init(&limit, 100, 3);
    for (int i = 0; i < 3; i++) cr_assert_eq(take(&limit, 5 * S), 0);
    for (uint64_t i = 1; i <= 50; i++) cr_assert_eq(take(&limit, 5 * S), i * 10 * MS);
    cr_assert_eq(take(&limit, 5 * S + 500 * MS), 10 * MS, "51 have gone");
    for (int i = 0; i < 3; i++) cr_assert_eq(take(&limit, 9 * S), 0, "a rest keeps no more");
    cr_assert_eq(take(&limit, 9 * S), 10 * MS);
}

Test(rate_limit, the_burst_is_a_tenth_of_a_second_s) {
    static const struct {
        uint32_t rate;
        unsigned burst;
    } rows[] = {{1, 1}, {9, 1}, {10, 1}, {29, 2}, {1000, 100}, {HR_RATE_MAX, 100000}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hr_rate_limit limit;
        unsigned at_once = 0;
        hr__rate_limit_init(&limit, rows[i].rate, 0);
        while (take(&limit, S) == 0) at_once++;
        cr_assert_eq(at_once, rows[i].burst, "%u a second", rows[i].rate);
    }
}

Test(rate_limit, who_would_wait_too_long_takes_no_place) {
    struct hr_rate_limit limit;
    hr__rate_limit_init(&limit, 10, 1);
    struct hr_rate_asked asked = {.now_ns = S, .wait_max_ns = 150 * MS};
    uint64_t wait_ns = 7;
    cr_assert(hr__rate_limit_take(&limit, &asked, &wait_ns));
    cr_assert(hr__rate_limit_take(&limit, &asked, &wait_ns));
    cr_assert_eq(wait_ns, 100 * MS);
    for (int i = 0; i < 10; i++) cr_assert_not(hr__rate_limit_take(&limit, &asked, &wait_ns));
    cr_assert_eq(wait_ns, 100 * MS, "untouched");
    cr_assert_eq(take(&limit, S), 200 * MS, "the refused have taken none");
}

/* In no stretch of time more than the rate and the burst, however they come. */
Test(rate_limit, never_more_than_the_rate) {
    uint64_t random = 1;
    for (unsigned seed = 1; seed <= 200; seed++) {
        static uint64_t gone[2000];
        random = seed;
        uint32_t rate = 1 + (uint32_t)(seed * 37 % 900), burst = 1 + seed % 20;
        struct hr_rate_limit limit;
        hr__rate_limit_init(&limit, rate, burst);
        uint64_t now = S;
        for (unsigned i = 0; i < 2000; i++) {
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            if (random >> 62 == 0) now += (random >> 33) % (20 * S / rate);
            gone[i] = now + take(&limit, now);
            cr_assert(i == 0 || gone[i] >= gone[i - 1], "seed %u: in turn", seed);
            if (i < burst) continue;
            cr_assert_geq(gone[i] - gone[i - burst], S / rate, "seed %u, %u", seed, i);
            if (i < burst + 100) continue;
            cr_assert_geq(gone[i] - gone[i - burst - 99], 100 * (S / rate), "seed %u", seed);
        }
    }
}

enum { THREADS = 8, TURNS = 5000 };

static struct hr_rate_limit shared;

static void *thread_body(void *user) {
    uint64_t *longest = user;
    for (unsigned i = 0; i < TURNS; i++) {
        uint64_t wait_ns = take(&shared, S);
        if (wait_ns > *longest) *longest = wait_ns;
    }
    return NULL;
}

Test(rate_limit, threads_get_a_place_each) {
    static uint64_t longest[THREADS];
    hr__rate_limit_init(&shared, 1000, 1);
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, thread_body, &longest[i]), 0);
    uint64_t last = 0;
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        if (longest[i] > last) last = longest[i];
    }
    cr_assert_eq(last, (THREADS * TURNS - 1) * MS);
}

/* Whoever has a place keeps it: what comes later stands behind, whatever the rate is now. */
Test(rate_limit, another_rate_counts_from_the_last_place_on) {
    struct hr_rate_limit limit;
    hr__rate_limit_init(&limit, 10, 1);
    for (uint64_t i = 0; i < 3; i++) cr_assert_eq(take(&limit, S), i * 100 * MS);
    hr__rate_limit_set(&limit, 1000, 2);
    cr_assert_eq(take(&limit, S), 299 * MS, "two may come at once");
    cr_assert_eq(take(&limit, S), 300 * MS);
    hr__rate_limit_set(&limit, 0, 0);
    for (int i = 0; i < 10; i++) cr_assert_eq(take(&limit, S), 0);
    hr__rate_limit_set(&limit, 1, 1);
    cr_assert_eq(take(&limit, 9 * S), 0);
    cr_assert_eq(take(&limit, 9 * S), S);
}

Test(rate_limit, the_largest_values_fit_into_one_word) {
    struct hr_rate_limit limit;
    hr__rate_limit_init(&limit, 1, HR_RATE_MAX);
    for (unsigned i = 0; i < HR_RATE_MAX; i++) cr_assert_eq(take(&limit, S), 0);
    cr_assert_eq(take(&limit, S), S);
}
