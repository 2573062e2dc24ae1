/* The seeds' tests of readiness for production, by their names, with their limits. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <headrace/config.h>
#include <headrace/log_hooks.h>

#include "seeds_store.h"

#define SECONDS  3 /* of a minute, which HR_SEEDS_SECONDS=60 gives */
#define SAID_MAX 65536

static const char *const secrets[][2] = {
    {"AWS_ACCESS_KEY_ID", "SENSITIVE_KEY_12345"},
    {"AWS_SECRET_ACCESS_KEY", "SENSITIVE_SECRET_67890"},
    {"ESPER_DATABASE_PASSWORD", "db_password_123"},
};

static void expect_no_secret(const char *text, const char *where) {
    for (unsigned i = 1; i < 3; i++) /* the key's identifier is none */
        cr_expect_null(strstr(text, secrets[i][1]), "%s is in %s", secrets[i][0], where);
}

/* A configuration whose password comes from a variable, and that has a mistake. */
static void fail_a_configuration(hr_log *log) {
    static const char *const sets[] = {"name=[broken"};
    const struct hr_config_options options = {.sets = sets, .set_count = 1};
    struct hr_error error = {0};
    hr_config_problems *problems = NULL;
    hr_config *config = NULL;
    int err = hr_config_load(&options, &problems, &error, &config);
    for (size_t i = 0; i < hr_config_problems_count(problems); i++) {
        char text[2048];
        hr_config_problem_text(hr_config_problems_at(problems, i), text, sizeof text);
        HR_ERROR(log, "Configuration", "problem", text);
        expect_no_secret(text, "a problem of the configuration");
    }
    HR_ERROR(log, "Configuration", "code", err, "text", error.message);
    hr_config_problems_free(problems);
    hr_config_free(config);
}

/* The store refuses the key of the environment. */
static void fail_an_upload(hr_log *log, const struct seeds_store *store) {
    const struct hr_s3_client_options options = {.endpoint = store->endpoint,
                                                 .profile = "",
                                                 .http.on_event = hr_log_on_event,
                                                 .http.event_user = log};
    struct hr_error error = {0};
    struct seeds_store refused = *store;
    cr_assert_eq(hr_s3_client_new(store->engine, &options, &error, &refused.client), 0, "%s",
                 error.message);
    struct hr_s3_put put = {.bucket = SEEDS_BUCKET, .key = "test.txt"};
    put.body = hr_source_bytes("test", 4);
    cr_assert_eq(hr_s3_put_start(refused.client, &put), 0);
    cr_expect_neq(hr_wait(&put.request), 0);
    cr_expect_eq(put.request.error.http_status, 403);
    HR_ERROR(log, "Operation failed", "error", put.request.error.message);
    expect_no_secret(put.request.error.message, "an error");
    hr_s3_client_close(refused.client, NULL, NULL);
}

Test(production_seeds, test_credential_security) {
    static char text[SAID_MAX];
    for (unsigned i = 0; i < 3; i++) setenv(secrets[i][0], secrets[i][1], 1);
    struct seeds_store store = seeds_store_open(NULL, NULL);
    struct seeds_log log = seeds_log_open("security_test", "DEBUG");
    fail_a_configuration(log.log);
    fail_an_upload(log.log, &store);
    HR_ERROR(log.log, "Connecting", "password", secrets[2][1], "secret_key", secrets[1][1]);
    cr_expect_eq(hr_log_flush(log.log, -1), 0);
    FILE *file = fopen(log.path, "r");
    cr_expect_gt(fread(text, 1, sizeof text - 1, file), 100);
    fclose(file);
    cr_expect_not_null(strstr(text, "Operation failed"));
    expect_no_secret(text, "the log");
    seeds_log_close(&log);
    seeds_store_close(&store);
}

/* ---- Five workers for a while. */

struct stress {
    pthread_t thread;
    const struct seeds_store *store;
    hr_log *log;
    const atomic_bool *stop;
    unsigned id, done, failed;
};

