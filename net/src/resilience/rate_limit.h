/* How many attempts a second an origin gets. One record per client and origin, shared by the
 * reactors. Any thread. */
#ifndef HR_NET_RATE_LIMIT_H
#define HR_NET_RATE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* The generic cell rate algorithm (ITU-T I.371): one number, when the next attempt would be due
 * were none in hand. Whoever takes a place knows at once how long it waits, and places are given in
 * the order in which they are asked for. In any stretch of t seconds there are at most rate · t and
 * `burst` more. */
struct hr_rate_limit {
    uint64_t due_ns;
    uint64_t pace; /* packed, so that it changes as one: from one to the next, in ns (0: no limit),
                      and how many of them one may go before its due time */
};

/* `per_second`: 0 is no limit, HR_RATE_MAX the most. `burst`: 0 is what a tenth of a second brings,
 * and one in any case. */
#define HR_RATE_MAX 1000000
void hr__rate_limit_init(struct hr_rate_limit *limit, uint32_t per_second, uint32_t burst);
/* Another rate. Places that were taken are kept, and those taken from now on come after them. */
void hr__rate_limit_set(struct hr_rate_limit *limit, uint32_t per_second, uint32_t burst);

/* Takes the next place, `wait_ns` from now; false: that is later than `wait_max_ns`, and it is not
 * taken. */
struct hr_rate_asked {
    uint64_t now_ns, wait_max_ns;
};
bool hr__rate_limit_take(struct hr_rate_limit *limit, const struct hr_rate_asked *asked,
                         uint64_t *wait_ns);

#endif
