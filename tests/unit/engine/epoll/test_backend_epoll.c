/* What the seam promises, where epoll makes it hard. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "engine_fixture.h"
#include "needs_kernel.h"

static void open_epoll(void) {
    open_engine((struct hr_engine_options){.backend = HR_BACKEND_EPOLL}, NULL);
}

TestSuite(backend_epoll, .init = open_epoll, .fini = close_engine);

static struct hr_operation at_position(enum hr_operation_kind kind, int fd, void *data,
                                       size_t size) {
    struct hr_operation operation = transfer(kind, fd, data, size);
    operation.u.buffer.offset = UINT64_MAX;
    return operation;
}

static void close_two(const int fds[2]) {
    close(fds[0]);
    close(fds[1]);
}

/* The kernel forgets a closed descriptor without a word, and the next gets its number. */
Test(backend_epoll, a_number_that_is_used_again_is_another_descriptor) {
    NEEDS_KERNEL("a back end of the kernel");
    int first = -1;
    for (int i = 0; i < 100; i++) {
        int fds[2];
        char byte = 0;
        make_pair(fds);
        if (i == 0) first = fds[0];
        cr_assert_eq(fds[0], first, "the test met what it is about");
        struct probe receiving = {.operation = transfer(HR_OP_RECV, fds[0], &byte, 1)};
        ask(&receiving);
        hr_engine_poll(engine, 0);
        cr_assert_eq(receiving.events, 0);
        cr_assert_eq(write(fds[1], "x", 1), 1);
        cr_assert_eq(ended(&receiving), 1);
        close_two(fds);
    }
}

Test(backend_epoll, what_waited_on_a_number_that_is_used_again_gets_nothing_of_it) {
    NEEDS_KERNEL("a back end of the kernel");
    int old[2], fresh[2];
    char one = 0, two = 0;
    make_pair(old);
    struct probe waiting = {.operation = transfer(HR_OP_RECV, old[0], &one, 1)};
    ask(&waiting);
    hr_engine_poll(engine, 0);
    close_two(old);
    make_pair(fresh);
    cr_assert_eq(fresh[0], old[0]);
    struct probe receiving = {.operation = transfer(HR_OP_RECV, fresh[0], &two, 1)};
    ask(&receiving);
    hr_engine_poll(engine, 0);
    cr_assert_eq(write(fresh[1], "x", 1), 1);
    cr_assert_eq(ended(&receiving), 1);
    cr_assert_eq(two, 'x');
    cr_assert_eq(ended(&waiting), -ECANCELED);
    cr_assert_eq(one, 0);
    close_two(fresh);
}

Test(backend_epoll, a_close_ends_what_still_waits) {
    NEEDS_KERNEL("a back end of the kernel");
    int fds[2];
    char byte;
    make_pair(fds);
    struct probe receiving = {.operation = transfer(HR_OP_RECV, fds[0], &byte, 1)};
    ask(&receiving);
    hr_engine_poll(engine, 0);
    cr_assert_eq(do_operation((struct hr_operation){.kind = HR_OP_CLOSE, .fd = fds[0]}), 0);
    cr_assert_eq(ended(&receiving), -ECANCELED);
    close(fds[1]);
}

Test(backend_epoll, many_wait_on_one_descriptor_and_are_served_in_order) {
    NEEDS_KERNEL("a back end of the kernel");
    enum { COUNT = 50 };
    struct probe waiting[COUNT];
    char data[COUNT];
    int fds[2];
    make_pair(fds);
    for (int i = 0; i < COUNT; i++) {
        waiting[i] = (struct probe){.operation = transfer(HR_OP_RECV, fds[0], &data[i], 1)};
        ask(&waiting[i]);
    }
    hr_engine_poll(engine, 0);
    hr__operation_cancel(reactor, &waiting[7].operation);
    cr_assert_eq(ended(&waiting[7]), -ECANCELED);
    for (int i = 0; i < COUNT - 1; i++) {
        char letter = (char)(i + 1);
        cr_assert_eq(write(fds[1], &letter, 1), 1);
    }
    for (int i = 0, letter = 1; i < COUNT; i++) {
        if (i == 7) continue;
        cr_assert_eq(ended(&waiting[i]), 1);
        cr_assert_eq(data[i], letter++);
    }
    close_two(fds);
}

