/* A ring of bytes between a request on its reactor and a thread of its own that may block in a read
 * or a write. Where the ring is full or empty the request pushes back, and is resumed. */
#ifndef COMMAND_BYTE_RING_H
#define COMMAND_BYTE_RING_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/request.h>

#define BYTE_RING_SIZE (1u << 20)

struct byte_ring {
    pthread_mutex_t lock; /* of all below but `thread` and `request` */
    pthread_cond_t moved; /* to the thread: there are bytes, or room, or the end */
    pthread_t thread;
    struct hr_request *request;
    int error;             /* with which the thread ended; 0: none */
    bool ended;            /* no more bytes come */
    bool pushed_back;      /* the request waits */
    uint64_t added, taken; /* bytes in all; the ring holds those between */
    char bytes[BYTE_RING_SIZE];
};

/* Starts the thread. `ring` is zeroed; `request` must live until byte_ring_close. 0 or a negative
 * code. */
int byte_ring_open(struct byte_ring *ring, struct hr_request *request, void *(*run)(void *user),
                   void *user);
/* Waits for the thread, which with `cancel` ends where it blocks, and gives what it ended with. */
int byte_ring_close(struct byte_ring *ring, bool cancel);

/* The reactor's; the lock is held. The number of bytes that were moved: fewer where there is no
 * room, or no more. */
size_t byte_ring_add(struct byte_ring *ring, const void *data, size_t size);
size_t byte_ring_take(struct byte_ring *ring, void *data, size_t capacity);

/* The thread's: sleeps until there are bytes, or room; 0: the end, or the ring is being closed.
 * Gives where they lie, in one piece of at most `most`. */
size_t byte_ring_await_bytes(struct byte_ring *ring, size_t most, const char **piece);
size_t byte_ring_await_room(struct byte_ring *ring, size_t most, char **room);
/* The thread has moved `added` or `taken` bytes, or failed with `error`: tells the request if it
 * waits, and cancels it with `cancel`. */
struct byte_ring_step {
    size_t added, taken;
    int error;
    bool ended, cancel;
};
void byte_ring_step(struct byte_ring *ring, const struct byte_ring_step *step);

#endif
