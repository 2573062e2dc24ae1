/* An adaptive limit of what is under way to a host (Netflix's Gradient2): grows while latency stays
 * near its long-time average, shrinks as it rises. Per reactor and origin. Pure. */
#ifndef HR_NET_GRADIENT_H
#define HR_NET_GRADIENT_H

#include <stdbool.h>
#include <stdint.h>

struct hr_gradient {
    double limit, long_ns; /* the limit now; the long-time average */
    uint32_t limit_min, limit_max;
    uint32_t windows; /* that the average has seen; stops at UINT32_MAX */
    /* The window under way: about one turn of all that the limit lets through. */
    double sum_ns;
    uint32_t samples, answered;
    uint32_t in_flight_max;
    bool dropped;
};
/* 1 ≤ limit_min ≤ limit_max. Begins at 20, or the nearest that these allow. */
void hr__gradient_init(struct hr_gradient *gradient, uint32_t limit_min, uint32_t limit_max);
/* Another limit_max. */
void hr__gradient_bound(struct hr_gradient *gradient, uint32_t limit_max);
/* One ended: its latency, how many were under way as it began, whether it was dropped (reset, timed
 * out, 429, 503). */
struct hr_gradient_sample {
    uint64_t latency_ns;
    uint32_t in_flight;
    bool dropped;
};
void hr__gradient_add(struct hr_gradient *gradient, const struct hr_gradient_sample *sample);
uint32_t hr__gradient_limit(const struct hr_gradient *gradient);

#endif
