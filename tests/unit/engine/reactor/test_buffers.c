#include <stdlib.h>

#include "engine_fixture.h"
#include "needs_kernel.h"

enum { STREAMS = 100, ROUNDS = 5 };

static struct probe probes[STREAMS];
static int fds[STREAMS][2];

static void open_streams(bool multi) {
    for (int i = 0; i < STREAMS; i++) {
        make_pair(fds[i]);
        probes[i] =
            (struct probe){.operation = {.kind = HR_OP_RECV_LENT, .multi = multi, .fd = fds[i][0]}};
        ask(&probes[i]);
    }
}

static void close_streams(void) {
    for (int i = 0; i < STREAMS; i++) {
        close(fds[i][0]);
        close(fds[i][1]);
    }
}

/* Two buffers for 100 streams that all speak at once: most receives find the ring empty. */
Test(buffers, an_empty_ring_parks_and_all_finish) {
    NEEDS_KERNEL("descriptors of the kernel");
    open_engine((struct hr_engine_options){.buffer_count = 2, .buffer_size_bytes = 64}, NULL);
    open_streams(true);
    for (int round = 1; round <= ROUNDS; round++) {
        char text[100];
        memset(text, 'a' + round, sizeof text); /* more than one buffer holds */
        for (int i = 0; i < STREAMS; i++) cr_assert_eq(write(fds[i][1], text, 100), 100);
        for (int i = 0; i < STREAMS; i++) TURN_UNTIL(probes[i].bytes == 100 * (size_t)round);
    }
    cr_assert_gt(metrics().buffers_exhausted, 0);
    for (int i = 0; i < STREAMS; i++) {
        cr_assert_eq(probes[i].finals, 0, "the owner sees nothing of it");
        cr_assert_eq(memcmp(probes[i].data, "bbbbb", 5), 0);
        shutdown(fds[i][1], SHUT_WR);
    }
    for (int i = 0; i < STREAMS; i++) cr_assert_eq(ended(&probes[i]), 0);
    close_streams();
    close_engine();
}

Test(buffers, single_receives_park_too) {
    NEEDS_KERNEL("descriptors of the kernel");
    open_engine((struct hr_engine_options){.buffer_count = 1}, NULL);
    open_streams(false);
    hr_engine_poll(engine, 0);
    for (int i = 0; i < STREAMS; i++) cr_assert_eq(write(fds[i][1], "hello", 5), 5);
    for (int i = 0; i < STREAMS; i++) cr_assert_eq(ended(&probes[i]), 5);
    cr_assert_gt(metrics().buffers_exhausted, 0);
    close_streams();
    close_engine();
}

static int parked_at_cancel;

static void cancel_all(struct hr_task *task) {
    (void)task;
    for (int i = 0; i < STREAMS; i++) {
        parked_at_cancel += probes[i].operation.list == &reactor->buffers.parked;
        hr__operation_cancel(reactor, &probes[i].operation);
    }
}

Test(buffers, a_parked_receive_can_be_cancelled) {
    NEEDS_KERNEL("descriptors of the kernel");
    open_engine((struct hr_engine_options){.buffer_count = 1, .buffer_size_bytes = 64}, NULL);
    open_streams(true);
    hr_engine_poll(engine, 0);
    char text[200] = "";
    for (int i = 0; i < STREAMS; i++) cr_assert_eq(write(fds[i][1], text, 200), 200);
    struct hr_task task = {.run = cancel_all};
    /* Posted, so it runs behind the events that park them, before they are asked again. */
    hr__reactor_post(reactor, &task);
    hr_engine_poll(engine, 5);
    for (int i = 0; i < STREAMS; i++) {
        int result = ended(&probes[i]);
        cr_assert(result == -ECANCELED || result > 0, "%d", result);
    }
    cr_assert_gt(parked_at_cancel, 0, "the test met what it is about");
    close_streams();
    close_engine();
}
