/* A quantile without keeping samples. Each one above the estimate moves it up by a share of itself,
 * each one below moves it down; the two shares stand to each other as the quantile's two sides, so
 * that it rests where exactly that many samples lie above it. Being shares and not nanoseconds,
 * they fit microseconds and seconds alike. */
#include "hedge.h"

#define SAMPLES_MIN 50
#define STEP        0.03 /* of the estimate: at rest it wavers by a few per cent */
#define RUN_OF      5    /* times the expected run: the latency itself has moved, longer steps */

void hr__latency_estimate_init(struct hr_latency_estimate *estimate, uint32_t quantile_percent) {
    *estimate = (struct hr_latency_estimate){.quantile_percent = quantile_percent};
}

/* Long at first, while little is known, and again when the samples have been on one side for longer
 * than chance explains. */
static double step_of(const struct hr_latency_estimate *estimate, double side) {
    double step = 1.0 / (1.0 + estimate->samples * 0.1);
    if (step < STEP) step = STEP;
    double run_max = RUN_OF / side;
    return estimate->run > run_max ? step * estimate->run / run_max : step;
}

void hr__latency_estimate_add(struct hr_latency_estimate *estimate, uint64_t latency_ns) {
    double latency = latency_ns > 0 ? (double)latency_ns : 1, at_least = 1;
    if (estimate->samples < UINT32_MAX) estimate->samples++;
    if (estimate->samples == 1) {
        estimate->value_ns = latency;
        return;
    }
    double quantile = estimate->quantile_percent / 100.0;
    bool above = latency > estimate->value_ns;
    estimate->run = above == estimate->above ? estimate->run + 1 : 1;
    estimate->above = above;
    double step = step_of(estimate, above ? quantile : 1 - quantile);
    if (above) {
        estimate->value_ns *= 1 + (step < 1 ? step : 1) * quantile;
    } else {
        estimate->value_ns *= 1 - (step < 0.5 ? step : 0.5) * (1 - quantile);
        if (estimate->value_ns < at_least) estimate->value_ns = at_least;
    }
}

uint64_t hr__latency_estimate_get(const struct hr_latency_estimate *estimate) {
    if (estimate->samples < SAMPLES_MIN) return UINT64_MAX;
    return estimate->value_ns < (double)INT64_MAX ? (uint64_t)estimate->value_ns : INT64_MAX;
}
