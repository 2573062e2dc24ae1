/* A simulated world from its seed to its end: made, stepped, calmed, held against what it was told,
 * closed. */
#include "world.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Luck. */

uint64_t world_random(struct world *world) { /* SplitMix64 (Steele, Lea, Flood 2014) */
    uint64_t random = world->random += UINT64_C(0x9e3779b97f4a7c15);
    random = (random ^ random >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    random = (random ^ random >> 27) * UINT64_C(0x94d049bb133111eb);
    return random ^ random >> 31;
}

uint64_t world_below(struct world *world, uint64_t limit) {
    return limit ? world_random(world) % limit : 0;
}

bool world_chance(struct world *world, uint16_t of_65536) {
    return world_below(world, 65536) < of_65536;
}

uint64_t world_size(struct world *world) {
    const uint64_t edges[] = {0, 1, world->buffer_size, 8192, 16384, 65536, 131072};
    uint64_t size = edges[world_below(world, sizeof edges / sizeof *edges)];
    switch (world_below(world, 4)) {
    case 0: { /* beside an edge */
        uint64_t beside = size + world_below(world, 5);
        return beside > 2 ? beside - 2 : beside;
    }
    case 1:
        return world_below(world, 4096);
    case 2:
        return world_below(world, 40000);
    default:
        return world_below(world, 8) ? world_below(world, 100000) : world_below(world, 400000);
    }
}

uint64_t world_pause_ns(struct world *world) {
    return world_below(world, world->profile->pause_ms_max * WORLD_MS + 1);
}

uint32_t world_some_ms(struct world *world, uint32_t most) {
    return world_chance(world, 32768) ? 0 : 1 + (uint32_t)world_below(world, most);
}

/* ---- Events. */

static void on_event_fire(struct hr_timer *timer) {
    struct world_event *event =
        (struct world_event *)(void *)((char *)timer - offsetof(struct world_event, timer));
    event->pending = false;
    event->call(event);
}

static void on_event_task(struct hr_task *task) {
    struct world_event *event =
        (struct world_event *)(void *)((char *)task - offsetof(struct world_event, task));
    struct hr_reactor *reactor = hr__reactor_current();
    event->timer.on_fire = on_event_fire;
    hr__timer_start(reactor, &event->timer, hr__reactor_now(reactor) + event->delay_ns);
}

void world_after(struct world_event *event, uint64_t delay_ns) {
    if (event->pending) return;
    event->pending = true;
    event->delay_ns = delay_ns;
    event->task.run = on_event_task;
    hr__reactor_post(hr__engine_reactor(event->world->own.engine, 0), &event->task);
}

static void on_calm(struct world_event *event) {
    struct world *world = event->world;
    sim_trace("all is calm");
    const struct sim_faults calm = {.latency_us_max = world->faults.latency_us_max,
                                    .window_bytes = world->faults.window_bytes};
    sim_faults_set(&calm);
}

/* ---- Making. */

void world_engine_make(struct world *world, struct world_engine *each,
                       const struct hr_engine_options *options) {
    struct hr_error error;
    struct hr_engine_tuning tuning = *sim_tuning();
    tuning.seed = world_random(world) | 1;
    each->world = world;
    if (hr__engine_new(options, &tuning, &error, &each->engine) < 0)
        oracle_finding("no engine: %s", error.message);
    sim_engine_add(each->engine);
}

static void make_engines(struct world *world) {
    const struct hr_engine_options own = {.mode = HR_ENGINE_CALLER,
                                          .buffer_count = 1,
                                          .buffer_size_bytes = 64,
                                          .budget_bytes = 1 << 20};
    world_engine_make(world, &world->own, &own);
    bool small = world->profile->small;
    world->engine_count = 1 + (unsigned)world_below(world, WORLD_ENGINES_MAX);
    world->buffer_size = 64u << world_below(world, 8);
    for (unsigned i = 0; i < world->engine_count; i++) {
        struct hr_engine_options options = {
            .mode = HR_ENGINE_CALLER,
            .reactors = 1 + (unsigned)world_below(world, 4),
            .ring_entries = 2u << world_below(world, 7),
            .buffer_count = 1u << world_below(world, 5),
            .buffer_size_bytes = world->buffer_size,
            .requests_max = small ? 4 + (unsigned)world_below(world, 40) : 0,
            .budget_bytes = small ? 160000 + world_below(world, 1000000) : 1u << 30,
        };
        world_engine_make(world, &world->engines[i], &options);
    }
}

struct world_engine *world_any_engine(struct world *world) {
    return &world->engines[world_below(world, world->engine_count)];
}

static void make_http_client(struct world *world, struct world_client *client) {
    struct hr_resolve_entry names[WORLD_SERVERS_MAX];
    for (unsigned i = 1; i < world->server_count; i++)
        names[i - 1] = (struct hr_resolve_entry){.host = "origin.test",
                                                 .port = world->servers[i].port,
                                                 .address = world_server_address(i)};
    struct hr_http_client_options options = {
        .pool.connections_per_origin_max = (unsigned)world_below(world, 5),
        .pool.connections_max = (unsigned)world_below(world, 9),
        .retry.attempts_max = (uint32_t)world_below(world, 5),
        .resolver.entries = names,
        .resolver.entry_count = world->server_count - 1,
    };
    if (!world->profile->calm) {
        options.pool.queue_max = world->profile->small ? (unsigned)world_below(world, 20) : 0;
        options.timeouts.pool_timeout_ms = world_some_ms(world, 8000);
        options.timeouts.connect_timeout_ms = world_some_ms(world, 3000);
        options.timeouts.first_byte_timeout_ms = world_some_ms(world, 4000);
        options.timeouts.stall_timeout_ms = world_some_ms(world, 4000);
        options.pool.idle_timeout_ms = world_some_ms(world, 6000);
        options.timeouts.expect_timeout_ms = world_some_ms(world, 500);
    }
    struct hr_error error;
    if (hr_http_client_new(client->engine->engine, &options, &error, &client->http) < 0)
        oracle_finding("no HTTP client: %s", error.message);
}

static void make_s3_client(struct world *world, struct world_client *client, bool calm) {
    char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "http://store.test:%u", world->servers[0].port);
    const struct hr_resolve_entry name = {.host = "store.test", .address = "127.0.0.1"};
    struct hr_s3_client_options options = {
        .endpoint = endpoint,
        .access_key = WORLD_ACCESS_KEY,
        .secret_key = WORLD_SECRET_KEY,
        .addressing = HR_S3_ADDRESSING_PATH,
        .profile = "", /* no file of this machine */
        .http.pool.connections_max = calm ? 0 : (unsigned)world_below(world, 7),
        .http.resolver.entries = &name,
        .http.resolver.entry_count = 1,
    };
    if (!calm && !world->profile->calm) {
        options.http.retry.attempts_max = (uint32_t)world_below(world, 6);
        options.http.timeouts.pool_timeout_ms = world_some_ms(world, 8000);
        options.http.timeouts.connect_timeout_ms = world_some_ms(world, 3000);
        options.http.timeouts.first_byte_timeout_ms = world_some_ms(world, 4000);
        options.http.timeouts.stall_timeout_ms = world_some_ms(world, 4000);
        options.http.pool.idle_timeout_ms = world_some_ms(world, 6000);
    }
    struct hr_error error;
    if (hr_s3_client_new(client->engine->engine, &options, &error, &client->s3) < 0)
        oracle_finding("no S3 client: %s", error.message);
}

