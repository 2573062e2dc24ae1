/* The lower limit of every logger here: a copy of the record into a ring, and write(2) of ready
 * lines. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <headrace/clock.h>

#include "log_headrace.h"

#define RECORD_SIZE 160
#define RING_SIZE   (1 << 20)
#define WRITE_LINES 1638 /* of them: 256 KiB */

/* ---- memcpy into a ring. */

struct copier {
    const char *record;
    char *rings; /* one for each thread */
    uint32_t taken;
};

static __thread char *ring; /* of a thread that lives as long as the copier is open */
static __thread size_t position;

static void put_one(const char *record) {
    if (position + RECORD_SIZE > RING_SIZE) position = 0;
    memcpy(ring + position, record, RECORD_SIZE);
    position += RECORD_SIZE;
}

static void put(void *user, uint32_t count, struct perf_samples *samples, uint64_t gap) {
    struct copier *copier = user;
    uint64_t due = perf_ticks();
    if (!ring)
        ring = copier->rings +
               (size_t)__atomic_fetch_add(&copier->taken, 1, __ATOMIC_RELAXED) * RING_SIZE;
    for (uint32_t i = 0; i < count; i++, due += gap) {
        if (gap) perf_ticks_await(due);
        uint64_t before = perf_ticks_fenced();
        put_one(copier->record);
        if (samples) perf_samples_add(samples, perf_ticks_fenced() - before);
    }
}

static int open_copier(void *user, const struct perf_log_setup *setup) {
    struct copier *copier = user;
    copier->rings = malloc((size_t)setup->threads * RING_SIZE);
    copier->taken = 0;
    return copier->rings ? 0 : -ENOMEM;
}

static void close_copier(void *user) {
    free(((struct copier *)user)->rings);
}

static int no_flush(void *user) {
    (void)user;
    return 0;
}

static uint64_t none_dropped(void *user) {
    (void)user;
    return 0;
}

/* ---- write(2). */

static int write_all(int fd, const char *lines, size_t size) {
    while (size > 0) {
        ssize_t count = write(fd, lines, size);
        if (count < 0 && errno != EINTR) return -errno;
        if (count > 0) {
            lines += count;
            size -= (size_t)count;
        }
    }
    return 0;
}

static int write_lines(const struct perf_log_plan *plan, const char *lines, double *per_s) {
    int fd = open(plan->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), err = 0;
    if (fd < 0) return -errno;
    uint64_t written = 0, start_ns = hr_clock_monotonic_ns();
    for (; written < plan->records && !err; written += WRITE_LINES)
        err = write_all(fd, lines, (size_t)WRITE_LINES * RECORD_SIZE);
    *per_s = (double)written * 1e9 / (double)(hr_clock_monotonic_ns() - start_ns);
    close(fd);
    unlink(plan->path);
    return err;
}

int perf_log_measure_limits(const struct perf_log_plan *plan, struct perf_log_limits *limits) {
    char record[RECORD_SIZE];
    memset(record, 'x', sizeof record);
    record[RECORD_SIZE - 1] = '\n';
    struct copier copier = {.record = record};
    const struct perf_log_subject subject = {.user = &copier,
                                             .open = open_copier,
                                             .put = put,
                                             .flush = no_flush,
                                             .dropped = none_dropped,
                                             .close = close_copier};
    int err = perf_log_measure(&subject, plan, &limits->memcpy_ring);
    char *lines = malloc((size_t)WRITE_LINES * RECORD_SIZE);
    if (!err && !lines) err = -ENOMEM;
    for (size_t i = 0; i < WRITE_LINES && !err; i++)
        memcpy(lines + i * RECORD_SIZE, record, RECORD_SIZE);
    if (!err) err = write_lines(plan, lines, &limits->write_records_per_s);
    free(lines);
    return err;
}
