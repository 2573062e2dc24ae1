/* A lock, and a condition variable that waits by the monotonic clock. */
#ifndef HR_LOG_MONITOR_H
#define HR_LOG_MONITOR_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct hr__log_monitor {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* something under the lock */
};

void hr__log_monitor_open(struct hr__log_monitor *monitor);
void hr__log_monitor_close(struct hr__log_monitor *monitor);
/* Sets a flag under the lock and wakes whoever waits. */
void hr__log_monitor_set(struct hr__log_monitor *monitor, bool *flag);
/* Wakes whoever waits. */
void hr__log_monitor_wake(struct hr__log_monitor *monitor);
/* Waits, under the lock, until the flag is set: 0, or -ETIMEDOUT after `timeout_ms` (negative: no
 * limit). */
int hr__log_monitor_wait(struct hr__log_monitor *monitor, const bool *flag, int64_t timeout_ms);
/* The same until `holds(of)` is true. */
int hr__log_monitor_wait_until(struct hr__log_monitor *monitor, bool (*holds)(const void *of),
                               const void *of, int64_t timeout_ms);

#endif
