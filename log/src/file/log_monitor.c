/* Monitors: waiting with a deadline. */
#include "log_monitor.h"

#include <assert.h>
#include <errno.h>
#include <time.h>

#define SECOND_NS 1000000000L

void hr__log_monitor_open(struct hr__log_monitor *monitor) {
    pthread_condattr_t attributes;
    pthread_mutex_init(&monitor->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&monitor->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

void hr__log_monitor_close(struct hr__log_monitor *monitor) {
    pthread_cond_destroy(&monitor->changed);
    pthread_mutex_destroy(&monitor->lock);
}

void hr__log_monitor_set(struct hr__log_monitor *monitor, bool *flag) {
    pthread_mutex_lock(&monitor->lock);
    assert(!*flag);
    *flag = true;
    pthread_cond_broadcast(&monitor->changed);
    pthread_mutex_unlock(&monitor->lock);
}

void hr__log_monitor_wake(struct hr__log_monitor *monitor) {
    pthread_mutex_lock(&monitor->lock);
    pthread_cond_broadcast(&monitor->changed);
    pthread_mutex_unlock(&monitor->lock);
}

static struct timespec end_of(int64_t timeout_ms) {
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += timeout_ms / 1000;
    end.tv_nsec += timeout_ms % 1000 * 1000000L;
    if (end.tv_nsec >= SECOND_NS) {
        end.tv_sec++;
        end.tv_nsec -= SECOND_NS;
    }
    return end;
}

int hr__log_monitor_wait_until(struct hr__log_monitor *monitor, bool (*holds)(const void *of),
                               const void *of, int64_t timeout_ms) {
    struct timespec end = end_of(timeout_ms < 0 ? 0 : timeout_ms);
    int err = 0;
    while (!holds(of) && !err)
        err = timeout_ms < 0 ? pthread_cond_wait(&monitor->changed, &monitor->lock)
                             : pthread_cond_timedwait(&monitor->changed, &monitor->lock, &end);
    return holds(of) ? 0 : -err;
}

static bool is_set(const void *flag) {
    return *(const bool *)flag;
}

int hr__log_monitor_wait(struct hr__log_monitor *monitor, const bool *flag, int64_t timeout_ms) {
    return hr__log_monitor_wait_until(monitor, is_set, flag, timeout_ms);
}