static struct world_client *final_client(struct world *world) {
    return &world->clients[WORLD_CLIENTS_MAX];
}

static void make_clients(struct world *world) {
    world->client_count = 1 + (unsigned)world_below(world, WORLD_CLIENTS_MAX);
    for (unsigned i = 0; i < world->client_count; i++) {
        struct world_client *client = &world->clients[i];
        *client =
            (struct world_client){.world = world, .number = i, .engine = world_any_engine(world)};
        bool s3 = world_chance(world, 24000);
        if (s3)
            make_s3_client(world, client, false);
        else
            make_http_client(world, client);
    }
    struct world_client *last = final_client(world);
    *last = (struct world_client){
        .world = world, .number = WORLD_CLIENTS_MAX, .engine = &world->engines[0]};
    make_s3_client(world, last, true);
}

/* ---- Other options. */

static void draw_http(struct world *world, struct hr_http_client_options *http) {
    http->pool.connections_per_origin_max = (unsigned)world_below(world, 5);
    http->pool.connections_max = (unsigned)world_below(world, 9);
    http->retry.attempts_max = (uint32_t)world_below(world, 5);
    if (world->profile->calm) return;
    http->pool.queue_max = world->profile->small ? (unsigned)world_below(world, 20) : 0;
    http->pool.idle_timeout_ms = world_some_ms(world, 6000);
    http->timeouts.pool_timeout_ms = world_some_ms(world, 8000);
    http->timeouts.first_byte_timeout_ms = world_some_ms(world, 4000);
}

