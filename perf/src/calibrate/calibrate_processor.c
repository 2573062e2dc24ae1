/* A counting loop and copies of memory. */
#include <stdlib.h>
#include <string.h>

#include "calibration_samples.h"

#define TURNS      1000000
#define COPY_BYTES (16u << 20) /* more than most cores have of cache for themselves */

/* The compiler may not see what becomes of it. */
static int count_up(void *user) {
    (void)user;
    for (unsigned long turn = 0; turn < TURNS; turn++) __asm__ volatile("" : "+r"(turn));
    return 0;
}

double perf_calibrate_loop(void) {
    return perf_calibration_rate(count_up, NULL, TURNS);
}

static int copy(void *user) {
    char *memory = user;
    memcpy(memory + COPY_BYTES, memory, COPY_BYTES);
    __asm__ volatile("" : : "r"(memory) : "memory");
    return 0;
}

double perf_calibrate_memcpy(void) {
    char *memory = malloc(2 * COPY_BYTES);
    if (!memory) return -1;
    memset(memory, 1, 2 * COPY_BYTES);
    double rate = perf_calibration_rate(copy, memory, COPY_BYTES);
    free(memory);
    return rate;
}
