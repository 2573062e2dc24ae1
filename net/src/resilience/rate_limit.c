/* How many attempts a second an origin gets. */
#include "rate_limit.h"

#define NS_PER_S UINT64_C(1000000000)

static uint64_t pace_of(uint32_t per_second, uint32_t burst) {
    if (per_second == 0) return 0;
    if (burst == 0) burst = per_second / 10;
    if (burst == 0) burst = 1;
    uint64_t interval_ns = (NS_PER_S + per_second - 1) / per_second;
    return interval_ns << 32 | (burst - 1);
}

void hr__rate_limit_init(struct hr_rate_limit *limit, uint32_t per_second, uint32_t burst) {
    *limit = (struct hr_rate_limit){.pace = pace_of(per_second, burst)};
}

void hr__rate_limit_set(struct hr_rate_limit *limit, uint32_t per_second, uint32_t burst) {
    __atomic_store_n(&limit->pace, pace_of(per_second, burst), __ATOMIC_RELAXED);
}

bool hr__rate_limit_take(struct hr_rate_limit *limit, const struct hr_rate_asked *asked,
                         uint64_t *wait_ns) {
    uint64_t due = __atomic_load_n(&limit->due_ns, __ATOMIC_RELAXED), now = asked->now_ns;
    uint64_t pace = __atomic_load_n(&limit->pace, __ATOMIC_RELAXED);
    uint64_t interval_ns = pace >> 32, ahead_ns = (uint32_t)pace * interval_ns;
    uint64_t begin, wait = 0;
    while (interval_ns > 0) {
        begin = due > now ? due : now;
        wait = begin - now > ahead_ns ? begin - now - ahead_ns : 0;
        if (wait > asked->wait_max_ns) return false;
        if (__atomic_compare_exchange_n(&limit->due_ns, &due, begin + interval_ns, true,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            break;
    }
    *wait_ns = wait;
    return true;
}
