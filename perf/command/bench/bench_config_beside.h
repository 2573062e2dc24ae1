/* `bench config --beside`: loads of the same file by other programs. */
#ifndef COMMAND_BENCH_CONFIG_BESIDE_H
#define COMMAND_BENCH_CONFIG_BESIDE_H

#include "bench_beside.h"

struct bench_config_beside {
    const struct beside_values *values;
    const char *path;          /* of the file */
    const char *document;      /* "medium" */
    const char *load;          /* "tree", "schema" */
    uint64_t loads, file_keys; /* loads of a round; keys of the file */
    int signal_fd;             /* of signals_open */
    const char *json;
};

/* Runs this program and its peers in turn and publishes that; the exit code. */
int bench_config_beside(const struct bench_config_beside *task);

#endif
