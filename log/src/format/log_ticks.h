/* From a record's ticks to the time of day. The drain's alone. */
#ifndef HR_LOG_TICKS_H
#define HR_LOG_TICKS_H

#include <stdbool.h>
#include <stdint.h>

/* A line through two readings of both clocks. A new reading bends it so that it meets the wall
 * clock again in a second; it never steps back. */
struct hr__log_ticks {
    uint64_t base_ticks, base_ns;
    uint64_t rate;                  /* ns a tick, times 2^32 */
    uint64_t first_ticks, first_ns; /* monotonic: for the true rate */
};

/* Whether the processor's counter runs evenly through frequency changes and sleep, and the kernel
 * has not found it unstable. */
bool hr__log_counter_is_invariant(void);
uint64_t hr__log_counter(void);
/* Measures for about a millisecond. `slow`: ticks are nanoseconds of the kernel's clock. */
void hr__log_ticks_open(struct hr__log_ticks *ticks, bool slow);
/* Reads both clocks again. At most once a second. */
struct hr__log_reading {
    uint64_t ticks, wall_ns, monotonic_ns;
};
struct hr__log_reading hr__log_read_clocks(bool slow);
void hr__log_ticks_correct(struct hr__log_ticks *ticks, const struct hr__log_reading *now);

/* Unix time in ns. */
static inline uint64_t hr__log_wall_ns(const struct hr__log_ticks *ticks, uint64_t at) {
    int64_t since = (int64_t)(at - ticks->base_ticks);
    return ticks->base_ns + (uint64_t)(int64_t)(((__int128)since * (__int128)ticks->rate) >> 32);
}

#endif