static void adjust_client(struct world_client *client) {
    struct hr_s3_client_options options = {.anonymous = false};
    struct hr_error error = {0};
    draw_http(client->world, &options.http);
    sim_trace("client %u: other options, %u connections, %u to an origin", client->number,
              options.http.pool.connections_max, options.http.pool.connections_per_origin_max);
    client->adjusted = true;
    int result = client->s3 ? hr_s3_client_adjust(client->s3, &options, &error)
                            : hr_http_client_adjust(client->http, &options.http, &error);
    if (result != (client->closing ? -ESHUTDOWN : 0))
        oracle_finding("client %u takes no other options: %s", client->number, error.message);
}

static void adjust_clients(struct world *world) {
    for (unsigned i = 0; i < world->client_count; i++)
        if (!world->clients[i].closed && world_chance(world, world->profile->adjusts))
            adjust_client(&world->clients[i]);
}

/* ---- Closing. */

static int press_s3(hr_s3_client *s3, uint64_t kind) {
    struct hr_s3_put put = {.bucket = WORLD_BUCKET, .key = "late"};
    struct hr_s3_get get = {.bucket = WORLD_BUCKET, .key = "late"};
    struct hr_s3_list list = {.bucket = WORLD_BUCKET};
    if (kind == 0) return hr_s3_put_start(s3, &put);
    return kind == 1 ? hr_s3_get_start(s3, &get) : hr_s3_list_start(s3, &list);
}

static int press_http(hr_http_client *http, uint64_t kind) {
    const char *url = "http://127.0.0.1:9/late";
    struct hr_http_request request = {.url = url};
    struct hr_http_warm_up warm_up = {.url = url, .count = 1};
    struct hr_http_health health = {.url = url};
    if (kind == 0) return hr_http_request_start(http, &request);
    return kind == 1 ? hr_http_warm_up_start(http, &warm_up) : hr_http_health_start(http, &health);
}

void world_client_press(struct world_client *client) {
    uint64_t kind = world_below(client->world, 3);
    int result = client->s3 ? press_s3(client->s3, kind) : press_http(client->http, kind);
    if (result != -ESHUTDOWN)
        oracle_finding("client %u is closing, a start of kind %u gets %s", client->number,
                       (unsigned)kind, result ? hr_error_name(result) : "accepted");
}

static void press_clients(struct world *world) {
    for (unsigned i = 0; i < world->client_count; i++) {
        struct world_client *client = &world->clients[i];
        if (client->closing && !client->closed && world_chance(world, world->profile->presses))
            world_client_press(client);
    }
}

