/* Sessions of S3 Express, on the simulated kernel's clock: a store that counts what it is asked. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/clock.h>
#include <headrace/http_server.h>
#include <headrace/s3.h>

#include "credentials_cache.h"
#include "own_world.h"

#define SECOND   UINT64_C(1000000000)
#define BUCKET   "data--use1-az4--x-s3"
#define REQUESTS 1000

static hr_engine *engine;
static struct hr_reactor *reactor;
static hr_http_server *store;
static hr_s3_client *client;

/* ---- The store. */

static struct {
    unsigned sessions, objects, refused; /* asked */
    unsigned lives_s;
    int status;              /* of CreateSession; 0: 200 */
    bool holds, denies_once; /* answers to CreateSession wait; the next object gets 403 */
    bool holds_objects;      /* and objects */
    hr_http_exchange *held;
    char token[64], security[64], authorization[512], host[128], target[1024];
    char body[1024];
} seen;

static void keep(char *out, size_t capacity, struct hr_slice text) {
    snprintf(out, capacity, "%.*s", (int)text.size, text.size ? text.data : "");
}

static void respond(hr_http_exchange *exchange, int status, const char *body) {
    static const struct hr_http_field fields[] = {{{"ETag", 4}, {"\"e\"", 3}},
                                                  {{"x-amz-request-id", 16}, {"R1", 2}}};
    const struct hr_http_response response = {.status = status,
                                              .fields = fields,
                                              .field_count = 2,
                                              .body = hr_source_bytes(body, strlen(body))};
    cr_assert_eq(hr_http_exchange_respond(exchange, &response), 0);
}

static void give_session(hr_http_exchange *exchange) {
    char until[HR_DATE_ISO_SIZE];
    hr_date_iso((hr__reactor_wall_ns(reactor) / SECOND + seen.lives_s) * 1000, until);
    snprintf(seen.body, sizeof seen.body,
             "<CreateSessionResult><Credentials><SessionToken>TOKEN%u</SessionToken>"
             "<SecretAccessKey>sesame</SecretAccessKey><AccessKeyId>SESSION%u</AccessKeyId>"
             "<Expiration>%s</Expiration></Credentials></CreateSessionResult>",
             seen.sessions, seen.sessions, until);
    respond(exchange, 200, seen.body);
}

static void on_held_end(void *user, int result) {
    (void)user, (void)result;
    seen.held = NULL;
}

static void hold(hr_http_exchange *exchange) {
    seen.held = exchange;
    hr_http_exchange_on_end(exchange, on_held_end, NULL);
}

static void answer_session(hr_http_exchange *exchange) {
    seen.sessions++;
    if (seen.holds) {
        hold(exchange);
    } else if (seen.status)
        respond(exchange, seen.status,
                "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>");
    else
        give_session(exchange);
}

static void answer_object(hr_http_exchange *exchange) {
    seen.objects++;
    keep(seen.token, sizeof seen.token, hr_http_exchange_find(exchange, "x-amz-s3session-token"));
    keep(seen.security, sizeof seen.security,
         hr_http_exchange_find(exchange, "x-amz-security-token"));
    if (seen.holds_objects) {
        hold(exchange);
    } else if (seen.denies_once) {
        seen.denies_once = false;
        seen.refused++;
        respond(exchange, 403, "<Error><Code>ExpiredToken</Code><Message>old</Message></Error>");
    } else {
        respond(exchange, 200, "x");
    }
}

static void on_request(void *user, hr_http_exchange *exchange) {
    (void)user;
    keep(seen.authorization, sizeof seen.authorization,
         hr_http_exchange_find(exchange, "authorization"));
    keep(seen.host, sizeof seen.host, hr_http_exchange_find(exchange, "host"));
    keep(seen.target, sizeof seen.target, hr_http_exchange_target(exchange));
    if (strcmp(seen.target, "/?session") == 0)
        answer_session(exchange);
    else
        answer_object(exchange);
}

/* ---- Steps. */

static bool fired;

static void on_alarm(struct hr_timer *timer) {
    (void)timer;
    fired = true;
}

static struct hr_timer alarm_timer = {.on_fire = on_alarm};
static uint64_t alarm_ms;

