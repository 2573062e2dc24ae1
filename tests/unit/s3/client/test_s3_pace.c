/* The pace of a client, on the simulated kernel's clock: a store that takes so many requests a
 * second with each prefix, and answers SlowDown to the rest. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <headrace/http_server.h>
#include <headrace/s3.h>

#include "own_world.h"
#include "s3_call.h"

#define SECOND UINT64_C(1000000000)
#define MS     UINT64_C(1000000)
#define SLOWDOWN                                                                                   \
    "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"

static hr_engine *engine;
static hr_http_server *store;
static hr_s3_client *client;

/* ---- The store. */

static struct prefix {
    const char *name;
    double per_second; /* 0: all that come */
    double tokens;
    uint64_t filled_ns;
    unsigned taken, refused;
} prefixes[] = {{.name = "/bucket/hot/"}, {.name = "/bucket/cool/"}};
#define HOT  (&prefixes[0])
#define COOL (&prefixes[1])

static bool takes(struct prefix *prefix) {
    uint64_t now_ns = sim_now_ns();
    double room = prefix->per_second / 10 > 1 ? prefix->per_second / 10 : 1;
    prefix->tokens += prefix->per_second * (double)(now_ns - prefix->filled_ns) / 1e9;
    if (prefix->tokens > room) prefix->tokens = room;
    prefix->filled_ns = now_ns;
    if (prefix->per_second <= 0) return true;
    if (prefix->tokens < 1) return false;
    prefix->tokens -= 1;
    return true;
}

static struct prefix *prefix_of(hr_http_exchange *exchange) {
    struct hr_slice target = hr_http_exchange_target(exchange);
    size_t size = strlen(HOT->name);
    return target.size >= size && memcmp(target.data, HOT->name, size) == 0 ? HOT : COOL;
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

static void on_request(void *user, hr_http_exchange *exchange) {
    (void)user;
    struct prefix *prefix = prefix_of(exchange);
    if (takes(prefix)) {
        prefix->taken++;
        respond(exchange, 200, "x");
    } else {
        prefix->refused++;
        respond(exchange, 503, SLOWDOWN);
    }
}

/* ---- Steps. */

static void make_client(enum hr_s3_pace pace, uint32_t attempts_max) {
    char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%u", hr_http_server_port(store));
    const struct hr_s3_client_options options = {.endpoint = endpoint,
                                                 .region = "us-east-1",
                                                 .access_key = "AKID",
                                                 .secret_key = "secret",
                                                 .profile = "",
                                                 .pace = pace,
                                                 .http.retry.attempts_max = attempts_max};
    struct hr_error error = {0};
    cr_assert_eq(hr_s3_client_new(engine, &options, &error, &client), 0, "%s", error.message);
}

static void open_all(void) {
    struct hr_error error = {0};
    engine = own_world_open(&(struct sim_options){.seed = 7, .faults.latency_us_max = 2000});
    const struct hr_http_server_options server = {.listen = "127.0.0.1:0",
                                                  .on_request = on_request};
    cr_assert_eq(hr_http_server_new(engine, &server, &error, &store), 0, "%s", error.message);
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
    hr_http_server_close(store, set_true, &closed);
    step_until(&closed);
    own_world_close(engine);
}

TestSuite(s3_pace, .init = open_all, .fini = close_all);

/* ---- Requests. */

struct get {
    struct hr_s3_get get;
    char body[8];
    bool done;
    bool again; /* when it has ended */
    uint64_t longest_ns;
    unsigned succeeded, failed;
};

static void start(struct get *one, const char *key);

static void on_done(struct hr_request *request) {
    struct get *one = hr__container_of(request, struct get, get.request);
    if (request->total_ns > one->longest_ns) one->longest_ns = request->total_ns;
    one->succeeded += request->result == 0;
    one->failed += request->result != 0;
    one->done = true;
    if (one->again) start(one, one->get.key);
}

static void start(struct get *one, const char *key) {
    one->done = false;
    one->get = (struct hr_s3_get){.request.on_done = on_done,
                                  .request.timeout_ms = one->get.request.timeout_ms,
                                  .bucket = "bucket",
                                  .key = key,
                                  .sink = hr_sink_bytes(one->body, sizeof one->body)};
    cr_assert_eq(hr_s3_get_start(client, &one->get), 0);
}

static int run(const char *key) {
    struct get one = {0};
    start(&one, key);
    step_until(&one.done);
    return one.get.request.result;
}

static void pass(uint64_t ns) {
    uint64_t until_ns = sim_now_ns() + ns;
    while (sim_now_ns() < until_ns) cr_assert_eq(sim_step(), SIM_RAN);
}

static struct hr_s3_statistics statistics(void) {
    struct hr_s3_statistics now;
    hr_s3_statistics_get(client, &now);
    return now;
}

/* Requests one after the other until told to stop. */
static void begin(struct get *workers, unsigned count, const char *key) {
    for (unsigned i = 0; i < count; i++) {
        workers[i].again = true;
        start(&workers[i], key);
    }
}

static void end(struct get *workers, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        workers[i].again = false;
        step_until(&workers[i].done);
    }
}

