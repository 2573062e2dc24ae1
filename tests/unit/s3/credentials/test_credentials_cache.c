/* The cache of credentials on the simulated kernel's clock, with a provider that a test scripts. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "credentials_cache.h"
#include "kernel.h"
#include "needs_kernel.h"

#define SECOND UINT64_C(1000000000)
#define CALLS  1000

static hr_engine *engine;
static struct hr_reactor *reactor;
static struct hr__credentials_cache *cache;
static struct hr__credentials_shard *shard;

/* ---- The provider, and who owns the cache. */

static struct hr_s3_credentials_fetch *asked; /* NULL: nothing is asked */
static unsigned fetches, stops;
static int holds;

static int fetch(void *user, struct hr_s3_credentials_fetch *question) {
    (void)user;
    cr_assert_null(asked, "a second question while one is under way");
    asked = question;
    fetches++;
    return 0;
}

static void stop(void *user, struct hr_s3_credentials_fetch *question) {
    (void)user;
    cr_assert_eq(asked, question);
    stops++;
}

static void hold(void *user) {
    (void)user;
    holds++;
}

static void leave(void *user) {
    (void)user;
    cr_assert_gt(holds, 0);
    holds--;
}

/* ---- On the reactor. */

struct command {
    struct hr_task task;
    void (*run)(struct command *command);
    bool done;
};

static void run_command(struct hr_task *task) {
    struct command *command = hr__container_of(task, struct command, task);
    command->run(command);
    command->done = true;
}

static void step_until(const bool *done) {
    while (!*done) cr_assert_eq(sim_step(), SIM_RAN, "nothing can happen any more");
}

static void on_reactor(void (*run)(struct command *command)) {
    struct command command = {.run = run};
    command.task.run = run_command;
    hr__reactor_post(reactor, &command.task);
    step_until(&command.done);
}

static void settle(struct command *command) {
    (void)command;
}

static uint64_t wait_s;
static bool fired;
static struct hr_timer alarm_timer;

static void on_alarm(struct hr_timer *timer) {
    (void)timer;
    fired = true;
}

static void set_alarm(struct command *command) {
    (void)command;
    fired = false;
    alarm_timer = (struct hr_timer){.on_fire = on_alarm};
    hr__timer_start(reactor, &alarm_timer, hr__reactor_now(reactor) + wait_s * SECOND);
}

static void pass(uint64_t seconds) {
    wait_s = seconds;
    on_reactor(set_alarm);
    step_until(&fired);
}

static uint64_t now_s(void) {
    return hr__reactor_wall_ns(reactor) / SECOND;
}

static void open_all(void) {
    struct hr_error error = {0};
    if (kernel_is_simulated()) sim_close();
    sim_open(&(struct sim_options){.seed = 11});
    struct hr_engine_options options = {.mode = HR_ENGINE_CALLER, .reactors = 1};
    cr_assert_eq(hr__engine_new(&options, sim_tuning(), &error, &engine), 0, "%s", error.message);
    sim_engine_add(engine);
    reactor = hr__engine_reactor(engine, 0);
    const struct hr_s3_credentials_provider provider = {
        .name = "script", .fetch = fetch, .stop = stop};
    const struct hr__credentials_owner owner = {.hold = hold, .leave = leave};
    cr_assert_eq(hr__credentials_cache_new(engine, &provider, &owner, &cache), 0);
    shard = hr__credentials_cache_shard(cache, 0);
    asked = NULL;
    fetches = stops = 0;
    on_reactor(settle);
}

static bool closed;

static void on_closed(void *user) {
    (void)user;
    closed = true;
}

static void close_all(void) {
    on_reactor(settle);
    on_reactor(settle);
    cr_assert_eq(holds, 0, "somebody still holds the cache");
    hr__credentials_cache_free(cache);
    closed = false;
    cr_assert_eq(hr_engine_close(engine, on_closed, NULL), 0);
    step_until(&closed);
    cr_assert_null(sim_complaint());
}

