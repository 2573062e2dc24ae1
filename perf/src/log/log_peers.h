/* The other loggers of bench log: programs beside the command, each of which prints its figures. */
#ifndef PERF_LOG_PEERS_H
#define PERF_LOG_PEERS_H

#include <stdbool.h>

#include "log_driver.h"
#include "peer_program.h"

#define PERF_LOG_PEERS 2

struct perf_log_peer {
    struct perf_peer_program program;
    bool each_round; /* it is quick enough to be measured in every round */
    struct perf_log_figures figures;
};

/* `directory` is where the programs are, NULL the folder `peers` beside this program. One that is
 * not there says so in its `missing`. */
void perf_log_peers_open(const char *directory, struct perf_log_peer peers[PERF_LOG_PEERS]);
/* Runs it; where it fails, that is what `missing` says. */
void perf_log_peer_run(struct perf_log_peer *peer, const struct perf_log_plan *plan,
                       struct perf_log_figures *figures);

#endif
