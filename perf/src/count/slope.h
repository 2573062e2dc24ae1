/* A straight line through figures, and how sure its slope is. */
#ifndef PERF_SLOPE_H
#define PERF_SLOPE_H

/* Where the true slope lies with 95 % confidence, and the one of least squares. */
struct perf_slope {
    double low, value, high;
};

/* Points of a line; borrowed. */
struct perf_line {
    const double *x, *y;
    unsigned count;
};

/* Least squares with Student's t. Of fewer than three points, or points of one x alone, it is
 * nothing that is known: 0 between minus and plus infinity. */
struct perf_slope perf_slope_of(struct perf_line line);

#endif
