#include <criterion/criterion.h>
#include <errno.h>

#include <headrace/clock.h>

#include "log_monitor.h"

struct shared {
    struct hr__log_monitor monitor;
    bool flag;
    uint64_t number;
};

static bool is_seven(const void *of) {
    const struct shared *shared = of;
    return __atomic_load_n(&shared->number, __ATOMIC_ACQUIRE) == 7;
}

static void *set_both(void *user) {
    struct shared *shared = user;
    hr__log_monitor_set(&shared->monitor, &shared->flag);
    __atomic_store_n(&shared->number, 7, __ATOMIC_RELEASE);
    hr__log_monitor_wake(&shared->monitor);
    return NULL;
}

Test(log_monitor, a_wait_ends_when_the_flag_is_set) {
    struct shared shared = {.flag = false};
    pthread_t thread;
    hr__log_monitor_open(&shared.monitor);
    pthread_mutex_lock(&shared.monitor.lock); /* so that it waits before the thread sets */
    cr_assert_eq(pthread_create(&thread, NULL, set_both, &shared), 0);
    cr_assert_eq(hr__log_monitor_wait(&shared.monitor, &shared.flag, -1), 0);
    cr_assert_eq(hr__log_monitor_wait_until(&shared.monitor, is_seven, &shared, 60000), 0);
    cr_assert_eq(hr__log_monitor_wait(&shared.monitor, &shared.flag, 0), 0);
    pthread_mutex_unlock(&shared.monitor.lock);
    pthread_join(thread, NULL);
    hr__log_monitor_close(&shared.monitor);
}

Test(log_monitor, a_time_out_ends_it_not_before) {
    struct shared shared = {.flag = false};
    hr__log_monitor_open(&shared.monitor);
    pthread_mutex_lock(&shared.monitor.lock);
    uint64_t began = hr_clock_monotonic_ns();
    cr_assert_eq(hr__log_monitor_wait(&shared.monitor, &shared.flag, 20), -ETIMEDOUT);
    cr_assert(hr_clock_monotonic_ns() - began >= 20000000);
    cr_assert_eq(hr__log_monitor_wait_until(&shared.monitor, is_seven, &shared, 0), -ETIMEDOUT);
    pthread_mutex_unlock(&shared.monitor.lock);
    hr__log_monitor_close(&shared.monitor);
}
