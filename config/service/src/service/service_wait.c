/* Signals, files, and the word to stop: one descriptor for all of them. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "service_state.h"

/* ---- Opening. */

static int open_signals(hr_service *service) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    int err = pthread_sigmask(SIG_BLOCK, &set, &service->signals_before);
    if (err) return -err;
    service->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (service->signal_fd >= 0) return 0;
    err = -errno;
    pthread_sigmask(SIG_SETMASK, &service->signals_before, NULL);
    return err;
}

static int add(const hr_service *service, int fd) {
    struct epoll_event event = {.events = EPOLLIN};
    return epoll_ctl(service->ready_fd, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

int hr__service_wait_open(hr_service *service) {
    int err = service->options.own_signals ? 0 : open_signals(service);
    if (err) return err;
    service->ready_fd = epoll_create1(EPOLL_CLOEXEC);
    service->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (service->ready_fd < 0 || service->stop_fd < 0) return -errno;
    err = add(service, service->stop_fd);
    if (!err && service->signal_fd >= 0) err = add(service, service->signal_fd);
    return err;
}

int hr__service_wait_watch(hr_service *service) {
    return add(service, hr_config_watch_fd(service->watch));
}

/* The next signal that has come; 0: none. */
static int next_signal(const hr_service *service) {
    struct signalfd_siginfo info;
    if (service->signal_fd < 0) return 0;
    return read(service->signal_fd, &info, sizeof info) == (ssize_t)sizeof info
               ? (int)info.ssi_signo
               : 0;
}

void hr__service_wait_close(hr_service *service) {
    if (service->signal_fd >= 0) {
        while (next_signal(service)) continue; /* this end is what they asked for */
        close(service->signal_fd);
        pthread_sigmask(SIG_SETMASK, &service->signals_before, NULL);
    }
    if (service->stop_fd >= 0) close(service->stop_fd);
    if (service->ready_fd >= 0) close(service->ready_fd);
}

/* ---- Waiting. */

int hr_service_fd(const hr_service *service) {
    return service->ready_fd;
}

int hr_service_poll(hr_service *service) {
    int number, ending = 0;
    bool again = false;
    while ((number = next_signal(service))) {
        again |= number == SIGHUP;
        if (number != SIGHUP) ending = number;
    }
    if (again && !ending) hr__service_reload(service);
    if (!ending) hr_config_watch_poll(service->watch);
    return ending;
}

static bool is_stopped(const hr_service *service) {
    uint64_t count;
    return read(service->stop_fd, &count, sizeof count) == (ssize_t)sizeof count;
}

int hr_service_run(hr_service *service) {
    struct pollfd ready = {.fd = service->ready_fd, .events = POLLIN};
    for (;;) {
        if (poll(&ready, 1, -1) < 0 && errno != EINTR) return -errno;
        int number = hr_service_poll(service);
        if (number) return number;
        if (is_stopped(service)) return 0;
    }
}

void hr_service_stop(hr_service *service) {
    const uint64_t one = 1;
    ssize_t size = write(service->stop_fd, &one, sizeof one);
    (void)size; /* full: it is stopped already */
}