TestSuite(credentials_cache, .init = open_all, .fini = close_all);

/* ---- What tests say. */

static void give(const char *key, uint64_t lives_s, bool used_expired) {
    struct hr_s3_credentials_fetch *question = asked;
    cr_assert_not_null(question, "nobody asks");
    const struct hr_s3_credentials credentials = {.access_key = hr_slice_of(key),
                                                  .secret_key = hr_slice_of("secret"),
                                                  .expires_s = lives_s ? now_s() + lives_s : 0,
                                                  .used_expired = used_expired};
    asked = NULL;
    question->on_done(question, 0, &credentials);
    on_reactor(settle);
    on_reactor(settle);
}

static void refuse(const char *why) {
    struct hr_s3_credentials_fetch *question = asked;
    cr_assert_not_null(question, "nobody asks");
    asked = NULL;
    hr_error_set(&question->error, HR_ERR_S3_CREDENTIALS, "%s", why);
    question->on_done(question, HR_ERR_S3_CREDENTIALS, NULL);
    on_reactor(settle);
    on_reactor(settle);
}

static struct call {
    struct hr__credentials_wait wait;
    int result; /* of hold; of on_ready + 100 */
    unsigned told;
    char key[32];
    struct hr_error error;
} calls[CALLS];

static unsigned call_count;

static void on_ready(struct hr__credentials_wait *wait, int result);

static void hold_one(struct call *call) {
    struct hr__credentials *held;
    call->wait.on_ready = on_ready;
    call->result = hr__credentials_hold(shard, &call->wait, &call->error, &held);
    if (call->result != 1) return;
    snprintf(call->key, sizeof call->key, "%.*s", (int)held->keys.access_key.size,
             held->keys.access_key.data);
    hr__credentials_release(held);
}

static void on_ready(struct hr__credentials_wait *wait, int result) {
    struct call *call = hr__container_of(wait, struct call, wait);
    call->told++;
    call->result = result;
    if (result < 0)
        hr__credentials_error(shard, &call->error);
    else
        hold_one(call);
}

static void hold_calls(struct command *command) {
    (void)command;
    for (unsigned i = 0; i < call_count; i++) hold_one(&calls[i]);
}

static void begin(unsigned count) {
    memset(calls, 0, sizeof calls);
    call_count = count;
    on_reactor(hold_calls);
}

static void expect_key(const char *key) {
    begin(1);
    cr_assert_eq(calls[0].result, 1, "waits, or fails: %s", calls[0].error.message);
    cr_assert_str_eq(calls[0].key, key);
}

/* ---- Tests. */

Test(credentials_cache, a_thousand_calls_make_one_question) {
    begin(CALLS);
    cr_assert_eq(fetches, 1);
    for (unsigned i = 0; i < CALLS; i++) cr_assert_eq(calls[i].result, 0);
    give("first", 3600, false);
    for (unsigned i = 0; i < CALLS; i++) {
        cr_assert_eq(calls[i].told, 1);
        cr_assert_str_eq(calls[i].key, "first");
    }
    begin(CALLS);
    cr_assert_eq(fetches, 1);
    for (unsigned i = 0; i < CALLS; i++) cr_assert_str_eq(calls[i].key, "first");
}

Test(credentials_cache, renewed_in_the_background_from_a_quarter_of_an_hour_before_the_end) {
    begin(1);
    give("first", 7200, false);
    pass(7200 - 1000); /* 900 s and a tenth at most */
    expect_key("first");
    cr_assert_eq(fetches, 1);
    pass(110);
    begin(CALLS);
    for (unsigned i = 0; i < CALLS; i++) cr_assert_str_eq(calls[i].key, "first");
    cr_assert_eq(fetches, 2, "%u questions", fetches);
    give("second", 7200, false);
    expect_key("second");
    cr_assert_eq(fetches, 2);
}

