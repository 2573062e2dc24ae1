/* Credentials that expire, are refused, and come from a provider that is slow, hangs, lies and
 * fails. There is one question at a time, many requests at once need one, no request goes out with
 * the keys of one answer and the token of another, and as long as the provider does its part every
 * request succeeds. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/clock.h>

#include "scenario_store.h"

#define BURST     1000 /* requests at once */
#define LATER     120  /* requests over the hours that follow */
#define HOURS     3
#define SECOND    UINT64_C(1000000000)
#define LEAVING   5
#define CLOSE_S   30
#define ISSUES    4096
#define LATE_S    2  /* between a signature and its arrival */
#define SETTLED_S 60 /* an issue that is younger is not refused */
#define ADVISE_S  900
#define EARLY_S   (ADVISE_S + ADVISE_S / 10 + 5) /* a tenth by chance */

enum mood { PROMPT, DELAYED, FAILS, LIES, EXPIRED, HANGS, MOODS };

/* What was given out; by its generation. */
struct issue {
    uint64_t given_s, expires_s;
    bool refused; /* from now on the store does not take it */
};

struct giver {
    struct scenario *scenario;
    struct hr_s3_credentials_fetch *fetch; /* the one under way */
    struct hr_timer timer;
    struct hr_reactor *reactor;
    enum mood mood;
    unsigned generation, fetches;
    bool rough, last_failed, freed, stopped, hangs; /* `hangs`: from now on */
    char access[32], secret[32], token[32];
    struct issue issues[ISSUES];
};

struct use {
    struct giver *giver;
    struct scenario_store *store;
    struct world_event start;
    struct hr_s3_get get;
};

static uint64_t wall_s(void) {
    return hr_clock_wall_ns() / SECOND;
}

/* ---- The provider. */

static void answer(struct giver *giver, int result, const struct hr_s3_credentials *credentials) {
    struct hr_s3_credentials_fetch *fetch = giver->fetch;
    giver->fetch = NULL;
    giver->last_failed = result < 0 || giver->mood == LIES || giver->mood == EXPIRED;
    if (result < 0) hr_error_set(&fetch->error, result, "the provider of the script fails");
    fetch->on_done(fetch, result, credentials);
}

static void issue(struct giver *giver) {
    struct world *world = giver->scenario->world;
    static const uint64_t lives_s[] = {3600, 3600, 900, 120, 43200};
    struct issue *new = &giver->issues[++giver->generation];
    if (giver->generation == ISSUES - 1)
        oracle_finding("credentials are asked for again and again");
    new->given_s = wall_s();
    new->expires_s = new->given_s + lives_s[world_below(world, 5)];
    if (giver->mood == EXPIRED) new->expires_s = new->given_s - 5;
    snprintf(giver->access, sizeof giver->access, "AKID%u", giver->generation);
    snprintf(giver->secret, sizeof giver->secret, "kept quiet %u", giver->generation);
    snprintf(giver->token, sizeof giver->token, "token%u", giver->generation);
    if (giver->mood == LIES)
        snprintf(giver->access, sizeof giver->access,
                 world_chance(world, 32768) ? "" : "A\r\nB: C");
    struct hr_s3_credentials credentials = {.access_key = hr_slice_of(giver->access),
                                            .secret_key = hr_slice_of(giver->secret),
                                            .session_token = hr_slice_of(giver->token),
                                            .expires_s = new->expires_s};
    answer(giver, 0, &credentials);
    memset(giver->access, 'x', sizeof giver->access); /* they were to be copied */
    memset(giver->secret, 'x', sizeof giver->secret);
    memset(giver->token, 'x', sizeof giver->token);
}

static void give(struct giver *giver) {
    if (giver->mood == FAILS)
        answer(giver, -EIO, NULL);
    else
        issue(giver);
}

static void on_time(struct hr_timer *timer) {
    give(hr__container_of(timer, struct giver, timer));
}

/* With good credentials in hand nobody asks before it is time. */
static void check_time(const struct giver *giver) {
    const struct issue *last = &giver->issues[giver->generation];
    if (giver->generation == 0 || giver->last_failed || last->refused) return;
    uint64_t left = last->expires_s > wall_s() ? last->expires_s - wall_s() : 0;
    uint64_t life = last->expires_s - last->given_s, early = life / 4 + life / 40 + 5;
    if (left > (early < EARLY_S ? early : EARLY_S))
        oracle_finding("credentials that are good for %" PRIu64 " of %" PRIu64
                       " s are asked for again",
                       left, life);
}

