/* What the seam promises, where io_uring makes it hard. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "engine_fixture.h"
#include "needs_kernel.h"

enum { STREAMS = 64 };

static struct probe probes[STREAMS];
static int fds[STREAMS][2];

static void open_streams(void) {
    for (int i = 0; i < STREAMS; i++) {
        make_pair(fds[i]);
        probes[i] =
            (struct probe){.operation = {.kind = HR_OP_RECV_LENT, .multi = true, .fd = fds[i][0]}};
        ask(&probes[i]);
    }
    hr_engine_poll(engine, 0);
}

static void end_streams(void) {
    for (int i = 0; i < STREAMS; i++) close(fds[i][1]);
    for (int i = 0; i < STREAMS; i++) cr_assert_eq(ended(&probes[i]), 0);
    for (int i = 0; i < STREAMS; i++) close(fds[i][0]);
}

/* 4 completion entries and 64 streams that all speak before anybody collects. */
Test(backend_uring, a_full_completion_queue_loses_nothing_and_multishots_go_on) {
    NEEDS_KERNEL("a back end of the kernel");
    const struct hr_engine_tuning tuning = {.completions = 4};
    open_engine((struct hr_engine_options){.backend = HR_BACKEND_IO_URING, .ring_entries = 4},
                &tuning);
    open_streams();
    for (int round = 1; round <= 4; round++) {
        for (int i = 0; i < STREAMS; i++) {
            char letter = (char)('a' + round);
            cr_assert_eq(write(fds[i][1], &letter, 1), 1);
        }
        for (int i = 0; i < STREAMS; i++) TURN_UNTIL(probes[i].bytes == (size_t)round);
    }
    for (int i = 0; i < STREAMS; i++) {
        cr_assert_eq(probes[i].finals, 0, "the owner never sees the end of its multishot");
        cr_assert_eq(memcmp(probes[i].data, "bcde", 4), 0);
    }
    cr_assert_gt(metrics().overflows, 0);
    end_streams();
    close_engine();
}

Test(backend_uring, a_full_completion_queue_and_a_multishot_accept) {
    NEEDS_KERNEL("a back end of the kernel");
    const struct hr_engine_tuning tuning = {.completions = 4};
    open_engine((struct hr_engine_options){.backend = HR_BACKEND_IO_URING, .ring_entries = 4},
                &tuning);
    struct sockaddr_in address;
    int listener = make_listener(&address), clients[STREAMS];
    struct probe accepting = {.operation = {.kind = HR_OP_ACCEPT, .multi = true, .fd = listener}};
    ask(&accepting);
    hr_engine_poll(engine, 0);
    for (int round = 1; round <= 2; round++) {
        for (int i = 0; i < STREAMS; i++) {
            clients[i] = socket(AF_INET, SOCK_STREAM, 0);
            cr_assert_eq(connect(clients[i], (struct sockaddr *)&address, sizeof address), 0);
        }
        TURN_UNTIL(accepting.events == STREAMS * round);
        for (int i = 0; i < STREAMS; i++) close(clients[i]);
    }
    cr_assert_eq(accepting.finals, 0);
    hr__operation_cancel(reactor, &accepting.operation);
    cr_assert_eq(ended(&accepting), -ECANCELED);
    close(listener);
    close_engine();
}

Test(backend_uring, operations_in_a_tiny_completion_queue) {
    const struct hr_engine_tuning tuning = {.completions = 4};
    open_engine((struct hr_engine_options){.backend = HR_BACKEND_IO_URING, .ring_entries = 4},
                &tuning);
    enum { COUNT = 500 };
    struct probe *many = calloc(COUNT, sizeof *many);
    for (int i = 0; i < COUNT; i++) {
        many[i].operation = (struct hr_operation){.kind = HR_OP_NOP};
        ask(&many[i]);
    }
    for (int i = 0; i < COUNT; i++) cr_assert_eq(ended(&many[i]), 0);
    free(many);
    close_engine();
}

/* A backend alone, without a reactor above it. */
Test(backend_uring, the_cancels_own_completion_stays_inside) {
    const struct hr_backend_options options = {.entries = 8};
    struct hr_backend *backend;
    cr_assert_eq(hr__backend_uring.open(&options, NULL, &backend), 0);
    int pair[2];
    make_pair(pair);
    char byte;
    struct hr_operation receiving = transfer(HR_OP_RECV, pair[0], &byte, 1);
    receiving.id = UINT64_C(1) << 32 | 1;
    struct hr_event events[8];
    cr_assert_eq(backend->vtable->prepare(backend, &receiving), 0);
    cr_assert_eq(backend->vtable->turn(backend, 0, 0, events, 8), 0);
    cr_assert_eq(backend->vtable->cancel(backend, receiving.id), 0);
    cr_assert_eq(backend->vtable->cancel(backend, UINT64_C(9) << 32 | 9), 0); /* of nothing */
    cr_assert_eq(backend->vtable->turn(backend, HR_NO_DEADLINE, 1, events, 8), 1);
    cr_assert_eq(events[0].user_data, receiving.id);
    cr_assert_eq(events[0].result, -ECANCELED);
    cr_assert_eq(events[0].flags, 0);
    cr_assert_eq(backend->vtable->turn(backend, 0, 0, events, 8), 0);
    backend->vtable->close(backend);
    close(pair[0]);
    close(pair[1]);
}

Test(backend_uring, a_turn_ends_at_its_deadline_or_by_a_wake) {
    const struct hr_backend_options options = {.entries = 8};
    struct hr_backend *backend;
    cr_assert_eq(hr__backend_uring.open(&options, NULL, &backend), 0);
    struct hr_event events[8];
    uint64_t before = backend->vtable->now(backend), deadline = before + 20000000;
    cr_assert_eq(backend->vtable->turn(backend, deadline, 1, events, 8), 0);
    uint64_t now = backend->vtable->now(backend);
    cr_assert_geq(now, deadline);
    for (int i = 0; i < 3; i++) { /* each wake ends one turn */
        backend->vtable->wake(backend);
        cr_assert_eq(backend->vtable->turn(backend, HR_NO_DEADLINE, 1, events, 8), 0);
    }
    backend->vtable->close(backend);
}

Test(backend_uring, registered_memory_is_used) {
    NEEDS_KERNEL("a back end of the kernel");
    open_engine((struct hr_engine_options){.backend = HR_BACKEND_IO_URING}, NULL);
    char memory[8192], path[] = "/tmp/hr-fixed-XXXXXX";
    struct iovec iov = {.iov_base = memory, .iov_len = sizeof memory};
    cr_assert_eq(reactor->vtable->memory_register(reactor->backend, &iov, 1), 0);
    int fd = mkstemp(path);
    memset(memory, 'x', 100);
    struct hr_operation writing = transfer(HR_OP_WRITE, fd, memory, 100);
    writing.u.buffer.fixed = 1;
    cr_assert_eq(do_operation(writing), 100);
    struct hr_operation reading = transfer(HR_OP_READ, fd, memory + 4096, 4096);
    reading.u.buffer.fixed = 1;
    cr_assert_eq(do_operation(reading), 100);
    cr_assert_eq(memcmp(memory, memory + 4096, 100), 0);
    writing.u.buffer.fixed = 2; /* there is no second */
    cr_assert_eq(do_operation(writing), -EFAULT);
    close(fd);
    unlink(path);
    close_engine();
}