Test(credentials_cache, calls_wait_from_ten_minutes_before_the_end) {
    begin(1);
    give("first", 7200, false);
    pass(7200 - 599);
    begin(CALLS);
    for (unsigned i = 0; i < CALLS; i++) cr_assert_eq(calls[i].result, 0);
    cr_assert_eq(fetches, 2);
    give("second", 7200, false);
    for (unsigned i = 0; i < CALLS; i++) cr_assert_str_eq(calls[i].key, "second");
}

Test(credentials_cache, those_that_never_expire_are_not_renewed) {
    begin(1);
    give("first", 0, false);
    pass(100 * 86400);
    expect_key("first");
    cr_assert_eq(fetches, 1);
}

Test(credentials_cache, old_ones_are_used_while_they_are_good_and_no_others_come) {
    begin(1);
    give("first", 7200, false);
    pass(7200 - 800);
    expect_key("first");
    refuse("out of order");
    expect_key("first");
    cr_assert_eq(fetches, 2, "asked again at once");
    pass(40);
    expect_key("first");
    cr_assert_eq(fetches, 3);
    refuse("out of order");
    pass(400); /* so near the end calls wait, but take what there is */
    begin(2);
    cr_assert_eq(calls[0].result, 0);
    refuse("out of order");
    cr_assert_str_eq(calls[1].key, "first");
    pass(500);
    begin(1);
    cr_assert_eq(calls[0].result, 0, "expired ones were used");
    refuse("out of order for good");
    cr_assert_eq(calls[0].result, HR_ERR_S3_CREDENTIALS);
    cr_assert(strstr(calls[0].error.message, "script"), "%s", calls[0].error.message);
    cr_assert(strstr(calls[0].error.message, "for good"), "%s", calls[0].error.message);
}

/* The pause behind a failure would last beyond their end. */
Test(credentials_cache, those_that_end_soon_behind_a_failure_are_not_used_beyond_their_end) {
    begin(1);
    give("first", 120, false);
    pass(105);
    begin(1);
    cr_assert_eq(calls[0].result, 0);
    refuse("out of order");
    cr_assert_str_eq(calls[0].key, "first");
    pass(16);
    begin(1);
    cr_assert_eq(calls[0].result, 0, "expired ones were used");
    cr_assert_eq(fetches, 3);
    give("second", 120, false);
    cr_assert_str_eq(calls[0].key, "second");
}

Test(credentials_cache, a_failure_is_the_answer_for_a_second) {
    begin(CALLS);
    refuse("nothing there");
    for (unsigned i = 0; i < CALLS; i++) cr_assert_eq(calls[i].result, HR_ERR_S3_CREDENTIALS);
    begin(CALLS);
    cr_assert_eq(fetches, 1);
    cr_assert_eq(calls[0].result, HR_ERR_S3_CREDENTIALS);
    cr_assert(strstr(calls[0].error.message, "nothing there"));
    pass(2);
    begin(CALLS);
    cr_assert_eq(fetches, 2);
    give("late", 0, false);
    cr_assert_str_eq(calls[CALLS - 1].key, "late");
}

Test(credentials_cache, those_of_an_instance_are_used_beyond_their_time) {
    begin(1);
    give("instance", 3600, true);
    pass(4000);
    begin(1);
    cr_assert_eq(calls[0].result, 0);
    refuse("IMDS is out of order");
    cr_assert_str_eq(calls[0].key, "instance");
    pass(60);
    begin(1);
    give("old", 0, true); /* and one that comes with no time at all */
    expect_key("old");
}

static void give_expired(const char *key, bool used_expired) {
    struct hr_s3_credentials_fetch *question = asked;
    const struct hr_s3_credentials credentials = {.access_key = hr_slice_of(key),
                                                  .secret_key = hr_slice_of("secret"),
                                                  .expires_s = now_s() - 10,
                                                  .used_expired = used_expired};
    asked = NULL;
    question->on_done(question, 0, &credentials);
    on_reactor(settle);
    on_reactor(settle);
}

