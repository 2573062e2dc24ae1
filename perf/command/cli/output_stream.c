/* A body written by a thread, behind a ring of bytes. */
#include "output_stream.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "byte_ring.h"

#define WRITE_MAX (256u << 10)

struct stream_s {
    struct byte_ring ring;
    int fd;
};

static ssize_t consume(void *user, const void *data, size_t size) {
    struct byte_ring *ring = &((stream *)user)->ring;
    pthread_mutex_lock(&ring->lock);
    ssize_t result = ring->error;
    if (!result) {
        size_t taken = byte_ring_add(ring, data, size);
        ring->pushed_back = taken < size;
        result = (ssize_t)taken;
    }
    pthread_mutex_unlock(&ring->lock);
    return result;
}

struct hr_sink stream_sink(stream *self) {
    return hr_sink_consumer(consume, self);
}

uint64_t stream_bytes(stream *self) {
    pthread_mutex_lock(&self->ring.lock);
    uint64_t bytes = self->ring.added;
    pthread_mutex_unlock(&self->ring.lock);
    return bytes;
}

/* The descriptor may be one that does not wait: whoever handed it down shares that flag with us, so
 * it is not changed. */
static ssize_t write_some(int fd, const char *data, size_t size) {
    for (;;) {
        ssize_t done = write(fd, data, size);
        if (done >= 0 || (errno != EINTR && errno != EAGAIN)) return done;
        struct pollfd ready = {.fd = fd, .events = POLLOUT};
        if (errno == EAGAIN) poll(&ready, 1, -1);
    }
}

static void *write_all(void *user) {
    stream *self = user;
    const char *piece;
    size_t size;
    while ((size = byte_ring_await_bytes(&self->ring, WRITE_MAX, &piece)) > 0) {
        ssize_t done = write_some(self->fd, piece, size);
        int error = done < 0 ? -errno : 0;
        byte_ring_step(&self->ring, &(struct byte_ring_step){.taken = done > 0 ? (size_t)done : 0,
                                                             .error = error,
                                                             .cancel = error != 0});
        if (error) break;
    }
    return NULL;
}

int stream_open(int fd, struct hr_request *request, stream **out) {
    stream *self = calloc(1, sizeof *self);
    if (!self) return -ENOMEM;
    self->fd = fd;
    int err = byte_ring_open(&self->ring, request, write_all, self);
    if (err)
        free(self);
    else
        *out = self;
    return err;
}

int stream_close(stream *self, bool abandon) {
    int error = byte_ring_close(&self->ring, abandon);
    free(self);
    return error;
}
