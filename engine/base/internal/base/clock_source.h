/* Where hr_clock_monotonic_ns and hr_clock_wall_ns read. A test that simulates time sets it before
 * it makes anything else; the library never does. */
#ifndef HR_BASE_CLOCK_SOURCE_H
#define HR_BASE_CLOCK_SOURCE_H

#include <stdint.h>

#include <headrace/slice.h>

struct hr_clock_source {
    uint64_t (*monotonic_ns)(void);
    uint64_t (*wall_ns)(void);
};

extern const struct hr_clock_source *hr__clock_source; /* NULL: the kernel's clocks */

/* hr_date_parse at a time of the caller's, which decides the century of a year of two digits. */
int hr__date_parse_at(struct hr_slice text, uint64_t now_s, uint64_t *unix_s);

#endif
