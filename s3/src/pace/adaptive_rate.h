/* The send rate of the SDKs' adaptive retry mode, as botocore's ClientRateLimiter: without a limit
 * until the store first asks to go slower, then a token for each attempt, at a rate that follows a
 * cubic curve (RFC 9438's shape) and at most twice the rate that is measured. Pure; its owner sees
 * to it that one thread at a time uses it. */
#ifndef HR_S3_ADAPTIVE_RATE_H
#define HR_S3_ADAPTIVE_RATE_H

#include <stdbool.h>
#include <stdint.h>

#define HR__ADAPTIVE_RATE_MIN 0.5 /* attempts a second, however often the store complains */

/* Responses a second, in steps of half a second, smoothed. */
struct hr__adaptive_clocker {
    double per_second;
    double bucket_s; /* in which the last step began */
    double count;    /* in the current step */
};

/* Seconds are those of the reactor's clock. */
struct hr__adaptive_rate {
    struct hr__adaptive_clocker clocker;
    bool enabled;                      /* the store has complained */
    double rate_max, zero_s, failed_s; /* of the curve: its plateau, its way there, its begin */
    double fill_rate, capacity_max, capacity, filled_s; /* tokens */
    bool begun;                                         /* filled_s is set */
};

void hr__adaptive_rate_init(struct hr__adaptive_rate *rate, uint64_t now_ns);
/* An attempt has ended; `throttled`: the store asks to go slower. */
void hr__adaptive_rate_note(struct hr__adaptive_rate *rate, uint64_t now_ns, bool throttled);
/* 0: a token was taken. Else how long it is until there is one, and nothing was taken. */
uint64_t hr__adaptive_rate_take(struct hr__adaptive_rate *rate, uint64_t now_ns);

#endif
