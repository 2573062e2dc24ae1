/* A flow's buffer: what it takes, holds, releases and writes, with a stream that only notes. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "fault_flow.h"

static char sent[4 * FAULT_FLOW_SIZE];
static size_t sent_size;
static uint64_t counter;

static void note_write(struct hr_stream *stream, const struct iovec *iov, unsigned count) {
    (void)stream;
    cr_assert_eq(count, 1);
    memcpy(sent + sent_size, iov->iov_base, iov->iov_len);
    sent_size += iov->iov_len;
}

static const struct hr_stream_vtable vtable = {.name = "noted", .write = note_write};
static struct hr_stream stream = {.vtable = &vtable};
static struct fault_flow flow;

static void begin(void) {
    sent_size = 0;
    cr_assert_eq(fault_flow_init(&flow, NULL, &counter), 0);
    flow.to = &stream;
}

/* The flow stops a timer at its end, which needs a reactor: without one the memory alone goes. */
static void end(void) {
    free(flow.data);
}

static char byte_at(size_t place) {
    return (char)(place * 31 >> 3);
}

static size_t take_at(size_t place, size_t size) {
    static char bytes[2 * FAULT_FLOW_SIZE];
    for (size_t i = 0; i < size; i++) bytes[i] = byte_at(place + i);
    return fault_flow_take(&flow, bytes, size);
}

Test(fault_flow, bytes_wait_until_they_are_released, .init = begin, .fini = end) {
    cr_expect_eq(take_at(0, 100), 100);
    fault_flow_push(&flow);
    cr_expect_eq(sent_size, 0);
    flow.ready = flow.seen = 40;
    fault_flow_push(&flow);
    cr_expect_eq(sent_size, 40);
    cr_expect_eq(fault_flow_unseen(&flow), 60);
}

Test(fault_flow, takes_no_more_than_it_has_room_for, .init = begin, .fini = end) {
    cr_expect_eq(take_at(0, FAULT_FLOW_SIZE + 10), FAULT_FLOW_SIZE);
    cr_expect(flow.starved);
    cr_expect_eq(take_at(0, 1), 0);
    fault_flow_release(&flow);
    fault_flow_push(&flow);
    cr_expect_eq(take_at(0, 1), 0, "memory of a write in progress was taken");
    fault_flow_written(&flow);
    cr_expect_eq(take_at(0, 1), 1);
    cr_expect_not(flow.starved);
}

Test(fault_flow, one_write_at_a_time, .init = begin, .fini = end) {
    take_at(0, 10);
    fault_flow_release(&flow);
    fault_flow_push(&flow);
    take_at(10, 10);
    fault_flow_release(&flow);
    fault_flow_push(&flow);
    cr_expect_eq(sent_size, 10);
    cr_expect_not(fault_flow_is_drained(&flow));
    fault_flow_written(&flow);
    fault_flow_push(&flow);
    fault_flow_written(&flow);
    cr_expect_eq(sent_size, 20);
    cr_expect(fault_flow_is_empty(&flow));
}

Test(fault_flow, order_and_count_stay_however_the_sizes_are, .init = begin, .fini = end) {
    size_t taken = 0;
    counter = 0;
    for (size_t i = 0; taken < 3 * FAULT_FLOW_SIZE; i++) {
        taken += take_at(taken, 1 + i * 7919 % 30000);
        flow.seen = flow.end - (flow.end - flow.seen) / 3;
        flow.ready = flow.seen;
        fault_flow_push(&flow);
        if (flow.writing > 0 && i % 3 == 0) fault_flow_written(&flow);
    }
    fault_flow_release(&flow);
    while (!fault_flow_is_empty(&flow)) {
        if (flow.writing > 0) fault_flow_written(&flow);
        fault_flow_push(&flow);
    }
    cr_assert_eq(sent_size, taken);
    cr_expect_eq(counter, taken);
    for (size_t i = 0; i < taken; i++) cr_assert_eq(sent[i], byte_at(i), "%zu", i);
}

Test(fault_flow, bytes_that_are_dropped_are_not_sent, .init = begin, .fini = end) {
    take_at(0, 10);
    flow.seen = 6;
    fault_flow_drop(&flow);
    fault_flow_release(&flow);
    fault_flow_push(&flow);
    cr_expect_eq(sent_size, 4);
    cr_expect_eq(sent[0], byte_at(6));
}
