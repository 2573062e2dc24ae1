/* The thread of a schedule that starts operations at their times. */
#include <errno.h>
#include <time.h>

#include "loop_core.h"

bool perf_loop_is_over(const perf_loop *loop, uint64_t now_ns) {
    return atomic_load(&loop->stopping) || now_ns >= loop->until_ns ||
           (loop->options.operations && atomic_load(&loop->claimed) >= loop->options.operations);
}

int perf_starter_begin(perf_loop *loop, void *(*body)(void *loop)) {
    perf_holders_add(&loop->holders, 1);
    int err = pthread_create(&loop->starter.thread, NULL, body, loop);
    loop->starter.runs = err == 0;
    return -err;
}

void perf_starter_join(perf_loop *loop) {
    if (loop->starter.runs) pthread_join(loop->starter.thread, NULL);
    loop->starter.runs = false;
}

void perf_starter_sleep(uint64_t wake_ns) {
    struct timespec until = {.tv_sec = (time_t)(wake_ns / 1000000000u),
                             .tv_nsec = (long)(wake_ns % 1000000000u)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {}
}
