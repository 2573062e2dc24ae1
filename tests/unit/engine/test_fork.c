/* What a forked child and an executed program have of an engine: nothing. On both back ends. */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "engine_fixture.h"
#include "needs_kernel.h"

#define BACKENDS 2
#define FDS_MAX  1024

static void open_with(unsigned backend, enum hr_engine_mode mode) {
    const struct hr_engine_options options = {
        .backend = backend ? HR_BACKEND_EPOLL : HR_BACKEND_IO_URING, .mode = mode, .reactors = 1};
    struct hr_error error = {0};
    cr_assert_eq(hr_engine_new(&options, &error, &engine), 0, "%s", error.message);
    reactor = hr__engine_reactor(engine, 0);
}

static int exit_code(pid_t child) {
    int status;
    while (waitpid(child, &status, 0) < 0) cr_assert_eq(errno, EINTR);
    cr_assert(WIFEXITED(status), "the child was ended by signal %d", WTERMSIG(status));
    return WEXITSTATUS(status);
}

/* Descriptors that are open now, in `open`. */
static unsigned list_open(bool open[FDS_MAX]) {
    unsigned count = 0;
    memset(open, 0, FDS_MAX);
    DIR *folder = opendir("/proc/self/fd");
    cr_assert_not_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder));) {
        int fd = (int)strtol(entry->d_name, NULL, 10);
        if (entry->d_name[0] == '.' || fd == dirfd(folder)) continue;
        cr_assert_lt(fd, FDS_MAX);
        open[fd] = true;
        count++;
    }
    closedir(folder);
    return count;
}

Test(fork, every_descriptor_of_an_engine_is_close_on_exec_and_goes_with_it) {
    NEEDS_KERNEL("a process of its own");
    static bool before[FDS_MAX], during[FDS_MAX], after[FDS_MAX];
    for (unsigned i = 0; i < BACKENDS * 2; i++) {
        unsigned count = list_open(before);
        open_with(i / 2, (enum hr_engine_mode)(i % 2));
        if (i % 2 == HR_ENGINE_CALLER) cr_assert_geq(hr_engine_fd(engine), 0);
        cr_assert_gt(list_open(during), count);
        for (int fd = 0; fd < FDS_MAX; fd++)
            if (during[fd] && !before[fd])
                cr_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC, "%d of the %s back end", fd,
                          hr_engine_backend_name(engine));
        cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
        cr_assert_eq(list_open(after), count, "a descriptor was left");
    }
}

/* A program that is executed while requests run has none of it; the parent's go on. */
Test(fork, an_executed_program_is_free_of_it) {
    for (unsigned i = 0; i < BACKENDS * 2; i++) {
        open_with(i / 2, (enum hr_engine_mode)(i % 2));
        struct timer_request running = {.delay_ns = 20000000};
        cr_assert_eq(submit(&running), 0);
        pid_t child = fork();
        if (child == 0) {
            execl("/bin/sh", "sh", "-c", "! ls -l /proc/$$/fd | grep -q -e io_uring -e eventpoll",
                  (char *)NULL);
            _exit(127);
        }
        cr_assert_eq(exit_code(child), 0, "%s", hr_engine_backend_name(engine));
        cr_assert_eq(hr_wait(&running.request), 0);
        cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
    }
}

static int live_anew(unsigned backend) {
    hr_engine *parents = engine;
    struct timer_request refused = {.delay_ns = 1}, request = {.delay_ns = 1000000};
    if (submit(&refused) != -ESHUTDOWN) return 1;
    for (unsigned mode = 0; mode < 2; mode++) {
        open_with(backend, (enum hr_engine_mode)mode);
        if (submit(&request) != 0 || hr_wait(&request.request) != 0) return 2;
        if (hr_engine_close(engine, NULL, NULL) != 0) return 3;
        memset(&request, 0, sizeof request);
        request.delay_ns = 1000000;
    }
    return hr_engine_close(parents, NULL, NULL) == 0 ? 0 : 4;
}

Test(fork, a_child_may_make_an_engine_of_its_own) {
    NEEDS_KERNEL("a process of its own");
    for (unsigned i = 0; i < BACKENDS * 2; i++) {
        open_with(i / 2, (enum hr_engine_mode)(i % 2));
        struct timer_request running = {.delay_ns = 20000000};
        cr_assert_eq(submit(&running), 0);
        pid_t child = fork();
        if (child == 0) _exit(live_anew(i / 2));
        cr_assert_eq(exit_code(child), 0);
        cr_assert_eq(hr_wait(&running.request), 0, "the parent goes on");
        cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
    }
}

