/* The store of the seeds' tests: the embedded one, over sockets, where theirs was a mock. */
#include "seeds_store.h"

#include <criterion/criterion.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <headrace/clock.h>

#define THREADS_MAX 64
#define TRIES       20

#ifdef __SANITIZE_ADDRESS__
size_t __sanitizer_get_current_allocated_bytes(void);
#endif

double seeds_heap_bytes(void) {
#ifdef __SANITIZE_ADDRESS__
    return (double)__sanitizer_get_current_allocated_bytes();
#else
    struct mallinfo2 info = mallinfo2();
    return (double)info.uordblks + (double)info.hblkhd;
#endif
}

double seeds_now_s(void) {
    return (double)hr_clock_monotonic_ns() / 1e9;
}

/* Faults may hit it, more than once. */
static void make_bucket(hr_s3_client *client) {
    for (unsigned tries = 0; tries < TRIES; tries++) {
        struct hr_s3_bucket_create create = {.bucket = SEEDS_BUCKET};
        cr_assert_eq(hr_s3_bucket_create_start(client, &create), 0);
        int err = hr_wait(&create.request);
        if (!err || strcmp(create.request.error.service_code, "BucketAlreadyOwnedByYou") == 0)
            return;
    }
    cr_assert_fail("the bucket could not be made");
}

struct seeds_store seeds_store_open(const char *faults, const struct hr_http_client_options *http) {
    struct seeds_store store = {.server = NULL};
    struct hr_error error = {0};
    const struct hr_engine_options engine = {.reactors = 1};
    const struct s3_server_options server = {.access_key = SEEDS_ACCESS_KEY,
                                             .secret_key = SEEDS_SECRET_KEY,
                                             .faults = faults,
                                             .fault_seed = 7};
    struct hr_s3_client_options client = {
        .access_key = SEEDS_ACCESS_KEY, .secret_key = SEEDS_SECRET_KEY, .profile = ""};
    cr_assert_eq(hr_engine_new(&engine, &error, &store.server_engine), 0, "%s", error.message);
    cr_assert_eq(hr_engine_new(&engine, &error, &store.engine), 0, "%s", error.message);
    cr_assert_eq(s3_server_new(store.server_engine, &server, &error, &store.server), 0, "%s",
                 error.message);
    snprintf(store.endpoint, sizeof store.endpoint, "http://127.0.0.1:%u",
             s3_server_port(store.server));
    client.endpoint = store.endpoint;
    if (http) client.http = *http;
    cr_assert_eq(hr_s3_client_new(store.engine, &client, &error, &store.client), 0, "%s",
                 error.message);
    make_bucket(store.client);
    return store;
}

void seeds_store_close(struct seeds_store *store) {
    hr_s3_client_close(store->client, NULL, NULL);
    cr_expect_eq(hr_engine_close(store->engine, NULL, NULL), 0);
    s3_server_close(store->server, NULL, NULL);
    cr_expect_eq(hr_engine_close(store->server_engine, NULL, NULL), 0);
}

int seeds_upload(const struct seeds_store *store, const char *name, unsigned index) {
    char key[96], data[96];
    snprintf(key, sizeof key, "%s-%u.txt", name, index);
    int size = snprintf(data, sizeof data, "data of %s %u", name, index);
    struct hr_s3_put put = {.bucket = SEEDS_BUCKET, .key = key};
    put.body = hr_source_bytes(data, (size_t)size);
    int err = hr_s3_put_start(store->client, &put);
    return err ? err : hr_wait(&put.request);
}

struct seeds_log seeds_log_open(const char *name, const char *level) {
    struct seeds_log made = {.path = "/tmp/hr-seeds-log-XXXXXX"};
    struct hr_error error = {0};
    const struct hr_log_service_options options = {
        .name = name, .level = level, .file = made.path, .no_console = true};
    int fd = mkstemp(made.path);
    cr_assert_geq(fd, 0);
    close(fd);
    cr_assert_eq(hr_log_service(&options, &error, &made.log), 0, "%s", error.message);
    cr_assert_eq(hr_log_start(made.log), 0);
    return made;
}

void seeds_log_close(struct seeds_log *log) {
    if (log->log) cr_expect_eq(hr_log_close(log->log), 0);
    unlink(log->path);
}

struct worker {
    pthread_t thread;
    const struct seeds_store *store;
    unsigned id, each, good;
    double took_s;
};

static void *work(void *user) {
    struct worker *worker = user;
    char name[32];
    double start = seeds_now_s();
    snprintf(name, sizeof name, "worker_%u", worker->id);
    for (unsigned i = 0; i < worker->each; i++)
        worker->good += seeds_upload(worker->store, name, i) == 0;
    worker->took_s = seeds_now_s() - start;
    return NULL;
}

unsigned seeds_upload_all(const struct seeds_store *store, struct seeds_crowd crowd,
                          double *slowest_s) {
    struct worker workers[THREADS_MAX];
    double slowest = 0;
    unsigned good = 0;
    cr_assert_leq(crowd.threads, THREADS_MAX);
    for (unsigned i = 0; i < crowd.threads; i++) {
        workers[i] = (struct worker){.store = store, .id = i, .each = crowd.each};
        cr_assert_eq(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < crowd.threads; i++) {
        pthread_join(workers[i].thread, NULL);
        good += workers[i].good;
        if (workers[i].took_s > slowest) slowest = workers[i].took_s;
    }
    if (slowest_s) *slowest_s = slowest;
    return good;
}
