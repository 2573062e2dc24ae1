/* Rates by short samples, and the four loads that are taken so. */
#ifndef PERF_CALIBRATION_SAMPLES_H
#define PERF_CALIBRATION_SAMPLES_H

/* Calls `step` for 0.15 s and returns the median of amount / time of a call; negative where a call
 * fails (is not 0). The first one is not counted. */
double perf_calibration_rate(int (*step)(void *user), void *user, double amount);

/* Each returns a rate, negative where it could not be measured. */
double perf_calibrate_loop(void);
double perf_calibrate_memcpy(void);
double perf_calibrate_disk(const char *folder);
double perf_calibrate_loopback(void);

#endif
