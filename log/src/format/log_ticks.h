/* From ticks of a record to the time of day. A struct hr__log_ticks is the drain's alone. */
#ifndef HR_LOG_TICKS_H
#define HR_LOG_TICKS_H

#include <stdbool.h>
#include <stdint.h>

/* A line from ticks to the time of day. A new reading of both clocks bends it so that it meets the
 * wall clock again in a second; it never steps back. */
struct hr__log_ticks {
    uint64_t base_ticks, base_ns;
    uint64_t rate;                  /* ns a tick, times 2^32 */
    uint64_t first_ticks, first_ns; /* the first reading, monotonic: for the true rate */
};

/* Whether the processor's counter runs evenly through frequency changes and sleep, and the kernel
 * has not found it unstable. */
bool hr__log_counter_is_invariant(void);
/* The processor's counter. */
uint64_t hr__log_counter(void);
/* Measures for about a millisecond. `slow`: ticks are nanoseconds of the kernel's clock. */
void hr__log_ticks_open(struct hr__log_ticks *ticks, bool slow);
/* A reading of the clocks at one moment. */
struct hr__log_reading {
    uint64_t ticks, wall_ns, monotonic_ns;
};
struct hr__log_reading hr__log_read_clocks(bool slow);
/* Bends the line to a new reading; at most once a second. */
void hr__log_ticks_correct(struct hr__log_ticks *ticks, const struct hr__log_reading *now);

/* The Unix time in ns at these ticks. */
static inline uint64_t hr__log_wall_ns(const struct hr__log_ticks *ticks, uint64_t at) {
    int64_t since = (int64_t)(at - ticks->base_ticks);
    return ticks->base_ns + (uint64_t)(int64_t)(((__int128)since * (__int128)ticks->rate) >> 32);
}

#endif