/* A blocking pipe, read and written without ever blocking the reactor or a helper. */
Test(backend_epoll, blocking_pipes) {
    NEEDS_KERNEL("a back end of the kernel");
    int fds[2];
    static char data[1 << 20];
    char byte = 0;
    cr_assert_eq(pipe2(fds, O_CLOEXEC), 0);
    struct probe reading = {.operation = at_position(HR_OP_READ, fds[0], &byte, 1)};
    ask(&reading);
    hr_engine_poll(engine, 0);
    cr_assert_eq(reading.events, 0);
    cr_assert_eq(do_operation(at_position(HR_OP_WRITE, fds[1], "x", 1)), 1);
    cr_assert_eq(ended(&reading), 1);
    cr_assert_eq(byte, 'x');
    int written = do_operation(at_position(HR_OP_WRITE, fds[1], data, sizeof data));
    cr_assert(written > 0 && written < (int)sizeof data, "%d", written);
    struct probe full = {.operation = at_position(HR_OP_WRITE, fds[1], data, sizeof data)};
    ask(&full);
    while (full.finals == 0 && read(fds[0], data, sizeof data) > 0) hr_engine_poll(engine, 1);
    cr_assert_gt(full.result, 0);
    close_two(fds);
}

Test(backend_epoll, a_device_without_readiness_is_read) {
    NEEDS_KERNEL("a back end of the kernel");
    int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    char data[16] = "x";
    cr_assert_eq(do_operation(at_position(HR_OP_READ, fd, data, sizeof data)), sizeof data);
    cr_assert_eq(data[0], 0);
    close(fd);
}

Test(backend_epoll, a_chain_ends_where_one_fails_or_is_short) {
    NEEDS_KERNEL("a back end of the kernel");
    char path[] = "/tmp/hr-chain-XXXXXX", data[64];
    int fd = mkstemp(path);
    cr_assert_eq(write(fd, "0123456789", 10), 10);
    struct probe chain[3] = {{.operation = transfer(HR_OP_READ, fd, data, 20)}, /* there are 10 */
                             {.operation = transfer(HR_OP_WRITE, fd, "never", 5)},
                             {.operation = {.kind = HR_OP_FSYNC, .fd = fd}}};
    chain[0].operation.link = chain[1].operation.link = true;
    for (int i = 0; i < 3; i++) ask(&chain[i]);
    cr_assert_eq(ended(&chain[0]), 10);
    cr_assert_eq(ended(&chain[1]), -ECANCELED);
    cr_assert_eq(ended(&chain[2]), -ECANCELED);
    cr_assert_eq(pread(fd, data, 5, 0), 5);
    cr_assert_eq(memcmp(data, "01234", 5), 0);
    for (int cancelled = 0; cancelled < 2; cancelled++) {
        struct probe pair[2] = {{.operation = transfer(HR_OP_WRITE, fd, "01234", 5)},
                                {.operation = {.kind = HR_OP_FSYNC, .fd = fd}}};
        pair[0].operation.link = true;
        ask(&pair[0]);
        if (cancelled == 0) hr__operation_cancel(reactor, &pair[0].operation);
        ask(&pair[1]); /* behind one that has ended already, or to be cancelled itself */
        if (cancelled == 1) hr__operation_cancel(reactor, &pair[1].operation);
        cr_assert_eq(ended(&pair[0]), cancelled == 0 ? -ECANCELED : 5);
        cr_assert_eq(ended(&pair[1]), -ECANCELED);
    }
    close(fd);
    unlink(path);
}

