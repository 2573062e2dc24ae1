/* The result of one run of a program that was measured, as docs/peers.md has it. */
#ifndef PERF_BESIDE_RESULT_H
#define PERF_BESIDE_RESULT_H

#include <stdint.h>

#include <headrace/error.h>
#include <headrace/histogram.h>
#include <headrace/slice.h>

#include "beside_settings.h"

#define PERF_BESIDE_PROTOCOL 1

struct perf_beside_result {
    char versions[PERF_BESIDE_TEXT_MAX]; /* "boto3 1.35.1, python 3.11.2" */
    char settings[PERF_BESIDE_TEXT_MAX]; /* "payload signed, checksum crc32, …"; or "" */
    struct perf_beside_settings named;   /* the same */
    char failure[PERF_BESIDE_TEXT_MAX];  /* an example of what failed; or "" */
    uint64_t succeeded, failed, cancelled;
    uint64_t bytes_sent, bytes_received;
    double duration_s, cpu_s;
    uint64_t rss_peak_bytes;        /* 0: it did not say */
    struct hr_histogram latency_ns; /* empty: it cannot tell */
};

/* A program that cannot run here says so instead. */
struct perf_beside_missing {
    char reason[PERF_BESIDE_TEXT_MAX];
    char install[PERF_BESIDE_TEXT_MAX]; /* the command that helps; or "" */
};

/* Reads the JSON object that a peer, or `headrace bench --json -`, has written. 0; -ENOENT: it says
 * that something is missing, which is in `missing`; -EPROTO with the reason in `error`. Nothing is
 * guessed: a member that is missing, of another type or contradicts another is an error. */
int perf_beside_result_read(struct hr_slice text, struct perf_beside_result *result,
                            struct perf_beside_missing *missing, struct hr_error *error);

#endif
