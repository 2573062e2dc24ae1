/* The running quantile beside the exact one of the same distribution. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "hedge.h"

static uint64_t random_state;

static double uniform(void) { /* in (0, 1) */
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return ((double)(random_state >> 11) + 0.5) / 9007199254740992.0;
}
static double normal(void) {
    return sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform());
}

static double draw_uniform(void) {
    return 1 + uniform();
}
static double draw_exponential(void) {
    return -log(uniform());
}
static double draw_log_normal(void) {
    return exp(0.5 * normal());
}
static double draw_pareto(void) {
    return 1 / sqrt(uniform());
}
/* One in fifty goes the slow way. */
static double draw_two_ways(void) {
    return uniform() < 0.98 ? 1 + 0.05 * normal() : 20 + normal();
}

static const struct {
    const char *name;
    double (*draw)(void);
} distributions[] = {{"uniform", draw_uniform},
                     {"exponential", draw_exponential},
                     {"log-normal", draw_log_normal},
                     {"Pareto", draw_pareto},
                     {"two ways", draw_two_ways}};
enum { DISTRIBUTIONS = sizeof distributions / sizeof *distributions, EXACT = 100000 };

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double exact_quantile(double (*draw)(void), unsigned percent) {
    static double sorted[EXACT];
    for (unsigned i = 0; i < EXACT; i++) sorted[i] = draw();
    qsort(sorted, EXACT, sizeof *sorted, compare);
    return sorted[EXACT / 100 * percent];
}

static void feed(struct hr_latency_estimate *estimate, double (*draw)(void), double unit_ns,
                 unsigned count) {
    while (count-- > 0) hr__latency_estimate_add(estimate, (uint64_t)(draw() * unit_ns));
}

/* Settled, it stays within a quarter of the quantile eight times of ten, and in the long run just
 * as many requests lie above it as there should: that is what hedges cost. */
static void check_settled(size_t at, unsigned percent, double unit_ns) {
    double (*draw)(void) = distributions[at].draw;
    double exact = exact_quantile(draw, percent) * unit_ns;
    struct hr_latency_estimate estimate;
    hr__latency_estimate_init(&estimate, percent);
    feed(&estimate, draw, unit_ns, 3000);
    unsigned near = 0, above = 0;
    enum { SAMPLES = 50000 };
    for (unsigned i = 0; i < SAMPLES; i++) {
        double value = (double)hr__latency_estimate_get(&estimate), latency = draw() * unit_ns;
        if (fabs(value / exact - 1) < 0.25) near++;
        if (latency > value) above++;
        hr__latency_estimate_add(&estimate, (uint64_t)latency);
    }
    double expected = (100 - percent) / 100.0 * SAMPLES;
    cr_assert_gt(near, SAMPLES * 0.8, "%s, %u %%: near for %u", distributions[at].name, percent,
                 near);
    cr_assert(above > expected * 0.8 && above < expected * 1.2, "%s, %u %%: %u above, not %.0f",
              distributions[at].name, percent, above, expected);
}

Test(hedge, settles_on_the_exact_quantile) {
    static const unsigned percents[] = {50, 90, 95, 99};
    static const double units_ns[] = {2e4, 1e6, 3e9}; /* 20 us, 1 ms, 3 s */
    random_state = 1;
    for (size_t at = 0; at < DISTRIBUTIONS; at++)
        for (size_t p = 0; p < sizeof percents / sizeof *percents; p++)
            for (size_t u = 0; u < sizeof units_ns / sizeof *units_ns; u++)
                check_settled(at, percents[p], units_ns[u]);
}

/* Samples until it is within a fifth of `target`. */
static unsigned samples_until(struct hr_latency_estimate *estimate, double unit_ns,
                              double target_ns) {
    for (unsigned i = 1; i <= 100000; i++) {
        feed(estimate, draw_log_normal, unit_ns, 1);
        if (fabs((double)hr__latency_estimate_get(estimate) / target_ns - 1) < 0.2) return i;
    }
    return UINT32_MAX;
}

Test(hedge, follows_when_latency_changes) {
    static const struct {
        unsigned percent;
        double factor;
        unsigned samples_max;
    } rows[] = {
        {95, 2, 300},   {95, 10, 250},   {95, 0.5, 600},  {95, 0.1, 1200},
        {99, 10, 1000}, {99, 0.5, 3000}, {99, 0.1, 6000}, {50, 0.1, 200},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        random_state = 7 + i;
        double exact = exact_quantile(draw_log_normal, rows[i].percent);
        for (unsigned round = 0; round < 20; round++) {
            struct hr_latency_estimate estimate;
            hr__latency_estimate_init(&estimate, rows[i].percent);
            feed(&estimate, draw_log_normal, 1e6, 5000);
            double unit_ns = 1e6 * rows[i].factor;
            unsigned samples = samples_until(&estimate, unit_ns, exact * unit_ns);
            cr_assert_leq(samples, rows[i].samples_max, "%u %% × %g: %u samples", rows[i].percent,
                          rows[i].factor, samples);
        }
    }
}

Test(hedge, says_nothing_before_fifty_samples) {
    struct hr_latency_estimate estimate;
    hr__latency_estimate_init(&estimate, 95);
    for (unsigned i = 0; i < 50; i++) {
        cr_assert_eq(hr__latency_estimate_get(&estimate), UINT64_MAX, "after %u", i);
        hr__latency_estimate_add(&estimate, 1000000);
    }
    uint64_t value = hr__latency_estimate_get(&estimate);
    cr_assert(value > 900000 && value < 1200000, "%lu", (unsigned long)value);
}

Test(hedge, extreme_latencies) {
    struct hr_latency_estimate estimate;
    hr__latency_estimate_init(&estimate, 99);
    for (unsigned i = 0; i < 10000; i++) hr__latency_estimate_add(&estimate, UINT64_MAX);
    cr_assert_geq(hr__latency_estimate_get(&estimate), INT64_MAX / 2);
    for (unsigned i = 0; i < 1000000; i++) hr__latency_estimate_add(&estimate, 0);
    cr_assert_leq(hr__latency_estimate_get(&estimate), 2);
    for (unsigned i = 0; i < 10000; i++) hr__latency_estimate_add(&estimate, 5000000);
    uint64_t value = hr__latency_estimate_get(&estimate);
    cr_assert(value > 4000000 && value < 6000000, "%lu: it left zero", (unsigned long)value);
}
