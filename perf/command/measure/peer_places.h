/* Where the programs are that are measured beside this one. */
#ifndef COMMAND_PEER_PLACES_H
#define COMMAND_PEER_PLACES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "bench_beside.h"
#include "beside_rounds.h"

#define PEER_NAME_MAX 40

struct peer_place {
    char name[PEER_NAME_MAX];
    char path[PATH_MAX + 64];
    bool python; /* a script */
};
struct peer_places {
    struct peer_place list[PERF_BESIDE_MAX - 1];
    size_t count;
    char folder[PATH_MAX]; /* of peers */
};

/* Finds each of `values->names`: KIND_NAME.py or KIND_NAME in the folder of peers, or, where the
 * name has a slash, the program itself. EXIT_DONE, or EXIT_USAGE after a complaint that names those
 * that are there. */
int peer_places_find(const struct beside_values *values, const char *kind,
                     struct peer_places *places);

#endif
