/* The kernel's clocks, with the wall clock put forward by the test: the library sees certificates
 * end without anybody having slept. */
#ifndef TEST_SHIFTED_CLOCK_H
#define TEST_SHIFTED_CLOCK_H

#include <stdint.h>
#include <time.h>

#include <base/clock_source.h>

static int64_t shifted_by_s;

static inline uint64_t shifted_read(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t shifted_monotonic_ns(void) {
    return shifted_read(CLOCK_MONOTONIC);
}

static uint64_t shifted_wall_ns(void) {
    int64_t by_s = __atomic_load_n(&shifted_by_s, __ATOMIC_RELAXED);
    return shifted_read(CLOCK_REALTIME) + (uint64_t)by_s * 1000000000u;
}

/* Before anything else is made. */
static inline void shifted_clock_use(void) {
    static const struct hr_clock_source source = {shifted_monotonic_ns, shifted_wall_ns};
    hr__clock_source = &source;
}

static inline void shifted_clock_set(int64_t by_s) {
    __atomic_store_n(&shifted_by_s, by_s, __ATOMIC_RELAXED);
}

#endif
