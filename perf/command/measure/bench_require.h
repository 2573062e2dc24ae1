/* `--require`: what the report of a bench must say. */
#ifndef COMMAND_BENCH_REQUIRE_H
#define COMMAND_BENCH_REQUIRE_H

#include "bench.h"

#define BENCH_REQUIRE_HELP                                                                         \
    "A number of the report, by its path, with a bound: 'latency_ms.p99<10'; may be repeated. "    \
    "Exit code 1 where one is missed; failed operations are then only a failure where no one is "  \
    "about success_rate, operations or errors"

/* The check of the option. */
int bench_check_require(const char *text, char *why, size_t why_size);

/* Reads the options before the run, and whether its report will have such members: it is drawn up
 * for a run in which one operation of each kind succeeded. EXIT_DONE, or EXIT_USAGE after a
 * complaint. The report is filled in as far as it can be. */
int bench_require_open(struct bench *bench, const struct option_list *texts);

/* Compares the finished report with them. */
void bench_require_hold(struct bench *bench);

/* Tells of what is missed; the exit code of the bench, where nothing else ends it. */
int bench_verdict(const struct bench *bench);

#endif
