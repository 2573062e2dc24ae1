/* Bytes between a reactor and a thread. */
#include "byte_ring.h"

#include <assert.h>
#include <string.h>

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t held(const struct byte_ring *ring) {
    assert(ring->added - ring->taken <= BYTE_RING_SIZE);
    return (size_t)(ring->added - ring->taken);
}

static void destroy(struct byte_ring *ring) {
    pthread_mutex_destroy(&ring->lock);
    pthread_cond_destroy(&ring->moved);
}

int byte_ring_open(struct byte_ring *ring, struct hr_request *request, void *(*run)(void *user),
                   void *user) {
    ring->request = request;
    pthread_mutex_init(&ring->lock, NULL);
    pthread_cond_init(&ring->moved, NULL);
    int err = pthread_create(&ring->thread, NULL, run, user);
    if (err) destroy(ring);
    return -err;
}

int byte_ring_close(struct byte_ring *ring, bool cancel) {
    pthread_mutex_lock(&ring->lock);
    ring->ended = true;
    pthread_cond_signal(&ring->moved);
    pthread_mutex_unlock(&ring->lock);
    /* A read or write that blocks is a cancellation point; nothing is held there. */
    if (cancel) pthread_cancel(ring->thread);
    pthread_join(ring->thread, NULL);
    destroy(ring);
    return ring->error;
}

size_t byte_ring_add(struct byte_ring *ring, const void *data, size_t size) {
    size = smaller(size, BYTE_RING_SIZE - held(ring));
    size_t at = ring->added % BYTE_RING_SIZE, first = smaller(size, BYTE_RING_SIZE - at);
    memcpy(ring->bytes + at, data, first);
    memcpy(ring->bytes, (const char *)data + first, size - first);
    ring->added += size;
    pthread_cond_signal(&ring->moved);
    return size;
}

size_t byte_ring_take(struct byte_ring *ring, void *data, size_t capacity) {
    size_t size = smaller(capacity, held(ring));
    size_t at = ring->taken % BYTE_RING_SIZE, first = smaller(size, BYTE_RING_SIZE - at);
    memcpy(data, ring->bytes + at, first);
    memcpy((char *)data + first, ring->bytes, size - first);
    ring->taken += size;
    if (size) pthread_cond_signal(&ring->moved);
    return size;
}

/* A thread that waits here is woken by byte_ring_close, not cancelled: it holds the lock. */
size_t byte_ring_await_bytes(struct byte_ring *ring, size_t most, const char **piece) {
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    pthread_mutex_lock(&ring->lock);
    while (held(ring) == 0 && !ring->ended) pthread_cond_wait(&ring->moved, &ring->lock);
    size_t at = ring->taken % BYTE_RING_SIZE;
    size_t size = smaller(held(ring), smaller(BYTE_RING_SIZE - at, most));
    *piece = ring->bytes + at;
    pthread_mutex_unlock(&ring->lock);
    pthread_setcancelstate(state, NULL);
    return size;
}

size_t byte_ring_await_room(struct byte_ring *ring, size_t most, char **room) {
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    pthread_mutex_lock(&ring->lock);
    while (held(ring) == BYTE_RING_SIZE && !ring->ended)
        pthread_cond_wait(&ring->moved, &ring->lock);
    size_t at = ring->added % BYTE_RING_SIZE;
    size_t size = smaller(BYTE_RING_SIZE - held(ring), smaller(BYTE_RING_SIZE - at, most));
    *room = ring->bytes + at;
    pthread_mutex_unlock(&ring->lock);
    pthread_setcancelstate(state, NULL);
    return size;
}

void byte_ring_step(struct byte_ring *ring, const struct byte_ring_step *step) {
    pthread_mutex_lock(&ring->lock);
    ring->added += step->added;
    ring->taken += step->taken;
    ring->error = step->error;
    ring->ended = ring->ended || step->ended;
    bool resume = ring->pushed_back;
    ring->pushed_back = false;
    pthread_mutex_unlock(&ring->lock);
    /* The thread is not cancelled inside the library, which writes to wake its reactor. */
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    if (resume) hr_resume(ring->request); /* after an error too: it is handed to the request */
    if (step->cancel) hr_cancel(ring->request);
    pthread_setcancelstate(state, NULL);
}
