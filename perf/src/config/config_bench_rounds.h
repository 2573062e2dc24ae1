/* The whole measurement of bench config: this library and its peers in turn. */
#ifndef PERF_CONFIG_BENCH_ROUNDS_H
#define PERF_CONFIG_BENCH_ROUNDS_H

#include "config_bench_compared.h"
#include "config_bench_measure.h"
#include "peer_program.h"

/* Where the peers' programs are (NULL: the folder `peers` beside this program), and the Python that
 * runs one of them. */
struct perf_config_peers_at {
    const char *directory, *python;
};

struct perf_config_rounds {
    /* By subject; this library's is empty. */
    struct perf_peer_program peers[PERF_CONFIG_SUBJECTS];
    bool peers_asked;
    struct perf_spread figures[PERF_CONFIG_SUBJECTS][PERF_CONFIG_FIGURES];
    struct perf_spread comparisons[PERF_CONFIG_COMPARISONS];
};

/* plan->repeat rounds, in which every subject is measured once, each second one the other way
 * round. 0; or a negative code, and why in `error`. A peer that fails is said to be missing. */
int perf_config_rounds_run(const struct perf_config_plan *plan,
                           const struct perf_config_peers_at *at, struct perf_config_rounds *rounds,
                           struct hr_error *error);

#endif
