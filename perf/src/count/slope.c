/* Least squares, and Student's t. */
#include "slope.h"

#include <math.h>

/* Student's t for 95 %, two-sided: a table for few degrees of freedom, the normal one with its
 * first correction (Abramowitz and Stegun 26.7.5) beyond it. */
static double t_of(unsigned degrees) {
    static const double few[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306};
    const unsigned known = sizeof few / sizeof *few;
    const double z = 1.959964;
    if (degrees == 0) return INFINITY;
    if (degrees <= known) return few[degrees - 1];
    return z + (z * z * z + z) / (4.0 * degrees) +
           (5 * pow(z, 5) + 16 * z * z * z + 3 * z) / (96.0 * degrees * degrees);
}

static double mean_of(const double *values, unsigned count) {
    double sum = 0;
    for (unsigned i = 0; i < count; i++) sum += values[i];
    return count ? sum / count : 0;
}

struct perf_slope perf_slope_of(struct perf_line line) {
    const double x = mean_of(line.x, line.count), y = mean_of(line.y, line.count);
    double squares = 0, products = 0, rest = 0;
    for (unsigned i = 0; i < line.count; i++) {
        squares += (line.x[i] - x) * (line.x[i] - x);
        products += (line.x[i] - x) * (line.y[i] - y);
    }
    if (line.count < 3 || squares <= 0) return (struct perf_slope){-INFINITY, 0, INFINITY};
    double slope = products / squares;
    for (unsigned i = 0; i < line.count; i++)
        rest += pow(line.y[i] - y - slope * (line.x[i] - x), 2);
    double margin = t_of(line.count - 2) * sqrt(rest / (line.count - 2) / squares);
    return (struct perf_slope){slope - margin, slope, slope + margin};
}
