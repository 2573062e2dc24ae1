/* What the scenarios have in common: origins with moods, requests that are judged one by one. */
#include "scenario.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- Origins. */

struct answer {
    struct scenario_origin *origin;
    hr_http_exchange *exchange;
    struct hr_timer timer;
    unsigned status, size;
    char *bytes;
};

char scenario_byte(unsigned size, unsigned place) {
    return (char)('a' + (size * 7 + place) % 26);
}

static void on_answer_end(void *user, int result) {
    struct answer *answer = user;
    (void)result;
    hr__timer_stop(hr__reactor_current(), &answer->timer);
    answer->origin->scenario->world->exchanges--;
    free(answer->bytes);
    free(answer);
}

static void respond(struct answer *answer) {
    struct hr_http_response response = {.status = (int)answer->status,
                                        .body = hr_source_bytes(answer->bytes, answer->size),
                                        .on_end = on_answer_end,
                                        .user = answer};
    int result = hr_http_exchange_respond(answer->exchange, &response);
    if (result < 0) oracle_finding("an origin's response is refused: %s", hr_error_name(result));
}

static void on_answer_time(struct hr_timer *timer) {
    respond((struct answer *)(void *)((char *)timer - offsetof(struct answer, timer)));
}

static unsigned size_asked(const hr_http_exchange *exchange) {
    struct hr_slice target = hr_http_exchange_target(exchange);
    char text[32] = "";
    snprintf(text, sizeof text, "%.*s", (int)target.size, target.data);
    return (unsigned)strtoul(text + 1, NULL, 10);
}

static void on_request(void *user, hr_http_exchange *exchange) {
    struct scenario_origin *origin = user;
    struct world *world = origin->scenario->world;
    struct answer *answer = calloc(1, sizeof *answer);
    if (!answer) abort();
    origin->seen++;
    world->exchanges++;
    *answer = (struct answer){.origin = origin, .exchange = exchange, .status = 200};
    answer->timer.on_fire = on_answer_time;
    answer->size = size_asked(exchange);
    answer->bytes = malloc(answer->size + 1);
    for (unsigned i = 0; i < answer->size; i++) answer->bytes[i] = scenario_byte(answer->size, i);
    hr_http_exchange_on_end(exchange, on_answer_end, answer);
    if (origin->mood == ORIGIN_SILENT) return;
    bool uneven = origin->mood == ORIGIN_UNEVEN;
    if (origin->mood == ORIGIN_503 || (origin->mood == ORIGIN_HALF && world_chance(world, 32768)) ||
        (uneven && world_chance(world, 2000)))
        answer->status = 503;
    if (origin->mood != ORIGIN_SLOW && !(uneven && world_chance(world, 9000))) {
        respond(answer);
        return;
    }
    struct hr_reactor *reactor = hr__reactor_current();
    hr__timer_start(reactor, &answer->timer,
                    hr__reactor_now(reactor) + 50 * WORLD_MS + world_below(world, 1950 * WORLD_MS));
}

static void open_server(struct scenario_origin *origin) {
    struct hr_error error;
    if (hr_http_server_new(origin->scenario->world->engines[1].engine, &origin->options, &error,
                           &origin->server) < 0)
        oracle_finding("no origin: %s", error.message);
    origin->closed = false;
}

static void on_server_closed(void *user) {
    ((struct scenario_origin *)user)->closed = true;
}

void scenario_origin_open(struct scenario *scenario, const char *address) {
    struct scenario_origin *origin = &scenario->origins[scenario->origin_count++];
    origin->scenario = scenario;
    snprintf(origin->address, sizeof origin->address, "%s", address);
    snprintf(origin->listen, sizeof origin->listen, "%s:80", address);
    origin->options = (struct hr_http_server_options){
        .listen = origin->listen, .on_request = on_request, .user = origin};
    open_server(origin);
}

void scenario_origin_set(struct scenario_origin *origin, enum scenario_mood mood) {
    sim_trace("%s: mood %d", origin->address, (int)mood);
    bool gone = origin->mood == ORIGIN_GONE;
    origin->mood = mood;
    if (mood == ORIGIN_GONE && !gone) {
        hr_http_server_close(origin->server, on_server_closed, origin);
    } else if (mood != ORIGIN_GONE && gone) {
        while (!origin->closed)
            if (!world_step(origin->scenario->world)) oracle_finding("an origin never closes");
        open_server(origin);
    }
}

/* ---- Requests. */

