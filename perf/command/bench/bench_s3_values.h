/* Options of headrace bench s3, and which of them exclude each other. */
#ifndef COMMAND_BENCH_S3_VALUES_H
#define COMMAND_BENCH_S3_VALUES_H

#include "bench_load.h"
#include "bench_shard.h"
#include "bench_soak.h"
#include "bench_strict.h"
#include "bench_with.h"
#include "beside_options.h"
#include "session.h"

/* How transfers are cut; 0: as usual. */
struct bench_s3_parts {
    uint64_t size, concurrency;
};

struct bench_s3_values {
    struct connection_options connection;
    struct beside_values beside;
    struct load_values load;
    struct with_values with;
    struct soak_values soak;
    struct shard_values shard;
    struct strict_values strict;
    uint64_t concurrency, operations, duration_ms, objects, pool, reactors, seed;
    struct bench_s3_parts parts;
    const char *size, *key_choice, *trace, *mix, *bucket, *prefix, *json;
    struct option_list require, faults;
    int payload, checksum, pace;
    bool verify, no_setup, cleanup;
};

/* The checksum option: as enum hr_s3_checksum_algorithm, with auto in front. */
enum { CHECKSUM_AUTO, CHECKSUM_NONE };

/* The table over struct bench_s3_values; those of its groups stand beside it. */
extern const struct option bench_s3_table[];

/* EXIT_DONE, or EXIT_USAGE after a complaint about options that contradict each other. */
int bench_s3_check_values(const struct bench_s3_values *values);
/* Parts or ranges of one transfer at once; 0: the mix has none. */
unsigned bench_s3_parts_at_once(const struct bench_s3_values *values);
/* The most connections; each part of a transfer has one. */
unsigned bench_s3_pool(const struct bench_s3_values *values);
/* The bytes that downloads which are compared hold at most. */
#define BENCH_VERIFY_MEMORY_MAX (UINT64_C(4) << 30)
/* An option that was given and that five runs by the rules of storage exclude; NULL: none. */
const char *bench_s3_not_strict(const struct bench_s3_values *values);
/* An option that was given and whose part of the report no checkpoint keeps; NULL: none. */
const char *bench_s3_loses_by_restart(const struct bench_s3_values *values);

#endif
