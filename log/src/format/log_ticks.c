/* The processor's counter as a clock. */
#include <assert.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <headrace/clock.h>
#include <headrace/log_call.h>

#include "log_ticks.h"

#define SECOND_NS  UINT64_C(1000000000)
#define MEASURE_NS 1000000
/* The most by which a second is stretched or cut to meet the wall clock: a 2000th, or a tenth where
 * somebody has set that by more than a second. */
#define SLEW      2000
#define SLEW_FAST 10

uint64_t hr__log_counter(void) {
    return hr_log_counter_();
}

static bool kernel_trusts_it(void) {
    char text[256];
    int fd = open("/sys/devices/system/clocksource/clocksource0/available_clocksource",
                  O_RDONLY | O_CLOEXEC);
    if (fd < 0) return true; /* a container without sysfs says nothing against it */
    ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    if (size <= 0) return true;
    text[size] = 0;
    return strstr(text, "tsc") != NULL;
}

bool hr__log_counter_is_invariant(void) {
#if defined(__x86_64__)
    unsigned a, b, c, d;
    if (!__get_cpuid(0x80000007, &a, &b, &c, &d) || !(d & (1u << 8))) return false;
    return kernel_trusts_it();
#elif defined(__aarch64__)
    return true;
#else
    return false;
#endif
}

/* Of several tries the one in which the least time passed counts. */
struct hr__log_reading hr__log_read_clocks(bool slow) {
    struct hr__log_reading best = {0, 0, 0};
    uint64_t narrowest = UINT64_MAX;
    for (int i = 0; i < 5; i++) {
        uint64_t before = slow ? hr_log_ticks_slow_() : hr_log_counter_();
        uint64_t wall = hr_clock_wall_ns(), monotonic = hr_clock_monotonic_ns();
        uint64_t after = slow ? hr_log_ticks_slow_() : hr_log_counter_();
        if (after - before >= narrowest) continue;
        narrowest = after - before;
        best = (struct hr__log_reading){before + narrowest / 2, wall, monotonic};
    }
    return best;
}

static uint64_t true_rate(const struct hr__log_ticks *ticks, const struct hr__log_reading *now) {
    uint64_t passed = now->ticks - ticks->first_ticks;
    if (passed == 0) return ticks->rate;
    return (uint64_t)(((unsigned __int128)(now->monotonic_ns - ticks->first_ns) << 32) / passed);
}

void hr__log_ticks_open(struct hr__log_ticks *ticks, bool slow) {
    struct hr__log_reading first = hr__log_read_clocks(slow), next = first;
    ticks->rate = UINT64_C(1) << 32;
    ticks->first_ticks = first.ticks;
    ticks->first_ns = first.monotonic_ns;
    while (!slow && next.monotonic_ns - first.monotonic_ns < MEASURE_NS)
        next = hr__log_read_clocks(slow);
    ticks->rate = slow ? UINT64_C(1) << 32 : true_rate(ticks, &next);
    assert(ticks->rate > 0);
    ticks->base_ticks = next.ticks;
    ticks->base_ns = next.wall_ns;
}

void hr__log_ticks_correct(struct hr__log_ticks *ticks, const struct hr__log_reading *now) {
    uint64_t shown = hr__log_wall_ns(ticks, now->ticks);
    int64_t error = (int64_t)(now->wall_ns - shown);
    uint64_t rate = true_rate(ticks, now);
    int64_t bend = error;
    bool fast = error > (int64_t)SECOND_NS || error < -(int64_t)SECOND_NS;
    int64_t limit = (int64_t)(fast ? SECOND_NS / SLEW_FAST : SECOND_NS / SLEW);
    if (bend > limit) bend = limit;
    if (bend < -limit) bend = -limit;
    ticks->base_ticks = now->ticks;
    ticks->base_ns = shown;
    if (error > (int64_t)SECOND_NS) { /* set forward: a step that way breaks no order */
        ticks->base_ns = now->wall_ns;
        bend = 0;
    }
    ticks->rate = rate + (uint64_t)((int64_t)(rate / SECOND_NS) * bend) +
                  (uint64_t)((int64_t)(rate % SECOND_NS) * bend / (int64_t)SECOND_NS);
    assert(ticks->rate > 0);
}
