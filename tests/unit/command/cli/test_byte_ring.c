/* Bytes between a request and a thread. */
#include "command_fixture.h"

#include <errno.h>

#include "byte_ring.h"

static struct byte_ring *ring;
static struct hr_request request;

static void *nothing(void *user) {
    return user;
}

static void open_ring(void *(*run)(void *user)) {
    ring = calloc(1, sizeof *ring);
    cr_assert_eq(byte_ring_open(ring, &request, run, ring), 0);
}

static int close_ring(bool cancel) {
    int error = byte_ring_close(ring, cancel);
    free(ring);
    return error;
}

static unsigned char byte_at(uint64_t position) {
    return (unsigned char)(position * 131 >> 3);
}

Test(byte_ring, keeps_order_over_its_end) {
    static unsigned char data[3000], back[3000];
    uint64_t added = 0, taken = 0, state = 1;
    open_ring(nothing);
    while (taken < 3 * (uint64_t)BYTE_RING_SIZE) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        size_t size = 1 + (size_t)(state >> 40) % sizeof data;
        for (size_t i = 0; i < size; i++) data[i] = byte_at(added + i);
        added += byte_ring_add(ring, data, size);
        size = byte_ring_take(ring, back, (size_t)(state >> 20) % sizeof back);
        for (size_t i = 0; i < size; i++) cr_assert_eq(back[i], byte_at(taken + i));
        taken += size;
        cr_assert_leq(added - taken, BYTE_RING_SIZE);
    }
    cr_expect_eq(close_ring(false), 0);
}

Test(byte_ring, full_and_empty) {
    char *data = calloc(1, BYTE_RING_SIZE + 1), *room = NULL;
    const char *piece = NULL;
    open_ring(nothing);
    cr_expect_eq(byte_ring_take(ring, data, 10), 0);
    cr_expect_eq(byte_ring_add(ring, data, 10), 10);
    cr_expect_eq(byte_ring_add(ring, data, BYTE_RING_SIZE), BYTE_RING_SIZE - 10);
    cr_expect_eq(byte_ring_add(ring, data, 1), 0);
    cr_expect_eq(byte_ring_take(ring, data, 10), 10);
    cr_expect_eq(byte_ring_await_room(ring, 100, &room), 10, "in one piece");
    cr_expect_eq(byte_ring_await_bytes(ring, 100, &piece), 100, "as much as is asked for");
    cr_expect_eq(byte_ring_take(ring, data, BYTE_RING_SIZE + 1), BYTE_RING_SIZE - 10);
    byte_ring_step(ring, &(struct byte_ring_step){.ended = true});
    cr_expect_eq(byte_ring_await_bytes(ring, 100, &piece), 0, "the end");
    cr_expect_eq(close_ring(false), 0);
    free(data);
}

static void *fail(void *user) {
    byte_ring_step(user, &(struct byte_ring_step){.error = -EIO, .ended = true});
    return NULL;
}

static void *wait_for_bytes(void *user) {
    const char *piece;
    while (byte_ring_await_bytes(user, 100, &piece) > 0)
        byte_ring_step(user, &(struct byte_ring_step){.taken = 1});
    return NULL;
}

static void *fill(void *user) {
    char *room;
    size_t size;
    while ((size = byte_ring_await_room(user, BYTE_RING_SIZE, &room)) > 0)
        byte_ring_step(user, &(struct byte_ring_step){.added = size});
    return NULL;
}

Test(byte_ring, ends) {
    open_ring(fill);
    cr_expect_eq(close_ring(true), 0, "a thread that waits for room is woken");
    open_ring(fail);
    cr_expect_eq(close_ring(false), -EIO);
    open_ring(wait_for_bytes);
    cr_expect_eq(close_ring(true), 0, "a thread that waits is woken");
    open_ring(wait_for_bytes);
    pthread_mutex_lock(&ring->lock);
    byte_ring_add(ring, "0123456789", 10);
    pthread_mutex_unlock(&ring->lock);
    cr_expect_eq(byte_ring_close(ring, false), 0);
    cr_expect_eq(ring->taken, 10, "the thread had all of them first");
    free(ring);
}
