/* Options of the load that all benches of a server have: rates, ramps, think time, warm-up. */
#ifndef COMMAND_BENCH_LOAD_H
#define COMMAND_BENCH_LOAD_H

#include "bench.h"

struct load_values {
    const char *rate, *step;
    uint64_t step_duration_ms, p99_ms, think_ms, warm_up_ms;
    int progress; /* enum bench_progress */
};

/* The table over struct load_values. */
extern const struct option load_table[];

/* The checks of options. */
int bench_check_rates(const char *text, char *why, size_t why_size);
int bench_check_step(const char *text, char *why, size_t why_size);

/* Fills the load into bench->options and bench->curve; `limited`: an option gives the number of
 * operations or the duration. EXIT_DONE, or EXIT_USAGE after a complaint about options that
 * contradict each other. */
int bench_load_fill(const struct load_values *values, bool limited, struct bench *bench);

/* The name of an option here that was given and that peers of a comparison are not told of; NULL:
 * none. */
const char *bench_load_lone(const struct load_values *values);

/* Whether first uploads wait for each other over a pool of so many connections: the load is known.
 */
bool bench_load_is_together(const struct perf_loop_options *options, unsigned pool);

/* Warms up, then runs the load and measures it, a ramp step by step; the exit code. */
int bench_load_measure(struct bench *bench);

#endif
