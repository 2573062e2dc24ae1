/* Single calls, timed: what bench log and its peers in C++ share. Ticks are the processor's
 * counter, or nanoseconds where it has none. */
#ifndef PERF_LOG_SAMPLES_H
#define PERF_LOG_SAMPLES_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct perf_samples {
    uint32_t *ticks;
    size_t count, capacity;
};

struct perf_quantiles {
    double p50, p99, p999, max; /* ns */
};

static inline uint64_t perf_ticks(void) {
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#else
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
#endif
}

/* A reading that the compiler moves nothing across. */
static inline uint64_t perf_ticks_fenced(void) {
    __asm__ volatile("" ::: "memory");
    uint64_t ticks = perf_ticks();
    __asm__ volatile("" ::: "memory");
    return ticks;
}

static inline void perf_samples_add(struct perf_samples *samples, uint64_t ticks) {
    if (samples->count < samples->capacity)
        samples->ticks[samples->count++] = ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX;
}

/* Runs until `due`. */
static inline void perf_ticks_await(uint64_t due) {
    while (perf_ticks() < due) {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
    }
}

/* Allocates the samples and touches all of their pages. 0 or -ENOMEM. */
int perf_samples_open(struct perf_samples *samples, size_t capacity);
void perf_samples_close(struct perf_samples *samples);

/* Ticks a nanosecond, measured against the kernel's clock at the first use (20 ms). Not from two
 * threads at once. */
double perf_ticks_per_ns(void);

/* Sorts the samples; what two readings of the counter cost by themselves is taken off. */
struct perf_quantiles perf_samples_quantiles(struct perf_samples *samples);

#ifdef __cplusplus
}
#endif

#endif