/* The handle is still there. */
static void on_client_closed(void *user) {
    struct world_client *client = user;
    struct hr_http_client_metrics metrics;
    sim_trace("client %u is closed", client->number);
    world_client_press(client);
    if (client->s3)
        hr_s3_client_metrics_get(client->s3, &metrics);
    else
        hr_http_client_metrics_get(client->http, &metrics);
    if (metrics.connections_open)
        oracle_finding("client %u is closed with %" PRIu64 " connections", client->number,
                       metrics.connections_open);
    if (client->closed) oracle_finding("client %u closed twice", client->number);
    if (client->in_progress)
        oracle_finding("client %u is closed with %u requests in progress", client->number,
                       client->in_progress);
    client->closed = true;
}

void world_client_close(struct world_client *client) {
    if (client->closing) return;
    sim_trace("client %u closes", client->number);
    client->closing = true;
    if (client->s3)
        hr_s3_client_close(client->s3, on_client_closed, client);
    else
        hr_http_client_close(client->http, on_client_closed, client);
}

static void on_close(struct world_event *event) {
    world_client_close(&event->world->clients[event - event->world->close]);
}

static void on_engine_closed(void *user) {
    struct world_engine *each = user;
    if (each->closed) oracle_finding("an engine closed twice");
    each->closed = true;
}

static void close_engine(struct world_engine *each) {
    int result = hr_engine_close(each->engine, on_engine_closed, each);
    if (result < 0) oracle_finding("an engine does not close: %s", hr_error_name(result));
}

/* ---- Stepping. */

bool world_step(struct world *world) {
    for (unsigned i = 0; i < world->job_count; i++) world_job_step(&world->jobs[i]);
    bool ran = sim_step() == SIM_RAN;
    if (world->profile) { /* a scenario has none */
        press_clients(world);
        if (!world->finishing) adjust_clients(world);
    }
    for (unsigned i = 0; i < world->server_count; i++) world_server_step(&world->servers[i]);
    if (world->profile) world_guest_step(world);
    world->step++;
    oracle_check_step(world);
    if (world->step > WORLD_STEPS_MAX) oracle_finding("no end after %d steps", WORLD_STEPS_MAX);
    if (sim_now_ns() - world->begun_ns > WORLD_HOURS_MAX * UINT64_C(3600000000000))
        oracle_finding("no end after %d virtual hours", WORLD_HOURS_MAX);
    return ran;
}

void world_run_until_done(struct world *world, const unsigned *pending, const char *what) {
    while (*pending)
        if (!world_step(world))
            oracle_finding("stuck while %s: nobody can run and nothing is on the way", what);
}

/* Until nobody has anything to do: what is still open then stays open. */
void world_run_until_rest(struct world *world) {
    while (world_step(world)) {}
}

static void check_clients_closed(const struct world *world, const struct world_client *client) {
    if (client->closed) return;
    oracle_finding("client %u never closes; %u requests in progress, %u jobs pending",
                   client->number, client->in_progress, world->jobs_pending);
}

/* ---- The course of a world. */

static void on_bucket(struct hr_request *request) {
    struct world *world = request->user;
    if (request->result < 0) oracle_finding("no bucket: %s", request->error.message);
    world->buckets_pending = 0;
}

static void make_bucket(struct world *world) {
    world->bucket.bucket = WORLD_BUCKET;
    world->bucket.request.on_done = on_bucket;
    world->bucket.request.user = world;
    world->buckets_pending = 1;
    if (hr_s3_bucket_create_start(final_client(world)->s3, &world->bucket) < 0)
        oracle_finding("the bucket's start is refused");
    world_run_until_done(world, &world->buckets_pending, "making the bucket");
}

static void make(struct world *world) {
    make_engines(world);
    world->server_count = 2 + (unsigned)world_below(world, WORLD_SERVERS_MAX - 1);
    for (unsigned i = 0; i < world->server_count; i++) world_server_make(world, i);
    make_clients(world);
    make_bucket(world);
}

