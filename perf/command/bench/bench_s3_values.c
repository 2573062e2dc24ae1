/* Options of headrace bench s3. */
#include "bench_s3_values.h"

#include <stddef.h>
#include <string.h>

#include "bench_faults.h"
#include "bench_require.h"
#include "bench_store.h"
#include "bench_values.h"

#define POOL_MAX     50000
#define MIX_STANDARD "put=1"
#define CHECKSUMS                                                                                  \
    "auto|none|crc32|crc32c|crc64nvme|sha1|sha256|sha512|md5|xxhash64|xxhash3|xxhash128"

#define VALUE(field) offsetof(struct bench_s3_values, field)
const struct option bench_s3_table[] = {
    {"concurrency", "N", OPTION_UINT, VALUE(concurrency), .standard = "64", .min = 1, .max = 50000,
     .help = "Operations in progress at once; open loop: at most"},
    {"operations", "N", OPTION_UINT, VALUE(operations), .min = 1,
     .help = "End after so many operations (default 10000 where no duration is given)"},
    {"duration", "DURATION", OPTION_DURATION, VALUE(duration_ms), .min = 1, .max = 604800000,
     .help = "Start nothing more after this time"},
    {"size", "SIZE", OPTION_STRING, VALUE(size), .standard = "64KiB", .check = bench_check_sizes,
     .help = "Size of every object, or classes with weights: 4KiB:80,1MiB:15,64MiB:5"},
    {"objects", "N", OPTION_UINT, VALUE(objects), .standard = "1000", .min = 1, .max = 40000000,
     .aliases = "keys", .help = "Keys, over which the operations cycle"},
    {"key-choice", "CHOICE", OPTION_STRING, VALUE(key_choice), .standard = "uniform",
     .check = bench_check_key_choice,
     .help = "Which keys are read: uniform (uploads take them in turn), or zipf[:EXPONENT], of "
             "uploads too (0.99 where none is given)"},
    {"pool", "N", OPTION_UINT, VALUE(pool), .min = 1, .max = POOL_MAX,
     .help = "Most connections (default: the concurrency, of parts too where there are any)"},
    {"mix", "MIX", OPTION_STRING, VALUE(mix), .standard = MIX_STANDARD, .check = bench_check_mix,
     .help = "Weights of operations, of put, get, head, list, delete, and of upload and download, "
             "in parts and by ranges: put=1,get=3,head=1,list=1,delete=1"},
    {"part-size", "SIZE", OPTION_SIZE, VALUE(parts.size), .min = HR_S3_PART_SIZE_MIN,
     .max = HR_S3_PART_SIZE_MAX,
     .help = "Of parts of uploads and ranges of downloads (default 8MiB, or more where 10,000 of "
             "them would not do)"},
    {"part-concurrency", "N", OPTION_UINT, VALUE(parts.concurrency), .min = 1,
     .max = HR_S3_TRANSFER_PARALLEL_MAX,
     .help = "Parts or ranges of one upload or download at once (default 8)"},
    {"reactors", "N", OPTION_UINT, VALUE(reactors), .standard = "1", .max = 1024,
     .help = "Reactors of the client, each a thread; 0 is one per core"},
    {"payload", "MODE", OPTION_CHOICE, VALUE(payload), .choices = "signed|unsigned",
     .standard = "signed", .help = "Whether a body's SHA-256 is part of its signature"},
    {"checksum", "ALGORITHM", OPTION_CHOICE, VALUE(checksum), .choices = CHECKSUMS,
     .standard = "auto", .help = "Of bodies that are sent; auto is the client's own choice"},
    {"pace", "MODE", OPTION_CHOICE, VALUE(pace), .choices = "auto|prefix|client|none",
     .standard = "auto",
     .help = "How fast attempts go where the store asks to go slower: a rate for each prefix, or "
             "for all; auto is the client's own choice"},
    {"bucket", "NAME", OPTION_STRING, VALUE(bucket), .standard = "headrace-bench",
     .help = "Made when it is missing"},
    {"prefix", "TEXT", OPTION_STRING, VALUE(prefix), .standard = "bench/",
     .check = bench_check_prefix,
     .help = "Beginning of every key; keys stand under TEXTa/ and TEXTb/"},
    {"seed", "N", OPTION_UINT, VALUE(seed), .standard = "1",
     .help = "Of keys, the order of operations, and bodies"},
    {"verify", NULL, OPTION_FLAG, VALUE(verify),
     .help = "Compare every body read with what was written (its size always is)"},
    {"no-setup", NULL, OPTION_FLAG, VALUE(no_setup),
     .help = "Neither make the bucket nor write the objects that GET, HEAD and LIST need"},
    {"cleanup", NULL, OPTION_FLAG, VALUE(cleanup),
     .help = "Delete the objects afterwards, and the bucket if this run made it (default: keep)"},
    {"trace", "FILE", OPTION_STRING, VALUE(trace), .of_call = true,
     .help = "Open loop: send the operations of a CSV file at their times; lines of seconds, "
             "operation, key, size"},
    {"require", "CONDITION", OPTION_LIST, VALUE(require), .check = bench_check_require,
     .help = BENCH_REQUIRE_HELP},
    {"fault", "RULE", OPTION_LIST, VALUE(faults),
     .help = "Put faults between this client and the store, as 'proxy faults --fault' does; may be "
             "repeated. The set-up meets none"},
    {"json", "FILE", OPTION_STRING, VALUE(json), .of_call = true,
     .help = "Write the report as one JSON object to FILE; - is standard output, without the "
             "report in text"},
    {.name = NULL}};

