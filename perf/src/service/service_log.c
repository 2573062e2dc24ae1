/* The seeds' figures of their logger, measured on ours. */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>

#include <headrace/clock.h>

#include "resources.h"
#include "service_bench.h"
#include "service_tools.h"

enum { CALLS = 1000, MANY = 10000, THREADS = 4, OF_A_THREAD = 250 };

static int by_size(const void *a, const void *b) {
    uint64_t one = *(const uint64_t *)a, two = *(const uint64_t *)b;
    return (one > two) - (one < two);
}

static void time_calls(hr_log *log, struct perf_service_figures *figures) {
    uint64_t times[CALLS], sum = 0;
    for (int i = 0; i < CALLS; i++) {
        uint64_t start = hr_clock_monotonic_ns();
        HR_INFO(log, "Benchmark message", "i", i);
        times[i] = hr_clock_monotonic_ns() - start;
        sum += times[i];
    }
    qsort(times, CALLS, sizeof *times, by_size);
    perf_service_put(figures, "log", "call_mean_ms", (double)sum / CALLS / 1e6);
    perf_service_put(figures, "log", "call_p95_ms", (double)times[CALLS * 95 / 100 - 1] / 1e6);
}

/* First of all: memory that is there already is not seen to be taken. */
static int log_many(const struct perf_service_place *place, struct perf_service_figures *figures,
                    struct hr_error *error) {
    hr_log *log;
    uint64_t before = perf_memory_bytes("Rss"), start = 0, dropped = 0;
    int err = perf_service_log_open(place, "DEBUG", &log, error);
    if (err) return err;
    start = hr_clock_monotonic_ns();
    for (int i = 0; i < MANY; i++) HR_DEBUG(log, "High frequency message", "i", i);
    perf_service_put(figures, "log", "debug_10000_called_s", perf_service_seconds_since(start));
    uint64_t grown = perf_memory_bytes("Rss");
    err = perf_service_log_close(log, &dropped, error);
    perf_service_put(figures, "log", "debug_10000_s", perf_service_seconds_since(start));
    perf_service_put(figures, "log", "debug_10000_memory_bytes",
                     grown > before ? (double)(grown - before) : 0);
    perf_service_put(figures, "log", "dropped", (double)dropped);
    return err;
}

struct worker {
    pthread_t thread;
    hr_log *log;
    double seconds;
};

static void *work(void *user) {
    struct worker *worker = user;
    uint64_t start = hr_clock_monotonic_ns();
    for (int i = 0; i < OF_A_THREAD; i++) HR_INFO(worker->log, "Concurrent message", "i", i);
    worker->seconds = perf_service_seconds_since(start);
    return NULL;
}

/* The slowest thread's time; negative where one could not be started. */
static double time_threads(hr_log *log) {
    struct worker workers[THREADS];
    double longest = 0;
    int started = 0;
    while (started < THREADS) {
        workers[started] = (struct worker){.log = log};
        if (pthread_create(&workers[started].thread, NULL, work, &workers[started])) break;
        started++;
    }
    for (int i = 0; i < started; i++) {
        pthread_join(workers[i].thread, NULL);
        if (workers[i].seconds > longest) longest = workers[i].seconds;
    }
    return started == THREADS ? longest : -1;
}

int perf_service_log(const struct perf_service_place *place, struct perf_service_figures *figures,
                     struct hr_error *error) {
    hr_log *log;
    uint64_t dropped = 0;
    int err = log_many(place, figures, error);
    if (!err) err = perf_service_log_open(place, "INFO", &log, error);
    if (err) return err;
    time_calls(log, figures);
    double threads_s = time_threads(log);
    err = perf_service_log_close(log, &dropped, error);
    if (!err && threads_s < 0) err = hr_error_set(error, -EAGAIN, "no thread could be started");
    perf_service_put(figures, "log", "threads_4_s", threads_s);
    return err;
}
