/* Bounds of a clock's offset. */
#include "clock_offset.h"

#include <assert.h>

#define SECOND_NS 1000000000

void perf_clock_offset_add(struct perf_clock_offset *offset,
                           const struct perf_clock_sample *sample) {
    int64_t told_ns = (int64_t)sample->told_s * SECOND_NS;
    int64_t low = told_ns - (int64_t)sample->received_ns,
            high = told_ns + SECOND_NS - (int64_t)sample->sent_ns;
    assert(sample->sent_ns <= sample->received_ns);
    if (offset->samples == 0 || low > offset->low_ns) offset->low_ns = low;
    if (offset->samples == 0 || high < offset->high_ns) offset->high_ns = high;
    offset->samples++;
}
