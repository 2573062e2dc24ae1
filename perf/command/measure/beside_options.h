/* Options of a comparison with other programs. */
#ifndef COMMAND_BESIDE_OPTIONS_H
#define COMMAND_BESIDE_OPTIONS_H

#include "judge.h"
#include "options.h"

struct beside_values {
    const char *names; /* "boto3,s5cmd"; NULL: nobody */
    uint64_t rounds, rounds_max;
    const char *peers, *python, *alpha, *difference;
    bool until_stable, no_calibration;
};

/* The table over struct beside_values. */
extern const struct option beside_table[];

/* "0.05", over 0 and at most 0.5; "2%" or "2", 0 to 100. 0 or -1. */
int beside_read_alpha(const char *text, double *alpha);
int beside_read_difference(const char *text, double *share);

/* When a difference is called one. The values have been checked. */
struct perf_rules beside_rules(const struct beside_values *values);
/* Rounds at most where figures shall settle, never fewer than asked for; 0: they need not. */
unsigned beside_rounds_max(const struct beside_values *values);

#endif