static void *stress_worker(void *user) {
    struct stress *stress = user;
    char name[32];
    snprintf(name, sizeof name, "stress_%u", stress->id);
    while (!atomic_load(stress->stop)) {
        HR_INFO(stress->log, "Stress test operation");
        stress->failed += seeds_upload(stress->store, name, stress->done++ % 100) != 0;
    }
    return NULL;
}

Test(production_seeds, test_long_running_stability, .timeout = 300) {
    const char *told = getenv("HR_SEEDS_SECONDS");
    unsigned seconds = told ? (unsigned)strtoul(told, NULL, 10) : SECONDS;
    struct seeds_store store = seeds_store_open(NULL, NULL);
    struct seeds_log log = seeds_log_open("stress_worker", NULL);
    struct stress workers[5];
    atomic_bool stop = false;
    double start = seeds_now_s(), memory = seeds_heap_bytes();
    for (unsigned i = 0; i < 5; i++) {
        workers[i] = (struct stress){.store = &store, .log = log.log, .stop = &stop, .id = i};
        cr_assert_eq(pthread_create(&workers[i].thread, NULL, stress_worker, &workers[i]), 0);
    }
    while (seeds_now_s() - start < seconds) usleep(10000); /* the duration is the test */
    double grown = seeds_heap_bytes() - memory;
    atomic_store(&stop, true);
    for (unsigned i = 0; i < 5; i++) {
        pthread_join(workers[i].thread, NULL);
        cr_expect_gt(workers[i].done, 0);
        cr_expect_eq(workers[i].failed, 0);
    }
    cr_expect_geq(seeds_now_s() - start, 0.9 * seconds);
    cr_expect_lt(grown / SEEDS_MIB, 50.0, "%.1f MiB", grown / SEEDS_MIB);
    seeds_log_close(&log);
    seeds_store_close(&store);
}

/* ---- Recovery. */

/* The upload fails without a second attempt, with `code`; and a client that repeats it succeeds.
 * Whether both are so. */
static bool recovers(const char *faults, int code) {
    struct hr_http_client_options http = {.retry.attempts_max = HR_NO_RETRY,
                                          .retry.no_stale_retry = true,
                                          .timeouts.first_byte_timeout_ms = 200,
                                          .timeouts.stall_timeout_ms = 200};
    bool failed = false, recovered = true;
    struct seeds_store store = seeds_store_open(faults, &http);
    for (unsigned i = 0; i < 40 && !failed; i++)
        failed = seeds_upload(&store, "recovery", i) == code;
    http.retry.attempts_max = 10;
    http.retry.no_stale_retry = false;
    http.retry.backoff_base_ms = 1;
    http.retry.backoff_max_ms = 5;
    const struct hr_s3_client_options again = {.http = http};
    cr_assert_eq(hr_s3_client_adjust(store.client, &again, NULL), 0);
    for (unsigned i = 0; i < 20; i++)
        recovered = recovered && seeds_upload(&store, "recovery", i) == 0;
    seeds_store_close(&store);
    return failed && recovered;
}

/* An invalid configuration is refused by name, and a correct one works. */
static bool recovers_from_configuration(void) {
    struct seeds_store store = seeds_store_open(NULL, NULL);
    const struct hr_s3_client_options wrong = {.endpoint = "nonsense://\n",
                                               .access_key = SEEDS_ACCESS_KEY,
                                               .secret_key = SEEDS_SECRET_KEY};
    struct hr_error error = {0};
    hr_s3_client *client = NULL;
    bool refused =
        hr_s3_client_new(store.engine, &wrong, &error, &client) == HR_ERR_S3_ENDPOINT_INVALID;
    bool works = seeds_upload(&store, "config_error", 0) == 0;
    seeds_store_close(&store);
    return refused && !client && works;
}

/* 0.8 of the scenarios is theirs. */
Test(production_seeds, test_error_recovery_scenarios) {
    cr_expect(recovers("lost=0.3", HR_ERR_HTTP_TRUNCATED), "network_error");
    cr_expect(recovers("stall=0.3", HR_ERR_STALL_TIMEOUT), "timeout_error");
    cr_expect(recovers_from_configuration(), "config_error");
}
