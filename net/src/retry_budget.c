/* What retries and hedges may cost a host. */
#include "retry_budget.h"

#define MILLI             INT64_C(1000)
#define FIRST_MILLI       (10 * MILLI) /* there before the first request */
#define KEPT_REQUESTS_MAX 1000         /* no more is kept than so many requests put in */

/* What one request puts in. */
static int64_t share_milli(uint32_t percent) {
    return percent * MILLI / 100;
}

void hr__retry_budget_init(struct hr_retry_budget *budget, uint32_t percent) {
    int64_t kept = share_milli(percent) * KEPT_REQUESTS_MAX;
    *budget = (struct hr_retry_budget){
        .milli = FIRST_MILLI,
        .percent = percent,
        .milli_max = kept > FIRST_MILLI ? kept : FIRST_MILLI,
    };
}

void hr__retry_budget_deposit(struct hr_retry_budget *budget, uint32_t requests) {
    int64_t share = share_milli(budget->percent) * requests;
    int64_t milli = __atomic_load_n(&budget->milli, __ATOMIC_RELAXED), more;
    do {
        /* All is well most of the time: then the bucket is full, and nobody writes to it. */
        if (milli >= budget->milli_max) return;
        more = budget->milli_max - milli < share ? budget->milli_max : milli + share;
    } while (!__atomic_compare_exchange_n(&budget->milli, &milli, more, true, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
}

bool hr__retry_budget_take(struct hr_retry_budget *budget) {
    int64_t milli = __atomic_load_n(&budget->milli, __ATOMIC_RELAXED);
    do {
        if (milli < MILLI) return false;
    } while (!__atomic_compare_exchange_n(&budget->milli, &milli, milli - MILLI, true,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return true;
}