/* ---- A rate for each prefix. */

#define HOT_WORKERS 32

static struct get hot[HOT_WORKERS], cool;

static void load(unsigned seconds) {
    HOT->taken = HOT->refused = COOL->taken = 0;
    pass(seconds * SECOND);
}

Test(s3_pace, a_prefix_settles_near_what_the_store_takes_and_another_is_not_slowed) {
    HOT->per_second = 100;
    make_client(HR_S3_PACE_PREFIX, 20);
    begin(hot, HOT_WORKERS, "hot/k");
    begin(&cool, 1, "cool/k");
    load(10);
    cool.longest_ns = 0;
    load(30);
    cr_expect(HOT->taken >= 30 * 88 && HOT->taken <= 30 * 100 + 15, "%u", HOT->taken);
    cr_expect_lt(HOT->refused, HOT->taken / 20, "%u of %u", HOT->refused, HOT->taken);
    cr_expect_lt(cool.longest_ns, 20 * MS, "%lu ns", (unsigned long)cool.longest_ns);
    cr_expect_gt(COOL->taken, 30 * 100);
    struct hr_s3_statistics now = statistics();
    cr_expect_eq(now.slowed, 1);
    cr_expect_gt(now.throttled, 0);
    cr_expect_gt(now.delayed, 30 * 88);
    cr_expect_gt(now.delayed_time, 30, "thirty-two that wait most of the time");
    end(hot, HOT_WORKERS);
    end(&cool, 1);
    for (unsigned i = 0; i < HOT_WORKERS; i++) cr_expect_eq(hot[i].failed, 0);
    cr_expect_eq(cool.failed, 0);
}

Test(s3_pace, without_it_the_store_refuses_many) {
    HOT->per_second = 100;
    make_client(HR_S3_PACE_NONE, 1);
    begin(hot, HOT_WORKERS, "hot/k");
    load(5);
    cr_expect_gt(HOT->refused, HOT->taken);
    struct hr_s3_statistics now = statistics();
    cr_expect_eq(now.slowed, 0);
    cr_expect_eq(now.delayed, 0);
    cr_expect_geq(now.throttled + HOT_WORKERS, HOT->refused, "but for those on their way");
    end(hot, HOT_WORKERS);
}

Test(s3_pace, a_store_that_complains_no_more_is_served_at_full_speed) {
    HOT->per_second = 50;
    make_client(HR_S3_PACE_PREFIX, 20);
    begin(hot, 2, "hot/k");
    load(5);
    cr_expect_eq(statistics().slowed, 1);
    HOT->per_second = 0;
    load(67);
    cr_expect_eq(statistics().slowed, 0);
    load(1);
    cr_expect_gt(HOT->taken, 200);
    end(hot, 2);
}

Test(s3_pace, nothing_is_kept_of_refusals_that_do_not_ask_for_it) {
    make_client(HR_S3_PACE_PREFIX, 1);
    for (unsigned i = 0; i < 3; i++) cr_expect_eq(run("cool/k"), 0);
    struct hr_s3_statistics now = statistics();
    cr_expect_eq(now.slowed, 0);
    cr_expect_eq(now.throttled, 0);
    cr_expect_null(client->shards[0].pace.lanes);
}

Test(s3_pace, back_offs_alone_are_the_default) {
    HOT->per_second = 0.001;
    make_client(HR_S3_PACE_DEFAULT, 1);
    for (unsigned i = 0; i < 200; i++) run("hot/k");
    cr_expect_eq(statistics().slowed, 0);
    cr_expect_eq(statistics().delayed, 0);
    cr_expect_gt(statistics().throttled, 100);
}

/* ---- Waiting. */

/* Refused so often that one request a second is left. */
static void slow_to_the_least(void) {
    HOT->per_second = 0.001;
    make_client(HR_S3_PACE_PREFIX, 1);
    cr_expect_eq(run("hot/k"), 0, "its one token");
    while (statistics().slowed == 0 || client->pace.prefixes->rates[0].aimd.per_second != 1)
        cr_assert_neq(run("hot/k"), 0);
}

Test(s3_pace, one_that_waits_can_be_cancelled) {
    struct get waiting = {0}, behind = {0};
    slow_to_the_least();
    start(&waiting, "hot/k");
    start(&behind, "hot/k");
    pass(50 * MS);
    cr_assert_not(waiting.done);
    hr_cancel(&waiting.get.request);
    uint64_t asked_ns = sim_now_ns();
    step_until(&waiting.done);
    cr_expect_lt(sim_now_ns() - asked_ns, 10 * MS);
    cr_expect_eq(waiting.get.request.result, -ECANCELED);
    cr_expect_not(behind.done);
    step_until(&behind.done);
    cr_expect_eq(behind.get.request.result, HR_ERR_S3_SERVICE);
}

