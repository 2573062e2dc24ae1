/* The cost of a breaker for a call while all is well: nanoseconds of enter and leave together,
 * closed, beside a breaker of a few lines round a mutex and beside the loop alone. Rounds are
 * interleaved, so that what else the machine does falls on all of them; the median of the rounds is
 * shown. One thread, then as many as there are processors, all on the same breaker. */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <headrace/breaker.h>
#include <headrace/clock.h>

enum { ROUNDS = 21, CALLS = 2000000, THREADS_MAX = 64 };

/* ---- The reference. */

struct simple_breaker {
    pthread_mutex_t mutex;
    unsigned failures;
    bool open;
    uint64_t due_ns;
};

static int simple_enter(struct simple_breaker *breaker) {
    pthread_mutex_lock(&breaker->mutex);
    bool rejected = breaker->open && hr_clock_monotonic_ns() < breaker->due_ns;
    pthread_mutex_unlock(&breaker->mutex);
    return rejected ? HR_ERR_BREAKER_OPEN : 0;
}

static void simple_leave(struct simple_breaker *breaker, bool success) {
    pthread_mutex_lock(&breaker->mutex);
    breaker->failures = success ? 0 : breaker->failures + 1;
    breaker->open = breaker->failures >= 5;
    if (breaker->open) breaker->due_ns = hr_clock_monotonic_ns() + UINT64_C(60000000000);
    pthread_mutex_unlock(&breaker->mutex);
}

/* ---- What is measured. */

static hr_breaker *by_count, *by_rate;
static struct simple_breaker simple = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void run_breaker(hr_breaker *breaker) {
    for (unsigned i = 0; i < CALLS; i++) {
        struct hr_breaker_pass pass;
        if (hr_breaker_enter(breaker, &pass, NULL) < 0) abort();
        hr_breaker_leave(breaker, &pass, HR_BREAKER_SUCCESS, 0);
    }
}

static void run_by_count(void) {
    run_breaker(by_count);
}
static void run_by_rate(void) {
    run_breaker(by_rate);
}
static void run_simple(void) {
    for (unsigned i = 0; i < CALLS; i++) {
        if (simple_enter(&simple) < 0) abort();
        simple_leave(&simple, true);
    }
}
static void run_nothing(void) {
    for (unsigned i = 0; i < CALLS; i++) __asm__ volatile("" : : "r"(i) : "memory");
}

static const struct {
    const char *name;
    void (*run)(void);
} subjects[] = {
    {"hr_breaker, by count", run_by_count},
    {"hr_breaker, by failure rate", run_by_rate},
    {"a mutex and a counter", run_simple},
    {"the loop alone", run_nothing},
};
enum { SUBJECTS = sizeof subjects / sizeof *subjects };

static void *thread_body(void *user) {
    (*(void (**)(void))user)();
    return NULL;
}

/* Nanoseconds of one call as its thread sees it. */
static double round_ns(void (*run)(void), unsigned threads) {
    pthread_t ids[THREADS_MAX];
    uint64_t begun = hr_clock_monotonic_ns();
    if (threads == 1) {
        run();
    } else {
        for (unsigned i = 0; i < threads; i++)
            if (pthread_create(&ids[i], NULL, thread_body, &run) != 0) abort();
        for (unsigned i = 0; i < threads; i++) pthread_join(ids[i], NULL);
    }
    return (double)(hr_clock_monotonic_ns() - begun) / CALLS;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(unsigned threads) {
    double ns[SUBJECTS][ROUNDS];
    for (unsigned round = 0; round < ROUNDS; round++)
        for (unsigned i = 0; i < SUBJECTS; i++) ns[i][round] = round_ns(subjects[i].run, threads);
    printf("%u thread%s, median (least) of %d rounds of %d calls\n", threads,
           threads == 1 ? "" : "s", ROUNDS, CALLS);
    for (unsigned i = 0; i < SUBJECTS; i++) {
        qsort(ns[i], ROUNDS, sizeof ns[i][0], compare);
        printf("  %-28s %7.2f ns  (%.2f)\n", subjects[i].name, ns[i][ROUNDS / 2], ns[i][0]);
    }
}

int main(void) {
    const struct hr_breaker_options rate = {.failure_rate_percent = 50};
    struct hr_error error;
    if (hr_breaker_new(NULL, &error, &by_count) < 0 ||
        hr_breaker_new(&rate, &error, &by_rate) < 0) {
        fprintf(stderr, "bench_breaker: %s\n", error.message);
        return 1;
    }
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    measure(1);
    if (processors > 1) measure(processors < THREADS_MAX ? (unsigned)processors : THREADS_MAX);
    hr_breaker_free(by_count);
    hr_breaker_free(by_rate);
    return 0;
}
