/* Rates that rise in steps until latency or rate give way: the latency-throughput curve. */
#ifndef PERF_RAMP_H
#define PERF_RAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <headrace/json_write.h>

#include "loop.h"

#define PERF_RAMP_STEPS_MAX 200
#define PERF_CURVE_POINTS   (2 * PERF_RAMP_STEPS_MAX) /* each step may come twice */
#define PERF_RAMP_RATE_LEAST                                                                       \
    0.99 /* of the rate that was asked for, in operations that succeeded                           \
          */

/* The steps, rates in operations a second. */
struct perf_ramp {
    double from, to; /* 0: there is no ramp */
    double step;     /* added, or with `factor` multiplied by */
    bool factor;
    uint64_t step_ns; /* how long each is */
    uint64_t p99_ns;  /* the bound that a rate must keep under */
};

/* The rate behind `rate`: the last one is `to`. 0: there is none. */
double perf_ramp_next(const struct perf_ramp *ramp, double rate);
/* How many steps it has; more than PERF_RAMP_STEPS_MAX are not counted further. */
unsigned perf_ramp_count(const struct perf_ramp *ramp);

/* One run at one rate. */
struct perf_ramp_point {
    double rate, achieved; /* asked for, and that part of it which succeeded */
    uint64_t operations, errors, not_started;
    uint64_t p50_ns, p99_ns, max_ns;
    bool held; /* p99 under the bound, and the rate achieved */
};

struct perf_ramp_curve {
    struct perf_ramp ramp;
    struct perf_ramp_point points[PERF_CURVE_POINTS];
    size_t count;
};

/* Adds the point of a run; returns it. There is room for one more. */
const struct perf_ramp_point *perf_curve_add(struct perf_ramp_curve *curve, double rate,
                                             const struct perf_loop_report *run);
/* The rate of the next run, behind the last point: the next step, the same once more where it has
 * been missed once (a machine has bad moments), or 0: the end. */
double perf_curve_next(const struct perf_ramp_curve *curve);
/* The point of the highest rate that was held; NULL: none. */
const struct perf_ramp_point *perf_curve_best(const struct perf_ramp_curve *curve);

/* The sentence where there is none. */
#define PERF_CURVE_NONE                                                                            \
    "no rate of the ramp was held: the lowest one missed --p99, or was not reached"

/* `ramp`, `highest_rate_per_s` and `curve`. NULL: there is no ramp. */
void perf_curve_json(struct hr_json_writer *json, const struct perf_ramp_curve *curve);
void perf_curve_text(FILE *out, const struct perf_ramp_curve *curve);

#endif