static void judge_shot(struct scenario_shot *shot) {
    const struct hr_request *request = &shot->http.request;
    const struct oracle_blame blame = {
        .faults = true, .timeout = true, .cancelled = shot->cancelled};
    oracle_check_result(request, &blame, shot->url);
    if (request->result < 0 && !request->error.message[0])
        oracle_finding("%s: %s without a message", shot->url, hr_error_name(request->result));
    shot->ok = request->result == 0 && shot->http.status == 200;
    if (!shot->ok) return;
    size_t size = shot->answer.size;
    const char *bytes = shot->answer.data;
    if (size != strtoul(strrchr(shot->url, '/') + 1, NULL, 10))
        oracle_finding("%s: %zu bytes", shot->url, size);
    for (unsigned i = 0; i < size; i++)
        if (bytes[i] != scenario_byte((unsigned)size, i))
            oracle_finding("%s: other bytes", shot->url);
}

static void on_done(struct hr_request *request) {
    struct scenario_shot *shot = request->user;
    struct scenario_tally *tally = shot->scenario->tally;
    if (shot->done) oracle_finding("%s: called back twice", shot->url);
    shot->done = true;
    sim_trace("%s: %s, status %d, attempts %u", shot->url,
              request->result ? hr_error_name(request->result) : "whole", shot->http.status,
              request->attempts);
    judge_shot(shot);
    tally->requests++;
    tally->succeeded += shot->ok;
    tally->attempts += request->attempts;
    tally->rejected += request->result == HR_ERR_BREAKER_OPEN;
    if (request->total_ns > tally->slowest_ns) tally->slowest_ns = request->total_ns;
    hr_buffer_deinit(&shot->answer);
    shot->scenario->pending--;
}

static void on_start(struct world_event *event) {
    struct scenario_shot *shot = hr__container_of(event, struct scenario_shot, start);
    shot->started_ns = sim_now_ns();
    shot->started = true;
    int result = hr_http_request_start(shot->scenario->world->clients[0].http, &shot->http);
    if (result < 0) oracle_finding("%s: refused: %s", shot->url, hr_error_name(result));
}

static void on_cancel(struct world_event *event) {
    struct scenario_shot *shot = hr__container_of(event, struct scenario_shot, cancel);
    if (!shot->started || shot->done) return;
    shot->cancelled = true;
    hr_cancel(&shot->http.request);
}

void scenario_cancel(struct scenario_shot *shot, uint64_t delay_ns) {
    shot->cancel = (struct world_event){.world = shot->scenario->world, .call = on_cancel};
    world_after(&shot->cancel, delay_ns);
}

void scenario_upload(struct scenario_shot *shot) {
    int size = snprintf(shot->body, sizeof shot->body, "%s", shot->url);
    if (size > (int)sizeof shot->body - 1) size = (int)sizeof shot->body - 1;
    shot->http.method = "PUT";
    shot->http.body = hr_source_bytes(shot->body, (size_t)size);
}

struct scenario_shot *scenario_shoot(struct scenario *scenario, const char *host, unsigned size,
                                     uint64_t delay_ns) {
    if (scenario->shot_count == SCENARIO_SHOTS_MAX) abort();
    struct scenario_shot *shot = &scenario->shots[scenario->shot_count++];
    shot->scenario = scenario;
    snprintf(shot->url, sizeof shot->url, "%s://%s/%u", scenario->tls ? "https" : "http", host,
             size);
    shot->http.request.on_done = on_done;
    shot->http.request.user = shot;
    shot->http.url = shot->url;
    shot->http.close = scenario->close;
    shot->http.sink = hr_sink_buffer(&shot->answer, 1 << 20);
    shot->start = (struct world_event){.world = scenario->world, .call = on_start};
    scenario->pending++;
    world_after(&shot->start, delay_ns);
    return shot;
}

/* ---- Time. */

struct moment {
    struct world_event event;
    unsigned pending;
};

static void on_moment(struct world_event *event) {
    ((struct moment *)event)->pending = 0;
}

void scenario_pass(struct scenario *scenario, uint64_t ns) {
    struct moment moment = {.event = {.world = scenario->world, .call = on_moment}, .pending = 1};
    world_after(&moment.event, ns);
    world_run_until_done(scenario->world, &moment.pending, "time passes");
}

/* ---- The whole. */

static void on_client_closed(void *user) {
    ((struct world_client *)user)->closed = true;
}

void scenario_client_open(struct scenario *scenario, const struct hr_http_client_options *options) {
    struct world_client *client = &scenario->world->clients[0];
    struct hr_error error;
    client->world = scenario->world;
    client->engine = &scenario->world->engines[0];
    if (hr_http_client_new(client->engine->engine, options, &error, &client->http) < 0)
        oracle_finding("no client: %s", error.message);
    scenario->world->client_count = 1;
}

