/* The holders that keep a loop going (of a closed one each slot, of an open one the schedule and
 * each operation), and the descriptor that tells when there are none left. */
#ifndef PERF_HOLDERS_H
#define PERF_HOLDERS_H

#include <stdatomic.h>
#include <stdbool.h>

struct perf_holders {
    atomic_uint count;
    int event_fd;
};

/* 0 or -errno; then event_fd is -1, and closing it is nothing. */
int perf_holders_open(struct perf_holders *holders);
void perf_holders_close(struct perf_holders *holders);

/* Any thread. An added holder is one more than none, or has another one beside it. */
void perf_holders_add(struct perf_holders *holders, unsigned count);
/* Any thread. The last one's release ends the loop; nothing of it is touched afterwards. */
void perf_holders_release(struct perf_holders *holders);
/* Any thread. Makes the descriptor readable. */
void perf_holders_wake(struct perf_holders *holders);

/* Empties the descriptor. True when the last holder has gone: only who has seen it may free. */
bool perf_holders_gone(struct perf_holders *holders);

#endif
