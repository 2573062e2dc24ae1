/* A service behind a name: its host fails in one way or another, and it comes back, or the name
 * leads to another host from then on. Failures are named, the breaker opens and closes, the retry
 * budget holds, the failing host is spared, and within a probe of its return all is well again. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "resolver.h"
#include "scenario.h"

#define HOST           "service.test"
#define CALM_MS        10000
#define GAP_MS         50 /* between requests */
#define ANSWER_MS      400
#define LIFETIME_MS    3000
#define BUDGET_PERCENT 20
#define LOAD_MAX_NUM   5 /* 1.25 × normal */
#define LOAD_MAX_DEN   4
#define OPENING_MAX                                                                                \
    64 /* attempts that the breaker's opening may cost: failures, and what was under way */
#define MS_PER_S 1000

/* ---- The name. */

static struct scenario_service {
    unsigned leads_to; /* which origin */
    uint32_t ttl_s;
    bool dead; /* the name servers answer nothing useful */
} service;

static void ask(void *user, struct hr_resolver *resolver, const char *name) {
    const struct scenario *scenario = user;
    struct hr_addresses addresses = {.count = 1};
    const struct scenario_origin *origin = &scenario->origins[service.leads_to];
    addresses.list[0].v4.sin_family = AF_INET;
    inet_pton(AF_INET, origin->address, &addresses.list[0].v4.sin_addr);
    hr__resolver_answer(resolver, name, service.dead ? HR_ERR_NAME_SERVERS : 0, &addresses,
                        service.ttl_s);
}

/* ---- The course. */

struct course {
    struct scenario *scenario;
    enum scenario_mood mood;
    bool moves, names_fail;
    unsigned fail_ms, open_ms;
    uint64_t failed_ns, back_ns; /* virtual times */
};

static void shoot_for(struct course *course, unsigned ms) {
    for (unsigned at = 0; at < ms; at += GAP_MS)
        scenario_shoot(course->scenario, HOST, (unsigned)world_below(course->scenario->world, 3000),
                       at * WORLD_MS);
}

/* Requests that were started in a time, and the attempts that they cost. */
struct load {
    uint64_t requests, attempts, failed;
};

static struct load load_between(const struct scenario *scenario, uint64_t from_ns, uint64_t to_ns) {
    struct load load = {0};
    for (unsigned i = 0; i < scenario->shot_count; i++) {
        const struct scenario_shot *shot = &scenario->shots[i];
        if (shot->started_ns < from_ns || shot->started_ns >= to_ns) continue;
        load.requests++;
        load.attempts += shot->http.request.attempts;
        if (shot->http.request.result == HR_ERR_BREAKER_OPEN) load.attempts--; /* not made */
        load.failed += !shot->ok;
    }
    return load;
}

/* Everything that fails at once opens the breaker; half of it need not. */
static bool must_open(const struct course *course) {
    return course->mood != ORIGIN_HALF;
}

static void judge_course(const struct course *course) {
    const struct scenario *scenario = course->scenario;
    struct load calm = load_between(scenario, 0, course->failed_ns);
    if (calm.failed)
        oracle_finding("%" PRIu64 " requests failed before anything happened", calm.failed);
    struct load bad = load_between(scenario, course->failed_ns, course->back_ns);
    if (bad.attempts * LOAD_MAX_DEN > bad.requests * LOAD_MAX_NUM)
        oracle_finding("%" PRIu64 " attempts for %" PRIu64 " requests while the host fails",
                       bad.attempts, bad.requests);
    /* Once it is open there is a probe each time, with its retry. */
    uint64_t fail_ms = (course->back_ns - course->failed_ns) / WORLD_MS;
    uint64_t spared = OPENING_MAX + 2 * (fail_ms / course->open_ms + 1);
    if (must_open(course) && bad.attempts > spared)
        oracle_finding("%" PRIu64 " attempts while the breaker should be open", bad.attempts);
    hr_breaker *breaker =
        hr_http_client_breaker(scenario->world->clients[0].http, "http://" HOST "/");
    struct hr_breaker_status status;
    hr_breaker_status_get(breaker, &status);
    if (must_open(course) && status.opened == 0)
        oracle_finding("the breaker never opened: %" PRIu64 " of %" PRIu64 " requests failed",
                       bad.failed, bad.requests);
    if (status.state != HR_BREAKER_CLOSED)
        oracle_finding("the breaker is %s in the end", hr_breaker_state_name(status.state));
    /* The last probe that failed had begun before the return, and may have taken its time. */
    uint64_t well_ns = course->back_ns + (course->open_ms + 3 * ANSWER_MS) * WORLD_MS;
    /* A reactor may connect to the old host for as long as it knows the name. */
    if (course->moves) well_ns += service.ttl_s * UINT64_C(1000000000) + LIFETIME_MS * WORLD_MS;
    struct load after = load_between(scenario, well_ns, UINT64_MAX);
    if (after.failed)
        oracle_finding("%" PRIu64 " of %" PRIu64 " requests failed after the return", after.failed,
                       after.requests);
}

