/* The processes of a long run, and what time did to it. */
#include "soak.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_S       3600.0
#define OPERATIONS_A 100 /* operations that a p99 needs */

struct perf_soak *perf_soak_new(uint64_t duration_ns) {
    struct perf_soak *soak = calloc(1, sizeof *soak);
    if (!soak) return NULL;
    soak->duration_ns = duration_ns;
    soak->usage.step_s = 1;
    soak->all = perf_collection_new();
    if (soak->all) return soak;
    perf_soak_free(soak);
    return NULL;
}

void perf_soak_free(struct perf_soak *soak) {
    if (!soak) return;
    perf_collection_free(soak->all);
    free(soak);
}

int perf_soak_join(struct perf_soak *soak, uint64_t now_ms, uint64_t saved_at_ms) {
    if (soak->life_count == PERF_SOAK_LIVES_MAX) return -E2BIG;
    uint64_t lost_ms = saved_at_ms && saved_at_ms < now_ms ? now_ms - saved_at_ms : 0;
    soak->lives[soak->life_count++] =
        (struct perf_soak_life){.started_at_ms = now_ms,
                                .lost_ns = lost_ms * 1000000,
                                .trend.rss_bytes_per_s = {-INFINITY, 0, INFINITY}};
    soak->trend = (struct perf_trend){.used = 0};
    return 0;
}

uint64_t perf_soak_measured_ns(const struct perf_soak *soak) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < soak->life_count; i++) sum += soak->lives[i].measured_ns;
    return sum;
}

uint64_t perf_soak_before_ns(const struct perf_soak *soak) {
    assert(soak->life_count > 0);
    return perf_soak_measured_ns(soak) - soak->lives[soak->life_count - 1].measured_ns;
}

uint64_t perf_soak_lost_ns(const struct perf_soak *soak) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < soak->life_count; i++) sum += soak->lives[i].lost_ns;
    return sum;
}

uint64_t perf_soak_operations(const struct perf_soak *soak) {
    struct perf_totals totals = perf_result_totals(&soak->all->result);
    return totals.succeeded + totals.failed + totals.cancelled;
}

void perf_soak_advance(struct perf_soak *soak, uint64_t life_ns) {
    assert(soak->life_count > 0);
    struct perf_soak_life *life = &soak->lives[soak->life_count - 1];
    uint64_t before = 0;
    assert(life_ns >= life->measured_ns);
    for (unsigned i = 0; i + 1 < soak->life_count; i++) before += soak->lives[i].operations;
    life->measured_ns = life_ns;
    life->operations = perf_soak_operations(soak) - before;
    perf_trend_reduce(&soak->trend, &life->trend);
}

/* ---- Figures. */

static double growth_low(const struct perf_soak_life *life) {
    double low = life->trend.rss_bytes_per_s.low;
    return isfinite(low) ? low * (double)life->measured_ns / 1e9 : -INFINITY;
}

static void reduce_lives(const struct perf_soak *soak, struct perf_soak_figures *figures) {
    const struct perf_soak_life *worst = NULL;
    for (unsigned i = 0; i < soak->life_count; i++) {
        const struct perf_soak_life *life = &soak->lives[i];
        figures->more_descriptors = fmax(figures->more_descriptors, life->trend.more_descriptors);
        figures->more_threads = fmax(figures->more_threads, life->trend.more_threads);
        if (isfinite(growth_low(life)) && (!worst || growth_low(life) > growth_low(worst)))
            worst = life;
    }
    figures->rss_bytes_per_h = (struct perf_slope){-INFINITY, NAN, INFINITY};
    figures->rss_growth_low_bytes = -INFINITY;
    if (!worst) return;
    const struct perf_slope *slope = &worst->trend.rss_bytes_per_s;
    figures->rss_bytes_per_h =
        (struct perf_slope){slope->low * HOUR_S, slope->value * HOUR_S, slope->high * HOUR_S};
    figures->rss_growth_low_bytes = growth_low(worst);
}

static int ascending(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median_of(const double *values, unsigned count) {
    double sorted[PERF_SERIES_STEPS];
    memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, ascending);
    return sorted[count / 2];
}

/* Rows of few operations have no p99; the first and the last one are parts of a step. */
static struct perf_slope drift_of(const struct perf_series_figures *series) {
    double x[PERF_SERIES_STEPS], y[PERF_SERIES_STEPS];
    unsigned count = 0;
    for (uint32_t i = 1; i + 1 < series->count; i++) {
        if (series->list[i].operations < OPERATIONS_A) continue;
        x[count] = (double)i * series->step_s;
        y[count++] = (double)series->list[i].p99_ns;
    }
    struct perf_slope slope = perf_slope_of((struct perf_line){x, y, count});
    if (!isfinite(slope.low)) return (struct perf_slope){-INFINITY, NAN, INFINITY};
    double scale = 100 * (x[count - 1] - x[0]) / median_of(y, count);
    return (struct perf_slope){slope.low * scale, slope.value * scale, slope.high * scale};
}

void perf_soak_reduce(const struct perf_soak *soak, const struct perf_series_figures *series,
                      struct perf_soak_figures *figures) {
    *figures = (struct perf_soak_figures){.more_descriptors = 0};
    reduce_lives(soak, figures);
    figures->p99_drift_percent = drift_of(series);
}