Test(credentials_cache, expired_ones_are_refused_but_for_an_instances) {
    begin(1);
    give_expired("expired", false);
    cr_assert_eq(calls[0].result, HR_ERR_S3_CREDENTIALS);
    cr_assert(strstr(calls[0].error.message, "clock"), "%s", calls[0].error.message);
    pass(2);
    begin(1);
    give_expired("expired", true);
    cr_assert_str_eq(calls[0].key, "expired");
    expect_key("expired");
    cr_assert_eq(fetches, 2, "asked again for each call");
}

static void reject(struct command *command) {
    (void)command;
    cr_assert(hr__credentials_reject(shard, 1));
}

Test(credentials_cache, refused_ones_are_asked_for_anew_once_for_all) {
    begin(1);
    give("first", 0, false);
    on_reactor(reject);
    begin(CALLS);
    cr_assert_eq(fetches, 2);
    give("second", 0, false);
    for (unsigned i = 0; i < CALLS; i++) cr_assert_str_eq(calls[i].key, "second");
    on_reactor(reject); /* late: it is about the first ones */
    expect_key("second");
    cr_assert_eq(fetches, 2);
}

Test(credentials_cache, a_provider_that_hangs_is_stopped_after_a_minute) {
    begin(3);
    pass(61);
    cr_assert_eq(stops, 1);
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(calls[i].told, 1);
        cr_assert_eq(calls[i].result, HR_ERR_S3_CREDENTIALS);
    }
    cr_assert(strstr(calls[0].error.message, "60 s"), "%s", calls[0].error.message);
    pass(5);
    begin(1);
    cr_assert_eq(calls[0].result, HR_ERR_S3_CREDENTIALS, "waits for one that hangs");
    cr_assert_eq(fetches, 1, "asked while the question before is not over");
    give("after_all", 0, false);
    expect_key("after_all");
}

static void stop_first(struct command *command) {
    (void)command;
    hr__credentials_wait_stop(&calls[0].wait);
}

Test(credentials_cache, a_call_that_leaves_is_not_told) {
    begin(2);
    on_reactor(stop_first);
    give("first", 0, false);
    cr_assert_eq(calls[0].told, 0);
    cr_assert_eq(calls[1].told, 1);
}

static void stop_cache(struct command *command) {
    (void)command;
    hr__credentials_cache_stop(cache);
}

Test(credentials_cache, closing_stops_a_question_that_nobody_waits_for) {
    begin(1);
    on_reactor(stop_cache);
    on_reactor(settle);
    cr_assert_eq(stops, 0, "a call waits");
    give("first", 3600, false);
    pass(3600 - 800);
    expect_key("first");
    on_reactor(stop_cache);
    on_reactor(settle);
    cr_assert_eq(stops, 1);
    refuse("stopped");
}

Test(credentials_cache, closing_stops_a_question_whose_calls_have_left) {
    begin(1);
    on_reactor(stop_first);
    on_reactor(stop_cache);
    on_reactor(settle);
    cr_assert_eq(stops, 1, "who has left still waits");
    refuse("stopped");
}

Test(credentials_cache, a_question_is_stopped_when_its_last_call_leaves_behind_the_close) {
    begin(1);
    on_reactor(stop_cache);
    on_reactor(settle);
    cr_assert_eq(stops, 0);
    on_reactor(stop_first);
    on_reactor(settle);
    cr_assert_eq(stops, 1);
    refuse("stopped");
}

Test(credentials_cache, malformed_ones_are_refused) {
    begin(1);
    give("x y", 0, false);
    cr_assert_eq(calls[0].result, HR_ERR_S3_CREDENTIALS);
    cr_assert(strstr(calls[0].error.message, "access key"), "%s", calls[0].error.message);
    cr_assert_null(strstr(calls[0].error.message, "x y"));
}
