/* A client that is given a provider: its requests wait, sign with what it gives, and are made once
 * more where the store has refused that as expired. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/s3.h>

#include "needs_kernel.h"
#include "peer.h"

#define REQUESTS 1000

static hr_engine *engine;
static hr_s3_client *client;
static struct peer *peer;

#define EXPIRED                                                                                    \
    "HTTP/1.1 400 Bad Request\r\nContent-Length: 46\r\n\r\n"                                       \
    "<Error><Code>ExpiredToken</Code></Error>      "
#define GOOD "HTTP/1.1 200 OK\r\nETag: \"e\"\r\nContent-Length: 2\r\n\r\nhi"

/* ---- A provider whose keys are numbered, and whose answers come when the test says so. */

static struct {
    pthread_mutex_t lock;
    struct hr_s3_credentials_fetch *asked;
    unsigned fetches, freed, answered;
    bool at_once;
} script = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void answer(struct hr_s3_credentials_fetch *fetch, int result) {
    char key[32];
    snprintf(key, sizeof key, "KEY%u", ++script.answered);
    const struct hr_s3_credentials credentials = {.access_key = hr_slice_of(key),
                                                  .secret_key = hr_slice_of("secret"),
                                                  .session_token = hr_slice_of("token")};
    if (result) hr_error_set(&fetch->error, result, "the vault is locked");
    fetch->on_done(fetch, result, result ? NULL : &credentials);
}

static int fetch(void *user, struct hr_s3_credentials_fetch *fetch) {
    cr_assert_eq(user, &script);
    pthread_mutex_lock(&script.lock);
    script.fetches++;
    script.asked = fetch;
    pthread_mutex_unlock(&script.lock);
    if (script.at_once) answer(fetch, 0);
    return 0;
}

static void freed(void *user) {
    (void)user;
    script.freed++;
}

static struct hr_s3_credentials_fetch *wait_asked(void) {
    for (;;) {
        pthread_mutex_lock(&script.lock);
        struct hr_s3_credentials_fetch *asked = script.asked;
        script.asked = NULL;
        pthread_mutex_unlock(&script.lock);
        if (asked) return asked;
        sched_yield();
    }
}

static const struct hr_s3_credentials_provider provider = {
    .name = "vault", .user = &script, .fetch = fetch, .free = freed};

static void open_all(const struct peer_script *scripts, size_t count, unsigned reactors) {
    struct hr_engine_options engine_options = {.reactors = reactors};
    struct hr_error error = {0};
    cr_assert_eq(hr_engine_new(&engine_options, &error, &engine), 0, "%s", error.message);
    peer = scripts ? peer_start(scripts, count) : NULL;
    struct hr_s3_client_options options = {
        .endpoint = scripts ? peer_url(peer, "") : "http://127.0.0.1:9", .credentials = &provider};
    cr_assert_eq(hr_s3_client_new(engine, &options, &error, &client), 0, "%s", error.message);
}

static void close_all(void) {
    hr_s3_client_close(client, NULL, NULL);
    cr_assert_eq(script.freed, 1, "the provider is the client's");
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
    if (peer) peer_stop(peer);
}

static int get(struct hr_s3_get *request) {
    request->bucket = "b";
    request->key = "k";
    return hr_s3_get_start(client, request);
}

/* Each answer serves one request of one connection. */
static struct peer_script script_of(const char *const *answers, size_t count) {
    struct peer_script steps = {0};
    for (size_t i = 0; i < count; i++) {
        steps.steps[2 * i] = (struct peer_step){.kind = PEER_HEAD};
        steps.steps[2 * i + 1] = (struct peer_step){.kind = PEER_SEND, .text = answers[i]};
    }
    return steps;
}

Test(s3_credentials_wait, an_expired_token_is_replaced_once) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {EXPIRED, GOOD};
    struct peer_script steps = script_of(answers, 2);
    script.at_once = true;
    open_all(&steps, 1, 1);
    char body[8];
    struct hr_s3_get request = {.sink = hr_sink_bytes(body, sizeof body)};
    cr_assert_eq(get(&request), 0);
    cr_assert_eq(hr_wait(&request.request), 0, "%s", request.request.error.message);
    cr_assert_eq(request.request.attempts, 2);
    cr_assert_eq(script.fetches, 2);
    cr_assert(strstr(peer_received(peer, NULL), "Credential=KEY1/"));
    cr_assert(strstr(peer_received(peer, NULL), "Credential=KEY2/"));
    close_all();
}

