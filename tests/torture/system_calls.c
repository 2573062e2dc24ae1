/* Calls of our own objects to the kernel that are made at once (the linker's --wrap sends them
 * here). */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "fault.h"

void *__real_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
int __real_madvise(void *at, size_t size, int advice);
int __real_eventfd(unsigned count, int flags);
int __real_epoll_create1(int flags);
int __real_epoll_ctl(int epoll, int what, int fd, struct epoll_event *event);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *argument);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
int __wrap_madvise(void *at, size_t size, int advice);
int __wrap_eventfd(unsigned count, int flags);
int __wrap_epoll_create1(int flags);
int __wrap_epoll_ctl(int epoll, int what, int fd, struct epoll_event *event);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *argument);

/* Sets errno. */
static bool refused(const int *errors) {
    int error = fault_error(FAULT_SYSTEM, errors);
    if (error) errno = -error;
    return error != 0;
}

static const int no_memory[] = {-ENOMEM, 0};
static const int no_descriptor[] = {-EMFILE, -ENFILE, -ENOMEM, 0};

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset) {
    if (refused(no_memory)) return MAP_FAILED;
    return __real_mmap(at, size, protection, flags, fd, offset);
}

int __wrap_madvise(void *at, size_t size, int advice) {
    static const int errors[] = {-EINVAL, -ENOMEM, 0};
    return refused(errors) ? -1 : __real_madvise(at, size, advice);
}

int __wrap_eventfd(unsigned count, int flags) {
    return refused(no_descriptor) ? -1 : __real_eventfd(count, flags);
}

int __wrap_epoll_create1(int flags) {
    return refused(no_descriptor) ? -1 : __real_epoll_create1(flags);
}

int __wrap_epoll_ctl(int epoll, int what, int fd, struct epoll_event *event) {
    static const int errors[] = {-ENOMEM, -ENOSPC, 0};
    if (what != EPOLL_CTL_DEL && refused(errors)) return -1; /* leaving always works */
    return __real_epoll_ctl(epoll, what, fd, event);
}

struct start {
    void *(*run)(void *);
    void *argument;
};

static void *run_joined(void *argument) {
    struct start start = *(struct start *)argument;
    fault_join();
    return start.run(start.argument);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *argument) {
    static const int errors[] = {-EAGAIN, 0};
    static struct start starts[64]; /* in turn; no allocation that could fail */
    static uint32_t next;
    int error = fault_error(FAULT_SYSTEM, errors);
    if (error) return -error;
    struct start *start = &starts[__atomic_fetch_add(&next, 1, __ATOMIC_RELAXED) % 64];
    *start = (struct start){.run = run, .argument = argument};
    return __real_pthread_create(thread, attributes, run_joined, start);
}
