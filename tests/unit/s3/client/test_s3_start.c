/* Starts on a client that is closing, and in a forked child. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <headrace/s3.h>

#include "needs_kernel.h"

/* Each start of the client, by its number; as many as there are. */
#define STARTS 9

static int start(hr_s3_client *client, unsigned number) {
    switch (number) {
    case 0:
        return hr_s3_put_start(client, &(struct hr_s3_put){.bucket = "bucket", .key = "key"});
    case 1:
        return hr_s3_get_start(client, &(struct hr_s3_get){.bucket = "bucket", .key = "key"});
    case 2:
        return hr_s3_head_start(client, &(struct hr_s3_head){.bucket = "bucket", .key = "key"});
    case 3:
        return hr_s3_delete_start(client, &(struct hr_s3_delete){.bucket = "bucket", .key = "key"});
    case 4:
        return hr_s3_list_start(client, &(struct hr_s3_list){.bucket = "bucket"});
    case 5:
        return hr_s3_bucket_create_start(client, &(struct hr_s3_bucket_create){.bucket = "bucket"});
    case 6:
        return hr_s3_bucket_head_start(client, &(struct hr_s3_bucket_head){.bucket = "bucket"});
    case 7:
        return hr_s3_bucket_delete_start(client, &(struct hr_s3_bucket_delete){.bucket = "bucket"});
    default:
        return hr_s3_bucket_list_start(client, &(struct hr_s3_bucket_list){.buckets = 0});
    }
}

static const struct hr_s3_client_options options = {
    .endpoint = "http://127.0.0.1:9", .access_key = "access", .secret_key = "secret"};

static hr_s3_client *client;
static unsigned closed;

static void on_closed(void *user) {
    char url[1024];
    struct hr_http_client_metrics metrics;
    static struct hr_histogram latency;
    closed++;
    for (unsigned i = 0; i < STARTS; i++) cr_assert_eq(start(client, i), -ESHUTDOWN);
    /* The rest of the handle is there, too. */
    hr_s3_client_metrics_get(client, &metrics);
    cr_assert_eq(hr_s3_client_latency_merge(client, 2, &latency), 0);
    struct hr_s3_presign_options shared = {.bucket = "bucket", .key = "key", .expires_s = 60};
    cr_assert_eq(hr_s3_presign(client, &shared, url, sizeof url), 0);
    cr_assert_null(user);
}

Test(s3_start, every_start_is_refused_until_on_closed) {
    for (unsigned i = 0; i < STARTS; i++) {
        const struct hr_engine_options caller = {.mode = HR_ENGINE_CALLER};
        struct hr_error error = {0};
        hr_engine *engine;
        closed = 0;
        cr_assert_eq(hr_engine_new(&caller, &error, &engine), 0, "%s", error.message);
        cr_assert_eq(hr_s3_client_new(engine, &options, &error, &client), 0, "%s", error.message);
        hr_s3_client_close(client, on_closed, NULL);
        for (int times = 0; times < 3; times++) cr_assert_eq(start(client, i), -ESHUTDOWN);
        for (int turns = 0; turns < 1000 && !closed; turns++) hr_engine_poll(engine, 1);
        for (int turns = 0; turns < 5; turns++) hr_engine_poll(engine, 0);
        cr_assert_eq(closed, 1, "on_closed was called %u times", closed);
        cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
    }
}

static void never(void *user) {
    (void)user;
    _exit(20);
}

static int in_child(hr_engine *engine) {
    struct hr_error error = {0};
    hr_s3_client *other = NULL;
    alarm(20);
    for (unsigned i = 0; i < STARTS; i++)
        if (start(client, i) != -ESHUTDOWN) return 1;
    if (hr_s3_client_new(engine, &options, &error, &other) != -ESHUTDOWN) return 2;
    hr_s3_client_close(client, never, NULL);
    return hr_engine_close(engine, NULL, NULL) == 0 ? 0 : 3;
}

Test(s3_start, a_forked_child_starts_and_closes_nothing) {
    NEEDS_KERNEL("a process of its own");
    const struct hr_engine_options threads = {.reactors = 2};
    struct hr_error error = {0};
    hr_engine *engine;
    cr_assert_eq(hr_engine_new(&threads, &error, &engine), 0, "%s", error.message);
    cr_assert_eq(hr_s3_client_new(engine, &options, &error, &client), 0, "%s", error.message);
    pid_t child = fork();
    if (child == 0) _exit(in_child(engine));
    int status = -1;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0, "signal %d, code %d", WTERMSIG(status), WEXITSTATUS(status));
    hr_s3_client_close(client, NULL, NULL);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
}
