/* Boundaries: the times of day at which a file is rotated. */
#include <string.h>
#include <time.h>

#include "log_rotate.h"

#define SECOND_NS UINT64_C(1000000000)
#define DAY_S     86400

bool hr__log_boundary_is_possible(uint32_t every_s, bool local) {
    return every_s > 0 && (!local || DAY_S % every_s == 0);
}

static int second_of_day(int64_t moment, struct tm *day) {
    time_t at = (time_t)moment;
    memset(day, 0, sizeof *day);
    localtime_r(&at, day);
    return day->tm_hour * 3600 + day->tm_min * 60 + day->tm_sec;
}

/* The plain sum is right but on a day on which the clock is put forward or back, where the time
 * that the clock shows counts. The hour that comes twice has its boundary twice. */
static int64_t local_boundary(int64_t now, int every) {
    struct tm day, then;
    int second = second_of_day(now, &day), wanted = second - second % every + every;
    int64_t plain = now + wanted - second;
    if (second_of_day(plain, &then) % every == 0) return plain;
    day.tm_hour = wanted / 3600;
    day.tm_min = wanted % 3600 / 60;
    day.tm_sec = wanted % 60;
    day.tm_isdst = -1;
    int64_t shown = (int64_t)mktime(&day);
    return shown > now ? shown : plain;
}

uint64_t hr__log_boundary(uint64_t wall_ns, uint32_t every_s, bool local) {
    uint64_t now = wall_ns / SECOND_NS;
    if (local) return (uint64_t)local_boundary((int64_t)now, (int)every_s) * SECOND_NS;
    return (now - now % every_s + every_s) * SECOND_NS;
}