/* A listing may outlive more than one token. */
Test(s3_credentials_wait, each_page_of_a_listing_may_replace_an_expired_token) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {
        EXPIRED,
        ("HTTP/1.1 200 OK\r\nContent-Length: 116\r\n\r\n"
         "<ListBucketResult><IsTruncated>true</IsTruncated>"
         "<NextContinuationToken>t</NextContinuationToken></ListBucketResult>"),
        EXPIRED,
        ("HTTP/1.1 200 OK\r\nContent-Length: 69\r\n\r\n"
         "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"),
    };
    struct peer_script steps = script_of(answers, 4);
    script.at_once = true;
    open_all(&steps, 1, 1);
    struct hr_s3_list list = {.bucket = "b"};
    cr_assert_eq(hr_s3_list_start(client, &list), 0);
    cr_assert_eq(hr_wait(&list.request), 0, "%s", list.request.error.message);
    cr_assert_eq(list.pages, 2);
    cr_assert_eq(script.fetches, 3);
    close_all();
}

Test(s3_credentials_wait, a_token_that_stays_expired_is_the_answer) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {EXPIRED, EXPIRED};
    struct peer_script steps = script_of(answers, 2);
    script.at_once = true;
    open_all(&steps, 1, 1);
    struct hr_s3_get request = {.sink = hr_sink_discard()};
    cr_assert_eq(get(&request), 0);
    cr_assert_eq(hr_wait(&request.request), HR_ERR_S3_SERVICE);
    cr_assert_str_eq(request.request.error.service_code, "ExpiredToken");
    cr_assert_eq(script.fetches, 2);
    close_all();
}

Test(s3_credentials_wait, a_thousand_requests_of_two_reactors_ask_once) {
    static struct hr_s3_get requests[REQUESTS];
    open_all(NULL, 0, 2);
    for (unsigned i = 0; i < REQUESTS; i++) cr_assert_eq(get(&requests[i]), 0);
    answer(wait_asked(), HR_ERR_S3_CREDENTIALS);
    for (unsigned i = 0; i < REQUESTS; i++) {
        cr_assert_eq(hr_wait(&requests[i].request), HR_ERR_S3_CREDENTIALS);
        cr_assert(strstr(requests[i].request.error.message, "vault"));
        cr_assert(strstr(requests[i].request.error.message, "locked"));
    }
    cr_assert_eq(script.fetches, 1);
    close_all();
}

Test(s3_credentials_wait, a_request_that_waits_can_be_cancelled_or_time_out) {
    struct hr_s3_get first = {.key = "k"}, second = {.request.timeout_ms = 20};
    open_all(NULL, 0, 1);
    cr_assert_eq(get(&first), 0);
    cr_assert_eq(get(&second), 0);
    struct hr_s3_credentials_fetch *asked = wait_asked();
    hr_cancel(&first.request);
    cr_assert_eq(hr_wait(&first.request), -ECANCELED);
    cr_assert_eq(hr_wait(&second.request), -ETIMEDOUT);
    answer(asked, 0);
    close_all();
}

static void *close_in_thread(void *unused) {
    close_all();
    return unused;
}

Test(s3_credentials_wait, closing_waits_for_the_answer_of_the_provider) {
    struct hr_s3_get request = {.key = "k"};
    open_all(NULL, 0, 1);
    cr_assert_eq(get(&request), 0);
    struct hr_s3_credentials_fetch *asked = wait_asked();
    hr_cancel(&request.request);
    cr_assert_eq(hr_wait(&request.request), -ECANCELED);
    pthread_t thread;
    pthread_create(&thread, NULL, close_in_thread, NULL);
    sched_yield();
    answer(asked, -ECANCELED);
    pthread_join(thread, NULL);
}

Test(s3_credentials_wait, a_provider_excludes_keys) {
    struct hr_engine_options engine_options = {.reactors = 1};
    struct hr_error error = {0};
    cr_assert_eq(hr_engine_new(&engine_options, &error, &engine), 0);
    struct hr_s3_client_options options = {
        .endpoint = "http://h", .credentials = &provider, .access_key = "a", .secret_key = "b"};
    cr_assert_eq(hr_s3_client_new(engine, &options, &error, &client), -EINVAL);
    cr_assert(strstr(error.message, "access_key"));
    options = (struct hr_s3_client_options){
        .endpoint = "http://h", .credentials = &provider, .anonymous = true};
    cr_assert_eq(hr_s3_client_new(engine, &options, &error, &client), -EINVAL);
    cr_assert_eq(script.freed, 0, "a client that was not made owns nothing");
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
}
