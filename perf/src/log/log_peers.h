/* The other loggers of bench log: programs beside the command, each of which prints its figures. */
#ifndef PERF_LOG_PEERS_H
#define PERF_LOG_PEERS_H

#include <limits.h>
#include <stdbool.h>

#include "log_driver.h"

#define PERF_LOG_PEERS   2
#define PERF_LOG_WHY     512
#define PERF_LOG_VERSION 64

struct perf_log_peer {
    const char *name; /* "spdlog" */
    const char *interpreter;
    char program[PATH_MAX + 64];
    bool each_round; /* it is quick enough to be measured in every round */
    struct perf_log_figures figures;
    char version[PERF_LOG_VERSION];
    char missing[PERF_LOG_WHY]; /* why there are no figures; "" */
};

/* `directory` is where the programs are, NULL the folder `peers` beside this program. One that is
 * not there says so in its `missing`. */
void perf_log_peers_open(const char *directory, struct perf_log_peer peers[PERF_LOG_PEERS]);
/* Runs it; where it fails, that is what `missing` says. */
void perf_log_peer_run(struct perf_log_peer *peer, const struct perf_log_plan *plan,
                       struct perf_log_figures *figures);

#endif
