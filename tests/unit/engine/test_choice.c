/* Which back end an engine takes: what its program says, else the environment, else io_uring, and
 * epoll where that is refused, whatever the reason. */
#include <stdio.h>
#include <stdlib.h>

#include "needs_kernel.h"
#include "refuse_fixture.h"

static char told[8][400];
static int told_count;

static void on_notice(void *user, const char *text) {
    cr_assert_eq(user, told);
    cr_assert_lt(told_count, 8);
    snprintf(told[told_count++], sizeof told[0], "%s", text);
}

static void say(const char *backend) {
    if (backend)
        setenv("HEADRACE_BACKEND", backend, 1);
    else
        unsetenv("HEADRACE_BACKEND");
}

static int open_as(enum hr_engine_mode mode, enum hr_engine_backend backend,
                   struct hr_error *error) {
    const struct hr_engine_options options = {
        .mode = mode,
        .backend = backend,
        .reactors = mode == HR_ENGINE_THREADS ? 3 : 1,
        .on_notice = on_notice,
        .user = told,
    };
    told_count = 0;
    engine = NULL;
    return hr_engine_new(&options, error, &engine);
}

/* Bytes through a socket pair, and a request with a timer on every reactor. */
static void caller_works(void) {
    reactor = hr__engine_reactor(engine, 0);
    cr_assert_eq(do_operation((struct hr_operation){.kind = HR_OP_NOP, .fd = -1}), 0);
    int fds[2];
    make_pair(fds);
    struct probe receiving = {.operation = {.kind = HR_OP_RECV_LENT, .multi = true, .fd = fds[0]}};
    ask(&receiving);
    cr_assert_eq(do_operation(transfer(HR_OP_SEND, fds[1], "hello", 5)), 5);
    TURN_UNTIL(receiving.bytes == 5);
    cr_assert_eq(memcmp(receiving.data, "hello", 5), 0);
    close(fds[1]);
    cr_assert_eq(ended(&receiving), 0);
    close(fds[0]);
    close_engine();
}

static void threads_work(void) {
    cr_assert_eq(hr_engine_reactors(engine), 3);
    struct timer_request requests[30] = {{.starts = 0}};
    for (int i = 0; i < 30; i++) {
        requests[i].delay_ns = 1000000;
        struct hr_reactor *one = hr__engine_reactor(engine, (unsigned)i % 3);
        cr_assert_eq(
            hr__request_submit(&requests[i].request, one, &timer_request_class, &requests[i]), 0);
    }
    for (int i = 0; i < 30; i++) cr_assert_eq(hr_wait(&requests[i].request), 0);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
}

static void expect(enum hr_engine_backend backend, const char *name, const char *cause) {
    for (unsigned mode = 0; mode < 2; mode++) {
        struct hr_error error = {0};
        cr_assert_eq(open_as((enum hr_engine_mode)mode, backend, &error), 0, "%s", error.message);
        cr_assert_str_eq(hr_engine_backend_name(engine), name);
        if (cause) {
            cr_assert_eq(told_count, 1, "%d notices", told_count);
            cr_assert_eq(strncmp(told[0], "going on with epoll: ", 21), 0, "%s", told[0]);
            cr_assert_not_null(strstr(told[0], cause), "%s", told[0]);
        } else {
            cr_assert_eq(told_count, 0, "%s", told[0]);
        }
        if (mode == HR_ENGINE_CALLER)
            caller_works();
        else
            threads_work();
    }
}

static void expect_failure(enum hr_engine_backend backend, int code, const char *text) {
    for (unsigned mode = 0; mode < 2; mode++) {
        struct hr_error error = {0};
        cr_assert_eq(open_as((enum hr_engine_mode)mode, backend, &error), code);
        cr_assert_null(engine);
        cr_assert_eq(error.code, code);
        cr_assert_not_null(strstr(error.message, text), "%s", error.message);
        cr_assert_eq(told_count, 0, "%s", told[0]);
    }
}

/* What is asked for. */

Test(choice, the_ring_where_it_is_allowed) {
    NEEDS_KERNEL("a back end of the kernel");
    say(NULL);
    expect(HR_BACKEND_AUTO, "io_uring", NULL);
}

Test(choice, what_the_program_says) {
    NEEDS_KERNEL("a back end of the kernel");
    say(NULL);
    expect(HR_BACKEND_IO_URING, "io_uring", NULL);
    expect(HR_BACKEND_EPOLL, "epoll", NULL);
    expect_failure((enum hr_engine_backend)3, -EINVAL, "backend 3");
}

Test(choice, what_the_environment_says) {
    NEEDS_KERNEL("a back end of the kernel");
    say("epoll");
    expect(HR_BACKEND_AUTO, "epoll", NULL);
    say("io_uring");
    expect(HR_BACKEND_AUTO, "io_uring", NULL);
    say("auto");
    expect(HR_BACKEND_AUTO, "io_uring", NULL);
    say("");
    expect(HR_BACKEND_AUTO, "io_uring", NULL);
}

