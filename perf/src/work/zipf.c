/* Rejection-inversion (Hörmann and Derflinger, "Rejection-inversion to generate variates from
 * monotone discrete distributions", 1996): exact, without a table, about one draw a number. */
#include "zipf.h"

#include <assert.h>
#include <math.h>

#include "random.h"

/* log(1 + x) / x and (exp(x) - 1) / x, near 0 by their series. */
static double log_ratio(double x) {
    return fabs(x) > 1e-8 ? log1p(x) / x : 1 - x / 2;
}
static double exp_ratio(double x) {
    return fabs(x) > 1e-8 ? expm1(x) / x : 1 + x / 2;
}

static double density(const struct perf_zipf *zipf, double x) {
    return exp(-zipf->exponent * log(x));
}

/* The integral of the density from 1 to x, and its inverse. */
static double integral(const struct perf_zipf *zipf, double x) {
    return exp_ratio((1 - zipf->exponent) * log(x)) * log(x);
}
static double inverse(const struct perf_zipf *zipf, double y) {
    double t = y * (1 - zipf->exponent);
    return exp(log_ratio(t < -1 ? -1 : t) * y);
}

void perf_zipf_init(struct perf_zipf *zipf, uint32_t count, double exponent) {
    assert(count > 0 && exponent > 0);
    zipf->exponent = exponent;
    zipf->count = count;
    zipf->integral_first = integral(zipf, 1.5) - 1;
    zipf->integral_last = integral(zipf, count + 0.5);
    zipf->accepted = 2 - inverse(zipf, integral(zipf, 2.5) - density(zipf, 2));
}

uint32_t perf_zipf_draw(const struct perf_zipf *zipf, uint64_t *state) {
    assert(zipf->exponent > 0);
    for (;;) {
        double share = (double)(perf_random_next(state) >> 11) * 0x1p-53;
        double y = zipf->integral_last + share * (zipf->integral_first - zipf->integral_last);
        double x = inverse(zipf, y);
        double rank = floor(x + 0.5);
        if (rank < 1) rank = 1;
        if (rank > zipf->count) rank = zipf->count;
        if (rank - x <= zipf->accepted || y >= integral(zipf, rank + 0.5) - density(zipf, rank))
            return (uint32_t)rank - 1;
    }
}