static void draw(struct course *course) {
    static const enum scenario_mood moods[] = {ORIGIN_503, ORIGIN_HALF, ORIGIN_SILENT, ORIGIN_GONE};
    static const unsigned opens_ms[] = {1000, 5000, 20000};
    struct world *world = course->scenario->world;
    course->mood = moods[world_below(world, 4)];
    course->moves = world_chance(world, 32768);
    course->fail_ms = 10000 + (unsigned)world_below(world, 20000);
    course->open_ms = opens_ms[world_below(world, 3)];
    service = (struct scenario_service){.ttl_s = 1 + (uint32_t)world_below(world, 5)};
}

static void run(struct scenario *scenario) {
    struct course course = {.scenario = scenario};
    struct world *world = scenario->world;
    draw(&course);
    scenario_origin_open(scenario, "10.0.0.1");
    scenario_origin_open(scenario, "10.0.0.2");
    const struct hr_http_client_options options = {
        .timeouts.first_byte_timeout_ms = ANSWER_MS,
        .timeouts.connect_timeout_ms = ANSWER_MS,
        .breaker.open_ms = course.open_ms,
        .pool.lifetime_ms = LIFETIME_MS, /* a host that still answers is left only by this */
        .pool.connections_per_origin_max = 1 + (unsigned)world_below(world, 50),
        .hedge.quantile_percent = world_chance(world, 16384) ? 95 : 0,
        .pool.adaptive_concurrency = world_chance(world, 16384)};
    const struct hr_resolver_source source = {.ask = ask, .user = scenario};
    hr__resolver_default_source = &source;
    scenario_client_open(scenario, &options);
    hr__resolver_default_source = NULL;
    const struct sim_faults faults = {.latency_us_max = 2000};
    sim_faults_set(&faults);

    shoot_for(&course, CALM_MS);
    scenario_pass(scenario, CALM_MS * WORLD_MS);
    course.failed_ns = sim_now_ns() - 2 * ANSWER_MS * WORLD_MS; /* some may still be under way */
    scenario_origin_set(&scenario->origins[0], course.mood);
    shoot_for(&course, course.fail_ms);
    scenario_pass(scenario, course.fail_ms * WORLD_MS);
    scenario_check_budget(scenario, BUDGET_PERCENT);
    course.back_ns = sim_now_ns();
    if (course.moves)
        service.leads_to = 1;
    else
        scenario_origin_set(&scenario->origins[0], ORIGIN_GOOD);
    unsigned rest_ms = course.open_ms + service.ttl_s * MS_PER_S + LIFETIME_MS + CALM_MS;
    shoot_for(&course, rest_ms);
    scenario_pass(scenario, rest_ms * WORLD_MS);
    world_run_until_done(world, &scenario->pending, "requests wait");
    scenario_check_budget(scenario, BUDGET_PERCENT);
    judge_course(&course);
}

static bool judge(const struct scenario_tally *tally) {
    printf("%" PRIu64 " of %" PRIu64 " requests succeeded, %" PRIu64 " were rejected, the breaker "
           "opened %" PRIu64 " times, %" PRIu64 " retries, %" PRIu64 " hedges\n",
           tally->succeeded, tally->requests, tally->rejected, tally->opened, tally->retries,
           tally->hedges);
    return tally->opened > 0 && tally->retries > 0;
}

const struct scenario_kind scenario_hosts = {.name = "hosts", .run = run, .judge = judge};