Test(choice, the_program_is_stronger_than_the_environment) {
    NEEDS_KERNEL("a back end of the kernel");
    say("epoll");
    expect(HR_BACKEND_IO_URING, "io_uring", NULL);
    say("io_uring");
    expect(HR_BACKEND_EPOLL, "epoll", NULL);
    say("nonsense");
    expect(HR_BACKEND_EPOLL, "epoll", NULL);
}

Test(choice, an_unknown_name_is_refused) {
    say("kqueue");
    expect_failure(HR_BACKEND_AUTO, -EINVAL, "HEADRACE_BACKEND is \"kqueue\"");
    say("Epoll");
    expect_failure(HR_BACKEND_AUTO, -EINVAL, "it can be auto, io_uring or epoll");
    char text[500];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    say(text);
    expect_failure(HR_BACKEND_AUTO, -EINVAL, "it can be auto, io_uring or epoll");
}

/* Where the ring is refused. */

Test(choice, seccomp_at_set_up) {
    NEEDS_KERNEL("a back end of the kernel");
    say(NULL);
    refuse_call(SYS_io_uring_setup, EPERM);
    expect(HR_BACKEND_AUTO, "epoll", "seccomp");
    say("auto");
    expect(HR_BACKEND_AUTO, "epoll", "io_uring_setup");
}

Test(choice, seccomp_at_enter) {
    NEEDS_KERNEL("a back end of the kernel");
    say(NULL);
    refuse_call(SYS_io_uring_enter, EPERM);
    expect(HR_BACKEND_AUTO, "epoll", "seccomp");
}

Test(choice, seccomp_at_all_three) {
    NEEDS_KERNEL("a back end of the kernel");
    say(NULL);
    refuse_call(SYS_io_uring_setup, EPERM);
    refuse_call(SYS_io_uring_enter, EPERM);
    refuse_call(SYS_io_uring_register, EPERM);
    expect(HR_BACKEND_AUTO, "epoll", "seccomp");
}

Test(choice, a_ring_that_is_hidden) {
    NEEDS_KERNEL("a back end of the kernel");
    say(NULL);
    refuse_call(SYS_io_uring_setup, ENOSYS);
    expect(HR_BACKEND_AUTO, "epoll", "no io_uring");
}

Test(choice, a_kernel_that_does_not_know_the_flags) {
    NEEDS_KERNEL("a back end of the kernel");
    say(NULL);
    refuse_call(SYS_io_uring_setup, EINVAL);
    expect(HR_BACKEND_AUTO, "epoll", "kernel");
}

Test(choice, no_locked_memory) {
    NEEDS_KERNEL("a back end of the kernel");
    say(NULL);
    refuse_call(SYS_io_uring_setup, ENOMEM);
    expect(HR_BACKEND_AUTO, "epoll", "memory for a ring");
}

/* Set up and asked in vain: only the first operation shows it. */
Test(choice, a_first_operation_that_fails) {
    NEEDS_KERNEL("a back end of the kernel");
    say(NULL);
    refuse_waiting_enters(EIO);
    expect(HR_BACKEND_AUTO, "epoll", "a first operation failed");
    expect_failure(HR_BACKEND_IO_URING, -EIO, "a first operation failed");
}

Test(choice, the_ring_alone_is_not_replaced) {
    NEEDS_KERNEL("a back end of the kernel");
    refuse_call(SYS_io_uring_setup, EPERM);
    say("io_uring");
    expect_failure(HR_BACKEND_AUTO, -EPERM, "seccomp");
    say("epoll");
    expect_failure(HR_BACKEND_IO_URING, -EPERM, "seccomp");
}

Test(choice, without_descriptors_none_works) {
    NEEDS_KERNEL("a back end of the kernel");
    say(NULL);
    leave_no_descriptor();
    expect_failure(HR_BACKEND_AUTO, -EMFILE, "RLIMIT_NOFILE");
    expect_failure(HR_BACKEND_IO_URING, -EMFILE, "RLIMIT_NOFILE");
    expect_failure(HR_BACKEND_EPOLL, -EMFILE, "RLIMIT_NOFILE");
}

/* What failed is not the ring: no notice, no other back end. */
Test(choice, without_a_thread_none_works) {
    say(NULL);
    refuse_call(SYS_clone3, EAGAIN); /* not clone, by which LeakSanitizer looks around */
    struct hr_error error = {0};
    cr_assert_eq(open_as(HR_ENGINE_THREADS, HR_BACKEND_AUTO, &error), -EAGAIN);
    cr_assert_not_null(strstr(error.message, "thread"), "%s", error.message);
    cr_assert_eq(told_count, 0);
}
