/* How many retries and hedges an origin may cost: a share of its requests, and a few in any case
 * (as Envoy's and reqwest's). One record per client and origin, shared by the reactors. Any thread.
 */
#ifndef HR_NET_RETRY_BUDGET_H
#define HR_NET_RETRY_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/* A bucket in thousandths of a retry: ten retries are there to begin with, each request puts in its
 * percentage, each retry and each hedge takes one. It holds ten and what the requests of the last
 * second put in: so a burst that fails is repeated, and a quiet hour is not a storm kept for later.
 * In any stretch of time an origin gets no more beyond its requests than that percentage of them,
 * of those of one second before, and ten. */
struct hr_retry_budget {
    int64_t milli; /* left */
    int64_t milli_max;
    uint64_t second; /* of the clock, and the requests in it */
    uint64_t requests;
    uint32_t percent;
} __attribute__((aligned(64)));

/* `percent`: 1 to 1000. */
void hr__retry_budget_init(struct hr_retry_budget *budget, uint32_t percent);
/* Of the requests that are put in from now on. */
void hr__retry_budget_set(struct hr_retry_budget *budget, uint32_t percent);
/* A request (not a retry) was sent: puts its share in. Must cost the hot path next to nothing: the
 * caller batches (per reactor) and puts in `requests` at once. */
void hr__retry_budget_deposit(struct hr_retry_budget *budget, uint32_t requests, uint64_t now_ns);
/* Takes one retry; false: nothing left, nothing taken. */
bool hr__retry_budget_take(struct hr_retry_budget *budget);

#endif
