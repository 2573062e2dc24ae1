/* Where hr_clock_monotonic_ns and hr_clock_wall_ns read. A test that simulates time sets it before
 * it makes anything else; the library never does. */
#ifndef HR_BASE_CLOCK_SOURCE_H
#define HR_BASE_CLOCK_SOURCE_H

#include <stdint.h>

struct hr_clock_source {
    uint64_t (*monotonic_ns)(void);
    uint64_t (*wall_ns)(void);
};

extern const struct hr_clock_source *hr__clock_source; /* NULL: the kernel's clocks */

#endif
