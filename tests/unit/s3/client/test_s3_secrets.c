/* No secret key and no session token stay in memory when the S3 client and its engine are gone. The
 * store is a process of its own. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <criterion/criterion.h>
#include <openssl/crypto.h>

#include <headrace/engine.h>
#include <headrace/s3.h>

#include "memory_search.h"
#include "needs_kernel.h"
#include "stray_peer.h"

static pid_t open_store(uint16_t *port) {
    int pipes[2];
    cr_assert_eq(pipe(pipes), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct stray_plan plan = {.body_size = 3};
        *port = stray_peer_port(stray_peer_start(&plan));
        if (write(pipes[1], port, sizeof *port) != sizeof *port) abort();
        for (;;) pause();
    }
    cr_assert_eq(read(pipes[0], port, sizeof *port), sizeof *port);
    close(pipes[0]);
    close(pipes[1]);
    return pid;
}

static volatile bool closed;

static void note_closed(void *user) {
    (void)user;
    closed = true;
}

struct texts {
    char secret[128], token[2000];
};

static void run_client(const struct texts *texts, uint16_t port) {
    struct hr_engine_options engine_options = {.reactors = 2};
    struct hr_error error = {0};
    hr_engine *engine;
    hr_s3_client *client;
    char endpoint[64], body[64];
    snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%u", port);
    struct hr_s3_client_options options = {.endpoint = endpoint,
                                           .region = "us-east-1",
                                           .access_key = "key",
                                           .secret_key = texts->secret,
                                           .session_token = texts->token};
    cr_assert_eq(hr_engine_new(&engine_options, &error, &engine), 0, "%s", error.message);
    cr_assert_eq(hr_s3_client_new(engine, &options, &error, &client), 0, "%s", error.message);
    for (int i = 0; i < 4; i++) {
        struct hr_s3_get get = {.bucket = "bucket", .key = "key"};
        get.sink = hr_sink_bytes(body, sizeof body);
        cr_assert_eq(hr_s3_get_start(client, &get), 0);
        cr_assert_eq(hr_wait(&get.request), 0, "%s", get.request.error.message);
        struct hr_s3_put put = {.bucket = "bucket", .key = "key"};
        put.body = hr_source_bytes("x", 1);
        cr_assert_eq(hr_s3_put_start(client, &put), 0);
        hr_wait(&put.request);
    }
    closed = false;
    hr_s3_client_close(client, note_closed, NULL);
    while (!closed) sched_yield();
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
}

Test(s3_secrets, nothing_stays, .timeout = 120) {
    NEEDS_KERNEL("a store in a process of its own");
    uint16_t port;
    pid_t store = open_store(&port);
    struct hidden secret = hidden_make("sk-"), token = hidden_make("st-");
    struct texts *texts = calloc(1, sizeof *texts);
    hidden_show(&secret, texts->secret);
    memset(texts->token, 't', sizeof texts->token - 1);
    char shown[128];
    memcpy(texts->token, hidden_show(&token, shown), token.size);
    OPENSSL_cleanse(shown, sizeof shown);
    cr_assert_eq(memory_holds(&secret), 1, "the search finds what is there");
    run_client(texts, port);
    OPENSSL_cleanse(texts, sizeof *texts);
    free(texts);
    cr_expect_eq(memory_holds(&secret), 0, "the secret key");
    cr_expect_eq(memory_holds(&token), 0, "the session token");
    kill(store, SIGKILL);
    waitpid(store, NULL, 0);
}