static void set_alarm(struct hr_task *task) {
    (void)task;
    hr__timer_start(reactor, &alarm_timer, hr__reactor_now(reactor) + alarm_ms * UINT64_C(1000000));
}

static void pass_ms(uint64_t ms) {
    struct hr_task task = {.run = set_alarm};
    fired = false;
    alarm_ms = ms;
    hr__reactor_post(reactor, &task);
    step_until(&fired);
}

/* ---- All that is open. */

static void make_client(bool no_session) {
    static char endpoint[64];
    static const struct hr_resolve_entry entries[] = {
        {.host = "*.store.example", .address = "127.0.0.1"}};
    setenv("AWS_S3_DISABLE_EXPRESS_SESSION_AUTH", no_session ? "true" : "false", 1);
    snprintf(endpoint, sizeof endpoint, "http://store.example:%u", hr_http_server_port(store));
    const struct hr_s3_client_options options = {
        .endpoint = endpoint,
        .region = "us-east-1",
        .access_key = "AKIDOWN",
        .secret_key = "own",
        .session_token = "OWNTOKEN",
        .addressing = HR_S3_ADDRESSING_VIRTUAL,
        .profile = "",
        .http.resolver = {.entries = entries, .entry_count = 1},
        .http.retry.attempts_max = 1,
        .http.hedge.quantile_percent = 90,
    };
    struct hr_error error = {0};
    cr_assert_eq(hr_s3_client_new(engine, &options, &error, &client), 0, "%s", error.message);
}

static void open_all(void) {
    struct hr_error error = {0};
    memset(&seen, 0, sizeof seen);
    seen.lives_s = 300;
    engine = own_world_open(&(struct sim_options){.seed = 7});
    reactor = hr__engine_reactor(engine, 0);
    const struct hr_http_server_options server = {.listen = "127.0.0.1:0",
                                                  .on_request = on_request};
    cr_assert_eq(hr_http_server_new(engine, &server, &error, &store), 0, "%s", error.message);
    make_client(false);
}

static void close_client(void) {
    bool closed = false;
    hr_s3_client_close(client, set_true, &closed);
    step_until(&closed);
    client = NULL;
}

static void close_all(void) {
    bool closed = false;
    if (client) close_client();
    if (seen.held) respond(seen.held, 503, "");
    hr_http_server_close(store, set_true, &closed);
    step_until(&closed);
    own_world_close(engine);
}

TestSuite(s3_session, .init = open_all, .fini = close_all);

/* ---- Requests. */

struct get {
    struct hr_s3_get get;
    char body[8];
    bool done;
};

static void on_done(struct hr_request *request) {
    hr__container_of(request, struct get, get.request)->done = true;
}

static void start(struct get *one, const char *bucket) {
    memset(one, 0, sizeof *one);
    one->get.request.on_done = on_done;
    one->get.bucket = bucket;
    one->get.key = "k";
    one->get.sink = hr_sink_bytes(one->body, sizeof one->body);
    cr_assert_eq(hr_s3_get_start(client, &one->get), 0);
}

static int get_from(struct get *one, const char *bucket) {
    start(one, bucket);
    step_until(&one->done);
    return one->get.request.result;
}

static int get(struct get *one) {
    return get_from(one, BUCKET);
}

static void must_get(void) {
    struct get one;
    cr_assert_eq(get(&one), 0, "%s", one.get.request.error.message);
}

/* ---- The tests. */

Test(s3_session, an_object_is_asked_for_with_the_keys_of_a_session) {
    must_get();
    cr_assert_eq(seen.sessions, 1);
    cr_assert_str_eq(seen.token, "TOKEN1");
    cr_assert_str_eq(seen.security, "", "the token has a field of its own");
    cr_assert(strstr(seen.authorization, "Credential=SESSION1/"));
    cr_assert(strstr(seen.authorization, "/us-east-1/s3express/aws4_request"));
    cr_assert(strstr(seen.authorization, ";x-amz-s3session-token"), "and is signed");
    cr_assert_eq(strncmp(seen.host, BUCKET ".store.example", strlen(BUCKET) + 14), 0);
}

static void copy_object(void) {
    struct hr_s3_copy copy = {
        .bucket = BUCKET, .key = "k", .source = {.bucket = BUCKET, .key = "j"}};
    cr_assert_eq(hr_s3_copy_start(client, &copy), 0);
    while (seen.objects == 0) cr_assert_eq(sim_step(), SIM_RAN);
    hr_cancel(&copy.request);
    pass_ms(10);
}

