/* Means of looks at a process, and what they tell. */
#include "soak_trend.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>

#include "resources.h"

#define WARM_UP 0.1 /* of the life */

struct perf_trend_row perf_trend_look(double at_s) {
    return (struct perf_trend_row){.at_s = at_s,
                                   .rss_bytes = (double)perf_rss_bytes(),
                                   .descriptors = perf_descriptors(),
                                   .threads = perf_threads()};
}

/* The mean of `into`, of so many looks, and of one more. */
static void mix(struct perf_trend_row *into, const struct perf_trend_row *look, double looks) {
    into->at_s += (look->at_s - into->at_s) / (looks + 1);
    into->rss_bytes += (look->rss_bytes - into->rss_bytes) / (looks + 1);
    into->descriptors += (look->descriptors - into->descriptors) / (looks + 1);
    into->threads += (look->threads - into->threads) / (looks + 1);
}

/* Each two rows become one. All of them are full. */
static void halve(struct perf_trend *trend) {
    assert(trend->used == PERF_TREND_ROWS);
    for (unsigned i = 0; i < PERF_TREND_ROWS / 2; i++) {
        struct perf_trend_row row = trend->rows[2 * i];
        mix(&row, &trend->rows[2 * i + 1], 1);
        trend->rows[i] = row;
    }
    trend->used = PERF_TREND_ROWS / 2;
    trend->looks_a_row *= 2;
    trend->looks = trend->looks_a_row;
}

void perf_trend_add(struct perf_trend *trend, const struct perf_trend_row *look) {
    if (trend->looks_a_row == 0) trend->looks_a_row = 1;
    bool full = trend->used == 0 || trend->looks == trend->looks_a_row;
    if (full && trend->used == PERF_TREND_ROWS) halve(trend);
    if (!full) {
        mix(&trend->rows[trend->used - 1], look, (double)trend->looks++);
        return;
    }
    trend->rows[trend->used++] = *look;
    trend->looks = 1;
}

static double more(double last, double first) {
    return fmax(0, round(last - first));
}

void perf_trend_reduce(const struct perf_trend *trend, struct perf_trend_figures *figures) {
    double x[PERF_TREND_ROWS], y[PERF_TREND_ROWS];
    unsigned first = 0, count = 0;
    *figures = (struct perf_trend_figures){.rss_bytes_per_s = {-INFINITY, 0, INFINITY}};
    if (trend->used == 0) return;
    const struct perf_trend_row *last = &trend->rows[trend->used - 1];
    while (trend->rows[first].at_s < WARM_UP * last->at_s) first++;
    for (unsigned i = first; i < trend->used; i++, count++) {
        x[count] = trend->rows[i].at_s;
        y[count] = trend->rows[i].rss_bytes;
    }
    figures->rss_bytes_per_s = perf_slope_of((struct perf_line){x, y, count});
    figures->more_descriptors = more(last->descriptors, trend->rows[first].descriptors);
    figures->more_threads = more(last->threads, trend->rows[first].threads);
}