#define BUDGET_FLOOR 10 /* retries in any case */

void scenario_check_budget(const struct scenario *scenario, uint32_t percent) {
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(scenario->world->clients[0].http, &metrics);
    uint64_t allowed = metrics.requests * percent / 100 + BUDGET_FLOOR;
    if (metrics.retries + metrics.hedges > allowed)
        oracle_finding("%" PRIu64 " retries and %" PRIu64 " hedges for %" PRIu64 " requests",
                       metrics.retries, metrics.hedges, metrics.requests);
}

void scenario_network(uint16_t doom, unsigned doom_segments_max) {
    const struct sim_faults faults = {.doom = doom,
                                      .doom_segments_max = doom_segments_max,
                                      .short_read = 6000,
                                      .short_write = 6000,
                                      .split = 6000,
                                      .delay = 4000,
                                      .reorder = 4000,
                                      .delay_us_max = 2000,
                                      .latency_us_max = 2000};
    sim_faults_set(&faults);
}

void scenario_finish(struct scenario *scenario) {
    struct world *world = scenario->world;
    world_run_until_done(world, &scenario->pending, "requests wait");
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(world->clients[0].http, &metrics);
    scenario->tally->retries += metrics.retries;
    scenario->tally->hedges += metrics.hedges;
    scenario->tally->opened += metrics.breaker_opened;
    if (metrics.requests != scenario->shot_count ||
        metrics.requests != metrics.succeeded + metrics.failed + metrics.cancelled)
        oracle_finding("%u requests, counted %" PRIu64 " = %" PRIu64 " + %" PRIu64 " + %" PRIu64,
                       scenario->shot_count, metrics.requests, metrics.succeeded, metrics.failed,
                       metrics.cancelled);
    world->clients[0].closing = true;
    hr_http_client_close(world->clients[0].http, on_client_closed, &world->clients[0]);
    for (unsigned i = 0; i < scenario->origin_count; i++)
        if (scenario->origins[i].mood != ORIGIN_GONE)
            hr_http_server_close(scenario->origins[i].server, on_server_closed,
                                 &scenario->origins[i]);
    world_run_until_rest(world);
    if (!world->clients[0].closed) oracle_finding("the client never closes");
    for (unsigned i = 0; i < scenario->origin_count; i++)
        if (!scenario->origins[i].closed) oracle_finding("an origin never closes");
    oracle_check_rest(world);
}

static void make_engines(struct scenario *scenario) {
    struct world *world = scenario->world;
    const struct hr_engine_options own = {.mode = HR_ENGINE_CALLER,
                                          .buffer_count = 1,
                                          .buffer_size_bytes = 64,
                                          .budget_bytes = 1 << 20};
    world_engine_make(world, &world->own, &own);
    world->engine_count = 2;
    for (unsigned i = 0; i < 2; i++) {
        const struct hr_engine_options options = {.mode = HR_ENGINE_CALLER,
                                                  .reactors = 1 + (unsigned)world_below(world, 3),
                                                  .budget_bytes = 1u << 30};
        world_engine_make(world, &world->engines[i], &options);
    }
}

void scenario_run(const struct scenario_kind *kind, uint64_t seed, FILE *trace,
                  struct scenario_tally *tally) {
    struct world *world = calloc(1, sizeof *world);
    struct scenario *scenario = calloc(1, sizeof *scenario);
    struct scenario_shot *shots = calloc(SCENARIO_SHOTS_MAX, sizeof *shots);
    if (!world || !scenario || !shots) abort();
    *scenario = (struct scenario){.world = world, .kind = kind, .tally = tally, .shots = shots};
    world->random = seed * UINT64_C(0x2545f4914f6cdd1d);
    const struct sim_options options = {.seed = seed, .trace = trace};
    sim_open(&options);
    world->begun_ns = sim_now_ns();
    oracle_watch(world);
    make_engines(scenario);
    kind->run(scenario);
    if (!kind->whole) scenario_finish(scenario);
    world_engines_close(world);
    world_check_leftovers();
    oracle_watch(NULL);
    sim_close();
    free(shots);
    free(scenario);
    free(world);
}

const struct scenario_kind *scenario_find(const char *name) {
    static const struct scenario_kind *const kinds[] = {
        &scenario_resets,  &scenario_hosts,  &scenario_hedges,  &scenario_strays, &scenario_log,
        &scenario_uploads, &scenario_copies, &scenario_regions, &scenario_keys,   &scenario_reads};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i]->name, name) == 0) return kinds[i];
    return NULL;
}
