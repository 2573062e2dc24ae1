/* The tables of ratios and limits. */
#include "config_bench_compared.h"

#include <assert.h>

/* Positions in the table of comparisons, which limits name. */
enum {
    LIBYAML_SMALL,
    LIBYAML_MEDIUM,
    LIBYAML_LARGE,
    LIBYAML_TREE_SMALL,
    LIBYAML_TREE_MEDIUM,
    LIBYAML_TREE_LARGE,
    LIBYAML_FLAT,
    LIBYAML_VALIDATE,
    LIBYAML_DEFAULTS,
    PYDANTIC_SMALL,
    PYDANTIC_MEDIUM,
    PYDANTIC_LARGE,
    PYDANTIC_VALIDATE,
    PYDANTIC_DEFAULTS,
    PYDANTIC_OVERRIDES,
    OWN_FLAT,
    POSITIONS
};
static_assert((int)POSITIONS == (int)PERF_CONFIG_COMPARISONS, "a position for each");

#define SLOWER(name_, ours, theirs)                                                                \
    {                                                                                              \
        PERF_CONFIG_LIBYAML, name_, {PERF_CONFIG_HEADRACE, PERF_CONFIG_##ours}, {                  \
            PERF_CONFIG_LIBYAML, PERF_CONFIG_##theirs                                              \
        }                                                                                          \
    }
#define FASTER(name_, both)                                                                        \
    {                                                                                              \
        PERF_CONFIG_PYDANTIC, name_, {PERF_CONFIG_PYDANTIC, PERF_CONFIG_##both}, {                 \
            PERF_CONFIG_HEADRACE, PERF_CONFIG_##both                                               \
        }                                                                                          \
    }
const struct perf_config_comparison perf_config_comparisons[PERF_CONFIG_COMPARISONS] = {
    [LIBYAML_SMALL] = SLOWER("load_small", LOAD_SMALL, LOAD_SMALL),
    [LIBYAML_MEDIUM] = SLOWER("load_medium", LOAD_MEDIUM, LOAD_MEDIUM),
    [LIBYAML_LARGE] = SLOWER("load_large", LOAD_LARGE, LOAD_LARGE),
    [LIBYAML_TREE_SMALL] = SLOWER("tree_small", TREE_SMALL, LOAD_SMALL),
    [LIBYAML_TREE_MEDIUM] = SLOWER("tree_medium", TREE_MEDIUM, LOAD_MEDIUM),
    [LIBYAML_TREE_LARGE] = SLOWER("tree_large", TREE_LARGE, LOAD_LARGE),
    [LIBYAML_FLAT] = SLOWER("flat_10000", FLAT_10000_MS, FLAT_10000_MS),
    [LIBYAML_VALIDATE] = SLOWER("validate_500", VALIDATE, VALIDATE),
    [LIBYAML_DEFAULTS] = SLOWER("defaults_500", DEFAULTS, DEFAULTS),
    [PYDANTIC_SMALL] = FASTER("load_small", LOAD_SMALL),
    [PYDANTIC_MEDIUM] = FASTER("load_medium", LOAD_MEDIUM),
    [PYDANTIC_LARGE] = FASTER("load_large", LOAD_LARGE),
    [PYDANTIC_VALIDATE] = FASTER("validate_500", VALIDATE),
    [PYDANTIC_DEFAULTS] = FASTER("defaults_500", DEFAULTS),
    [PYDANTIC_OVERRIDES] = FASTER("overrides_100", OVERRIDES),
    [OWN_FLAT] = {PERF_CONFIG_HEADRACE,
                  "flat_10000_by_1000",
                  {PERF_CONFIG_HEADRACE, PERF_CONFIG_FLAT_10000_MS},
                  {PERF_CONFIG_HEADRACE, PERF_CONFIG_FLAT_1000_MS}},
};

struct perf_spread perf_config_compare(const struct perf_config_comparison *comparison,
                                       const struct perf_config_course *courses, unsigned rounds) {
    const struct perf_config_operand *above = &comparison->above, *below = &comparison->below;
    const struct perf_ratio ratio = {courses[above->subject].of[above->figure],
                                     courses[below->subject].of[below->figure]};
    return perf_spread_of_ratios(ratio, rounds);
}

#define FIGURE(name, tag, bound, goal)                                                             \
    { name, bound, false, goal, PERF_CONFIG_##tag, -1 }
#define RATIO(name, position, bound, goal)                                                         \
    { name, bound, false, goal, -1, position }
#define AT_LEAST(name, position, bound)                                                            \
    { name, bound, true, false, -1, position }
const struct perf_config_limit perf_config_limits[PERF_CONFIG_LIMITS] = {
    RATIO("load_large_by_libyaml", LIBYAML_LARGE, 2.2, false),
    RATIO("tree_large_by_libyaml", LIBYAML_TREE_LARGE, 2.2, false),
    RATIO("flat_10000_by_1000", OWN_FLAT, 15, false),
    FIGURE("lookup_ns", LOOKUP, 60, false),
    FIGURE("bound_ns", BOUND, 2, false),
    FIGURE("snapshot_ns", SNAPSHOT, 5, false),
    AT_LEAST("pydantic_by_load_small", PYDANTIC_SMALL, 8),
    AT_LEAST("pydantic_by_load_medium", PYDANTIC_MEDIUM, 8),
    AT_LEAST("pydantic_by_load_large", PYDANTIC_LARGE, 8),
    AT_LEAST("pydantic_by_validate_500", PYDANTIC_VALIDATE, 8),
    FIGURE("seeds_keys_1_ms", SEED_1, 10, false),
    FIGURE("seeds_keys_100_ms", SEED_100, 50, false),
    FIGURE("seeds_keys_1000_ms", SEED_1000, 100, false),
    FIGURE("overridden_100_ms", OVERRIDDEN, 50, false),
    FIGURE("validate_500_ms", VALIDATE, 50, false),
    FIGURE("load_small_ms", LOAD_SMALL, 0.05, true),
    FIGURE("load_medium_ms", LOAD_MEDIUM, 0.8, true),
    FIGURE("load_large_ms", LOAD_LARGE, 8, true),
    RATIO("load_large_by_libyaml", LIBYAML_LARGE, 2, true),
    FIGURE("overrides_100_ms", OVERRIDES, 0.02, true),
    FIGURE("validate_500_ms", VALIDATE, 1.1, true),
    FIGURE("lookup_ns", LOOKUP, 50, true),
};

enum perf_config_verdict perf_config_verdict_of(const struct perf_config_limit *limit,
                                                double value) {
    if (value < 0) return PERF_CONFIG_UNKNOWN;
    bool met = limit->at_least ? value >= limit->bound : value <= limit->bound;
    return met ? PERF_CONFIG_MET : PERF_CONFIG_MISSED;
}