Test(s3_session, a_copy_is_signed_with_the_keys_of_the_client) {
    copy_object();
    cr_assert_eq(seen.sessions, 0);
    cr_assert(strstr(seen.authorization, "Credential=AKIDOWN/"));
    cr_assert(strstr(seen.authorization, "/s3express/"));
    cr_assert_str_eq(seen.security, "OWNTOKEN");
}

Test(s3_session, a_thousand_requests_make_one_session) {
    static struct get all[REQUESTS];
    for (size_t i = 0; i < REQUESTS; i++) start(&all[i], BUCKET);
    for (size_t i = 0; i < REQUESTS; i++) {
        step_until(&all[i].done);
        cr_assert_eq(all[i].get.request.result, 0, "%s", all[i].get.request.error.message);
    }
    cr_assert_eq(seen.sessions, 1);
    cr_assert_eq(seen.objects, REQUESTS);
}

Test(s3_session, each_bucket_has_its_own) {
    struct get one;
    must_get();
    cr_assert_eq(get_from(&one, "other--use1-az4--x-s3"), 0);
    cr_assert_str_eq(seen.token, "TOKEN2");
    must_get();
    cr_assert_str_eq(seen.token, "TOKEN1");
    cr_assert_eq(get_from(&one, "plain"), 0);
    cr_assert_str_eq(seen.token, "");
    cr_assert(strstr(seen.authorization, "Credential=AKIDOWN/"));
    cr_assert_eq(seen.sessions, 2);
}

Test(s3_session, it_is_renewed_a_minute_before_its_end_and_used_on_meanwhile) {
    must_get();
    pass_ms(238000);
    must_get();
    cr_assert_eq(seen.sessions, 1, "62 s are left");
    pass_ms(3000);
    must_get();
    cr_assert_str_eq(seen.token, "TOKEN1");
    pass_ms(100);
    cr_assert_eq(seen.sessions, 2, "59 s are left");
    must_get();
    cr_assert_str_eq(seen.token, "TOKEN2");
}

Test(s3_session, at_its_end_requests_wait_for_the_next_one) {
    must_get();
    pass_ms(297000);
    must_get();
    cr_assert_str_eq(seen.token, "TOKEN2");
    cr_assert_eq(seen.sessions, 2);
}

Test(s3_session, one_that_the_store_has_forgotten_is_made_again_once) {
    struct get one;
    must_get();
    seen.denies_once = true;
    cr_assert_eq(get(&one), 0, "%s", one.get.request.error.message);
    cr_assert_eq(one.get.request.attempts, 2);
    cr_assert_eq(seen.sessions, 2);
    cr_assert_str_eq(seen.token, "TOKEN2");
}

Test(s3_session, a_refusal_names_bucket_and_remedy) {
    struct get one;
    seen.status = 403;
    cr_assert_eq(get(&one), HR_ERR_S3_SERVICE);
    const struct hr_error *error = &one.get.request.error;
    cr_assert_eq(error->code, HR_ERR_S3_SERVICE);
    cr_assert_eq(error->http_status, 403);
    cr_assert_str_eq(error->service_code, "AccessDenied");
    cr_assert(strstr(error->message, BUCKET), "%s", error->message);
    cr_assert(strstr(error->message, "CreateSession"));
    cr_assert(strstr(error->message, "AWS_S3_DISABLE_EXPRESS_SESSION_AUTH"));
    cr_assert_eq(seen.objects, 0, "nothing was sent with other keys");
}

Test(s3_session, without_sessions_the_clients_keys_sign) {
    close_client();
    make_client(true);
    must_get();
    cr_assert_eq(seen.sessions, 0);
    cr_assert_str_eq(seen.security, "OWNTOKEN");
    cr_assert(strstr(seen.authorization, "/s3express/"));
}

