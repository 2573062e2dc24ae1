/* The last calls of a breaker by rate: a window that slides by tenths of its length.
 * Lock-free but for the moment in which a tenth begins. Any thread. */
#ifndef HR_NET_BREAKER_WINDOW_H
#define HR_NET_BREAKER_WINDOW_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define HR_BREAKER_BUCKETS 10

struct hr_breaker_window {
    pthread_mutex_t mutex; /* held while a bucket is begun anew */
    uint64_t bucket_ns;
    struct hr_breaker_bucket {
        uint64_t number; /* the tenth since the clock's zero, and 1: 0 is one that was never used */
        uint64_t calls, failures, slow;
    } __attribute__((aligned(64))) buckets[HR_BREAKER_BUCKETS];
};

struct hr_breaker_counts {
    uint64_t calls, failures, slow;
};

/* `window_ms` ≥ HR_BREAKER_BUCKETS. */
void hr__breaker_window_init(struct hr_breaker_window *window, uint32_t window_ms);
void hr__breaker_window_deinit(struct hr_breaker_window *window);
void hr__breaker_window_add(struct hr_breaker_window *window, uint64_t now_ns, bool failure,
                            bool slow);
void hr__breaker_window_sum(const struct hr_breaker_window *window, uint64_t now_ns,
                            struct hr_breaker_counts *counts);
void hr__breaker_window_clear(struct hr_breaker_window *window);

#endif
