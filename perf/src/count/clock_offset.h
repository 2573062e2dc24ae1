/* How far another clock is ahead of ours, out of times of whole seconds that it tells, as in the
 * field Date: each one bounds it, and several at different moments of a second bound it narrowly.
 */
#ifndef PERF_CLOCK_OFFSET_H
#define PERF_CLOCK_OFFSET_H

#include <stdint.h>

/* Zeroed, nothing is known. */
struct perf_clock_offset {
    unsigned samples;
    int64_t low_ns,
        high_ns; /* it lies between them; `low` over `high`: a clock was set meanwhile */
};

/* It told the second `told_s` at a moment between two of ours; all since 1970. */
struct perf_clock_sample {
    uint64_t told_s, sent_ns, received_ns;
};
void perf_clock_offset_add(struct perf_clock_offset *offset,
                           const struct perf_clock_sample *sample);

#endif
