/* The rule of Gradient2Limit in Netflix's concurrency-limits, once per window of samples as its
 * WindowedLimit feeds it. Windows are counted in samples and not in seconds, so that no clock is
 * needed and a quick host is followed quickly. What Gradient2 leaves out is taken from the AIMD
 * limit beside it: a drop shrinks. */
#include "gradient.h"

#include <assert.h>

#define LIMIT_FIRST    20
#define QUEUE          4.0 /* may stand in line at the origin: the growth */
#define SMOOTHING      0.2 /* of the way to a new limit is gone at once */
#define GRADIENT_MIN   0.5 /* one bad window does not take more than half */
#define TOLERANCE      1.5 /* latency may be so many times the average before the limit shrinks */
#define BACKOFF        0.9
#define WINDOW_MIN     10 /* samples */
#define AVERAGE_OVER   600
#define AVERAGE_WARMUP 10  /* windows that count alike */
#define RECOVERED      2.0 /* the average is so many times the latency: the load is over, */
#define RECOVERY       0.9 /* and the average comes down faster than by averaging */

static double within(const struct hr_gradient *gradient, double limit) {
    if (limit < gradient->limit_min) return gradient->limit_min;
    return limit > gradient->limit_max ? gradient->limit_max : limit;
}

void hr__gradient_init(struct hr_gradient *gradient, uint32_t limit_min, uint32_t limit_max) {
    *gradient = (struct hr_gradient){.limit_min = limit_min, .limit_max = limit_max};
    gradient->limit = within(gradient, LIMIT_FIRST);
}

static void average(struct hr_gradient *gradient, double now_ns) {
    if (gradient->windows < UINT32_MAX) gradient->windows++;
    double share =
        gradient->windows <= AVERAGE_WARMUP ? 1.0 / gradient->windows : 2.0 / (AVERAGE_OVER + 1);
    gradient->long_ns += (now_ns - gradient->long_ns) * share;
}

static void close_window(struct hr_gradient *gradient) {
    double limit = gradient->limit;
    if (gradient->answered > 0) {
        double now_ns = gradient->sum_ns / gradient->answered, then_ns;
        average(gradient, now_ns);
        then_ns = gradient->long_ns;
        if (then_ns > RECOVERED * now_ns) gradient->long_ns *= RECOVERY;
        double slope = now_ns > 0 ? TOLERANCE * then_ns / now_ns : 1;
        slope = slope > 1 ? 1 : slope < GRADIENT_MIN ? GRADIENT_MIN : slope;
        limit += (limit * slope + QUEUE - limit) * SMOOTHING;
    }
    if (gradient->dropped)
        gradient->limit = within(gradient, gradient->limit * BACKOFF);
    else if (gradient->in_flight_max >= gradient->limit / 2)
        gradient->limit = within(gradient, limit); /* else the limit was not what held it back */
    gradient->sum_ns = 0;
    gradient->samples = gradient->answered = gradient->in_flight_max = 0;
    gradient->dropped = false;
}

void hr__gradient_add(struct hr_gradient *gradient, const struct hr_gradient_sample *sample) {
    gradient->samples++;
    if (sample->in_flight > gradient->in_flight_max) gradient->in_flight_max = sample->in_flight;
    if (sample->dropped) {
        gradient->dropped = true;
    } else {
        gradient->answered++;
        gradient->sum_ns += (double)sample->latency_ns;
    }
    if (gradient->samples >= WINDOW_MIN && gradient->samples >= gradient->limit)
        close_window(gradient);
}

void hr__gradient_bound(struct hr_gradient *gradient, uint32_t limit_max) {
    assert(limit_max >= gradient->limit_min);
    gradient->limit_max = limit_max;
    if (gradient->limit > limit_max) gradient->limit = limit_max;
}

uint32_t hr__gradient_limit(const struct hr_gradient *gradient) {
    return (uint32_t)gradient->limit;
}
