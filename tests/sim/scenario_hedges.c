/* A name of two addresses, and an origin at each that is uneven: most responses come at once, some
 * late, some say 503, and connections die. The client asks slow ones a second time, and some of its
 * requests are cancelled. Each ends once, with its own bytes; the origins see no more than the
 * attempts and the hedges that are counted; retries and hedges stay within the budget. Sometimes
 * one of the two is well and the other says 503 to all: it is ejected, and sees no more from then
 * on. */
#include <arpa/inet.h>
#include <inttypes.h>

#include "resolver.h"
#include "scenario.h"

#define HOST     "uneven.test"
#define REQUESTS 400 /* a seed */

static void ask(void *user, struct hr_resolver *resolver, const char *name) {
    const struct scenario *scenario = user;
    struct hr_addresses addresses = {.count = 2};
    for (unsigned i = 0; i < 2; i++) {
        addresses.list[i].v4.sin_family = AF_INET;
        inet_pton(AF_INET, scenario->origins[i].address, &addresses.list[i].v4.sin_addr);
    }
    hr__resolver_answer(resolver, name, 0, &addresses, 60);
}

static void draw_shots(struct scenario *scenario, bool patient) {
    struct world *world = scenario->world;
    uint64_t at_ns = 0, gap_ns = (1 + world_below(world, 20)) * WORLD_MS;
    uint16_t cancels = world_chance(world, 32768) ? 6000 : 0;
    for (unsigned i = 0; i < REQUESTS; i++) {
        at_ns += world_below(world, gap_ns);
        unsigned size = (unsigned)world_below(world, world_chance(world, 6000) ? 200000 : 3000);
        struct scenario_shot *shot = scenario_shoot(scenario, HOST, size, at_ns);
        if (world_chance(world, 16384)) scenario_upload(shot);
        if (!patient && world_chance(world, 9000))
            shot->http.request.timeout_ms = 1 + (uint32_t)world_below(world, 500);
        if (world_chance(world, cancels))
            scenario_cancel(shot, at_ns + world_below(world, 200 * WORLD_MS));
    }
}

/* Requests that the origin has seen are those that the client has counted. */
static void check_counts(const struct scenario *scenario) {
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(scenario->world->clients[0].http, &metrics);
    if (metrics.hedges_won > metrics.hedges)
        oracle_finding("%" PRIu64 " hedges won, of %" PRIu64, metrics.hedges_won, metrics.hedges);
    uint64_t seen = scenario->origins[0].seen + scenario->origins[1].seen;
    if (seen > metrics.attempts)
        oracle_finding("the origins have seen %" PRIu64 " requests, and %" PRIu64 " were sent",
                       seen, metrics.attempts);
    /* A retry that a request's end has overtaken is counted, and not made. */
    uint64_t meant = metrics.requests + metrics.retries + metrics.stale_retries + metrics.hedges;
    if (metrics.attempts > meant || metrics.attempts + metrics.failed + metrics.cancelled < meant)
        oracle_finding("%" PRIu64 " attempts are not %" PRIu64 " requests, %" PRIu64
                       " retries, %" PRIu64 " repetitions and %" PRIu64 " hedges",
                       metrics.attempts, metrics.requests, metrics.retries, metrics.stale_retries,
                       metrics.hedges);
    for (unsigned i = 0; i < scenario->shot_count; i++)
        scenario->tally->hedged += scenario->shots[i].http.hedged && scenario->shots[i].ok;
    scenario->tally->hedges_won += metrics.hedges_won;
}

/* Failures in a row eject it; what was under way then, and its hedges, are not in that row. */
static void check_ejected(const struct scenario *scenario,
                          const struct hr_http_client_options *options) {
    uint64_t most = options->ejection.failures_max + 2 * options->pool.connections_per_origin_max;
    if (scenario->origins[1].seen > most)
        oracle_finding("the address that fails has seen %" PRIu64
                       " requests, and was to be left after %" PRIu64,
                       scenario->origins[1].seen, most);
}

static void open_client(struct scenario *scenario, const struct hr_http_client_options *options) {
    const struct hr_resolver_source source = {.ask = ask, .user = scenario};
    hr__resolver_default_source = &source;
    scenario_client_open(scenario, options);
    hr__resolver_default_source = NULL;
}

static void run(struct scenario *scenario) {
    struct world *world = scenario->world;
    const uint32_t budget_percent = 5 + (uint32_t)world_below(world, 95);
    const bool broken = world_chance(world, 16384);
    scenario_origin_open(scenario, "10.0.0.1");
    scenario_origin_open(scenario, "10.0.0.2");
    scenario_origin_set(&scenario->origins[0], broken ? ORIGIN_GOOD : ORIGIN_UNEVEN);
    scenario_origin_set(&scenario->origins[1], broken ? ORIGIN_503 : ORIGIN_UNEVEN);
    const struct hr_http_client_options options = {
        .retry.attempts_max = 1 + (uint32_t)world_below(world, 4),
        .retry.backoff_base_ms = 10,
        .pool.connections_per_origin_max = 1 + (unsigned)world_below(world, 40),
        .hedge.quantile_percent = 30 + (uint32_t)world_below(world, 69),
        .ejection.failures_max =
            broken || world_chance(world, 32768) ? 3 + (uint32_t)world_below(world, 3) : 0,
        .retry.budget_percent = budget_percent,
        .no_breaker = broken || world_chance(world, 32768),
        .retry.no_stale_retry = world_chance(world, 16384),
        .pool.adaptive_concurrency = world_chance(world, 16384),
        .timeouts.first_byte_timeout_ms =
            broken ? 10000 : 100 + (uint32_t)world_below(world, 3000)};
    open_client(scenario, &options);
    scenario_network(!broken && world_chance(world, 32768) ? 3000 : 0, 8);
    scenario->close = world_chance(world, 9000);
    draw_shots(scenario, broken);
    world_run_until_done(world, &scenario->pending, "requests wait");
    scenario_check_budget(scenario, budget_percent);
    check_counts(scenario);
    if (broken) check_ejected(scenario, &options);
}

static bool judge(const struct scenario_tally *tally) {
    printf("%" PRIu64 " of %" PRIu64 " requests succeeded, %" PRIu64
           " of them with a hedge, %" PRIu64 " hedges, %" PRIu64 " won, %" PRIu64 " retries\n",
           tally->succeeded, tally->requests, tally->hedged, tally->hedges, tally->hedges_won,
           tally->retries);
    return tally->hedges_won > 0 && tally->hedges > tally->hedges_won && tally->hedged > 0;
}

const struct scenario_kind scenario_hedges = {.name = "hedges", .run = run, .judge = judge};