static int fetch(void *user, struct hr_s3_credentials_fetch *question) {
    struct giver *giver = user;
    struct world *world = giver->scenario->world;
    if (giver->fetch) oracle_finding("a second question while one is under way");
    if (giver->freed) oracle_finding("a question to a provider that was freed");
    check_time(giver);
    giver->fetch = question;
    giver->fetches++;
    giver->stopped = false;
    giver->reactor = hr__reactor_current();
    giver->mood = (enum mood)world_below(world, giver->rough ? MOODS : DELAYED + 1);
    if (giver->hangs) giver->mood = HANGS;
    sim_trace("credentials are asked for, the provider's mood is %d", (int)giver->mood);
    if (giver->mood == FAILS && world_chance(world, 32768)) {
        giver->fetch = NULL;
        giver->last_failed = true;
        return -EAGAIN;
    }
    if (giver->mood == PROMPT)
        give(giver);
    else if (giver->mood != HANGS) {
        giver->timer.on_fire = on_time;
        hr__timer_start(giver->reactor, &giver->timer,
                        hr__reactor_now(giver->reactor) + world_below(world, 3 * SECOND));
    }
    return 0;
}

static void stop(void *user, struct hr_s3_credentials_fetch *question) {
    struct giver *giver = user;
    sim_trace("the question for credentials is taken back");
    if (giver->stopped) return;
    giver->stopped = true;
    if (giver->fetch != question) return;
    if (giver->mood != HANGS) hr__timer_stop(giver->reactor, &giver->timer);
    answer(giver, -ECANCELED, NULL);
}

static void free_giver(void *user) {
    struct giver *giver = user;
    if (giver->freed) oracle_finding("the provider is freed twice");
    if (giver->fetch) oracle_finding("the provider is freed while it is asked");
    giver->freed = true;
}

/* ---- The store. */

static unsigned number_behind(struct hr_slice text, const char *tag) {
    const char *at = text.size ? memmem(text.data, text.size, tag, strlen(tag)) : NULL;
    return at ? (unsigned)strtoul(at + strlen(tag), NULL, 10) : 0;
}

static bool admit(struct store_request *request) {
    struct giver *giver = request->store->user;
    struct hr_slice signature = hr_http_exchange_find(request->exchange, "authorization");
    struct hr_slice token = hr_http_exchange_find(request->exchange, "x-amz-security-token");
    unsigned key = number_behind(signature, "Credential=AKID"), of = number_behind(token, "token");
    if (key == 0 || key != of || key > giver->generation)
        oracle_finding("a request with the key %u and the token %u", key, of);
    struct issue *used = &giver->issues[key];
    if (wall_s() > used->expires_s + LATE_S)
        oracle_finding("a request with credentials that expired %" PRIu64 " s ago",
                       wall_s() - used->expires_s);
    bool old = wall_s() > used->given_s + SETTLED_S;
    if (old && world_chance(giver->scenario->world, 1000)) used->refused = true;
    if (wall_s() < used->expires_s && !used->refused) return true;
    scenario_store_refuse(request, 400, "ExpiredToken");
    return false;
}

/* ---- Requests. */

static void on_done(struct hr_request *request) {
    struct use *use = request->user;
    struct giver *giver = use->giver;
    bool refused = request->result == HR_ERR_S3_SERVICE && giver->rough;
    bool none = request->result == HR_ERR_S3_CREDENTIALS && giver->rough;
    const struct oracle_blame blame = {.cancelled = giver->hangs,
                                       .expected = refused || none ? request->result : 0};
    oracle_check_result(request, &blame, "a request with renewed credentials");
    if (strstr(request->error.message, "kept quiet"))
        oracle_finding("a secret is told: %s", request->error.message);
    if (request->attempts > 2) oracle_finding("%u attempts", request->attempts);
    giver->scenario->pending--;
    if (giver->hangs) return;
    giver->scenario->tally->requests++;
    giver->scenario->tally->succeeded += request->result == 0;
    giver->scenario->tally->rejected += !giver->rough && request->result < 0;
}

