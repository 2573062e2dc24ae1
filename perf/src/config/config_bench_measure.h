/* One round of bench config: the figures of this library. */
#ifndef PERF_CONFIG_BENCH_MEASURE_H
#define PERF_CONFIG_BENCH_MEASURE_H

#include <headrace/error.h>

#include "config_bench_documents.h"
#include "config_bench_figures.h"

struct perf_config_plan {
    const struct perf_config_files *files;
    uint32_t keys;    /* that the loads of a case read in a round, about */
    unsigned repeat;  /* rounds */
    unsigned readers; /* threads, at most PERF_CONFIG_READERS_MAX */
};
#define PERF_CONFIG_READERS_MAX 16

/* How often a document of so many keys is loaded in a round. */
#define PERF_CONFIG_LOADS_MIN 3
#define PERF_CONFIG_LOADS_MAX 1000
uint32_t perf_config_loads(const struct perf_config_plan *plan, uint32_t keys);

/* All of them fill their figures, return 0 or a negative code, and then say why in `error`. */

/* Loads, of each case the median of its own in the round; variables. config_bench_loads.c */
int perf_config_measure_loads(const struct perf_config_plan *plan,
                              struct perf_config_figures *figures, struct hr_error *error);
/* Look-ups and bound fields, by one thread. config_bench_lookups.c */
int perf_config_measure_lookups(const struct perf_config_plan *plan,
                                struct perf_config_figures *figures, struct hr_error *error);
/* Readers of a watch, and reloads under them; -EBADMSG when one has seen half of a configuration.
 * config_bench_readers.c */
int perf_config_measure_readers(const struct perf_config_plan *plan,
                                struct perf_config_figures *figures, struct hr_error *error);

#endif
