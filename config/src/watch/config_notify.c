/* The descriptor of a watch: a timer, which is the guarantee, and inotify on the folders of the
 * files, which is the fast way. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "config_watch_state.h"

#define POLL_MS_DEFAULT 1000
#define EVENTS_SIZE     4096
#define FOLDER_MAX      4096
/* A folder tells of links that are exchanged, files that are renamed into it, written or touched.
 */
#define EVENTS                                                                                     \
    (IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE | IN_DELETE | IN_ATTRIB |            \
     IN_DELETE_SELF)

static int start_timer(int fd, uint32_t poll_ms) {
    struct itimerspec each = {
        .it_interval = {.tv_sec = poll_ms / 1000, .tv_nsec = (long)(poll_ms % 1000) * 1000000}};
    each.it_value = each.it_interval;
    return timerfd_settime(fd, 0, &each, NULL) == 0 ? 0 : -errno;
}

static int add_to_ready(const hr_config_watch *watch, int fd) {
    struct epoll_event event = {.events = EPOLLIN};
    return epoll_ctl(watch->ready_fd, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

int hr__config_notify_open(hr_config_watch *watch) {
    uint32_t poll_ms = watch->options.poll_ms ? watch->options.poll_ms : POLL_MS_DEFAULT;
    watch->ready_fd = epoll_create1(EPOLL_CLOEXEC);
    watch->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (watch->ready_fd < 0 || watch->timer_fd < 0) return -errno;
    int err = start_timer(watch->timer_fd, poll_ms);
    if (!err) err = add_to_ready(watch, watch->timer_fd);
    watch->notify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (!err && watch->notify_fd >= 0) err = add_to_ready(watch, watch->notify_fd);
    return err;
}

/* The folder that a path is in. */
static void add_folder_of(const hr_config_watch *watch, const char *path) {
    char folder[FOLDER_MAX] = ".";
    const char *slash = strrchr(path, '/');
    size_t size = slash ? (size_t)(slash - path) : 0;
    if (size >= sizeof folder) return;
    if (slash) memcpy(folder, path, size);
    if (slash) folder[size] = '\0';
    inotify_add_watch(watch->notify_fd, slash && size == 0 ? "/" : folder, EVENTS);
}

void hr__config_notify_folders(hr_config_watch *watch) {
    if (watch->notify_fd < 0) return;
    for (size_t i = 0; i < watch->prints.count; i++) {
        const struct hr__config_print *print = &watch->prints.items[i];
        if (print->folder) inotify_add_watch(watch->notify_fd, print->path, EVENTS);
        add_folder_of(watch, print->path);
    }
}

void hr__config_notify_drain(hr_config_watch *watch) {
    uint64_t ticks = 0;
    char events[EVENTS_SIZE];
    ssize_t got = read(watch->timer_fd, &ticks, sizeof ticks);
    if (got == sizeof ticks) watch->ticks += ticks; /* else the kernel has told of a folder */
    while (watch->notify_fd >= 0 && read(watch->notify_fd, events, sizeof events) > 0) continue;
}

void hr__config_notify_close(hr_config_watch *watch) {
    if (watch->notify_fd >= 0) close(watch->notify_fd);
    if (watch->timer_fd >= 0) close(watch->timer_fd);
    if (watch->ready_fd >= 0) close(watch->ready_fd);
}
