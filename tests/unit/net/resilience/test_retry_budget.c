#include <criterion/criterion.h>
#include <pthread.h>

#include "retry_budget.h"

#define NS_PER_S UINT64_C(1000000000)

static unsigned take_all(struct hr_retry_budget *budget) {
    unsigned taken = 0;
    while (hr__retry_budget_take(budget)) taken++;
    return taken;
}

Test(retry_budget, ten_to_begin_with_and_a_fifth_of_the_requests) {
    struct hr_retry_budget budget;
    hr__retry_budget_init(&budget, 20);
    cr_assert_eq(take_all(&budget), 10);
    hr__retry_budget_deposit(&budget, 4, 0);
    cr_assert_eq(take_all(&budget), 0);
    hr__retry_budget_deposit(&budget, 1, 0);
    cr_assert_eq(take_all(&budget), 1);
    hr__retry_budget_deposit(&budget, 500, 0);
    cr_assert_eq(take_all(&budget), 100);
}

/* Ten, and what the requests of one second put in. */
Test(retry_budget, a_long_quiet_time_is_not_kept) {
    struct hr_retry_budget budget;
    hr__retry_budget_init(&budget, 20);
    for (uint64_t second = 1; second <= 1000; second++)
        hr__retry_budget_deposit(&budget, 500, second * NS_PER_S);
    cr_assert_eq(take_all(&budget), 110);
    hr__retry_budget_deposit(&budget, 500, 1001 * NS_PER_S);
    hr__retry_budget_deposit(&budget, 1, 1003 * NS_PER_S);
    cr_assert_eq(take_all(&budget), 10);
    hr__retry_budget_deposit(&budget, UINT32_MAX, 1004 * NS_PER_S);
    cr_assert_eq(budget.milli / 1000, UINT32_MAX / 5); /* too many to be taken one by one */
}

Test(retry_budget, other_percentages) {
    static const struct {
        uint32_t percent;
        unsigned first, of_thousand;
    } rows[] = {{1, 10, 10}, {5, 10, 50}, {100, 10, 1000}, {1000, 10, 10000}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hr_retry_budget budget;
        hr__retry_budget_init(&budget, rows[i].percent);
        cr_assert_eq(take_all(&budget), rows[i].first);
        hr__retry_budget_deposit(&budget, 1000, 0);
        cr_assert_eq(take_all(&budget), rows[i].of_thousand, "%u %%", rows[i].percent);
    }
}

static uint64_t random_state;

static unsigned chance(unsigned below) {
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(random_state >> 33) % below;
}

struct tally {
    int64_t share_x100; /* of the requests so far */
    int64_t taken_x100;
    int64_t spare_max;   /* the most that was left of the share, at any time before */
    int64_t second_x100; /* of the requests of this second, and the most of any */
    int64_t held_x100;
};

/* However requests and retries follow each other: no prefix has more retries than the share of its
 * requests and the first ten; and no later stretch more than its own share and what the bucket
 * holds. */
static void check_tally(struct tally *tally, unsigned seed) {
    int64_t spare = tally->share_x100 + 1000 - tally->taken_x100;
    cr_assert_geq(spare, 0, "seed %u: the prefix", seed);
    if (spare > tally->spare_max) tally->spare_max = spare;
    if (tally->second_x100 > tally->held_x100) tally->held_x100 = tally->second_x100;
    cr_assert_leq(tally->spare_max - spare, 1000 + tally->held_x100, "seed %u: a stretch", seed);
}

Test(retry_budget, never_more_than_its_share) {
    for (unsigned seed = 1; seed <= 500; seed++) {
        random_state = seed;
        uint32_t percent = 1 + chance(100);
        struct hr_retry_budget budget;
        hr__retry_budget_init(&budget, percent);
        struct tally tally = {0};
        unsigned refused = 0;
        uint64_t second = 0;
        for (unsigned step = 0; step < 3000; step++) {
            bool storm = step % 1000 > 800;
            if (chance(2) == 0) {
                unsigned requests = 1 + chance(20);
                if (step / 50 != second) tally.second_x100 = 0;
                second = step / 50;
                hr__retry_budget_deposit(&budget, requests, second * NS_PER_S);
                tally.share_x100 += (int64_t)requests * percent;
                tally.second_x100 += (int64_t)requests * percent;
            }
            for (unsigned wanted = chance(storm ? 100 : 2); wanted > 0; wanted--) {
                if (hr__retry_budget_take(&budget))
                    tally.taken_x100 += 100;
                else
                    refused++;
            }
            check_tally(&tally, seed);
        }
        cr_assert_gt(tally.taken_x100, 1000, "seed %u", seed);
        cr_assert_gt(refused, 0, "seed %u", seed);
    }
}

enum { THREADS = 8, TURNS = 20000 };

struct shared {
    struct hr_retry_budget budget;
    uint64_t taken;
};

static void *thread_body(void *user) {
    struct shared *shared = user;
    for (unsigned i = 0; i < TURNS; i++) {
        if (i % 10 == 0) hr__retry_budget_deposit(&shared->budget, 10, 0);
        if (hr__retry_budget_take(&shared->budget))
            __atomic_fetch_add(&shared->taken, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

Test(retry_budget, threads_share_it_exactly) {
    static struct shared shared;
    hr__retry_budget_init(&shared.budget, 20);
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, thread_body, &shared), 0);
    for (unsigned i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    /* More was always wanted than there was, so that the bucket never ran over. */
    shared.taken += take_all(&shared.budget);
    cr_assert_eq(shared.taken, 10 + THREADS * TURNS / 5);
}

Test(retry_budget, another_percentage_is_that_of_later_requests) {
    struct hr_retry_budget budget;
    hr__retry_budget_init(&budget, 20);
    while (hr__retry_budget_take(&budget)) continue;
    hr__retry_budget_deposit(&budget, 10, 0);
    hr__retry_budget_set(&budget, 100);
    hr__retry_budget_deposit(&budget, 3, 0);
    unsigned taken = 0;
    while (hr__retry_budget_take(&budget)) taken++;
    cr_assert_eq(taken, 5, "two and three");
}
