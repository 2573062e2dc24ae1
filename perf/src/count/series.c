/* Steps of a second, and wider ones. */
#include "series.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS     1000000000u
#define UNIT_BITS     10 /* 1.024 us */
#define SUB_BITS      5  /* 32 buckets a power of two */
#define SUB_COUNT     (1u << SUB_BITS)
#define LATENCIES_MAX UINT32_MAX /* in units */

static unsigned bucket_of(uint64_t latency_ns) {
    uint64_t units = latency_ns >> UNIT_BITS;
    if (units > LATENCIES_MAX) units = LATENCIES_MAX;
    if (units < SUB_COUNT) return (unsigned)units;
    unsigned power = 63u - (unsigned)__builtin_clzll(units);
    return ((power - SUB_BITS + 1) << SUB_BITS) +
           (unsigned)((units >> (power - SUB_BITS)) & (SUB_COUNT - 1));
}

/* The middle of a bucket. */
static uint64_t middle_of(unsigned bucket) {
    unsigned shift = bucket < SUB_COUNT ? 0 : (bucket >> SUB_BITS) - 1;
    uint64_t low =
        bucket < SUB_COUNT ? bucket : (uint64_t)(SUB_COUNT + (bucket & (SUB_COUNT - 1))) << shift;
    return (low << UNIT_BITS) + (1ull << (shift + UNIT_BITS - 1));
}

int perf_series_open(struct perf_series *series) {
    assert(!series->steps);
    series->steps = calloc(PERF_SERIES_STEPS, sizeof *series->steps);
    series->step_s = 1;
    return series->steps ? 0 : -ENOMEM;
}

void perf_series_close(struct perf_series *series) {
    free(series->steps);
    series->steps = NULL;
}

void perf_series_begin(struct perf_series *series, uint64_t started_ns, uint64_t before_ns) {
    assert(series->used == 0);
    series->started_ns = started_ns;
    series->before_ns = before_ns;
}

static void add(struct perf_series_step *into, const struct perf_series_step *from) {
    into->operations += from->operations;
    into->errors += from->errors;
    for (size_t i = 0; i < PERF_SERIES_BUCKETS; i++) into->latencies[i] += from->latencies[i];
}

/* Each two steps become one of twice the width. */
static void widen(struct perf_series *series) {
    uint32_t used = (series->used + 1) / 2;
    for (uint32_t i = 0; i < used; i++) {
        if (i > 0) series->steps[i] = series->steps[2 * (size_t)i];
        if (2 * i + 1 < series->used) add(&series->steps[i], &series->steps[2 * (size_t)i + 1]);
    }
    memset(series->steps + used, 0, (series->used - used) * sizeof *series->steps);
    series->used = used;
    series->step_s *= 2;
}

void perf_series_record(struct perf_series *series, uint64_t now_ns, bool succeeded,
                        uint64_t latency_ns) {
    assert(now_ns >= series->started_ns);
    uint64_t second = (now_ns - series->started_ns + series->before_ns) / SECOND_NS;
    while (second / series->step_s >= PERF_SERIES_STEPS) widen(series);
    uint32_t index = (uint32_t)(second / series->step_s);
    struct perf_series_step *step = &series->steps[index];
    if (index >= series->used) series->used = index + 1;
    step->errors += !succeeded;
    step->operations += succeeded;
    if (succeeded) step->latencies[bucket_of(latency_ns)]++;
}

/* The steps change hands: nothing is copied. */
void perf_series_take(struct perf_series *series, struct perf_series *taken) {
    struct perf_series_step *empty = taken->steps;
    assert(taken->used == 0);
    *taken = *series;
    series->steps = empty;
    series->used = 0;
}

void perf_series_touch(struct perf_series *series) {
    for (uint32_t i = 0; i < PERF_SERIES_STEPS; i++) {
        volatile uint32_t *first = &series->steps[i].operations; /* a step is less than a page */
        *first = *first + 0;
    }
}

void perf_series_clear(struct perf_series *series) {
    memset(series->steps, 0, series->used * sizeof *series->steps);
    series->used = 0;
}

void perf_series_merge(struct perf_series *into, struct perf_series *from) {
    while (into->step_s < from->step_s) widen(into);
    while (from->step_s < into->step_s) widen(from);
    for (uint32_t i = 0; i < from->used; i++) add(&into->steps[i], &from->steps[i]);
    if (from->used > into->used) into->used = from->used;
}

/* The latency that the given number of operations lie at or below. */
static uint64_t latency_at(const struct perf_series_step *step, uint64_t rank) {
    unsigned bucket = 0;
    uint64_t seen = step->latencies[0];
    assert(rank <= step->operations);
    while (seen < rank) seen += step->latencies[++bucket];
    return middle_of(bucket);
}

static uint64_t quantile(const struct perf_series_step *step, unsigned percent) {
    if (step->operations == 0) return 0;
    return latency_at(step, ((uint64_t)step->operations * percent + 99) / 100);
}

void perf_series_reduce(const struct perf_series *series, struct perf_series_figures *figures) {
    figures->step_s = series->step_s;
    figures->count = series->used;
    for (uint32_t i = 0; i < series->used; i++) {
        const struct perf_series_step *step = &series->steps[i];
        figures->list[i] = (struct perf_series_figure){step->operations, step->errors,
                                                       quantile(step, 50), quantile(step, 99)};
    }
}
