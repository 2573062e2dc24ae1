/* Backoff, quota and the questions whether something may be repeated. */
#include "retry.h"

#include <errno.h>

#include <headrace/error.h>

#define NS_PER_MS           UINT64_C(1000000)
#define RETRY_AFTER_MS_OVER 5000

const struct hr_retry_rules hr__retry_rules_default = {
    .capacity_min = 500,
    .cost_transient = 14,
    .cost_throttled = 5,
    .refund = 1,
    .in_progress_percent = 20,
};

int64_t hr__retry_capacity(const struct hr_retry_rules *rules, uint64_t in_progress) {
    /* Beyond this the product could leave the type; no machine holds as many requests. */
    if (in_progress > INT32_MAX) in_progress = INT32_MAX;
    int64_t scaled =
        (int64_t)in_progress * rules->cost_transient * (int64_t)rules->in_progress_percent / 100;
    return scaled > rules->capacity_min ? scaled : rules->capacity_min;
}

bool hr__retry_take(struct hr_retry_quota *quota, const struct hr_retry_rules *rules, int64_t cost,
                    uint64_t in_progress) {
    int64_t capacity = hr__retry_capacity(rules, in_progress);
    int64_t spent = __atomic_load_n(&quota->spent, __ATOMIC_RELAXED);
    do {
        if (spent + cost > capacity) return false;
    } while (!__atomic_compare_exchange_n(&quota->spent, &spent, spent + cost, true,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return true;
}

void hr__retry_refund(struct hr_retry_quota *quota, int64_t tokens) {
    int64_t spent = __atomic_load_n(&quota->spent, __ATOMIC_RELAXED);
    while (spent > 0) {
        int64_t rest = spent > tokens ? spent - tokens : 0;
        if (__atomic_compare_exchange_n(&quota->spent, &spent, rest, true, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED))
            return;
    }
}

uint64_t hr__retry_backoff_bound_ms(const struct hr_retry_policy *policy, unsigned attempt) {
    uint64_t bound = policy->backoff_base_ms;
    for (unsigned i = 1; i < attempt && bound < policy->backoff_max_ms; i++) bound *= 2;
    return bound < policy->backoff_max_ms ? bound : policy->backoff_max_ms;
}

uint64_t hr__retry_backoff_ns(const struct hr_retry_policy *policy, unsigned attempt,
                              uint64_t random, uint64_t retry_after_ms) {
    uint64_t bound_ns = hr__retry_backoff_bound_ms(policy, attempt) * NS_PER_MS;
    /* The bound is below 2^53 ns (policies are 32-bit milliseconds), so the high half of a 128-bit
     * product spreads the 64 random bits evenly over 0..bound. */
    uint64_t wait_ns = (uint64_t)(((unsigned __int128)random * (bound_ns + 1)) >> 64);
    if (retry_after_ms == 0) return wait_ns;
    uint64_t most_ns = wait_ns + RETRY_AFTER_MS_OVER * NS_PER_MS;
    if (retry_after_ms > most_ns / NS_PER_MS) return most_ns;
    uint64_t asked_ns = retry_after_ms * NS_PER_MS;
    return asked_ns > wait_ns ? asked_ns : wait_ns;
}

bool hr__retry_wait_ns(const struct hr_retry_policy *policy, const struct hr_retry_wait *facts,
                       uint64_t *wait_ns) {
    if (facts->attempt >= policy->attempts_max) return false;
    if (facts->retry_after_ms > HR_RETRY_AFTER_OBEYED_MS) return false;
    uint64_t jitter_ns = hr__retry_backoff_ns(policy, facts->attempt, facts->random, 0);
    uint64_t sum_ns = facts->retry_after_ms * NS_PER_MS + jitter_ns;
    if (sum_ns >= facts->rest_ns) return false;
    *wait_ns = sum_ns;
    return true;
}

bool hr__retry_status(int status) {
    switch (status) {
    case 408: /* the server gave up waiting; RFC 9110 15.5.9 allows to repeat */
    case 429:
    case 500: /* only what may be repeated comes here, so it does no harm, and it often passes */
    case 502:
    case 503:
    case 504:
        return true;
    default:
        return false;
    }
}

bool hr__retry_method_idempotent(struct hr_slice method) {
    static const char *const names[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (hr_slice_equal(method, hr_slice_of(names[i]))) return true;
    return false;
}

bool hr__retry_lost(int result) {
    return result == -ECONNRESET || result == -EPIPE || result == -ECONNABORTED ||
           result == HR_ERR_HTTP_TRUNCATED || result == HR_ERR_TLS_TRUNCATED;
}

bool hr__retry_transient(int result) {
    switch (result) {
    case -ECONNREFUSED:
    case -EHOSTUNREACH:
    case -ENETUNREACH:
    case -ENETDOWN:
    case -EHOSTDOWN:
    case -EADDRNOTAVAIL: /* no free local port for the moment */
    case HR_ERR_RESOLVE_TIMEOUT:
    case HR_ERR_NAME_SERVERS:
    case HR_ERR_CONNECT_TIMEOUT:
    case HR_ERR_HANDSHAKE_TIMEOUT:
    case HR_ERR_FIRST_BYTE_TIMEOUT:
    case HR_ERR_STALL_TIMEOUT:
    case HR_ERR_TOO_SLOW:
        return true;
    default:
        return hr__retry_lost(result);
    }
}

bool hr__retry_is_stale(const struct hr_retry_stale *facts) {
    return hr__retry_lost(facts->result) && facts->reused && !facts->answered &&
           facts->replayable && (facts->idempotent || facts->unsent);
}
