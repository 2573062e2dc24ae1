/* The client's send rate in adaptive retry mode. */
#include "adaptive_rate.h"

#include <math.h>

#define NS_PER_S       1e9
#define STEPS_A_SECOND 2.0
#define SMOOTHING      0.8
#define SCALE          0.4
#define BETA           0.7
#define ABOVE_MEASURED 2.0

static double larger(double a, double b) {
    return a > b ? a : b;
}

static double smaller(double a, double b) {
    return a < b ? a : b;
}

/* ---- Measuring. */

static double measure(struct hr__adaptive_clocker *clocker, double now_s) {
    double bucket_s = floor(now_s * STEPS_A_SECOND) / STEPS_A_SECOND;
    clocker->count += 1;
    if (bucket_s <= clocker->bucket_s) return clocker->per_second;
    double current = clocker->count / (bucket_s - clocker->bucket_s);
    clocker->per_second = current * SMOOTHING + clocker->per_second * (1 - SMOOTHING);
    clocker->count = 0;
    clocker->bucket_s = bucket_s;
    return clocker->per_second;
}

/* ---- The curve. */

static void find_zero(struct hr__adaptive_rate *rate) {
    rate->zero_s = cbrt(rate->rate_max * (1 - BETA) / SCALE);
}

static double after_success(const struct hr__adaptive_rate *rate, double now_s) {
    double from_zero_s = now_s - rate->failed_s - rate->zero_s;
    return SCALE * from_zero_s * from_zero_s * from_zero_s + rate->rate_max;
}

static double after_complaint(struct hr__adaptive_rate *rate, double measured, double now_s) {
    rate->rate_max = rate->enabled ? smaller(measured, rate->fill_rate) : measured;
    rate->failed_s = now_s;
    rate->enabled = true;
    find_zero(rate);
    return rate->rate_max * BETA;
}

/* ---- Tokens. */

static void refill(struct hr__adaptive_rate *rate, double now_s) {
    if (rate->begun && now_s <= rate->filled_s) return; /* another reactor has looked later */
    if (rate->begun)
        rate->capacity = smaller(rate->capacity_max,
                                 rate->capacity + (now_s - rate->filled_s) * rate->fill_rate);
    rate->filled_s = now_s;
    rate->begun = true;
}

static void set_rate(struct hr__adaptive_rate *rate, double per_second, double now_s) {
    refill(rate, now_s);
    rate->fill_rate = larger(per_second, HR__ADAPTIVE_RATE_MIN);
    rate->capacity_max = larger(per_second, 1);
    rate->capacity = smaller(rate->capacity, rate->capacity_max);
}

void hr__adaptive_rate_init(struct hr__adaptive_rate *rate, uint64_t now_ns) {
    double now_s = (double)now_ns / NS_PER_S;
    *rate = (struct hr__adaptive_rate){.clocker.bucket_s = floor(now_s), .failed_s = now_s};
    find_zero(rate);
    set_rate(rate, 1, now_s);
}

void hr__adaptive_rate_note(struct hr__adaptive_rate *rate, uint64_t now_ns, bool throttled) {
    double now_s = (double)now_ns / NS_PER_S, measured = measure(&rate->clocker, now_s);
    double next = throttled ? after_complaint(rate, measured, now_s) : after_success(rate, now_s);
    set_rate(rate, smaller(next, ABOVE_MEASURED * measured), now_s);
}

uint64_t hr__adaptive_rate_take(struct hr__adaptive_rate *rate, uint64_t now_ns) {
    if (!rate->enabled) return 0;
    refill(rate, (double)now_ns / NS_PER_S);
    if (rate->capacity < 1)
        return (uint64_t)ceil((1 - rate->capacity) / rate->fill_rate * NS_PER_S);
    rate->capacity -= 1;
    return 0;
}