Test(s3_pace, waiting_ends_with_the_time_of_the_request) {
    struct get waiting = {.get.request.timeout_ms = 100};
    slow_to_the_least();
    start(&waiting, "hot/k");
    uint64_t asked_ns = sim_now_ns();
    step_until(&waiting.done);
    cr_expect_eq(waiting.get.request.result, -ETIMEDOUT);
    cr_expect_lt(sim_now_ns() - asked_ns, 110 * MS);
}

Test(s3_pace, a_client_that_closes_lets_those_that_wait_have_their_turn) {
    struct get waiting[3] = {0};
    bool closed = false;
    slow_to_the_least();
    for (unsigned i = 0; i < 3; i++) start(&waiting[i], "hot/k");
    HOT->per_second = 0;
    uint64_t asked_ns = sim_now_ns();
    hr_s3_client_close(client, set_true, &closed);
    step_until(&closed);
    client = NULL;
    for (unsigned i = 0; i < 3; i++) cr_expect_eq(waiting[i].get.request.result, 0);
    cr_expect(sim_now_ns() - asked_ns > 1000 * MS && sim_now_ns() - asked_ns < 4 * SECOND);
}

static bool cancels;
static struct get last;

static void on_first_done(struct hr_request *request) {
    struct get *one = hr__container_of(request, struct get, get.request);
    one->done = true;
    if (cancels) hr_cancel(&last.get.request);
}

/* One that ends in its turn cancels the one behind it. */
Test(s3_pace, a_turn_may_end_another_that_waits) {
    struct get first = {0};
    slow_to_the_least();
    cancels = true;
    start(&first, "hot/k");
    first.get.request.on_done = on_first_done;
    start(&last, "hot/k");
    step_until(&first.done);
    step_until(&last.done);
    cr_expect_eq(last.get.request.result, -ECANCELED);
}

Test(s3_pace, a_repeated_attempt_waits_for_its_turn_too) {
    struct get one = {0};
    slow_to_the_least();
    close_client();
    make_client(HR_S3_PACE_PREFIX, 4);
    HOT->per_second = 0.5;
    HOT->tokens = 0;
    start(&one, "hot/k");
    step_until(&one.done);
    cr_expect_gt(one.get.request.attempts, 1);
    struct hr_s3_statistics now = statistics();
    cr_expect_eq(now.throttled, one.get.request.attempts - (one.get.request.result == 0));
}

/* ---- One rate for the client, as the SDKs' adaptive mode. */

Test(s3_pace, adaptive_mode_slows_the_client) {
    HOT->per_second = 0.001;
    make_client(HR_S3_PACE_CLIENT, 1);
    cr_expect_eq(run("cool/k"), 0);
    cr_expect_eq(statistics().slowed, 0);
    cr_expect_eq(run("hot/k"), 0, "its one token");
    cr_expect_eq(run("hot/k"), HR_ERR_S3_SERVICE);
    cr_expect_eq(statistics().slowed, 1);
    uint64_t begun_ns = sim_now_ns();
    cr_expect_eq(run("cool/k"), 0);
    cr_expect_eq(run("cool/k"), 0);
    uint64_t took_ns = sim_now_ns() - begun_ns;
    cr_expect(took_ns > 1500 * MS && took_ns < 4200 * MS, "%lu ns at half a request a second",
              (unsigned long)took_ns);
    cr_expect_gt(statistics().delayed, 0);
}

Test(s3_pace, adaptive_mode_comes_to_terms_with_a_store) {
    HOT->per_second = 100;
    make_client(HR_S3_PACE_CLIENT, 20);
    begin(hot, HOT_WORKERS, "hot/k");
    load(30);
    load(30);
    cr_expect_gt(HOT->taken, 30 * 50, "%u", HOT->taken);
    cr_expect_lt(HOT->refused, HOT->taken / 2, "%u of %u", HOT->refused, HOT->taken);
    end(hot, HOT_WORKERS);
}

Test(s3_pace, a_wait_in_adaptive_mode_can_be_cancelled_before_a_repeated_attempt) {
    struct get one = {0};
    HOT->per_second = 0.001;
    make_client(HR_S3_PACE_CLIENT, 4);
    cr_expect_eq(run("hot/k"), 0, "its one token");
    start(&one, "hot/k");
    while (HOT->refused == 0) cr_assert_eq(sim_step(), SIM_RAN);
    pass(500 * MS); /* the back-off is over */
    cr_assert_not(one.done);
    cr_expect_eq(one.get.request.attempts, 0);
    uint64_t asked_ns = sim_now_ns();
    hr_cancel(&one.get.request);
    step_until(&one.done);
    cr_expect_eq(one.get.request.result, -ECANCELED);
    cr_expect_lt(sim_now_ns() - asked_ns, 10 * MS);
    cr_expect_eq(HOT->refused, 1);
}

/* ---- The option. */

Test(s3_pace, a_pace_that_there_is_not) {
    struct hr_error error = {0};
    hr_s3_client *none = NULL;
    const struct hr_s3_client_options options = {.pace = 17};
    cr_expect_eq(hr_s3_client_new(engine, &options, &error, &none), -EINVAL);
    cr_expect(strstr(error.message, "pace is 17"), "%s", error.message);
}
