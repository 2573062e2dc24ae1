/* Shards of a load: their keys, their start, their clocks. */
#include "bench_shard.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/clock.h>
#include <headrace/s3.h>

#include "signals.h"

#define SAMPLES      12
#define SAMPLE_MS    90 /* between two: together they cross the border of a second */
#define WAIT_MS      200
#define PREFIX_SPARE 24 /* "shard-65535/" */

static int check_shard(const char *text, char *why, size_t why_size) {
    struct perf_rank rank;
    return perf_rank_parse(text, getenv, &rank, why, why_size);
}

static int check_date(const char *text, char *why, size_t why_size) {
    uint64_t unix_s;
    if (hr_date_parse(hr_slice_of(text), &unix_s) == 0) return 0;
    snprintf(why, why_size, "'%.60s' is no time with its zone such as 2026-11-30T18:30:00Z", text);
    return -1;
}

#define VALUE(field) offsetof(struct shard_values, field)
const struct option shard_table[] = {
    {"shard", "RANK/SIZE", OPTION_STRING, VALUE(shard), .check = check_shard, .of_call = true,
     .help = "This process is one of several, which count from 0: 3/16, or auto (auto/16) for "
             "ranks of Kubernetes' indexed jobs, Slurm and MPI launchers. Keys stand under a "
             "prefix of its own; everything else is of this process alone"},
    {"start-at", "TIME", OPTION_STRING, VALUE(start_at), .check = check_date, .of_call = true,
     .help = "Begin to measure then, after the set-up and --warm-up: 2026-11-30T18:30:00Z"},
    {"start-in", "DURATION", OPTION_DURATION, VALUE(start_in_ms), .min = 1, .max = 86400000,
     .of_call = true, .help = "The same, so long after the start of the command"},
    {.name = NULL}};

struct bench_shard {
    struct perf_report_shard told;
    char prefix[PERF_PREFIX_MAX + 1];
};

static int fill_keys(struct bench *bench) {
    struct bench_shard *shard = bench->shard;
    struct perf_workload *workload = &bench->workload;
    int size = snprintf(shard->prefix, sizeof shard->prefix, "%sshard-%u/", workload->prefix,
                        shard->told.rank.rank);
    if (size < 0 || (size_t)size >= sizeof shard->prefix) {
        output_complain("%s: --prefix is too long: a shard needs %d bytes behind it", bench->name,
                        PREFIX_SPARE);
        return EXIT_USAGE;
    }
    workload->prefix = shard->prefix;
    workload->seed += shard->told.rank.rank;
    return EXIT_DONE;
}

static uint64_t start_of(const struct shard_values *values) {
    uint64_t unix_s = 0;
    if (values->start_at) hr_date_parse(hr_slice_of(values->start_at), &unix_s);
    return values->start_in_ms ? hr_clock_wall_ns() / 1000000u + values->start_in_ms
                               : unix_s * 1000;
}

/* ---- The store's clock. */

struct asked {
    struct hr_s3_request request;
    uint64_t told_s; /* 0: it has not told */
};

/* The request is the first member. */
static int on_head(struct hr_s3_request *request, const struct hr_http_head *head) {
    struct asked *asked = (struct asked *)request;
    if (hr_date_parse(hr_http_head_find(head, "date"), &asked->told_s) != 0) asked->told_s = 0;
    return 0;
}

static void take_sample(struct bench *bench) {
    struct asked asked = {.request = {.method = "HEAD",
                                      .operation = "HeadBucket",
                                      .bucket = bench->workload.bucket,
                                      .on_head = on_head}};
    struct hr_error error;
    session_prepare(&bench->session, &asked.request.request);
    struct perf_clock_sample sample = {.sent_ns = hr_clock_wall_ns()};
    int started = hr_s3_request_start(bench->session.client, &asked.request);
    session_wait(&bench->session, &asked.request.request, started, NULL, NULL, &error);
    sample.received_ns = hr_clock_wall_ns();
    sample.told_s = asked.told_s;
    if (sample.told_s && sample.sent_ns <= sample.received_ns)
        perf_clock_offset_add(&bench->shard->told.clock, &sample);
}

/* So long, or until a signal comes. */
static void wait_for(struct bench *bench, int wait_ms) {
    struct pollfd ready = {.fd = bench->session.signal_fd, .events = POLLIN};
    if (poll(&ready, 1, wait_ms) > 0) bench->session.signal = signals_next(ready.fd);
}

static int stopped(const struct bench *bench, const char *what) {
    if (!bench->session.signal) return EXIT_DONE;
    output_failed(bench->session.json, -ECANCELED, "%s: stopped by %s", what,
                  output_signal_name(bench->session.signal));
    return 128 + bench->session.signal;
}

int bench_shard_clock(struct bench *bench) {
    if (!bench->shard) return EXIT_DONE;
    for (unsigned i = 0; i < SAMPLES && !bench->session.signal; i++) {
        take_sample(bench);
        if (bench->shard->told.clock.samples == 0) break; /* it does not tell */
        if (i + 1 < SAMPLES) wait_for(bench, SAMPLE_MS);
    }
    return stopped(bench, "asking the store for its time");
}

/* ---- The start. */

static int wait_for_start(struct bench *bench) {
    struct perf_report_shard *told = bench->shard ? &bench->shard->told : NULL;
    if (!told || !told->start_at_ms) return EXIT_DONE;
    uint64_t now_ms = hr_clock_wall_ns() / 1000000u;
    told->late_ms = now_ms > told->start_at_ms ? now_ms - told->start_at_ms : 0;
    while (now_ms < told->start_at_ms && !bench->session.signal) {
        uint64_t left_ms = told->start_at_ms - now_ms;
        wait_for(bench, left_ms < WAIT_MS ? (int)left_ms : WAIT_MS);
        now_ms = hr_clock_wall_ns() / 1000000u;
    }
    return stopped(bench, "waiting for the start");
}

/* ---- Its life. */

const char *bench_shard_given(const struct shard_values *values) {
    return values->shard         ? "shard"
           : values->start_at    ? "start-at"
           : values->start_in_ms ? "start-in"
                                 : NULL;
}

int bench_shard_open(const struct shard_values *values, struct bench *bench) {
    char why[OPTION_WHY_SIZE];
    if (!bench_shard_given(values)) return EXIT_DONE;
    if (values->start_at && values->start_in_ms)
        return output_usage(bench->name, "--start-at and --start-in exclude each other");
    bench->shard = calloc(1, sizeof *bench->shard);
    if (!bench->shard) return output_failed(bench->session.json, -ENOMEM, "out of memory");
    struct perf_report_shard *told = &bench->shard->told;
    told->rank.size = 1;
    told->start_at_ms = start_of(values);
    bench->report.shard = told;
    bench->before = wait_for_start;
    if (!values->shard) return EXIT_DONE;
    perf_rank_parse(values->shard, getenv, &told->rank, why, sizeof why); /* checked already */
    return fill_keys(bench);
}

bool bench_shard_has_others(const struct bench *bench) {
    return bench->shard && bench->shard->told.rank.size > 1;
}

void bench_shard_close(struct bench *bench) {
    free(bench->shard);
    bench->shard = NULL;
    bench->report.shard = NULL;
}