static void plan(struct world *world) {
    world->faults = world_profile_draw(world);
    sim_faults_set(&world->faults);
    world->calm = (struct world_event){.world = world, .call = on_calm};
    world_after(&world->calm, 500 * WORLD_MS + world_below(world, 60000 * WORLD_MS));
    unsigned jobs = 4 + (unsigned)world_below(world, WORLD_JOBS_MAX - 4);
    while (world->job_count < jobs) world_job_plan(world);
    if (world->profile->calm) return;
    for (unsigned i = 1; i < world->server_count; i++) world_server_plan(&world->servers[i]);
    for (unsigned i = 0; i < world->client_count; i++) {
        world->close[i] = (struct world_event){.world = world, .call = on_close};
        if (world_chance(world, world->profile->ends))
            world_after(&world->close[i], world_below(world, 600 * WORLD_MS));
    }
}

/* What the store holds in the end, asked by a client that nothing disturbs. */
static void ask_in_the_end(struct world *world) {
    for (unsigned i = 0; i <= WORLD_KEYS; i++) {
        enum world_job_kind kind = i < WORLD_KEYS ? JOB_S3_GET : JOB_S3_LIST;
        struct world_job *job = world_job_add(world, final_client(world), kind);
        job->key = i % WORLD_KEYS;
        job->final = true;
        world_job_start(job);
        world_run_until_done(world, &world->jobs_pending, "asking for what the store holds");
    }
}

static void finish(struct world *world) {
    world->finishing = true;
    on_calm(&world->calm);
    for (unsigned i = 0; i < world->client_count; i++) world_client_close(&world->clients[i]);
    world_run_until_rest(world);
    for (unsigned i = 0; i < world->client_count; i++)
        check_clients_closed(world, &world->clients[i]);
    ask_in_the_end(world);
    world_client_close(final_client(world));
    world_servers_close(world);
    world_run_until_rest(world);
    check_clients_closed(world, final_client(world));
    for (unsigned i = 0; i < world->server_count; i++)
        if (!world->servers[i].closed) oracle_finding("server %u never closes", i);
    if (world->guest.open) oracle_finding("the guest never closes");
    oracle_check_rest(world);
}

void world_engines_close(struct world *world) {
    for (unsigned i = 0; i < world->engine_count; i++) close_engine(&world->engines[i]);
    close_engine(&world->own);
    world_run_until_rest(world);
    for (unsigned i = 0; i < world->engine_count; i++)
        if (!world->engines[i].closed) oracle_finding("engine %u never closes", i);
    if (!world->own.closed) oracle_finding("the world's own engine never closes");
}

void world_check_leftovers(void) {
    struct sim_leftovers left = sim_leftovers();
    if (left.descriptors || left.operations || left.lent_buffers || left.files_open)
        oracle_finding("left over: %u descriptors, %u operations, %u lent buffers, %u files",
                       left.descriptors, left.operations, left.lent_buffers, left.files_open);
}

void world_run(uint64_t seed, const struct world_profile *profile, FILE *trace) {
    struct world *world = calloc(1, sizeof *world);
    struct world_job *jobs = calloc(WORLD_JOBS_MAX + WORLD_KEYS + 1, sizeof *jobs);
    if (!world || !jobs) abort();
    world->jobs = jobs;
    world->random = seed * UINT64_C(0x2545f4914f6cdd1d);
    world->profile = profile;
    const struct sim_options options = {.seed = seed, .trace = trace};
    sim_open(&options);
    world->begun_ns = sim_now_ns();
    oracle_watch(world);
    make(world);
    plan(world);
    world_run_until_done(world, &world->jobs_pending, "requests wait");
    finish(world);
    world_engines_close(world);
    world_check_leftovers();
    oracle_watch(NULL);
    sim_close();
    free(jobs);
    free(world);
}