static bool has_transfers(const struct bench_s3_values *values) {
    struct perf_mix mix = {.total = 0};
    char why[OPTION_WHY_SIZE];
    return !values->trace && perf_mix_parse(values->mix, &mix, why, sizeof why) == 0 &&
           perf_mix_has_transfers(&mix);
}

unsigned bench_s3_parts_at_once(const struct bench_s3_values *values) {
    if (!has_transfers(values)) return 0;
    return values->parts.concurrency ? (unsigned)values->parts.concurrency
                                     : HR_S3_TRANSFER_PARALLEL_USUAL;
}

unsigned bench_s3_pool(const struct bench_s3_values *values) {
    uint64_t parts = bench_s3_parts_at_once(values);
    uint64_t pool = values->concurrency * (parts ? parts : 1);
    if (values->pool) return (unsigned)values->pool;
    return pool < POOL_MAX ? (unsigned)pool : POOL_MAX;
}

/* An option that was given and that no peer is asked for; NULL: none. */
static const char *lone_option(const struct bench_s3_values *values) {
    const char *of_load = bench_load_lone(&values->load);
    const char *with = bench_with_given(&values->with);
    const char *shard = bench_shard_given(&values->shard);
    return of_load                                      ? of_load
           : with                                       ? with
           : values->verify                             ? "verify"
           : has_transfers(values)                      ? "mix with upload or download"
           : values->trace                              ? "trace"
           : values->require.count                      ? "require"
           : values->faults.count                       ? "fault"
           : shard                                      ? shard
           : strchr(values->size, ',')                  ? "size with several classes"
           : strcmp(values->key_choice, "uniform") != 0 ? "key-choice"
                                                        : NULL;
}

static bool in_words(const char *name) {
    for (const struct option *option = bench_s3_table; option->name; option++)
        if (strcmp(option->name, name) == 0) return option_in_words(option);
    return false;
}

/* An option that was given and that a trace says itself; NULL: none. */
static const char *told_by_trace(const struct bench_s3_values *values) {
    return values->load.rate                            ? "rate"
           : values->load.think_ms                      ? "think-time"
           : values->load.warm_up_ms                    ? "warm-up"
           : values->operations                         ? "operations"
           : values->duration_ms                        ? "duration"
           : values->verify                             ? "verify"
           : in_words("mix")                            ? "mix"
           : in_words("objects")                        ? "objects"
           : strcmp(values->key_choice, "uniform") != 0 ? "key-choice"
           : strchr(values->size, ',')                  ? "size with several classes"
                                                        : NULL;
}

static const char *range_of(const struct bench_s3_values *values) {
    return values->load.rate && strstr(values->load.rate, "..") ? "rate with a range" : NULL;
}

/* An option that was given and that has no meaning for the two runs of a load that is measured
 * alone and beside others: faults would be those of both, and there is one start. NULL: none. */
static const char *once_option(const struct bench_s3_values *values) {
    const char *range = range_of(values);
    return range ? range : values->faults.count ? "fault" : bench_shard_given(&values->shard);
}

static int check_transfers(const struct bench_s3_values *values) {
    const char *name = in_words("part-size")          ? "part-size"
                       : in_words("part-concurrency") ? "part-concurrency"
                                                      : NULL;
    if (!name || has_transfers(values)) return EXIT_DONE;
    output_complain("bench s3: --%s is of upload and download, which --mix does not have", name);
    return EXIT_USAGE;
}

int bench_s3_check_values(const struct bench_s3_values *values) {
    const struct connection_options *connection = &values->connection;
    if (bench_store_check("bench s3", connection) != EXIT_DONE) return EXIT_USAGE;
    if (values->faults.count && connection->endpoint &&
        bench_faults_check(connection->endpoint) != EXIT_DONE)
        return EXIT_USAGE;
    const char *lone = values->beside.names ? lone_option(values) : NULL;
    if (lone) {
        output_complain("bench s3: --beside and --%s exclude each other: not every peer can do it",
                        lone);
        return EXIT_USAGE;
    }
    const char *told = values->trace ? told_by_trace(values) : NULL;
    if (told) {
        output_complain("bench s3: --trace and --%s exclude each other: the trace says it all",
                        told);
        return EXIT_USAGE;
    }
    if (bench_with_check(&values->with, once_option(values)) != EXIT_DONE) return EXIT_USAGE;
    if (check_transfers(values) != EXIT_DONE) return EXIT_USAGE;
    if (values->no_setup && !connection->endpoint) {
        output_complain("bench s3: --no-setup needs --endpoint: the embedded server is empty");
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}

const char *bench_s3_not_strict(const struct bench_s3_values *values) {
    const char *with = bench_with_given(&values->with);
    const char *shard = bench_shard_given(&values->shard);
    return with                      ? with
           : values->beside.names    ? "beside"
           : values->trace           ? "trace"
           : values->faults.count    ? "fault"
           : values->soak.checkpoint ? "checkpoint"
           : shard                   ? shard
                                     : range_of(values);
}

const char *bench_s3_loses_by_restart(const struct bench_s3_values *values) {
    const char *with = bench_with_given(&values->with);
    return with                   ? with
           : values->operations   ? "operations"
           : values->trace        ? "trace"
           : values->faults.count ? "fault"
           : values->beside.names ? "beside"
                                  : NULL;
}
