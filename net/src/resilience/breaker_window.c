/* Ten buckets in a ring. A call is added to the bucket of its time; who comes first to a new tenth
 * empties the bucket that is ten tenths old. A call that is added while that happens may land on
 * either side of it: a tenth begins a little earlier or later for it. */
#include "breaker_window.h"

#include <string.h>

void hr__breaker_window_init(struct hr_breaker_window *window, uint32_t window_ms) {
    memset(window, 0, sizeof *window);
    pthread_mutex_init(&window->mutex, NULL);
    window->bucket_ns = window_ms * UINT64_C(1000000) / HR_BREAKER_BUCKETS;
}

void hr__breaker_window_deinit(struct hr_breaker_window *window) {
    pthread_mutex_destroy(&window->mutex);
}

static uint64_t number_of(const struct hr_breaker_window *window, uint64_t now_ns) {
    return now_ns / window->bucket_ns + 1;
}

static void empty(struct hr_breaker_bucket *bucket) {
    __atomic_store_n(&bucket->calls, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&bucket->failures, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&bucket->slow, 0, __ATOMIC_RELAXED);
}

static void begin(struct hr_breaker_window *window, struct hr_breaker_bucket *bucket,
                  uint64_t number) {
    pthread_mutex_lock(&window->mutex);
    if (bucket->number < number) {
        empty(bucket);
        __atomic_store_n(&bucket->number, number, __ATOMIC_RELEASE);
    }
    pthread_mutex_unlock(&window->mutex);
}

void hr__breaker_window_add(struct hr_breaker_window *window, uint64_t now_ns, bool failure,
                            bool slow) {
    uint64_t number = number_of(window, now_ns);
    struct hr_breaker_bucket *bucket = &window->buckets[number % HR_BREAKER_BUCKETS];
    if (__atomic_load_n(&bucket->number, __ATOMIC_ACQUIRE) < number) begin(window, bucket, number);
    __atomic_fetch_add(&bucket->calls, 1, __ATOMIC_RELAXED);
    if (failure) __atomic_fetch_add(&bucket->failures, 1, __ATOMIC_RELAXED);
    if (slow) __atomic_fetch_add(&bucket->slow, 1, __ATOMIC_RELAXED);
}

void hr__breaker_window_sum(const struct hr_breaker_window *window, uint64_t now_ns,
                            struct hr_breaker_counts *counts) {
    uint64_t last = number_of(window, now_ns);
    *counts = (struct hr_breaker_counts){0};
    for (unsigned i = 0; i < HR_BREAKER_BUCKETS; i++) {
        const struct hr_breaker_bucket *bucket = &window->buckets[i];
        uint64_t number = __atomic_load_n(&bucket->number, __ATOMIC_ACQUIRE);
        if (number == 0 || number + HR_BREAKER_BUCKETS <= last) continue;
        counts->calls += __atomic_load_n(&bucket->calls, __ATOMIC_RELAXED);
        counts->failures += __atomic_load_n(&bucket->failures, __ATOMIC_RELAXED);
        counts->slow += __atomic_load_n(&bucket->slow, __ATOMIC_RELAXED);
    }
}

void hr__breaker_window_clear(struct hr_breaker_window *window) {
    pthread_mutex_lock(&window->mutex);
    for (unsigned i = 0; i < HR_BREAKER_BUCKETS; i++) empty(&window->buckets[i]);
    pthread_mutex_unlock(&window->mutex);
}