/* All that a child may call, while a thread of the parent was inside the engine. */
static int call_all(struct timer_request *running) {
    alarm(20); /* a lock that nobody will ever open */
    if (hr__engine_handle_open(engine) != -ESHUTDOWN) return 1;
    if (hr__engine_handle_closing(engine) != -ESHUTDOWN) return 2;
    if (hr_wait(&running->request) != -ESHUTDOWN) return 3;
    hr_resume(&running->request);
    hr_cancel(&running->request);
    hr_engine_stop(engine);
    bool caller = engine->options.mode == HR_ENGINE_CALLER;
    if (hr_engine_fd(engine) != (caller ? -ESHUTDOWN : -EINVAL)) return 4;
    return hr_engine_close(engine, NULL, NULL) == 0 ? 0 : 5;
}

Test(fork, a_child_takes_no_lock_and_wakes_nobody) {
    NEEDS_KERNEL("a process of its own");
    for (unsigned i = 0; i < BACKENDS * 2; i++) {
        open_with(i / 2, (enum hr_engine_mode)(i % 2));
        bool caller = i % 2 == HR_ENGINE_CALLER;
        struct timer_request running = {.delay_ns = NEVER_NS};
        cr_assert_eq(submit(&running), 0);
        struct pollfd ready = {.fd = caller ? hr_engine_fd(engine) : -1, .events = POLLIN};
        if (caller)
            while (hr_engine_poll(engine, 0) > 0 || poll(&ready, 1, 0) > 0) {}
        else
            while (!__atomic_load_n(&reactor->mail.sleeping, __ATOMIC_SEQ_CST) ||
                   __atomic_load_n(&reactor->mail.posted, __ATOMIC_SEQ_CST))
                sched_yield();
        uint64_t turns = metrics().turns;
        pthread_mutex_lock(&engine->lock);
        pid_t child = fork();
        if (child == 0) _exit(call_all(&running));
        pthread_mutex_unlock(&engine->lock);
        cr_assert_eq(exit_code(child), 0, "%s", hr_engine_backend_name(engine));
        cr_assert_eq(metrics().turns, turns, "the parent's reactor was woken");
        if (caller) cr_assert_eq(poll(&ready, 1, 0), 0, "the parent's descriptor tells of work");
        hr_cancel(&running.request);
        cr_assert_eq(hr_wait(&running.request), -ECANCELED, "the parent goes on");
        cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
    }
}

/* A child that lives on holds the sockets that its parent closes: what still happens on them must
 * not reach those that get their numbers. */
Test(fork, sockets_that_a_child_holds_do_not_disturb_their_successors) {
    NEEDS_KERNEL("a process of its own");
    for (unsigned backend = 0; backend < BACKENDS; backend++) {
        open_with(backend, HR_ENGINE_CALLER);
        int old[2], end[2], next[2];
        char data[8] = "";
        make_pair(old);
        cr_assert_eq(fcntl(old[0], F_SETFL, O_NONBLOCK), 0);
        struct probe first = {.operation = transfer(HR_OP_RECV, old[0], data, sizeof data)};
        ask(&first);
        hr_engine_poll(engine, 0);
        cr_assert_eq(send(old[1], "a", 1, 0), 1);
        cr_assert_eq(ended(&first), 1);
        cr_assert_eq(pipe2(end, O_CLOEXEC), 0);
        pid_t child = fork();
        if (child == 0) {
            close(end[1]);
            ssize_t got = read(end[0], data, 1); /* until the parent closes its end */
            _exit((int)got);
        }
        int number = old[0];
        cr_assert_eq(do_operation((struct hr_operation){.kind = HR_OP_CLOSE, .fd = number}), 0);
        make_pair(next);
        cr_assert_eq(fcntl(next[0], F_SETFL, O_NONBLOCK), 0);
        cr_assert_eq(next[0], number, "the number is used again");
        struct probe second = {.operation = transfer(HR_OP_RECV, number, data, sizeof data)};
        ask(&second);
        cr_assert_eq(send(old[1], "stale", 5, 0), 5);
        for (int i = 0; i < 5; i++) hr_engine_poll(engine, 0);
        cr_assert_eq(second.events, 0, "%s: %d", hr_engine_backend_name(engine), second.result);
        cr_assert_eq(send(next[1], "new", 3, 0), 3);
        cr_assert_eq(ended(&second), 3);
        cr_assert_eq(memcmp(data, "new", 3), 0);
        close(end[0]);
        close(end[1]);
        cr_assert_eq(exit_code(child), 0);
        close(old[1]);
        close(next[0]);
        close(next[1]);
        close_engine();
    }
}