static void on_start(struct world_event *event) {
    struct use *use = hr__container_of(event, struct use, start);
    use->get = (struct hr_s3_get){.request = {.on_done = on_done, .user = use},
                                  .bucket = STORE_BUCKET,
                                  .key = "1",
                                  .sink = hr_sink_discard()};
    int result = hr_s3_get_start(use->giver->scenario->world->clients[0].s3, &use->get);
    if (result < 0) oracle_finding("a request is refused: %s", hr_error_name(result));
}

static void plan(struct use *use, uint64_t at_ns) {
    struct scenario *scenario = use->giver->scenario;
    use->start = (struct world_event){.world = scenario->world, .call = on_start};
    scenario->pending++;
    world_after(&use->start, at_ns);
}

static void burst(struct giver *giver, struct use *uses) {
    struct scenario *scenario = giver->scenario;
    for (unsigned i = 0; i < BURST; i++) plan(&uses[i], 0);
    world_run_until_done(scenario->world, &scenario->pending, "requests wait for credentials");
    if (!giver->rough && giver->fetches != 1)
        oracle_finding("%d requests at once ask %u times for credentials", BURST, giver->fetches);
}

static void hours(struct giver *giver, struct use *uses) {
    struct scenario *scenario = giver->scenario;
    struct world *world = scenario->world;
    for (unsigned i = 0; i < LATER; i++) plan(&uses[i], world_below(world, HOURS * 3600 * SECOND));
    world_run_until_done(world, &scenario->pending, "requests wait for credentials");
}

/* All have expired, the provider hangs, and who waits for it gives up: before or behind the close,
 * which does not last until the provider is late. */
static void leave(struct giver *giver, struct use *uses, struct scenario_store *store) {
    struct scenario *scenario = giver->scenario;
    scenario_pass(scenario, 13 * 3600 * SECOND);
    giver->hangs = true;
    giver->fetches = 0;
    for (unsigned i = 0; i < LEAVING; i++) plan(&uses[i], 0);
    while (giver->fetches == 0 && scenario->pending)
        if (!world_step(scenario->world)) oracle_finding("nobody asks for credentials");
    scenario_pass(scenario, SECOND);
    uint64_t begun_ns = sim_now_ns();
    bool before = world_chance(scenario->world, 32768);
    if (!before) scenario_store_shut(store);
    for (unsigned i = 0; i < LEAVING; i++) hr_cancel(&uses[i].get.request);
    world_run_until_done(scenario->world, &scenario->pending, "requests are cancelled");
    scenario_store_close(store);
    if (sim_now_ns() - begun_ns > CLOSE_S * SECOND)
        oracle_finding("the close takes %" PRIu64 " s", (sim_now_ns() - begun_ns) / SECOND);
}

static void run(struct scenario *scenario) {
    struct scenario_store *store = calloc(1, sizeof *store);
    struct giver *giver = calloc(1, sizeof *giver);
    struct use *uses = calloc(BURST, sizeof *uses);
    if (!store || !giver || !uses) abort();
    *giver = (struct giver){.scenario = scenario, .rough = world_chance(scenario->world, 32768)};
    const struct hr_s3_credentials_provider provider = {
        .name = "script", .user = giver, .fetch = fetch, .stop = stop, .free = free_giver};
    scenario_store_open(store, scenario);
    store->admit = admit;
    store->user = giver;
    scenario_store_put(&store->objects[1], "some bytes", 10);
    scenario_store_client(store, (struct hr_s3_client_options){.credentials = &provider});
    scenario_network(0, 0);
    for (unsigned i = 0; i < BURST; i++) uses[i] = (struct use){.giver = giver, .store = store};
    burst(giver, uses);
    hours(giver, uses);
    leave(giver, uses, store);
    if (!giver->freed) oracle_finding("the provider is never freed");
    free(uses);
    free(giver);
    free(store);
}

static bool judge(const struct scenario_tally *tally) {
    printf("%" PRIu64 " of %" PRIu64 " requests succeeded, %" PRIu64
           " failed though the provider did its part\n",
           tally->succeeded, tally->requests, tally->rejected);
    return tally->rejected == 0;
}

const struct scenario_kind scenario_keys = {
    .name = "keys", .run = run, .whole = true, .judge = judge};
