/* The figures that the seeds of headrace promised of their logger, measured on ours: a table with
 * each one's limit. Ends with 1 where a limit is exceeded. usage: log_seeds [FILE] */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <headrace/clock.h>
#include <headrace/log.h>

enum { CALLS = 1000, MANY = 10000, THREADS = 4, OF_A_THREAD = 250, PATH_SIZE = 128 };
#define MIB (1024.0 * 1024.0)

static bool exceeded;

static void row(const char *what, double value, double limit, const char *unit) {
    bool good = value < limit;
    printf("| %-40s | %10.6f %-4s | < %5.1f %-4s | %-4s |\n", what, value, unit, limit, unit,
           good ? "ok" : "over");
    exceeded = exceeded || !good;
}

static hr_log *open_log(const char *path, const char *level) {
    struct hr_error error = {0};
    struct hr_log_service_options options = {
        .name = "seeds", .level = level, .file = path, .no_console = true};
    hr_log *log;
    if (hr_log_service(&options, &error, &log) || hr_log_start(log)) {
        fprintf(stderr, "log_seeds: %s\n", error.message);
        exit(3);
    }
    return log;
}

/* Nothing may have been dropped, and all of it is in the file. */
static void close_log(hr_log *log) {
    struct hr_log_statistics statistics;
    int left = hr_log_stop(log, -1);
    hr_log_statistics_get(log, &statistics);
    if (left || statistics.messages_dropped || hr_log_close(log)) {
        fprintf(stderr, "log_seeds: %d records left, %llu dropped\n", left,
                (unsigned long long)statistics.messages_dropped);
        exit(1);
    }
}

static double seconds_since(uint64_t start) {
    return (double)(hr_clock_monotonic_ns() - start) / 1e9;
}

static double resident_mib(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%*s %ld", &pages) != 1) exit(3);
    fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / MIB;
}

static int by_size(const void *a, const void *b) {
    uint64_t one = *(const uint64_t *)a, two = *(const uint64_t *)b;
    return (one > two) - (one < two);
}

static void measure_latency(const char *path) {
    static uint64_t times[CALLS];
    hr_log *log = open_log(path, "INFO");
    uint64_t sum = 0;
    for (int i = 0; i < CALLS; i++) {
        uint64_t start = hr_clock_monotonic_ns();
        HR_INFO(log, "Benchmark message", "i", i);
        times[i] = hr_clock_monotonic_ns() - start;
        sum += times[i];
    }
    close_log(log);
    qsort(times, CALLS, sizeof *times, by_size);
    row("mean of 1,000 calls", (double)sum / CALLS / 1e6, 0.1, "ms");
    row("95th percentile of 1,000 calls", (double)times[CALLS * 95 / 100 - 1] / 1e6, 0.2, "ms");
}

static void measure_many(const char *path) {
    double before = resident_mib();
    hr_log *log = open_log(path, "DEBUG");
    uint64_t start = hr_clock_monotonic_ns();
    for (int i = 0; i < MANY; i++) HR_DEBUG(log, "High frequency message", "i", i);
    double called = seconds_since(start), grown = resident_mib() - before;
    close_log(log);
    row("10,000 DEBUG, called", called, 5, "s");
    row("10,000 DEBUG, until in the file", seconds_since(start), 5, "s");
    row("memory for a log with 10,000", grown, 10, "MiB");
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
    worker->seconds = seconds_since(start);
    return NULL;
}

static void measure_threads(const char *path) {
    struct worker workers[THREADS];
    double longest = 0;
    hr_log *log = open_log(path, "INFO");
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.log = log};
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i])) exit(3);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        if (workers[i].seconds > longest) longest = workers[i].seconds;
    }
    close_log(log);
    row("4 threads with 250 each, the slowest", longest, 1, "s");
}

int main(int argc, char **argv) {
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s", argc > 1 ? argv[1] : "/tmp/headrace-log-seeds");
    printf("| %-40s | %-15s | %-12s | %-4s |\n|---|---|---|---|\n", "figure", "here", "limit", "");
    measure_many(path); /* first: memory that is there already is not seen to be taken */
    measure_latency(path);
    measure_threads(path);
    unlink(path);
    return exceeded;
}
