/* A figure over the rounds of a bench. */
#ifndef PERF_SPREAD_H
#define PERF_SPREAD_H

#define PERF_ROUNDS_MAX 60

/* All negative: it was not measured. */
struct perf_spread {
    double least, median, most;
};

/* Of `count` figures, of which negative ones were not measured; they are sorted. */
struct perf_spread perf_spread_of(double *figures, unsigned count);

/* Of above[i] / below[i]: two figures of one round each. `count` is at most PERF_ROUNDS_MAX. */
struct perf_ratio {
    const double *above, *below;
};
struct perf_spread perf_spread_of_ratios(struct perf_ratio ratio, unsigned count);

#endif
