/* The cost that retries and hedges may have for an origin. */
#include "retry_budget.h"

#define MILLI       INT64_C(1000)
#define FIRST_MILLI (10 * MILLI) /* there before the first request, and room in any case */
#define NS_PER_S    UINT64_C(1000000000)

/* Put in by one request. */
static int64_t share_milli(const struct hr_retry_budget *budget) {
    return __atomic_load_n(&budget->percent, __ATOMIC_RELAXED) * MILLI / 100;
}

void hr__retry_budget_init(struct hr_retry_budget *budget, uint32_t percent) {
    *budget = (struct hr_retry_budget){
        .milli = FIRST_MILLI, .percent = percent, .milli_max = FIRST_MILLI};
}

void hr__retry_budget_set(struct hr_retry_budget *budget, uint32_t percent) {
    __atomic_store_n(&budget->percent, percent, __ATOMIC_RELAXED);
}

/* Room for what the requests of a whole second put in; more than that does not stay. */
static void begin_second(struct hr_retry_budget *budget, uint64_t seen, uint64_t second) {
    if (!__atomic_compare_exchange_n(&budget->second, &seen, second, false, __ATOMIC_RELAXED,
                                     __ATOMIC_RELAXED))
        return; /* another reactor does it */
    uint64_t before = __atomic_exchange_n(&budget->requests, 0, __ATOMIC_RELAXED);
    int64_t room = FIRST_MILLI;
    if (second == seen + 1) room += share_milli(budget) * (int64_t)before;
    __atomic_store_n(&budget->milli_max, room, __ATOMIC_RELAXED);
    int64_t milli = __atomic_load_n(&budget->milli, __ATOMIC_RELAXED);
    while (milli > room && !__atomic_compare_exchange_n(&budget->milli, &milli, room, true,
                                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
}

void hr__retry_budget_deposit(struct hr_retry_budget *budget, uint32_t requests, uint64_t now_ns) {
    uint64_t second = now_ns / NS_PER_S, seen = __atomic_load_n(&budget->second, __ATOMIC_RELAXED);
    if (second > seen) begin_second(budget, seen, second);
    int64_t one = share_milli(budget), share = one * requests;
    uint64_t sum = __atomic_add_fetch(&budget->requests, requests, __ATOMIC_RELAXED);
    int64_t room = FIRST_MILLI + one * (int64_t)sum;
    int64_t before = __atomic_load_n(&budget->milli_max, __ATOMIC_RELAXED);
    if (room < before) room = before;
    int64_t milli = __atomic_load_n(&budget->milli, __ATOMIC_RELAXED), more;
    do {
        if (milli >= room) return;
        more = room - milli < share ? room : milli + share;
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
