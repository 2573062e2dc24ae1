/* `--checkpoint`: a long run that goes on behind a kill, and what time does to it. */
#ifndef COMMAND_BENCH_SOAK_H
#define COMMAND_BENCH_SOAK_H

#include "bench.h"

struct soak_values {
    const char *checkpoint; /* NULL: there is none */
    uint64_t every_ms;
};

/* The table over struct soak_values. */
extern const struct option soak_table[];

/* Refuses what does not go with a checkpoint: `lone` is another option that was given (NULL: none);
 * without a duration there is no end. EXIT_DONE or EXIT_USAGE after a complaint. */
int bench_soak_check(const struct soak_values *values, const struct bench *bench, const char *lone);

/* Reads the checkpoint where there is one, of the same workload, and keeps others from it; the
 * bench goes on from there when it is measured. The report's parameters are filled in. Nothing
 * without --checkpoint. The exit code. */
int bench_soak_open(const struct soak_values *values, struct bench *bench);

/* Ends it: deletes the checkpoint where all of the time was measured and its report is `told`. */
void bench_soak_close(struct bench *bench, bool told);

#endif
