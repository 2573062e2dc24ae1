/* The seeds' tests of their S3 client under stress and of its memory, by their names, with their
 * numbers of calls and their limits; ours beside them. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "seeds_store.h"

/* 0.999 is theirs; a sound store has no failure at all. */
Test(stress_seeds, test_high_concurrency_uploads) {
    struct seeds_store store = seeds_store_open(NULL, NULL);
    unsigned good = seeds_upload_all(&store, (struct seeds_crowd){50, 20}, NULL);
    cr_expect_eq(good, 1000);
    seeds_store_close(&store);
}

/* All of them started before the first one is waited for. */
Test(stress_seeds, a_thousand_uploads_at_once) {
    enum { UPLOADS = 1000 };
    struct seeds_store store = seeds_store_open(NULL, NULL);
    struct hr_s3_put *puts = calloc(UPLOADS, sizeof *puts);
    static char keys[UPLOADS][32];
    for (unsigned i = 0; i < UPLOADS; i++) {
        snprintf(keys[i], sizeof keys[i], "stress_test_%u.txt", i);
        puts[i] = (struct hr_s3_put){.bucket = SEEDS_BUCKET, .key = keys[i]};
        puts[i].body = hr_source_bytes(keys[i], sizeof keys[i]);
        cr_assert_eq(hr_s3_put_start(store.client, &puts[i]), 0);
    }
    for (unsigned i = 0; i < UPLOADS; i++)
        cr_expect_eq(hr_wait(&puts[i].request), 0, "%s", puts[i].request.error.message);
    free(puts);
    seeds_store_close(&store);
}

/* A connection that breaks, a response that never comes, a temporary error of the store. 0.8 is
 * theirs. */
Test(stress_seeds, test_network_resilience) {
    static const char *const scenarios[] = {"lost=0.3", "stall=0.3", "InternalError=0.3"};
    const struct hr_http_client_options http = {.retry.attempts_max = 10,
                                                .retry.backoff_base_ms = 1,
                                                .retry.backoff_max_ms = 5,
                                                .timeouts.first_byte_timeout_ms = 300,
                                                .timeouts.stall_timeout_ms = 300};
    for (unsigned i = 0; i < 3; i++) {
        struct hr_http_client_metrics metrics;
        struct seeds_store store = seeds_store_open(scenarios[i], &http);
        unsigned good = seeds_upload_all(&store, (struct seeds_crowd){10, 3}, NULL);
        hr_s3_client_metrics_get(store.client, &metrics);
        cr_expect_eq(good, 30, "%s: %u", scenarios[i], good);
        cr_expect_gt(metrics.retries, 0, "%s", scenarios[i]);
        seeds_store_close(&store);
    }
}

Test(stress_seeds, test_memory_usage_under_load) {
    struct seeds_store store = seeds_store_open(NULL, NULL);
    for (unsigned i = 0; i < 5000; i++) {
        cr_assert_eq(seeds_upload(&store, "memory_test", i % 100), 0);
        if (i % 1000 == 0) cr_expect_lt(seeds_heap_bytes() / SEEDS_MIB, 100.0, "upload %u", i);
    }
    seeds_store_close(&store);
}

/* Twenty connections, never more; 95 is theirs. */
Test(stress_seeds, test_connection_pool_efficiency) {
    const struct hr_http_client_options http = {.pool.connections_max = 20};
    struct hr_http_client_metrics metrics;
    struct seeds_store store = seeds_store_open(NULL, &http);
    double start = seeds_now_s();
    cr_expect_eq(seeds_upload_all(&store, (struct seeds_crowd){50, 2}, NULL), 100);
    cr_expect_lt(seeds_now_s() - start, 10.0);
    hr_s3_client_metrics_get(store.client, &metrics);
    cr_expect_leq(metrics.connections_peak, 20);
    seeds_store_close(&store);
}

/* ---- Memory. */

Test(stress_seeds, test_s3_client_memory_stability) {
    struct seeds_store store = seeds_store_open(NULL, NULL);
    double first = 0;
    for (unsigned i = 0; i < 5000; i++) {
        cr_assert_eq(seeds_upload(&store, "memory_test_data", i % 100), 0);
        if (i == 0) first = seeds_heap_bytes();
        if (i % 500 == 0)
            cr_expect_lt((seeds_heap_bytes() - first) / SEEDS_MIB, 20.0, "upload %u", i);
    }
    seeds_store_close(&store);
}

struct writer {
    pthread_t thread;
    hr_log *log;
    const struct seeds_store *store;
    unsigned id, good;
};

static void *write_and_upload(void *user) {
    struct writer *writer = user;
    char name[32];
    snprintf(name, sizeof name, "worker_%u_file", writer->id);
    for (unsigned i = 0; i < 100; i++) {
        HR_INFO(writer->log, "Worker iteration", "worker", writer->id, "i", i);
        writer->good += seeds_upload(writer->store, name, i) == 0;
    }
    return NULL;
}

Test(stress_seeds, test_concurrent_operations_memory_stability) {
    struct writer writers[10];
    struct seeds_store store = seeds_store_open(NULL, NULL);
    double first = seeds_heap_bytes();
    struct seeds_log log = seeds_log_open("worker", NULL);
    for (unsigned i = 0; i < 10; i++) {
        writers[i] = (struct writer){.log = log.log, .store = &store, .id = i};
        cr_assert_eq(pthread_create(&writers[i].thread, NULL, write_and_upload, &writers[i]), 0);
    }
    for (unsigned i = 0; i < 10; i++) {
        pthread_join(writers[i].thread, NULL);
        cr_expect_eq(writers[i].good, 100);
    }
    cr_expect_lt((seeds_heap_bytes() - first) / SEEDS_MIB, 50.0);
    seeds_log_close(&log);
    seeds_store_close(&store);
}
