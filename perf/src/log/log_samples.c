/* Timed calls: their memory, the counter's rate, quantiles. */
#include "log_samples.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/clock.h>

#define RATE_NS   20000000u
#define OVERHEADS 20001

int perf_samples_open(struct perf_samples *samples, size_t capacity) {
    samples->ticks = malloc(capacity * sizeof *samples->ticks);
    if (!samples->ticks) return -ENOMEM;
    memset(samples->ticks, 0xff, capacity * sizeof *samples->ticks);
    samples->count = 0;
    samples->capacity = capacity;
    return 0;
}

void perf_samples_close(struct perf_samples *samples) {
    free(samples->ticks);
    samples->ticks = NULL;
}

double perf_ticks_per_ns(void) {
    static double known;
    if (known > 0) return known;
    uint64_t start_ns = hr_clock_monotonic_ns(), start = perf_ticks(), now;
    do {
        now = hr_clock_monotonic_ns();
    } while (now - start_ns < RATE_NS);
    known = (double)(perf_ticks() - start) / (double)(now - start_ns);
    return known;
}

static int compare(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

/* The median of readings with nothing between them. */
static uint32_t overhead(void) {
    static uint32_t between[OVERHEADS];
    for (size_t i = 0; i < OVERHEADS; i++) {
        uint64_t before = perf_ticks_fenced();
        between[i] = (uint32_t)(perf_ticks_fenced() - before);
    }
    qsort(between, OVERHEADS, sizeof *between, compare);
    return between[OVERHEADS / 2];
}

struct perf_quantiles perf_samples_quantiles(struct perf_samples *samples) {
    static const double at[] = {0.5, 0.99, 0.999, 1};
    double ns[4] = {0}, rate = perf_ticks_per_ns();
    assert(samples->count <= samples->capacity);
    uint32_t cost = overhead();
    if (samples->count) qsort(samples->ticks, samples->count, sizeof *samples->ticks, compare);
    for (unsigned i = 0; i < 4 && samples->count; i++) {
        uint32_t ticks = samples->ticks[(size_t)(at[i] * (double)(samples->count - 1))];
        ns[i] = ticks > cost ? (double)(ticks - cost) / rate : 0;
    }
    return (struct perf_quantiles){ns[0], ns[1], ns[2], ns[3]};
}
