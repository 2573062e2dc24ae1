/* `--shard`: one process of several that share a load, with a common start. */
#ifndef COMMAND_BENCH_SHARD_H
#define COMMAND_BENCH_SHARD_H

#include "bench.h"

struct shard_values {
    const char *shard, *start_at;
    uint64_t start_in_ms;
};

/* The table over struct shard_values. */
extern const struct option shard_table[];

/* The name of an option here that was given; NULL: none. */
const char *bench_shard_given(const struct shard_values *values);

/* Makes bench->shard, with keys of its own: of the workload the prefix and the seed are changed. It
 * waits for its start before it is measured.
 * Nothing without --shard and a start. EXIT_DONE, or EXIT_USAGE after a complaint. */
int bench_shard_open(const struct shard_values *values, struct bench *bench);

/* Whether it is one of several, who may still use the bucket. */
bool bench_shard_has_others(const struct bench *bench);

/* Asks the store for its time, several times within a second: the head of a bucket, which may be
 * missing. EXIT_DONE, or the exit code of a signal. */
int bench_shard_clock(struct bench *bench);

void bench_shard_close(struct bench *bench);

#endif