/* As many opens of a pipe without a writer as there are helpers, which hold them all. */
Test(backend_epoll, cancel_of_what_is_with_the_helpers) {
    NEEDS_KERNEL("a back end of the kernel");
    enum { HELPERS = 4, COUNT = 100 };
    char folder[] = "/tmp/hr-helped-XXXXXX", tube[64];
    cr_assert_not_null(mkdtemp(folder));
    snprintf(tube, sizeof tube, "%s/tube", folder);
    cr_assert_eq(mkfifo(tube, 0600), 0);
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    cr_assert_geq(fd, 0);
    struct probe opening[HELPERS], writing[COUNT];
    for (int i = 0; i < HELPERS; i++) {
        opening[i] = (struct probe){.operation = {.kind = HR_OP_OPEN}};
        opening[i].operation.u.file.path = tube;
        opening[i].operation.u.file.flags = O_RDONLY;
        ask(&opening[i]);
    }
    for (int i = 0; i < COUNT; i++) {
        writing[i] = (struct probe){.operation = transfer(HR_OP_WRITE, fd, "x", 1)};
        ask(&writing[i]);
    }
    hr_engine_poll(engine, 0);
    for (int i = 1; i < COUNT; i++) hr__operation_cancel(reactor, &writing[i].operation);
    for (int i = 1; i < COUNT; i++) cr_assert_eq(ended(&writing[i]), -ECANCELED);
    cr_assert_eq(writing[0].events, 0);
    int writer = open(tube, O_WRONLY | O_CLOEXEC); /* once a first helper is there */
    for (int i = 0; i < HELPERS; i++) {
        int result = ended(&opening[i]);
        cr_assert_geq(result, 0);
        close(result);
    }
    cr_assert_eq(ended(&writing[0]), 1);
    close(writer);
    close(fd);
    unlink(tube);
    rmdir(folder);
}

/* One that always has something to say, and 20 others: each is heard in the turn after it spoke. */
Test(backend_epoll, one_that_never_falls_silent_starves_nobody) {
    NEEDS_KERNEL("a back end of the kernel");
    enum { OTHERS = 20 };
    int loud[2], fds[OTHERS][2];
    static char flood[1 << 16];
    struct probe hearing = {.operation = {.kind = HR_OP_RECV_LENT, .multi = true}}, others[OTHERS];
    make_pair(loud);
    hearing.operation.fd = loud[0];
    ask(&hearing);
    for (int i = 0; i < OTHERS; i++) {
        make_pair(fds[i]);
        others[i] =
            (struct probe){.operation = {.kind = HR_OP_RECV_LENT, .multi = true, .fd = fds[i][0]}};
        ask(&others[i]);
    }
    hr_engine_poll(engine, 0);
    while (send(loud[1], flood, sizeof flood, MSG_DONTWAIT) > 0) {}
    for (int i = 0; i < OTHERS; i++) cr_assert_eq(write(fds[i][1], "x", 1), 1);
    hr_engine_poll(engine, 0);
    hr_engine_poll(engine, 0);
    for (int i = 0; i < OTHERS; i++) cr_assert_eq(others[i].bytes, 1);
    cr_assert_gt(hearing.bytes, 0);
    shutdown(loud[1], SHUT_WR);
    cr_assert_eq(ended(&hearing), 0);
    for (int i = 0; i < OTHERS; i++) {
        close(fds[i][1]);
        cr_assert_eq(ended(&others[i]), 0);
        close(fds[i][0]);
    }
    close_two(loud);
}

/* A backend alone. */

Test(backend_epoll, an_outside_loop_hears_of_all, .init = NULL, .fini = NULL) {
    const struct hr_backend_options options = {.entries = 8};
    struct hr_backend *backend;
    struct hr_event events[8];
    cr_assert_eq(hr__backend_epoll.open(&options, NULL, &backend), 0);
    struct pollfd entry = {.fd = backend->vtable->fd(backend), .events = POLLIN};
    while (backend->vtable->turn(backend, 0, 0, events, 8) > 0) {}
    cr_assert_eq(backend->vtable->arm(backend, HR_NO_DEADLINE), 0);
    cr_assert_eq(poll(&entry, 1, 0), 0, "nothing is there");
    struct hr_operation nop = {.kind = HR_OP_NOP, .fd = -1, .id = UINT64_C(1) << 32 | 1};
    cr_assert_eq(backend->vtable->prepare(backend, &nop), 0);
    cr_assert_eq(backend->vtable->arm(backend, HR_NO_DEADLINE), 0);
    cr_assert_eq(poll(&entry, 1, 0), 1, "a completion that is queued already");
    cr_assert_eq(backend->vtable->turn(backend, 0, 0, events, 8), 1);
    while (poll(&entry, 1, 0) == 1) backend->vtable->turn(backend, 0, 0, events, 8);
    uint64_t deadline = backend->vtable->now(backend) + 3000000;
    cr_assert_eq(backend->vtable->arm(backend, deadline), 0);
    cr_assert_eq(poll(&entry, 1, 10000), 1, "its deadline");
    cr_assert_geq(backend->vtable->now(backend), deadline);
    cr_assert_eq(backend->vtable->turn(backend, 0, 0, events, 8), 0);
    cr_assert_eq(poll(&entry, 1, 0), 0);
    backend->vtable->wake(backend);
    cr_assert_eq(poll(&entry, 1, 0), 1, "a wake");
    backend->vtable->close(backend);
}