/* 50 latencies are known, and it takes longer than any; also where the client's own keys sign. */
Test(s3_session, nothing_is_asked_for_a_second_time) {
    for (int no_session = 0; no_session < 2; no_session++) {
        close_client();
        make_client(no_session);
        seen.objects = 0;
        seen.holds_objects = false;
        for (int i = 0; i < 60; i++) must_get();
        seen.holds_objects = true;
        struct get one;
        start(&one, BUCKET);
        pass_ms(5000);
        cr_assert_eq(seen.objects, 61);
        hr_cancel(&one.get.request);
        step_until(&one.done);
        respond(seen.held, 200, "x");
        seen.held = NULL;
        struct hr_http_client_metrics metrics;
        hr_s3_client_metrics_get(client, &metrics);
        cr_assert_eq(metrics.hedges, 0);
    }
}

Test(s3_session, a_request_that_waits_can_be_cancelled_and_the_client_closed) {
    struct get one, two;
    seen.holds = true;
    start(&one, BUCKET);
    start(&two, BUCKET);
    while (!seen.held) cr_assert_eq(sim_step(), SIM_RAN);
    hr_cancel(&one.get.request);
    step_until(&one.done);
    cr_assert_eq(one.get.request.result, -ECANCELED);
    hr_cancel(&two.get.request);
    bool closed = false;
    hr_s3_client_close(client, set_true, &closed);
    step_until(&two.done);
    step_until(&closed); /* the question is stopped: nobody answers it */
    client = NULL;
}

Test(s3_session, a_client_that_closes_lets_its_requests_have_their_session) {
    struct get one;
    bool closed = false;
    start(&one, BUCKET);
    hr_s3_client_close(client, set_true, &closed);
    step_until(&closed);
    cr_assert(one.done);
    cr_assert_eq(one.get.request.result, 0, "%s", one.get.request.error.message);
    client = NULL;
}

Test(s3_session, more_buckets_than_sessions_are_kept_still_work) {
    char bucket[64];
    struct get one;
    for (int i = 0; i < 103; i++) {
        snprintf(bucket, sizeof bucket, "b%d--use1-az4--x-s3", i);
        cr_assert_eq(get_from(&one, bucket), 0);
    }
    cr_assert_eq(get_from(&one, "b102--use1-az4--x-s3"), 0);
    cr_assert_eq(seen.sessions, 103);
    cr_assert_eq(get_from(&one, "b0--use1-az4--x-s3"), 0);
    cr_assert_eq(seen.sessions, 104, "the oldest one had to go");
}

Test(s3_session, a_presigned_url_has_the_token_of_a_session_that_is_there) {
    static char url[16384];
    const struct hr_s3_presign_options wanted = {.bucket = BUCKET, .key = "k", .expires_s = 60};
    cr_assert_eq(hr_s3_presign(client, &wanted, url, sizeof url), HR_ERR_S3_CREDENTIALS);
    must_get();
    cr_assert_eq(hr_s3_presign(client, &wanted, url, sizeof url), 0);
    cr_assert(strstr(url, "X-Amz-S3session-Token=TOKEN1"), "%s", url);
    cr_assert(strstr(url, "X-Amz-Credential=SESSION1%2F"), "%s", url);
    cr_assert_null(strstr(url, "X-Amz-Security-Token"));
    pass_ms(301000);
    cr_assert_eq(hr_s3_presign(client, &wanted, url, sizeof url), HR_ERR_S3_CREDENTIALS);
}

static int list(struct hr_s3_list *list, char message[224]) {
    cr_assert_eq(hr_s3_list_start(client, list), 0);
    pass_ms(100);
    snprintf(message, 224, "%s", list->request.error.message);
    return list->request.result;
}

Test(s3_session, a_listing_that_directory_buckets_do_not_have_is_refused_by_name) {
    char why[224];
    struct hr_s3_list after = {.bucket = BUCKET, .start_after = "a"};
    struct hr_s3_list prefix = {.bucket = BUCKET, .prefix = "a"};
    struct hr_s3_list delimiter = {.bucket = BUCKET, .delimiter = "-"};
    cr_assert_eq(list(&after, why), -EINVAL);
    cr_assert(strstr(why, "start_after"), "%s", why);
    cr_assert_eq(list(&prefix, why), -EINVAL);
    cr_assert(strstr(why, "prefix"), "%s", why);
    cr_assert_eq(list(&delimiter, why), -EINVAL);
    cr_assert(strstr(why, "delimiter"), "%s", why);
    cr_assert_eq(seen.sessions + seen.objects, 0);
}
