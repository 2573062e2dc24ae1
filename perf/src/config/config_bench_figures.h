/* The measurements of bench config by name, of this library and of its peers. */
#ifndef PERF_CONFIG_BENCH_FIGURES_H
#define PERF_CONFIG_BENCH_FIGURES_H

#include <stdbool.h>
#include <stdio.h>

/* Group (may be empty), name, decimals. */
#define PERF_CONFIG_FIGURE_LIST(X)                                                                 \
    X(LOAD_SMALL, "load_ms", "small", 4)                                                           \
    X(LOAD_MEDIUM, "load_ms", "medium", 4)                                                         \
    X(LOAD_LARGE, "load_ms", "large", 4)                                                           \
    X(TREE_SMALL, "tree_ms", "small", 4)                                                           \
    X(TREE_MEDIUM, "tree_ms", "medium", 4)                                                         \
    X(TREE_LARGE, "tree_ms", "large", 4)                                                           \
    X(FLAT_1000_MS, "flat_ms", "keys_1000", 4)                                                     \
    X(FLAT_10000_MS, "flat_ms", "keys_10000", 4)                                                   \
    X(SEED_1, "seeds", "keys_1_ms", 4)                                                             \
    X(SEED_100, "seeds", "keys_100_ms", 4)                                                         \
    X(SEED_1000, "seeds", "keys_1000_ms", 4)                                                       \
    X(OVERRIDES, "", "overrides_100_ms", 4)                                                        \
    X(OVERRIDDEN, "", "overridden_100_ms", 4)                                                      \
    X(VALIDATE, "", "validate_500_ms", 4)                                                          \
    X(DEFAULTS, "", "defaults_500_ms", 4)                                                          \
    X(LOOKUP_FIRST, "", "lookup_first_ns", 1)                                                      \
    X(LOOKUP, "", "lookup_ns", 1)                                                                  \
    X(BOUND, "", "bound_ns", 2)                                                                    \
    X(SNAPSHOT, "", "snapshot_ns", 2)                                                              \
    X(RELOAD, "", "reload_ms", 4)                                                                  \
    X(RELOAD_CPU, "", "reload_cpu_ms", 4)
#define PERF_CONFIG_FIGURE_TAG(tag, group, name, decimals) PERF_CONFIG_##tag,
enum perf_config_figure { PERF_CONFIG_FIGURE_LIST(PERF_CONFIG_FIGURE_TAG) PERF_CONFIG_FIGURES };
#undef PERF_CONFIG_FIGURE_TAG

struct perf_config_name {
    const char *group, *name;
    unsigned decimals;
};
extern const struct perf_config_name perf_config_names[PERF_CONFIG_FIGURES];

/* Of one round; a negative one was not measured. */
struct perf_config_figures {
    double of[PERF_CONFIG_FIGURES];
};

void perf_config_figures_init(struct perf_config_figures *figures);
/* "load_ms.small" or "lookup_ns". */
#define PERF_CONFIG_NAME 48
void perf_config_figure_name(enum perf_config_figure figure, char text[PERF_CONFIG_NAME]);
/* A line of a peer, "load_ms.small 0.34"; false: it is none. */
bool perf_config_figures_read(struct perf_config_figures *figures, const char *line);

#endif
