/* One thread records, two merge from its histogram meanwhile, at scales of their own. Each copy
 * holds all that was recorded before it was made, within the extremes that were recorded by then,
 * and the last ones are equal to a histogram that nobody merged from. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/histogram.h>

enum { RECORDS = 2000000, READERS = 2 };

static struct hr_histogram live, alone, copies[READERS];
static uint64_t recorded; /* complete before the reader looks */

static void fail(const char *what) {
    fprintf(stderr, "stress_histogram: %s\n", what);
    exit(1);
}

static uint64_t value_of(uint64_t n) {
    uint64_t state = (n + 1) * UINT64_C(0x9e3779b97f4a7c15);
    state ^= state >> 29;
    return n % 1000 == 0 ? 0 : state >> (n % 50);
}

static void *record(void *user) {
    (void)user;
    for (uint64_t n = 0; n < RECORDS; n++) {
        hr_histogram_record(&live, value_of(n));
        __atomic_store_n(&recorded, n + 1, __ATOMIC_RELEASE);
    }
    return NULL;
}

static void copy(struct hr_histogram *into, int scale) {
    hr_histogram_init(into, HR_HISTOGRAM_SECONDS);
    if (hr_histogram_downscale(into, scale) != 0) fail("a scale was refused");
    if (hr_histogram_merge(into, &live) != 0) fail("a merge was refused");
}

static void check(const struct hr_histogram *made, uint64_t before, uint64_t after) {
    struct hr_histogram_buckets buckets;
    hr_histogram_buckets_get(made, &buckets);
    uint64_t count = made->zero_count;
    for (uint32_t i = 0; i < buckets.size; i++) count += buckets.counts[i];
    if (count != made->count) fail("the buckets do not add up");
    if (made->count < before) fail("a record that was complete is not in the copy");
    if (made->count > after) fail("a record is in the copy twice");
    if (made->count == 0) return;
    if ((before > 0 && made->zero_count == 0) || made->min != 0) fail("the first record is a zero");
    uint64_t top = hr_histogram_quantile(made, 1 - 0.5 / (double)made->count);
    if (top != made->max) fail("the largest value is not the maximum");
}

static void *merge(void *user) {
    struct hr_histogram *mine = user;
    int scale = HR_HISTOGRAM_SCALE - 2 * (int)(mine - copies);
    uint64_t before;
    do {
        before = __atomic_load_n(&recorded, __ATOMIC_ACQUIRE);
        copy(mine, scale);
        /* One more may be counted and not yet told. */
        check(mine, before, __atomic_load_n(&recorded, __ATOMIC_ACQUIRE) + 1);
    } while (before < RECORDS);
    return NULL;
}

int main(void) {
    pthread_t writer, readers[READERS];
    hr_histogram_init(&live, HR_HISTOGRAM_SECONDS);
    hr_histogram_init(&alone, HR_HISTOGRAM_SECONDS);
    for (uint64_t n = 0; n < RECORDS; n++) hr_histogram_record(&alone, value_of(n));
    for (int i = 0; i < READERS; i++)
        if (pthread_create(&readers[i], NULL, merge, &copies[i]) != 0) fail("no thread");
    if (pthread_create(&writer, NULL, record, NULL) != 0) fail("no thread");
    pthread_join(writer, NULL);
    for (int i = 0; i < READERS; i++) pthread_join(readers[i], NULL);
    if (memcmp(&copies[0], &alone, sizeof alone) != 0) fail("the last copy is another one");
    if (hr_histogram_downscale(&alone, HR_HISTOGRAM_SCALE - 2) != 0) fail("no downscaling");
    if (memcmp(&copies[1], &alone, sizeof alone) != 0) fail("the last coarse copy is another one");
    return 0;
}