Test(backend_epoll, a_turn_ends_at_its_deadline_or_by_a_wake, .init = NULL, .fini = NULL) {
    const struct hr_backend_options options = {.entries = 8};
    struct hr_backend *backend;
    struct hr_event events[8];
    cr_assert_eq(hr__backend_epoll.open(&options, NULL, &backend), 0);
    for (uint64_t wait = 50000; wait <= 5000000; wait *= 10) {
        uint64_t deadline = backend->vtable->now(backend) + wait;
        cr_assert_eq(backend->vtable->turn(backend, deadline, 1, events, 8), 0);
        cr_assert_geq(backend->vtable->now(backend), deadline, "%lu", (unsigned long)wait);
    }
    for (int i = 0; i < 3; i++) { /* each wake ends one turn */
        backend->vtable->wake(backend);
        cr_assert_eq(backend->vtable->turn(backend, HR_NO_DEADLINE, 1, events, 8), 0);
    }
    backend->vtable->close(backend);
}

Test(backend_epoll, a_full_turn_leaves_the_rest_for_the_next, .init = NULL, .fini = NULL) {
    const struct hr_backend_options options = {.entries = 8};
    struct hr_backend *backend;
    struct hr_event events[3];
    struct hr_operation nops[10];
    cr_assert_eq(hr__backend_epoll.open(&options, NULL, &backend), 0);
    for (int i = 0; i < 10; i++) {
        nops[i] =
            (struct hr_operation){.kind = HR_OP_NOP, .id = UINT64_C(1) << 32 | (unsigned)(i + 1)};
        cr_assert_eq(backend->vtable->prepare(backend, &nops[i]), 0);
    }
    int expected[] = {3, 3, 3, 1, 0};
    for (int i = 0, next = 1; i < 5; i++) {
        int count = backend->vtable->turn(backend, HR_NO_DEADLINE, i < 4, events, 3);
        cr_assert_eq(count, expected[i]);
        for (int k = 0; k < count; k++)
            cr_assert_eq((uint32_t)events[k].user_data, (uint32_t)next++);
    }
    backend->vtable->close(backend);
}

Test(backend_epoll, closed_with_everything_in_flight, .init = NULL, .fini = NULL) {
    const struct hr_backend_options options = {.entries = 8};
    struct hr_backend *backend;
    struct hr_event events[8];
    int fds[2];
    char byte, path[] = "/tmp/hr-flight-XXXXXX";
    int fd = mkstemp(path);
    make_pair(fds);
    cr_assert_eq(hr__backend_epoll.open(&options, NULL, &backend), 0);
    struct hr_operation operations[] = {transfer(HR_OP_RECV, fds[0], &byte, 1),
                                        transfer(HR_OP_WRITE, fd, "x", 1),
                                        {.kind = HR_OP_FSYNC, .fd = fd},
                                        {.kind = HR_OP_NOP},
                                        {.kind = HR_OP_NOP}};
    for (unsigned i = 0; i < 5; i++) {
        operations[i].id = UINT64_C(1) << 32 | (i + 1u);
        cr_assert_eq(backend->vtable->prepare(backend, &operations[i]), 0);
        if (i == 3) cr_assert_gt(backend->vtable->turn(backend, 0, 0, events, 8), 0);
    }
    backend->vtable->close(backend); /* leaks are the sanitizer's to see */
    close_two(fds);
    close(fd);
    unlink(path);
}
