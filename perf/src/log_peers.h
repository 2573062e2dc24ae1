/* The other loggers of bench log: programs beside the command, each of which prints its figures. */
#ifndef PERF_LOG_PEERS_H
#define PERF_LOG_PEERS_H

#include <stdbool.h>

#include "log_driver.h"

#define PERF_LOG_PEERS   2
#define PERF_LOG_WHY     512
#define PERF_LOG_VERSION 64

struct perf_log_peer {
    const char *name; /* "spdlog" */
    struct perf_log_figures figures;
    char version[PERF_LOG_VERSION];
    char missing[PERF_LOG_WHY]; /* why there are no figures; "" */
};

/* Runs all of them, one after the other: `directory` is where the programs are, NULL the folder
 * `peers` beside this program. One that is not there, or fails, says so in its `missing`. */
void perf_log_peers_run(const char *directory, const struct perf_log_plan *plan,
                        struct perf_log_peer peers[PERF_LOG_PEERS]);

#endif
