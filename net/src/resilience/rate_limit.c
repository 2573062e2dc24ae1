/* How many attempts a second an origin gets. */
#include "rate_limit.h"

#define NS_PER_S UINT64_C(1000000000)

void hr__rate_limit_init(struct hr_rate_limit *limit, uint32_t per_second, uint32_t burst) {
    *limit = (struct hr_rate_limit){0};
    if (per_second == 0) return;
    if (burst == 0) burst = per_second / 10;
    if (burst == 0) burst = 1;
    limit->interval_ns = (NS_PER_S + per_second - 1) / per_second;
    limit->ahead_ns = (burst - 1) * limit->interval_ns;
}

bool hr__rate_limit_take(struct hr_rate_limit *limit, const struct hr_rate_asked *asked,
                         uint64_t *wait_ns) {
    uint64_t due = __atomic_load_n(&limit->due_ns, __ATOMIC_RELAXED), now = asked->now_ns;
    uint64_t begin, wait;
    do {
        begin = due > now ? due : now;
        wait = begin - now > limit->ahead_ns ? begin - now - limit->ahead_ns : 0;
        if (wait > asked->wait_max_ns) return false;
    } while (!__atomic_compare_exchange_n(&limit->due_ns, &due, begin + limit->interval_ns, true,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    *wait_ns = wait;
    return true;
}
