/* Results of several threads. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>

#include "shards.h"

#define THREADS 4

static void *count(void *user) {
    struct perf_shards *shards = user;
    struct hr_error error = {.code = -EIO};
    struct perf_outcome outcome = {.kind = PERF_GET, .attempts = 1, .error = &error};
    for (int i = 0; i < 100; i++) perf_shards_record(shards, &outcome, 5);
    outcome.result = -ECANCELED;
    perf_shards_record(shards, &outcome, 6);
    outcome.result = -EIO;
    perf_shards_record(shards, &outcome, 7);
    return perf_shards_mine(shards);
}

Test(shards, a_thread_has_one_and_their_sum_is_whole) {
    struct perf_shards shards = {.list = NULL};
    pthread_t threads[THREADS];
    void *mine[THREADS];
    cr_assert_eq(perf_shards_open(&shards, THREADS), 0);
    for (int i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, count, &shards), 0);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], &mine[i]);
    struct perf_totals live = perf_shards_live(&shards);
    cr_expect_eq(live.succeeded, 100 * THREADS);
    cr_expect_eq(live.cancelled, THREADS);
    cr_expect_eq(live.failed, THREADS);
    for (int i = 0; i < THREADS; i++) {
        struct perf_shard *shard = mine[i];
        cr_expect_eq(shard->ended_ns, 7);
        cr_expect_eq(shard->result.kind[PERF_GET].latency_ns.count, 100);
        for (int k = 0; k < i; k++) cr_expect_neq(mine[i], mine[k]);
    }
    perf_shards_close(&shards);
}

/* A thread that has counted for one loop counts anew for the next, at the same address too. */
Test(shards, the_next_ones_are_others) {
    struct perf_shards shards = {.list = NULL};
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(perf_shards_open(&shards, 1), 0);
        count(&shards);
        cr_expect_eq(perf_shards_live(&shards).succeeded, 100);
        perf_shards_close(&shards);
        shards = (struct perf_shards){.list = NULL};
    }
}
