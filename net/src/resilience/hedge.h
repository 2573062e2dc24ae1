/* When a request is slow enough to be asked a second time: a running estimate of a latency quantile
 * (per reactor and origin). Pure. */
#ifndef HR_NET_HEDGE_H
#define HR_NET_HEDGE_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed and then init. Forgets: the last some hundreds of samples count (for the 99th percentile,
 * thousands: only one in a hundred says anything about it). */
struct hr_latency_estimate {
    uint32_t quantile_percent;
    uint32_t samples; /* stops at UINT32_MAX */
    uint32_t run;     /* so many samples in a row lay on the same side */
    bool above;       /* and on which */
    double value_ns;
};
/* `quantile_percent`: 1 to 99. */
void hr__latency_estimate_init(struct hr_latency_estimate *estimate, uint32_t quantile_percent);
void hr__latency_estimate_add(struct hr_latency_estimate *estimate, uint64_t latency_ns);
/* UINT64_MAX while there are fewer than 50 samples. */
uint64_t hr__latency_estimate_get(const struct hr_latency_estimate *estimate);

#endif
