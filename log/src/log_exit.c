/* Flushing at exit and quick_exit: records of open logs are written as by hr_log_flush. */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "log_core.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct hr_log_core *cores; /* of open logs; under lock */
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* In a forked child a thread that is not there may hold the lock, and the logs are the parent's. On
 * a reactor's thread a flush would wait for itself. */
static void flush_all(void) {
    struct timespec end;
    if (hr__reactor_current()) return;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec++;
    if (pthread_mutex_timedlock(&lock, &end) != 0) return;
    for (struct hr_log_core *core = cores; core; core = core->next_open)
        if (!hr__log_rings_are_parents(&core->rings) && hr__log_drain_is_started(&core->drain))
            (void)hr__log_drain_flush(&core->drain, (int)core->close_timeout_ms, true);
    pthread_mutex_unlock(&lock);
}

static void set_up(void) {
    (void)atexit(flush_all);
    (void)at_quick_exit(flush_all);
}

void hr__log_exit_add(struct hr_log_core *core) {
    assert(!core->next_open);
    pthread_once(&once, set_up);
    pthread_mutex_lock(&lock);
    core->next_open = cores;
    cores = core;
    pthread_mutex_unlock(&lock);
}

void hr__log_exit_remove(struct hr_log_core *core) {
    pthread_mutex_lock(&lock);
    struct hr_log_core **link = &cores;
    while (*link && *link != core) link = &(*link)->next_open;
    assert(!*link || *link == core);
    if (*link) *link = core->next_open;
    core->next_open = NULL;
    pthread_mutex_unlock(&lock);
}
