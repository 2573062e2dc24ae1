/* The whole measurement of bench log: this library and its peers in turn. */
#ifndef PERF_LOG_ROUNDS_H
#define PERF_LOG_ROUNDS_H

#include "log_headrace.h"
#include "log_peers.h"
#include "spread.h"

struct perf_log_rounds {
    struct perf_log_figures headrace;
    struct perf_log_limits limits;
    struct perf_log_peer peers[PERF_LOG_PEERS];
    bool peers_asked;
    /* How many times a peer's rate ours is in the same round; of peers that are in every round. */
    struct perf_spread times[PERF_LOG_PEERS][PERF_LOG_CASES];
};

/* plan->repeat rounds: a machine whose speed changes while it is measured changes it for both sides
 * of a ratio. All but the rates is measured in the first. 0 or a negative code; -EBADMSG when lines
 * are missing in this library's file. `directory`: where the peers' programs are. */
int perf_log_rounds_run(const struct perf_log_plan *plan, const char *directory,
                        struct perf_log_rounds *rounds);

#endif
