/* A ring of bytes between the consumer on the reactor and a thread that writes. */
#include "output_stream.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RING_BYTES (1u << 20)
#define WRITE_MAX  (256u << 10)

struct stream_s {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    pthread_t thread;
    struct hr_request *request;
    int fd;
    int error;
    bool pushed_back, ended;
    uint64_t taken, written; /* bytes in all; the ring holds those between */
    char ring[RING_BYTES];
};

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static ssize_t consume(void *user, const void *data, size_t size) {
    stream *self = user;
    pthread_mutex_lock(&self->lock);
    ssize_t result = self->error;
    if (!result) {
        size_t take = smaller(size, RING_BYTES - (size_t)(self->taken - self->written));
        size_t at = self->taken % RING_BYTES, first = smaller(take, RING_BYTES - at);
        memcpy(self->ring + at, data, first);
        memcpy(self->ring, (const char *)data + first, take - first);
        self->taken += take;
        self->pushed_back = take < size;
        result = (ssize_t)take;
        pthread_cond_signal(&self->filled);
    }
    pthread_mutex_unlock(&self->lock);
    return result;
}

struct hr_sink stream_sink(stream *self) {
    return hr_sink_consumer(consume, self);
}

uint64_t stream_bytes(stream *self) {
    pthread_mutex_lock(&self->lock);
    uint64_t bytes = self->taken;
    pthread_mutex_unlock(&self->lock);
    return bytes;
}

static void unlock(void *lock) {
    pthread_mutex_unlock(lock);
}

/* Sleeps until there is something to write. Returns its size and where it lies, 0 at the end. */
static size_t next_piece(stream *self, const char **piece) {
    size_t size = 0;
    pthread_mutex_lock(&self->lock);
    pthread_cleanup_push(unlock, &self->lock);
    while (self->taken == self->written && !self->ended)
        pthread_cond_wait(&self->filled, &self->lock);
    size_t at = self->written % RING_BYTES;
    size = smaller((size_t)(self->taken - self->written), smaller(RING_BYTES - at, WRITE_MAX));
    *piece = self->ring + at;
    pthread_cleanup_pop(1);
    return size;
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
    while ((size = next_piece(self, &piece)) > 0) {
        ssize_t done = write_some(self->fd, piece, size);
        pthread_mutex_lock(&self->lock);
        if (done < 0) self->error = -errno;
        if (done > 0) self->written += (uint64_t)done;
        bool resume = self->pushed_back;
        self->pushed_back = false;
        pthread_mutex_unlock(&self->lock);
        /* Not cancelled in the middle of the library, which writes to wake its reactor. */
        int state;
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
        /* After an error too: the consumer hands it to the request. */
        if (resume) hr_resume(self->request);
        if (done < 0) hr_cancel(self->request);
        pthread_setcancelstate(state, NULL);
        if (done < 0) break;
    }
    return NULL;
}

int stream_open(int fd, struct hr_request *request, stream **out) {
    stream *self = calloc(1, sizeof *self);
    if (!self) return -ENOMEM;
    self->fd = fd;
    self->request = request;
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->filled, NULL);
    int err = pthread_create(&self->thread, NULL, write_all, self);
    if (err) {
        pthread_mutex_destroy(&self->lock);
        pthread_cond_destroy(&self->filled);
        free(self);
        return -err;
    }
    *out = self;
    return 0;
}

int stream_close(stream *self, bool abandon) {
    pthread_mutex_lock(&self->lock);
    self->ended = true;
    pthread_cond_signal(&self->filled);
    pthread_mutex_unlock(&self->lock);
    /* write() to a full pipe is a cancellation point; nothing is held there. */
    if (abandon) pthread_cancel(self->thread);
    pthread_join(self->thread, NULL);
    int error = self->error;
    pthread_mutex_destroy(&self->lock);
    pthread_cond_destroy(&self->filled);
    free(self);
    return error;
}
