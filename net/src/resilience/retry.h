/* Decisions about repeating an attempt. Pure: no clock, no randomness, no I/O of their own. */
#ifndef HR_NET_RETRY_H
#define HR_NET_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include <headrace/slice.h>

/* How often and how long. */
struct hr_retry_policy {
    uint32_t attempts_max; /* counts the first; ≥ 1 */
    uint32_t backoff_base_ms, backoff_max_ms;
};

/* A client may spend this on retries while `in_progress` requests are under way. A fixed quota
 * lets a blip that hits few of very many requests break the rest, so it scales with them. */
struct hr_retry_rules {
    int64_t capacity_min;         /* spendable however few requests there are */
    int64_t cost_transient;       /* of one retry after a failure */
    int64_t cost_throttled;       /* of one retry after "slow down" */
    int64_t refund;               /* for a request that succeeds at its first attempt */
    unsigned in_progress_percent; /* of the requests in progress may stand in a transient retry */
};

/* 500 tokens, 14 and 5 a retry, 1 back; 20 %. */
extern const struct hr_retry_rules hr__retry_rules_default;

/* One record per client, shared by its reactors; a cache line of its own. Zeroed: nothing spent. */
struct hr_retry_quota {
    int64_t spent;
} __attribute__((aligned(64)));

int64_t hr__retry_capacity(const struct hr_retry_rules *rules, uint64_t in_progress);
/* Takes `cost`; false: the quota is exhausted and nothing was taken. Any thread. */
bool hr__retry_take(struct hr_retry_quota *quota, const struct hr_retry_rules *rules, int64_t cost,
                    uint64_t in_progress);
/* Gives back, at most what is spent. One relaxed load where nothing is. Any thread. */
void hr__retry_refund(struct hr_retry_quota *quota, int64_t tokens);

/* The wait before the retry that follows attempt number `attempt` (1 is the first): full jitter,
 * between 0 and min(base · 2^(attempt−1), max), chosen by `random`. A server's `retry_after_ms`
 * (0: none) is obeyed within five seconds more than that wait. */
uint64_t hr__retry_backoff_ns(const struct hr_retry_policy *policy, unsigned attempt,
                              uint64_t random, uint64_t retry_after_ms);

/* The upper bound of the jitter. */
uint64_t hr__retry_backoff_bound_ms(const struct hr_retry_policy *policy, unsigned attempt);

/* An attempt has failed and may be repeated: when is the next one due, and does it come in time? */
struct hr_retry_wait {
    unsigned attempt; /* that failed; 1 is the first */
    uint64_t random;
    uint64_t retry_after_ms; /* the server asked for it; 0: it did not */
    uint64_t rest_ns;        /* until the deadline; UINT64_MAX: there is none */
};

/* A server that asks for a longer pause is not asked again: its response is the result. */
#define HR_RETRY_AFTER_OBEYED_MS UINT64_C(60000)

/* The wait before the next attempt: what the server asked for in full, and the jitter on top, so
 * that those who were told the same do not return together. False: no attempt is left, the server
 * asks for more than HR_RETRY_AFTER_OBEYED_MS, or the deadline would pass while waiting. */
bool hr__retry_wait_ns(const struct hr_retry_policy *policy, const struct hr_retry_wait *facts,
                       uint64_t *wait_ns);

/* Whether a response with this status is worth another attempt, where the request may be repeated
 * at all: 408, 429, 500, 502, 503, 504. */
bool hr__retry_status(int status);

#define HR_RETRY_AFTER_MAX_MS UINT64_C(86400000) /* what is longer is taken for a day */

/* Retry-After (RFC 9110 10.2.3): seconds, or a date in one of the three forms of 5.6.7, seen from
 * `wall_ms` (Unix time); a date that has passed is 0. False: it is neither, nothing is written.
 * retry_after.c */
bool hr__retry_after_parse(struct hr_slice value, uint64_t wall_ms, uint64_t *retry_after_ms);

/* RFC 9110 9.2.2, by name. */
bool hr__retry_method_idempotent(struct hr_slice method);

/* The connection went away under the request: the peer, not this side, ended it. */
bool hr__retry_lost(int result);

/* Whether the failure is one of the connection or of the way to it and may pass: refused, reset,
 * closed early, one of its steps timed out, no name server answered. A malformed response, a full
 * sink, a bad argument, a certificate, a name that does not exist, a cancel are not. */
bool hr__retry_transient(int result);

/* A request that a kept connection lost: may it go at once over another one? */
struct hr_retry_stale {
    int result;
    bool reused;     /* the connection had served before */
    bool answered;   /* a byte of the response came */
    bool replayable; /* the source is untouched or can be rewound */
    bool idempotent;
    bool unsent; /* not one byte was handed to the kernel */
};
bool hr__retry_is_stale(const struct hr_retry_stale *facts);

#endif
