/* Counting who keeps a loop going. */
#include "holders.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define GONE (1ull << 32) /* more than all wake-ups together */

int perf_holders_open(struct perf_holders *holders) {
    holders->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return holders->event_fd < 0 ? -errno : 0;
}

void perf_holders_close(struct perf_holders *holders) {
    if (holders->event_fd >= 0) close(holders->event_fd);
    holders->event_fd = -1;
}

void perf_holders_add(struct perf_holders *holders, unsigned count) {
    atomic_fetch_add_explicit(&holders->count, count, memory_order_relaxed);
}

void perf_holders_wake(struct perf_holders *holders) {
    uint64_t one = 1;
    (void)!write(holders->event_fd, &one, sizeof one);
}

/* The last holder's write is its last touch, and its value tells it from a mere wake-up. */
void perf_holders_release(struct perf_holders *holders) {
    uint64_t gone = GONE;
    int event_fd = holders->event_fd;
    unsigned before = atomic_fetch_sub_explicit(&holders->count, 1, memory_order_acq_rel);
    assert(before > 0);
    if (before == 1) (void)!write(event_fd, &gone, sizeof gone);
}

bool perf_holders_gone(struct perf_holders *holders) {
    uint64_t count = 0;
    if (read(holders->event_fd, &count, sizeof count) != (ssize_t)sizeof count) return false;
    return count >= GONE;
}
