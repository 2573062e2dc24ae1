/* One connection in ten is going to be reset, half of the origins are slow. With five attempts
 * 99.99 % of the requests succeed. */
#include <inttypes.h>

#include "scenario.h"

#define REQUESTS     100 /* a seed */
#define SUCCESS_PART 10000

static void run(struct scenario *scenario) {
    static const char *const addresses[] = {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"};
    static const char *const hosts[] = {"one.test", "two.test", "three.test", "four.test"};
    struct world *world = scenario->world;
    struct hr_resolve_entry names[4];
    for (unsigned i = 0; i < 4; i++) {
        names[i] = (struct hr_resolve_entry){.host = hosts[i], .address = addresses[i]};
        scenario_origin_open(scenario, addresses[i]);
        scenario_origin_set(&scenario->origins[i], i % 2 ? ORIGIN_SLOW : ORIGIN_GOOD);
    }
    const struct hr_http_client_options options = {.resolver.entries = names,
                                                   .resolver.entry_count = 4,
                                                   .retry.attempts_max = 5,
                                                   .pool.connections_per_origin_max =
                                                       4 + (unsigned)world_below(world, 12),
                                                   .timeouts.first_byte_timeout_ms = 5000};
    scenario_client_open(scenario, &options);
    scenario_network(6554, 4); /* 10 % */
    scenario->close = world_chance(world, 32768);
    uint64_t at_ns = 0;
    for (unsigned i = 0; i < REQUESTS; i++) {
        at_ns += world_below(world, 100 * WORLD_MS);
        scenario_shoot(scenario, hosts[world_below(world, 4)], (unsigned)world_below(world, 20000),
                       at_ns);
    }
}

static bool judge(const struct scenario_tally *tally) {
    printf("%" PRIu64 " of %" PRIu64 " requests succeeded (%.4f %%), %.3f attempts each, %" PRIu64
           " retries, the breaker opened %" PRIu64 " times, the slowest took %.1f s\n",
           tally->succeeded, tally->requests,
           100 * (double)tally->succeeded / (double)tally->requests,
           (double)tally->attempts / (double)tally->requests, tally->retries, tally->opened,
           (double)tally->slowest_ns / 1e9);
    return (tally->requests - tally->succeeded) * SUCCESS_PART <= tally->requests;
}

const struct scenario_kind scenario_resets = {.name = "resets", .run = run, .judge = judge};
