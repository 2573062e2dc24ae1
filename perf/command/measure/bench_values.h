/* Values of options that the benches share: sizes, keys. */
#ifndef COMMAND_BENCH_VALUES_H
#define COMMAND_BENCH_VALUES_H

#include <stddef.h>

#include "workload.h"

#define BENCH_SIZE_MAX (5ull << 30)

/* "64KiB", or classes with weights, "4KiB:80,1MiB:15,64MiB:5". The check of an option, and its
 * reader, which fills size_bytes and sizes: 0 or -1. */
int bench_check_sizes(const char *text, char *why, size_t why_size);
int bench_read_sizes(const char *text, struct perf_workload *workload, char *why, size_t why_size);

/* "uniform" or "zipf", with its exponent behind a colon: "zipf:1.2". The reader makes the
 * distribution over the objects, which are known. */
int bench_check_key_choice(const char *text, char *why, size_t why_size);
void bench_read_key_choice(const char *text, struct perf_workload *workload);

/* The checks of a mix of operations and of a prefix of keys. */
int bench_check_mix(const char *text, char *why, size_t why_size);
int bench_check_prefix(const char *text, char *why, size_t why_size);

#endif
