/* A view of a running bench on standard error: a few lines that are written anew each second. */
#ifndef COMMAND_BENCH_LIVE_H
#define COMMAND_BENCH_LIVE_H

#include <stdbool.h>

#include <headrace/histogram.h>

#include "loop.h"

/* As the option --progress has them. */
enum bench_progress {
    BENCH_PROGRESS_AUTO, /* where standard error is a terminal */
    BENCH_PROGRESS_LIVE, /* in any case */
    BENCH_PROGRESS_NONE,
};
#define BENCH_PROGRESS_CHOICES "auto|live|none"

/* 33 KiB: heap. */
struct bench_live {
    bool wanted, colours;
    unsigned shown;    /* lines on the terminal */
    unsigned collects; /* of the loop's results, at the last look */
    uint64_t started_ns, last_ns, last_cpu_ns, last_ended;
    struct hr_histogram before, now; /* latencies at the last two looks */
};

/* Decides whether there is a view: a TERM that is unset, or "dumb", has none by itself. */
void bench_live_begin(struct bench_live *live, enum bench_progress progress, uint64_t now_ns);
/* Shows what has happened, where a second has passed. `what` is "running". */
void bench_live_show(struct bench_live *live, const perf_loop *loop,
                     const struct perf_loop_options *options, const char *what, uint64_t now_ns);
/* Takes the lines away. */
void bench_live_end(struct bench_live *live);

#endif
