/* Results of several threads. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

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

/* A thread that counts for several loops in turn has one shard of each. */
Test(shards, of_loops_that_run_at_once_each_keeps_its_own) {
    struct perf_shards shards[PERF_SHARDS_AT_ONCE] = {{.list = NULL}};
    struct perf_shard *mine[PERF_SHARDS_AT_ONCE];
    for (int i = 0; i < PERF_SHARDS_AT_ONCE; i++) {
        cr_assert_eq(perf_shards_open(&shards[i], 1), 0);
        mine[i] = perf_shards_mine(&shards[i]);
    }
    for (int round = 0; round < 10; round++)
        for (int i = 0; i < PERF_SHARDS_AT_ONCE; i++)
            cr_expect_eq(perf_shards_mine(&shards[i * 3 % PERF_SHARDS_AT_ONCE]),
                         mine[i * 3 % PERF_SHARDS_AT_ONCE]);
    for (int i = 0; i < PERF_SHARDS_AT_ONCE; i++) {
        cr_expect_eq(mine[i], &shards[i].list[0]);
        cr_expect_eq(shards[i].used, 1);
        perf_shards_close(&shards[i]);
    }
}

/* A thread that records on while others collect: nothing is lost, nothing counted twice. */
static void *count_on(void *user) {
    struct perf_shards *shards = user;
    const struct perf_outcome outcome = {.kind = PERF_GET, .attempts = 1, .latency_ns = 1000};
    for (unsigned i = 0; i < 20000; i++) perf_shards_record(shards, &outcome, 5 + i * 1000000ull);
    return NULL;
}

Test(shards, what_is_collected_while_it_goes_on_is_all_of_it) {
    struct perf_shards shards = {.list = NULL};
    struct perf_collection *all = perf_collection_new();
    struct perf_series_figures *figures = calloc(1, sizeof *figures);
    pthread_t threads[THREADS];
    uint64_t operations = 0;
    cr_assert_eq(perf_shards_open(&shards, THREADS), 0);
    cr_assert_eq(perf_shards_collectable(&shards), 0);
    perf_shards_begin(&shards, 5, 3000000000u);
    for (int i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, count_on, &shards), 0);
    while (perf_shards_live(&shards).succeeded < 20000 * THREADS) perf_shards_collect(&shards, all);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    unsigned collects = shards.collects;
    perf_shards_collect(&shards, all);
    cr_expect_eq(shards.collects, collects + 1);
    cr_expect_eq(perf_result_totals(&all->result).succeeded, 20000 * THREADS);
    cr_expect_eq(all->result.kind[PERF_GET].latency_ns.count, 20000 * THREADS);
    perf_series_reduce(&all->series, figures);
    for (unsigned i = 0; i < figures->count; i++) operations += figures->list[i].operations;
    cr_expect_eq(operations, 20000 * THREADS);
    cr_expect_eq(figures->count, 23, "twenty seconds behind three");
    cr_expect_eq(figures->list[2].operations, 0);
    cr_expect_eq(figures->list[3].operations, 1000 * THREADS);
    free(figures);
    perf_collection_free(all);
    perf_shards_close(&shards);
}
