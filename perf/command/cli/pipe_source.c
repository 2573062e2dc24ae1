/* A body read ahead by a thread, into a ring of bytes. */
#include "pipe_source.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "byte_ring.h"

#define READ_MAX (256u << 10)

struct pipe_source_s {
    struct byte_ring ring;
    int fd;
};

static ssize_t produce(void *user, void *buffer, size_t capacity) {
    struct byte_ring *ring = &((pipe_source *)user)->ring;
    pthread_mutex_lock(&ring->lock);
    ssize_t result = (ssize_t)byte_ring_take(ring, buffer, capacity);
    if (result == 0 && ring->ended) {
        result = ring->error;
    } else if (result == 0) {
        ring->pushed_back = true;
        result = -EAGAIN;
    }
    pthread_mutex_unlock(&ring->lock);
    return result;
}

/* Waits first: a named pipe that nobody writes to yet is no end. The descriptor may be one that
 * does not wait, and whoever handed it down shares that flag with us, so it is not changed. */
static ssize_t read_some(int fd, char *room, size_t size) {
    for (;;) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (poll(&ready, 1, -1) < 0 && errno != EINTR) return -1;
        ssize_t count = read(fd, room, size);
        if (count >= 0 || (errno != EINTR && errno != EAGAIN)) return count;
    }
}

static void *read_all(void *user) {
    pipe_source *self = user;
    for (ssize_t count = 1; count > 0;) {
        char *room;
        size_t size = byte_ring_await_room(&self->ring, READ_MAX, &room);
        if (size == 0) break;
        count = read_some(self->fd, room, size);
        int error = count < 0 ? -errno : 0;
        byte_ring_step(&self->ring, &(struct byte_ring_step){.added = count > 0 ? (size_t)count : 0,
                                                             .error = error,
                                                             .ended = count <= 0});
    }
    return NULL;
}

int pipe_source_open(int fd, struct hr_request *request, pipe_source **out) {
    pipe_source *self = calloc(1, sizeof *self);
    if (!self) return -ENOMEM;
    self->fd = fd;
    int err = byte_ring_open(&self->ring, request, read_all, self);
    if (err)
        free(self);
    else
        *out = self;
    return err;
}

struct hr_source pipe_source_body(pipe_source *self) {
    return hr_source_producer(produce, NULL, self, HR_SIZE_UNKNOWN);
}

int pipe_source_close(pipe_source *self) {
    if (!self) return 0;
    int error = byte_ring_close(&self->ring, true);
    free(self);
    return error;
}
