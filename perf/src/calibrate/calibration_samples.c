/* Samples of a load, and the median of their rates. */
#include "calibration_samples.h"

#include <stdint.h>
#include <stdlib.h>

#include <headrace/clock.h>

#define SAMPLING_NS 150000000u
#define SAMPLES_MAX 1024

static int by_size(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

double perf_calibration_rate(int (*step)(void *user), void *user, double amount) {
    double rates[SAMPLES_MAX];
    unsigned count = 0;
    if (step(user) != 0) return -1;
    uint64_t begin = hr_clock_monotonic_ns(), until = begin + SAMPLING_NS;
    do {
        if (step(user) != 0) return -1;
        uint64_t end = hr_clock_monotonic_ns();
        rates[count++] = amount * 1e9 / (double)(end > begin ? end - begin : 1);
        begin = end;
    } while (begin < until && count < SAMPLES_MAX);
    qsort(rates, count, sizeof *rates, by_size);
    return (rates[(count - 1) / 2] + rates[count / 2]) / 2;
}
